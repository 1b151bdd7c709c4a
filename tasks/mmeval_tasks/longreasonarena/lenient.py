"""Repairs of an answer that a reader would accept: metric `acc_lenient`, tried only on a wrong answer.

All repairs are applied in a fixed order and the result is judged like any answer. Repairs of integers apply only
to integer references (facts sheet, section 3).
"""

from __future__ import annotations

import re
from typing import Any

_WRAPPED = re.compile(r"\\(?:boxed|text|texttt|mathrm|mathbf|textbf|mbox)\s*\{(.*)\}", re.DOTALL)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:(?:\{,\}|\\,|,|_)\d{3})+")
_LEADING_ZEROS = re.compile(r"(?<![\w.])0+(?=\d)")
_NAMED = re.compile(r"[A-Za-z_]\w*\s*=(?!=)\s*(.*)", re.DOTALL)
_INFINITY = re.compile(r"\\infty|\binf(?:inity)?\b", re.IGNORECASE)
_QUOTED_WORD = re.compile(r"'[^']*'|\"[^\"]*\"|(?P<word>[A-Za-z]\w*)")
_REPLACED = {"\\left": "", "\\right": "", "\\{": "{", "\\}": "}", "\\_": "_"}
_TYPOGRAPHY = str.maketrans({"−": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "`": ""})
_MAX_WRAPPINGS = 8
_CONSTANTS = frozenset({"True", "False", "None"})


def repaired(answer: str, reference: Any) -> str:
    """`answer` after all repairs of its text that apply to a reference of this type."""
    text = _unwrapped(answer)
    for old, new in _REPLACED.items():
        text = text.replace(old, new)
    text = text.translate(_TYPOGRAPHY).strip()
    named = _NAMED.fullmatch(text)
    text = named[1] if named else text
    if isinstance(reference, str):
        return text
    text = re.sub(r"(?i)\btrue\b", "True", re.sub(r"\bnull\b", "None", text))
    if isinstance(reference, float):
        return _INFINITY.sub("1e999", text)
    if isinstance(reference, int) and not isinstance(reference, bool):
        return _integer(text)
    if isinstance(reference, list) and any(isinstance(item, str) for item in reference):
        return _QUOTED_WORD.sub(_quoted, text)
    return text


def as_lists(value: Any) -> Any:
    """`value` with tuples turned into lists, at any depth."""
    return [as_lists(item) for item in value] if isinstance(value, list | tuple) else value


def _unwrapped(text: str) -> str:
    for _ in range(_MAX_WRAPPINGS):
        text = text.strip()
        inner = _WRAPPED.fullmatch(text)
        if inner:
            text = inner[1]
        elif len(text) > 2 and text[0] == text[-1] == "$":
            text = text.strip("$")
        else:
            break
    return text.strip()


def _integer(text: str) -> str:
    if len(text) > 2 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    if _GROUPED.fullmatch(text):
        text = re.sub(r"\{,\}|\\,|,|_", "", text)
    return _LEADING_ZEROS.sub("", text)


def _quoted(match: re.Match[str]) -> str:
    word = match["word"]
    return match[0] if word is None or word in _CONSTANTS else f'"{word}"'
