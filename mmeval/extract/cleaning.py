"""What is done to free text before a letter, number or word is looked for in it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from mmeval.extract.reasoning import strip_reasoning
from mmeval.types import Extraction

CURRENCY = "$¢-¥฿₠-\u20cf"
"""Currency signs, as what stands in the brackets of an expression."""

BULLET = re.compile(r"^\s*(?:[-*•–]|\(?[0-9]{1,3}[.)](?![0-9]))\s*")
"""What begins a line of a list."""

_NEXT_EXAMPLE = re.compile(r"\n[ \t]*(?:Question|Q|Text|Sentence|Abstract|Clause):")
_DASH = re.compile(rf"[‐-–−](?=[\w.{CURRENCY}])")
_QUOTES = str.maketrans("‘’“”", "''\"\"")


def clean(text: str, *, cut: bool = True) -> Extraction:
    """`own_answer` in plain characters."""
    said = own_answer(text, cut=cut)
    return replace(said, answer=plain_characters(said.answer)) if said.found else said


def cleaned(text: str) -> str:
    """`clean` as text, empty where there is no answer."""
    return str(clean(text).answer or "")


def own_answer(text: str, *, cut: bool = True) -> Extraction:
    """`text` without reasoning and without a next example that a base model invents.

    Without `cut` a next example stays: an answer may have lines that begin like one.
    """
    said = strip_reasoning(text)
    if not said.found:
        return said
    match = _NEXT_EXAMPLE.search(said.answer) if cut else None
    answer = said.answer[: match.start()] if match else said.answer
    return Extraction(answer) if answer.strip() else Extraction(reason="an empty answer")


def plain_characters(text: str) -> str:
    """NFKC; hyphens, minus and en dash before a letter, a digit or a currency sign as `-`; straight quotes."""
    return _DASH.sub("-", unicodedata.normalize("NFKC", text)).translate(_QUOTES)
