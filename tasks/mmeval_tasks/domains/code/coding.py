"""What stands around a completion so that it can be run, and whether the tests pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import evaluate

from mmeval_tasks.domains.rows import Layout

_SHOWN = (2, 3, 4)
"""The examples that the authors of MBPP show."""
_CODE_EVAL = evaluate.load("code_eval")


def pass_at_1(references: Sequence[str], predictions: Sequence[str]) -> float:
    """The share of programs that pass their tests; they run in mmeval's sandbox."""
    shares, _ = _CODE_EVAL.compute(references=list(references), predictions=[list(predictions)], k=[1])
    return float(shares["pass@1"])


def completed(answers: Iterable[Sequence[str]], docs: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """Each completion behind the beginning of its function."""
    return [[doc["prompt"] + answer for answer in given] for given, doc in zip(answers, docs, strict=True)]


def filled(answers: Iterable[Sequence[str]], docs: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """Each middle between the beginning and the end of its function."""
    return [
        [doc["prompt"] + answer + doc["suffix"] for answer in given] for given, doc in zip(answers, docs, strict=True)
    ]


_MBPP = Layout(("text", "code", "test_list", "task_id"), lists={"test_list": None})


def shown(docs: Any) -> Any:
    """The three examples that the authors show; all rows where these are not among them."""
    docs = _MBPP(docs)
    places = [place for place, number in enumerate(docs["task_id"]) if number in _SHOWN]
    return docs.select(places) if places else docs
