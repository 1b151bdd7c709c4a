"""lm-eval's regular-expression filters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from mmeval.errors import UsageError
from mmeval.types import Extraction, Sample

_GSM8K = r"#### (\-?[0-9\.\,]+)"
_NO_MATCH = "no match"


def regex(text: Any, *, regex_pattern: str = _GSM8K, group_select: int = 0, fallback: Any = "[invalid]") -> Extraction:
    """Match number `group_select` (negative counts from the end) of all matches, stripped; else `fallback`.

    Of several groups the first that is not empty counts. An answer that is not text has no match. Where lm-eval
    raises because there are fewer matches than `group_select` asks for, the fallback stands.
    """
    found = _select(_compiled(regex_pattern), text, group_select)
    return Extraction(fallback, _NO_MATCH) if found is None else Extraction(found)


def multi_choice_regex(
    text: Any,
    *,
    sample: Sample,
    regex_pattern: str = _GSM8K,
    group_select: int = 0,
    fallback: Any = "[invalid]",
    ignore_case: bool = False,
    ignore_punctuation: bool = False,
    regexes_to_ignore: Sequence[str] | None = None,
) -> Extraction:
    """As `regex`; else the letter `(A)` of an option text in the answer; else of a letter after a colon.

    The option texts are the document's `choices`. They are looked for, longer ones first, after both sides have lost
    what `regexes_to_ignore` matches, their case and their punctuation, where so asked.
    """

    def plain(string: str) -> str:
        for pattern in regexes_to_ignore or ():
            string = _compiled(pattern).sub("", string)
        string = string.lower() if ignore_case else string
        return _without_punctuation(string) if ignore_punctuation else string

    answer = text if isinstance(text, str) else ""
    choices = [plain(choice.strip()) for choice in _choices(sample)]
    found = (
        _select(_compiled(regex_pattern), answer, group_select)
        or _choice_text(choices, plain(answer), group_select)
        or _letter_after_colon(len(choices), answer, group_select)
    )
    return Extraction(found) if found else Extraction(fallback, _NO_MATCH)


def _choice_text(choices: Sequence[str], answer: str, position: int) -> str | None:
    """The letter of the choice that occurs; where stripping changed what occurs, the text itself (as in lm-eval)."""
    hit = _select(_alternatives(sorted(choices, key=len, reverse=True)), answer, position)
    letters = {choice: _letter(index) for index, choice in enumerate(choices)}
    return letters.get(hit, hit) if hit else None


def _letter_after_colon(count: int, answer: str, position: int) -> str | None:
    letters = _alternatives([chr(ord("A") + index) for index in range(count)])
    hit = _select(re.compile(rf":\s*({letters.pattern})"), answer, position)
    return f"({hit})" if hit else None


def _letter(index: int) -> str:
    return f"({chr(ord('A') + index)})"


def _choices(sample: Sample) -> Sequence[str]:
    if "choices" not in sample.doc:
        raise UsageError("the extractor multi_choice_regex needs the document field 'choices'")
    choices: Sequence[str] = sample.doc["choices"]
    return choices


def _alternatives(strings: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, strings)))


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageError(f"the pattern {pattern!r} is not a regular expression: {error}") from error


def _select(pattern: re.Pattern[str], text: Any, position: int) -> str | None:
    matches = pattern.findall(text) if isinstance(text, str) else []
    if not -len(matches) <= position < len(matches):
        return None
    match = matches[position]
    if isinstance(match, str):
        return match.strip()
    return next((group.strip() for group in match if group), None)


def _without_punctuation(text: str) -> str:
    return "".join(letter for letter in text if not unicodedata.category(letter).startswith("P"))
