"""The letter of the option that an answer chooses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_uppercase

from mmeval.extract.cleaning import clean, plain_characters
from mmeval.types import Extraction, Sample

_EMPHASIS = str.maketrans("", "", "*_`$\"'")
_LETTER = r"""
    (?: [(\[] [ \t]* (?P<bracketed>[A-Z]) [ \t]* [)\]]
      | (?P<bare>[A-Z]) (?= [ \t]*(?:[.,:;!?)\]}。、—]|$) | [ \t]+(?:[-–][ \t]|(?:because|since)\b) )
    )
"""
_STATEMENT = re.compile(
    r"""
    (?: (?i: \b(?:answer|correct\ option|correct\ choice) (?: \s+is\b(?:\s*:)? | \s*: ) \s* (?:(?:option|choice)\s+)? )
      | \\boxed\{ \s* (?:\\[a-z]+\{ [ \t]*)?
    )
    """
    + _LETTER,
    re.VERBOSE | re.MULTILINE,
)
_LEADING = re.compile(r"\s*" + _LETTER, re.VERBOSE | re.MULTILINE)
_LISTED = re.compile(
    r"(?: ^[ \t]*(?:[-•][ \t]*)? | [.,:;!?)\]/&][ \t]* | \b(?:and|or)[ \t]+ )" + _LETTER, re.VERBOSE | re.MULTILINE
)
_LONE = re.compile(r"^[ \t]*[(\[]?([A-Z])[)\]]?[.:。]?[ \t]*$", re.MULTILINE)


def option_letter(
    text: str, *, letters: str = "", choices_field: str | Sequence[str] = "choices", sample: Sample | None = None
) -> Extraction:
    """The upper-case letter that an answer to a multiple-choice question names.

    In this order: the last explicit statement ("the answer is (B)"), a letter at the start, a line that is a letter
    alone, the one option text that occurs as a whole phrase. Nothing is guessed: a letter that is not an option, or
    two without a statement, are no answer. The option texts are the document's `choices_field`, a list, or one text
    in each of several fields; `letters` are as many as these, or A to D.
    """
    choices = _texts(sample, choices_field)
    known = letters or ascii_uppercase[: len(choices) or 4]
    said = clean(text)
    if not said.found:
        return said
    marked = said.answer.translate(_EMPHASIS)
    statements = list(_STATEMENT.finditer(marked))
    if statements:
        return _known(_letter(statements[-1]), known, "statement")
    phrases = [plain_characters(choice).strip().casefold() for choice in choices]
    if match := _LEADING.match(marked):
        letter = _letter(match)
        # a letter that is a paragraph of its own is the answer, however its reasons go through the others
        apart = _LONE.fullmatch(marked.strip().partition("\n\n")[0]) and set(_LONE.findall(marked)) == {letter}
        others = set() if apart else _listed(marked, phrases) & set(known) - {letter}
        return Extraction(reason="several letters") if others else _known(letter, known, "leading_letter")
    alone = set(_LONE.findall(marked))
    if alone:
        return _known(alone.pop(), known, "lone_letter") if len(alone) == 1 else Extraction(reason="several letters")
    return _by_text(said.answer.casefold(), phrases, known)


def _letter(match: re.Match[str]) -> str:
    return match["bracketed"] or match["bare"]


def _known(letter: str, known: str, rule: str) -> Extraction:
    return Extraction(letter, rule=rule) if letter in known else Extraction(reason=f"{letter} is not an option")


def _texts(sample: Sample | None, field: str | Sequence[str]) -> Sequence[str]:
    if sample is None:
        return []
    texts = sample.doc.get(field) if isinstance(field, str) else [sample.doc.get(one, "") for one in field]
    return [str(text) for text in texts] if isinstance(texts, list | tuple) else []


def _listed(marked: str, phrases: Sequence[str]) -> set[str]:
    """The letters that begin a line, a sentence or a part of one; in option texts ("C. difficile") they are none."""
    texts = _anywhere([phrase.translate(_EMPHASIS) for phrase in phrases if len(phrase) > 1])
    return {_letter(match) for match in _LISTED.finditer(texts.sub(" ", marked) if texts else marked)}


def _by_text(answer: str, phrases: Sequence[str], known: str) -> Extraction:
    """The option whose text occurs; an occurrence inside a longer option's does not count."""
    anywhere = _anywhere(phrases)
    if anywhere is None:
        return Extraction(reason="no letter")
    found = set(anywhere.findall(answer))
    named = [letter for letter, phrase in zip(known, phrases, strict=False) if phrase in found]
    if len(named) == 1:
        return Extraction(named[0], rule="option_text")
    return Extraction(reason="several options" if named else "no letter and no option text")


def _anywhere(phrases: Sequence[str]) -> re.Pattern[str] | None:
    """Where one of the phrases stands as a whole, the longest that does; None without phrases."""
    wanted = sorted({phrase for phrase in phrases if phrase}, key=len, reverse=True)
    if not wanted:
        return None
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, wanted))})(?![\w-])", re.IGNORECASE)
