"""Answers to AGIEval's questions without options: a formula anywhere in a text, compared in Hendrycks' form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mmeval.extract.boxed import boxed
from mmeval_tasks.domains.math.normal import hendrycks_equal

_FORMULA = re.compile(r"\$(.*)\$")
_NUMBER = re.compile(r"\$?\d+(?:\.\d+)?(?!\w)")


def cloze(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """Whether the answer that a text states is the one that the gold text states."""
    said, wanted = stated(results[0]), stated(doc["answer"])
    if said is None or wanted is None:
        return {"acc": 0.0}
    return {"acc": float(hendrycks_equal(said, wanted, strict=False))}


def stated(text: str) -> str | None:
    """The innermost of the last boxes, or the last formula, behind its last equals sign.

    Without those: what is behind the last equals sign of the text, else its last number. None where nothing is found.
    """
    *_, marked, behind = text.rpartition("\\boxed")
    if marked:
        box = boxed(marked + behind, unwrap=False).answer
        return None if box is None else _value(box)
    if (formulas := _FORMULA.findall(text)) and (value := _value(formulas[-1])):
        return value
    if "=" in text:
        return _value(text).rstrip(".")
    numbers = _NUMBER.findall(text)
    return numbers[-1] if numbers else None


def _value(formula: str) -> str:
    *_, value = formula.rpartition("=")
    return value.lstrip(" ") if "=" in formula else formula
