"""Sample logs: mmeval's `samples.jsonl`, and lm-eval's `samples_<task>.jsonl` where it is asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmeval.types import (
    Ask,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
    Sample,
    SampleScore,
)


@dataclass(frozen=True, slots=True)
class LoggedSample:
    """One score with what it came from; `responses` has one sequence per repeat."""

    task: str
    sample: Sample
    score: SampleScore
    asks: Sequence[Ask]
    responses: Sequence[Sequence[Response]]


def write_samples(directory: Path, tasks: Mapping[str, Sequence[LoggedSample]], *, lm_eval_layout: bool) -> list[Path]:
    """Write the logs; the paths that were written."""
    files = [directory / "samples.jsonl"]
    _write(files[0], (_compact(logged) for samples in tasks.values() for logged in samples))
    if lm_eval_layout:
        for task, samples in tasks.items():
            files.append(directory / f"samples_{task}.jsonl")
            _write(files[-1], (_lm_eval(row, logged) for row, logged in enumerate(samples)))
    return files


def _write(path: Path, lines: Iterator[Mapping[str, Any]]) -> None:
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
    temporary.replace(path)


def _compact(logged: LoggedSample) -> dict[str, Any]:
    score = logged.score
    return {
        "task": logged.task,
        "sample_id": score.sample_id,
        "repeat": score.repeat,
        "pipeline": score.pipeline,
        "outcome": str(score.outcome),
        "answer": score.answer,
        "target": logged.sample.target,
        "reason": score.reason,
        "values": dict(score.values),
        "doc_hash": logged.sample.doc_hash,
    }


def _lm_eval(row: int, logged: LoggedSample) -> dict[str, Any]:
    arguments = [pair for ask in logged.asks for pair in _arguments(ask)]
    target = str(logged.sample.target)
    return {
        "doc_id": row,
        "doc": dict(logged.sample.doc),
        "target": target,
        "arguments": {
            f"gen_args_{number}": {f"arg_{place}": value for place, value in enumerate(pair)}
            for number, pair in enumerate(arguments)
        },
        "resps": [list(texts) for texts in zip(*(_texts(repeat) for repeat in logged.responses), strict=False)],
        "filtered_resps": [logged.score.answer],
        "filter": logged.score.pipeline,
        "metrics": list(logged.score.values),
        "doc_hash": logged.sample.doc_hash,
        "prompt_hash": _sha(str(arguments[0][0]) if arguments else ""),
        "target_hash": _sha(target),
        **logged.score.values,
    }


def _arguments(ask: Ask) -> list[tuple[Any, ...]]:
    """lm-eval's argument tuples; a question with n options is n of its requests."""
    if isinstance(ask, Loglikelihood):
        return [(ask.prompt.text, continuation) for continuation in ask.continuations]
    if isinstance(ask, RollingLoglikelihood):
        return [(ask.text,)]
    if isinstance(ask, Generate):
        given = {"until": list(ask.stop), "max_gen_toks": ask.max_tokens, "temperature": ask.temperature}
        return [(ask.prompt.text, given | dict(ask.options))]
    return []


def _texts(responses: Sequence[Response]) -> list[Any]:
    texts: list[Any] = []
    for response in responses:
        if isinstance(response, Generation):
            texts.append(response.text)
        elif isinstance(response, Likelihoods):
            pairs = zip(response.logprobs, response.greedy, strict=True)
            texts += [[str(logprob), str(greedy)] for logprob, greedy in pairs]
        elif isinstance(response, RollingLikelihood):
            texts.append(str(response.logprob))
    return texts


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
