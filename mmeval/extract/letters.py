"""The letter of the option that an answer chooses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_uppercase

from mmeval.extract.cleaning import clean, plain_characters
from mmeval.types import Extraction, Sample

_EMPHASIS = str.maketrans("", "", "*`$")
_LETTER = r"""
    (?: [(\[] [ \t]* (?P<bracketed>[A-Z]) [ \t]* [)\]]
      | (?P<bare>[A-Z]) (?= [ \t]*(?:[.,:;!?)\]}]|$) | [ \t]+(?:because|since)\b )
    )
"""
_STATEMENT = re.compile(
    r"""
    (?: (?i: \b(?:answer|correct\ option|correct\ choice) (?: \s+is\b(?:\s*:)? | \s*: ) \s* (?:(?:option|choice)\s+)? )
      | \\boxed\{ \s* (?:\\text\{)?
    )
    """
    + _LETTER,
    re.VERBOSE | re.MULTILINE,
)
_LEADING = re.compile(r"\s*" + _LETTER, re.VERBOSE | re.MULTILINE)
_LONE = re.compile(r"^[ \t]*[(\[]?([A-Z])[)\]]?[.:]?[ \t]*$", re.MULTILINE)


def option_letter(
    text: str, *, letters: str = "", choices_field: str = "choices", sample: Sample | None = None
) -> Extraction:
    """The upper-case letter that an answer to a multiple-choice question names.

    In this order: the last explicit statement ("the answer is (B)"), a letter at the start, a line that is a letter
    alone, the one option text that occurs as a whole phrase. Nothing is guessed: a letter that is not an option, or
    two without a statement, are no answer. The option texts are the document's `choices_field`; `letters` are as
    many as these, or A to D.
    """
    choices = _texts(sample, choices_field)
    known = letters or ascii_uppercase[: len(choices) or 4]
    answer = clean(text)
    marked = answer.translate(_EMPHASIS)
    statements = list(_STATEMENT.finditer(marked))
    match = statements[-1] if statements else _LEADING.match(marked)
    if match:
        return _known(match["bracketed"] or match["bare"], known)
    alone = set(_LONE.findall(marked))
    if alone:
        return _known(alone.pop(), known) if len(alone) == 1 else Extraction(reason="several letters")
    return _by_text(answer, choices, known)


def _known(letter: str, known: str) -> Extraction:
    return Extraction(letter) if letter in known else Extraction(reason=f"{letter} is not an option")


def _texts(sample: Sample | None, field: str) -> Sequence[str]:
    texts = sample.doc.get(field) if sample else None
    return [str(text) for text in texts] if isinstance(texts, list | tuple) else []


def _by_text(answer: str, choices: Sequence[str], known: str) -> Extraction:
    """The option whose text occurs; an occurrence inside a longer option's does not count."""
    phrases = [plain_characters(choice).strip().casefold() for choice in choices]
    wanted = sorted({phrase for phrase in phrases if phrase}, key=len, reverse=True)
    if not wanted:
        return Extraction(reason="no letter")
    anywhere = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, wanted))})(?![\w-])")
    found = set(anywhere.findall(answer.casefold()))
    named = [letter for letter, phrase in zip(known, phrases, strict=False) if phrase in found]
    if len(named) == 1:
        return Extraction(named[0])
    return Extraction(reason="several options" if named else "no letter and no option text")
