"""The mmeval side of a scenario of requests.

python answer_mmeval.py WORK.json ANSWERS.json
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmeval.serialize import content_hash
from mmeval.types import (
    Ask,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Prompt,
    Request,
    RequestKey,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
)


def ask_of(kind: str, row: Sequence[Any]) -> Ask:
    """One request per row."""
    if kind == "loglikelihood":
        return Loglikelihood(Prompt.of(row[0]), tuple(row[1]))
    if kind == "rolling":
        return RollingLoglikelihood(row[0])
    return Generate(Prompt.of(row[0]), row[2], tuple(row[1]))


def shown(responses: Mapping[RequestKey, Response], keys: Sequence[RequestKey]) -> list[Any]:
    """Answers in lm-eval's form and order."""
    answers: list[Any] = []
    for response in (responses[key] for key in keys):
        if isinstance(response, Likelihoods):
            answers += zip(response.logprobs, response.greedy, strict=True)
        elif isinstance(response, RollingLikelihood):
            answers.append(response.logprob)
        else:
            answers.append(response.text if isinstance(response, Generation) else str(response))
    return answers


def main(work_file: str, answers_file: str) -> None:
    """Load; for every line that comes in, answer, and write what it took and the answers."""
    from mmeval_models.hf import HFModel

    work = json.loads(Path(work_file).read_text("utf-8"))
    model = HFModel(work["pretrained"], **work["mmeval"])
    model.info()
    asks = [ask_of(work["kind"], row) for row in work["rows"]]
    requests = [Request(RequestKey("bench", str(row)), ask, content_hash(ask)) for row, ask in enumerate(asks)]
    for _turn in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        responses = dict(model.answer(requests))
        took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        answers = shown(responses, [request.key for request in requests])
        Path(answers_file).write_text(json.dumps({**took, "peak": peak, "answers": answers}), "utf-8")
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
