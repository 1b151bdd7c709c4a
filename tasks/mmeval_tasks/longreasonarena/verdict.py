"""The verdict on one boxed answer: typing by the reference, evaluation, comparison (facts sheet, sections 3 and 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from mmeval.extract.boxed import python_booleans, without_quotes
from mmeval_tasks.longreasonarena.comparison import Rule, matches
from mmeval_tasks.longreasonarena.expression import RejectedExpression, evaluate
from mmeval_tasks.longreasonarena.lenient import as_lists, repaired


@dataclass(frozen=True, slots=True)
class Verdict:
    """`correct`, `wrong` or `invalid` (no answer), why it is wrong or invalid, and the answer's text."""

    verdict: Literal["correct", "wrong", "invalid"]
    reason: str = ""
    answer: str | None = None

    @property
    def correct(self) -> bool:
        return self.verdict == "correct"


def judge(answer: str, reference: Any, rule: Rule) -> Verdict:
    """The verdict on an extracted answer. Never raises on an answer, never executes one."""
    text = python_booleans(answer)
    try:
        value = without_quotes(text) if isinstance(reference, str) else evaluate(text)
        right = matches(rule, value, reference)
    except RejectedExpression as rejection:
        return Verdict("wrong", rejection.reason, answer)
    return Verdict("correct", "", answer) if right else Verdict("wrong", "value", answer)


def judge_leniently(answer: str, reference: Any, rule: Rule) -> bool:
    """Whether `answer`, which was judged wrong, is right after the repairs of `lenient`."""
    text = repaired(answer, reference)
    if isinstance(reference, str):
        return without_quotes(text) == reference
    try:
        value = evaluate(text)
        return matches(rule, value, reference) or matches(rule, as_lists(value), reference)
    except RejectedExpression:
        return False
