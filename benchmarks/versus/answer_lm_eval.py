"""The lm-eval side of a scenario of requests; runs with lm-eval's Python and imports nothing of mmeval.

python answer_lm_eval.py WORK.json ANSWERS.json
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any


def instances(kind: str, rows: list[Any]) -> list[Any]:
    """One request per continuation, as lm-eval's tasks make them."""
    from lm_eval.api.instance import Instance

    if kind == "loglikelihood":
        pairs = [(context, option) for context, options in rows for option in options]
        return [Instance("loglikelihood", {}, pair, place) for place, pair in enumerate(pairs)]
    if kind == "rolling":
        return [Instance("loglikelihood_rolling", {}, (text,), place) for place, (text,) in enumerate(rows)]
    settings = [(prompt, {"until": stops, "max_gen_toks": most, "do_sample": False}) for prompt, stops, most in rows]
    return [Instance("generate_until", {}, pair, place) for place, pair in enumerate(settings)]


def answer(model: Any, kind: str, requests: list[Any]) -> list[Any]:
    """Log-likelihoods by row, or texts."""
    if kind == "loglikelihood":
        return model.loglikelihood(requests, disable_tqdm=True)
    if kind == "rolling":
        return model.loglikelihood_rolling(requests, disable_tqdm=True)
    return model.generate_until(requests, disable_tqdm=True)


def main(work_file: str, answers_file: str) -> None:
    """Load; for every line that comes in, answer, and write what it took and the answers."""
    from lm_eval.models.huggingface import HFLM

    work = json.loads(Path(work_file).read_text("utf-8"))
    model = HFLM(pretrained=work["pretrained"], **work["lm_eval"])
    for _turn in sys.stdin:
        requests = instances(work["kind"], work["rows"])
        wall, cpu = time.perf_counter(), time.process_time()
        answers = answer(model, work["kind"], requests)
        took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        Path(answers_file).write_text(json.dumps({**took, "peak": peak, "answers": answers}), "utf-8")
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
