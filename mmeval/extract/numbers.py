"""The number that an answer ends in, with its sign, percent sign and scale word."""

from __future__ import annotations

import re

from mmeval.extract.cleaning import clean
from mmeval.extract.words import boolean_word
from mmeval.types import Extraction, Sample

_NUMBER = re.compile(
    r"""
    (?<![\w.])
    (?P<open>\()? (?P<sign>[-+])? (?:US)?[$€£¥]? [ ]? (?P<inner>-)?
    (?P<digits> [0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)? | [0-9]+(?:\.[0-9]+)? | \.[0-9]+ )
    (?P<exponent>[eE][-+]?[0-9]+)?
    [ ]* (?P<percent>%|per[ ]?cent\b)? (?P<close>[ ]*\))? [ ]* (?P<after>%|per[ ]?cent\b)?
    (?:[ ]*(?P<scale>thousand|million|billion|trillion)\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_STATED = re.compile(r"\banswer\s*(?:is\b\s*:?|:|=)", re.IGNORECASE)
_YES_NO = ("yes", "no")


def final_number(text: str, *, sample: Sample | None = None) -> Extraction:
    """The number that an answer gives: `-12.5`, `14.1%` or `9413 million`, without currency and thousands commas.

    It is the first number behind the last "answer is"; else, on the first line, the only number, the one behind the
    last "=", or the last. "(12.5)" is negative. Where the sample's target is yes or no, a yes or no is looked for
    instead.
    """
    if sample is not None and str(sample.target).lower() in _YES_NO:
        return boolean_word(text, words=_YES_NO)
    answer = clean(text)
    stated = list(_STATED.finditer(answer))
    match = _NUMBER.search(answer, stated[-1].end()) if stated else None
    if match is None:
        line = next(filter(str.strip, answer.splitlines()), "")
        match = _chosen(line)
    return Extraction(_canonical(match)) if match else Extraction(reason="no number")


def _chosen(line: str) -> re.Match[str] | None:
    numbers = list(_NUMBER.finditer(line))
    behind = line.rfind("=") + 1
    if behind and len(numbers) > 1:
        return _NUMBER.search(line, behind) or numbers[-1]
    return numbers[-1] if numbers else None


def _canonical(match: re.Match[str]) -> str:
    negative = "-" in (match["sign"], match["inner"]) or bool(match["open"] and match["close"])
    number = ("-" if negative else "") + match["digits"].replace(",", "") + (match["exponent"] or "")
    percent = "%" if match["percent"] or match["after"] else ""
    return f"{number}{percent} {(match['scale'] or '').lower()}".strip()
