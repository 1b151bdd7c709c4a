"""The number that an answer ends in, with its sign, percent sign and scale word."""

from __future__ import annotations

import re

from mmeval.extract.cleaning import CURRENCY, clean
from mmeval.extract.words import boolean_word
from mmeval.types import Extraction, Sample

_SCALE = "(?i:thousand|million|billion|trillion)"
_PERCENT = r"(?:%|(?i:per[ ]?cent)\b)"
# A blank may stand behind a true minus, but not behind a hyphen, which is a bullet or a dash there.
_NUMBER = re.compile(
    rf"""
    (?<![\w.])
    (?P<open>\([ ]?)? (?P<sign>[-+] | (?<![0-9)%][ ])−[ ])?
    (?: (?:[A-Z]{{0,3}}[{CURRENCY}]|[A-Z]{{3}}) [ ]? )? (?P<inner>-)?
    (?P<digits> [0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9])(?:\.[0-9]+)? | [0-9]+(?:\.[0-9]+)? | \.[0-9]+ )
    (?P<exponent>[eE][-+]?[0-9]+)?
    [ ]* (?P<percent>{_PERCENT})? (?:[ ]*(?P<scale>{_SCALE})\b)?
    (?P<close>[ ]*\))? [ ]* (?P<after>{_PERCENT})? (?:[ ]*(?P<behind>{_SCALE})\b)?
    """,
    re.VERBOSE | re.ASCII,
)
_STATED = re.compile(r"\banswer\s*(?:is\b\s*:?|:|=)", re.IGNORECASE)
_LATEX_COMMA = re.compile(r"(?<=[0-9])(?:\{,\}|\\,)(?=[0-9])")
_LATEX_MARK = re.compile(r"\\!|\\(?=[%$])")
_YES_NO = ("yes", "no")


def final_number(text: str, *, sample: Sample | None = None) -> Extraction:
    """The number that an answer gives: `-12.5`, `14.1%` or `9413 million`, without currency and thousands commas.

    It is the first number behind the last "answer is"; else, on the first line, the only number, the one behind the
    last "=", or the last. "(12.5)" is negative. Where the sample's target is yes or no, a yes or no is looked for
    instead.
    """
    if sample is not None and str(sample.target).lower() in _YES_NO:
        return boolean_word(text, words=_YES_NO)
    said = clean(text)
    if not said.found:
        return said
    answer = _LATEX_MARK.sub("", _LATEX_COMMA.sub(",", said.answer))
    stated = list(_STATED.finditer(answer))
    match, rule = (_NUMBER.search(answer, stated[-1].end()) if stated else None), "stated_number"
    if match is None:
        match, rule = _chosen(next(filter(str.strip, answer.splitlines()), ""))
    return Extraction(_canonical(match), rule=rule) if match else Extraction(reason="no number")


def _chosen(line: str) -> tuple[re.Match[str] | None, str]:
    """The number that counts on a line, and the rule that says so."""
    numbers = list(_NUMBER.finditer(line))
    if len(numbers) < 2:
        return (numbers[0] if numbers else None), "only_number"
    behind = line.rfind("=") + 1
    match = _NUMBER.search(line, behind) if behind else None
    return (match, "number_behind_equals") if match else (numbers[-1], "last_number")


def _canonical(match: re.Match[str]) -> str:
    signs = (match["sign"] or "") + (match["inner"] or "")
    negative = "-" in signs or "−" in signs or bool(match["open"] and match["close"])
    number = ("-" if negative else "") + match["digits"].replace(",", "") + (match["exponent"] or "")
    percent = "%" if match["percent"] or match["after"] else ""
    return f"{number}{percent} {(match['scale'] or match['behind'] or '').lower()}".strip()
