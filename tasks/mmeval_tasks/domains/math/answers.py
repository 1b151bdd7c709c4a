"""Whether a written answer is the one wanted, as the two protocols for MATH compare them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mmeval_tasks.domains.math import symbolic
from mmeval_tasks.domains.math.normal import hendrycks_equal, minerva_form
from mmeval_tasks.domains.rows import tell_once

_END = "I hope it is correct."
_STATED = re.compile(rf"Final Answer: The final answer is(.*?). {_END}")  # any sign before the end, as published
_TEXTS_ALONE = (
    "without math-verify and antlr4 4.11 exact_match compares texts alone, and there is no row math_verify: "
    "pip install math-verify antlr4-python3-runtime==4.11.0"
)


def hendrycks(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """What stands between the first and the last dollar sign, or everything, against the answer."""
    text = results[0]
    first, last = text.find("$"), text.rfind("$")
    said = text[first + 1 : last] if first < last else text
    return {"exact_match": float(hendrycks_equal(said, doc["answer"]))}


def minerva(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """The stated final answer against the one wanted, and (`math_verify`) any answer against the solution.

    Where the packages for it are here, an answer is also right that is the same mathematics.
    """
    stated = _STATED.search(results[0] + _END)
    right = stated is not None and _same(minerva_form(stated[1].strip()), minerva_form(doc["answer"]))
    values = {"exact_match": float(right), "unparsed_rate": float(stated is None)}
    if not symbolic.available():
        tell_once(_TEXTS_ALONE)
        return values
    return {**values, "math_verify": float(symbolic.verified(doc["solution"], results[0]))}


def _same(said: str, wanted: str) -> bool:
    if said and said == wanted:
        return True
    return symbolic.available() and symbolic.equal(said, wanted)
