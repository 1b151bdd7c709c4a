"""What is done to free text before a letter, number or word is looked for in it."""

from __future__ import annotations

import re
import unicodedata

from mmeval.extract.reasoning import strip_reasoning

_NEXT_EXAMPLE = re.compile(r"\n[ \t]*(?:Question|Q|Text|Sentence|Abstract|Clause):")
_DASH = re.compile("[−–](?=[0-9])")
_QUOTES = str.maketrans("‘’“”", "''\"\"")


def clean(text: str) -> str:
    """The model's own answer in plain characters."""
    return plain_characters(own_answer(text))


def own_answer(text: str) -> str:
    """`text` without reasoning and without a next example that a base model invents."""
    answer = strip_reasoning(text).answer or ""
    match = _NEXT_EXAMPLE.search(answer)
    return answer[: match.start()] if match else answer


def plain_characters(text: str) -> str:
    """NFKC; minus and dash before a digit as `-`; straight quotes."""
    return _DASH.sub("-", unicodedata.normalize("NFKC", text)).translate(_QUOTES)
