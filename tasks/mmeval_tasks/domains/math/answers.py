"""Whether a written answer is the one wanted, as the two protocols for MATH compare them."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mmeval_tasks.domains.math.normal import hendrycks_form, minerva_form
from mmeval_tasks.domains.rows import tell_once

_STATED = re.compile(r"Final Answer: The final answer is(.*?)\. I hope it is correct\.")
_MATH_VERIFY = "math_verify"


def hendrycks(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """What stands between the first and the last dollar sign, or everything, against the answer."""
    text = results[0]
    first, last = text.find("$"), text.rfind("$")
    said = text[first + 1 : last] if first < last else text
    return {"exact_match": float(hendrycks_form(said) == hendrycks_form(doc["answer"]))}


def minerva(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """The stated final answer against the one wanted, as texts and, where the package is here, as mathematics."""
    stated = _STATED.search(results[0] + ". I hope it is correct.")
    right = stated is not None and minerva_form(stated[1]) == minerva_form(doc["answer"])
    values = {"exact_match": float(right), "unparsed_rate": float(stated is None)}
    if importlib.util.find_spec(_MATH_VERIFY) is None:
        tell_once("without the package math-verify there is no row math_verify: pip install math-verify")
        return values
    return {**values, _MATH_VERIFY: _verified(doc["solution"], results[0])}


def _verified(solution: str, said: str) -> float:
    checker = importlib.import_module(_MATH_VERIFY)
    return float(checker.verify(gold=checker.parse(solution), target=checker.parse(said)))
