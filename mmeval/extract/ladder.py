r"""The option that an answer to a multiple-choice question chooses, by a ladder of rules that never guess.

The rules are those of the OmniMedVQA fact sheet, section 6.3. `mcq_ladder` reads more forms of an answer than
`option_letter`: lower-case letters, exact option texts, tags and boxes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TypeAlias

from mmeval.extract.boxed import boxed
from mmeval.extract.reasoning import strip_reasoning
from mmeval.types import Extraction, Sample

Options: TypeAlias = Mapping[str, str]
"""Option texts by letter, in order."""

EMPTY, TRUNCATED, AMBIGUOUS, OUT_OF_RANGE, NOTHING = "empty", "truncated", "ambiguous", "out_of_range", "no_option"


@dataclass(frozen=True, slots=True)
class Reading:
    """The chosen `letter`, or the `reason` why there is none; the `rule` (1 to 6) that said so, and what was read:
    `answer` (a tag), `boxed` or `all`.
    """

    letter: str | None = None
    rule: int = 0
    region: str = "all"
    reason: str = ""


def mcq_ladder(text: str, *, options_field: str = "options", sample: Sample | None = None) -> Extraction:
    """The letter of the option that `text` chooses.

    What counts is behind the reasoning, in the last answer tag or box where there is one. In this order: a lone letter,
    an option's exact text, a leading `B)`, a statement ("the answer is B"), the one option text inside, a single
    capital. The document's `options_field` maps letters to texts, or lists texts. Reasons: `empty`, `truncated`,
    `ambiguous`, `out_of_range`, `no_option`.
    """
    reading = climb(text, options_of(sample, options_field))
    return Extraction(reading.letter, reading.reason)


def option_text(text: str, *, options_field: str = "options", sample: Sample | None = None) -> Extraction:
    """The letter of the option whose text the answer is, or holds as its only one; letters count for nothing."""
    options = options_of(sample, options_field)
    region, kept = _region(text)
    if not region:
        return Extraction(reason=kept)
    for rule in (_exact_text, _text_inside):
        found = rule(region, options)
        if found is not None:
            return Extraction(found.letter, found.reason)
    return Extraction(reason=NOTHING)


def options_of(sample: Sample | None, field: str) -> Options:
    """The options of a document: a mapping of letters to texts, or a list of texts."""
    options = sample.doc.get(field) if sample else None
    if isinstance(options, Mapping):
        return {str(letter): str(text) for letter, text in options.items()}
    return dict(zip(ascii_uppercase, map(str, options or ()), strict=False))


def climb(text: str, options: Options) -> Reading:
    """What the ladder reads in `text`."""
    region, kind = _region(text)
    if not region:
        return Reading(reason=kind)
    for number, rule in enumerate(_RULES, start=1):
        found = rule(region, options)
        if found is not None:
            return Reading(found.letter, number, kind, found.reason)
    return Reading(region=kind, reason=NOTHING)


# ---------------------------------------------------------------- the part of an answer that counts

_ANSWER = re.compile(r"<answer>((?:(?!<answer>).)*?)</answer>", re.IGNORECASE | re.DOTALL)
_ANSWER_TAG = re.compile(r"</?answer>", re.IGNORECASE)
_FONT = re.compile(r"\\(?:text|mathrm|mathbf)\{([^{}]*)\}")
_EMPHASIS = re.compile(r"[*`$]|_+")
_OUTER = " \t\r\n\"'“”‘’"


def _region(text: str) -> tuple[str, str]:
    """What is to be read, cleaned, and where it stood; nothing, and why."""
    text = unicodedata.normalize("NFKC", text)
    answer = strip_reasoning(text).answer or ""
    if not answer.strip():
        lowered = text.lower()
        return "", TRUNCATED if lowered.rfind("<think>") > lowered.rfind("</think>") else EMPTY
    for kind, part in _places(answer):
        cleaned = _clean(part)
        if cleaned:
            return cleaned, kind
    return "", EMPTY


def _places(text: str) -> Iterator[tuple[str, str]]:
    tagged = [part for part in _ANSWER.findall(text) if part.strip()]
    if tagged:
        yield "answer", tagged[-1]
    tags = _ANSWER_TAG.findall(text)
    if tags and not tags[-1].startswith("</"):
        yield "answer", _ANSWER_TAG.split(text)[-1]
    box = boxed(text).answer
    if box:
        yield "boxed", _FONT.sub(r"\1", box)
    yield "all", text


def _clean(text: str) -> str:
    text = _ANSWER_TAG.sub("", text)
    return _EMPHASIS.sub(lambda mark: mark[0] if _inside_a_word(mark, text) else "", text).strip(_OUTER)


def _inside_a_word(mark: re.Match[str], text: str) -> bool:
    """Whether these are the underscores of a name like `x_ray`."""
    return (
        mark[0][0] == "_"
        and text[max(0, mark.start() - 1) : mark.start()].isalnum()
        and text[mark.end() : mark.end() + 1].isalnum()
    )


def normalized(text: str) -> str:
    """NFKC, casefolded, without apostrophes; every other run of what is no letter, digit, % or + is one blank."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[^\w%+]|_", " ", re.sub("['’‘]", "", folded)).split()).replace(" %", "%")


# ---------------------------------------------------------------- the rules


@dataclass(frozen=True, slots=True)
class _Found:
    letter: str | None
    reason: str = ""


_LEAD = r"(?:the\s+)?(?:(?:final|correct|best)\s+)?(?:answer|option|choice)\s*(?:is|:|=)\s*:?\s*"
_LONE = re.compile(rf"(?:{_LEAD})?[(\[{{]?\s*([A-Za-z])\s*[)\]}}]?\s*[.,:;]?", re.IGNORECASE)
_LEADING = re.compile(r"(?:\(([A-Za-z])\)|\[([A-Za-z])\]|([A-Za-z])[).:]|([A-Z])\s+-)\s*\S")
_MARKER = re.compile(r"(?<!\w)(?:\(([A-Z])\)|\[([A-Z])\]|([A-Z])[).:])")
_NO_ARTICLE = r"(?:(?!A)|A(?=\s*(?:$|[^\w\s]|(?:because|since|as|which|and|or|is)\b)))"
_STATEMENT = re.compile(
    r"(?i:\b(?:answer|choice|option)\s*(?:is|was|would\s+be|should\s+be|:|=)\s*:?\s*(?:(?:option|choice|letter)\s+)?)"
    rf"[(\[]?(?={_NO_ARTICLE})([A-Z])(?!\w)"
    r"|(?<!not )(?i:\b(?:option|choice)\s+)[(\[]?([A-Z])[)\]]?(?=\s*(?:[.:,;]|$))"
    r"|答案是\s*[(\[]?([A-Z])(?![A-Za-z])"
)
_CAPITAL = re.compile(rf"(?<![\w'])(?<!\b[Nn][Oo][Tt]\s)(?<!\b[Nn]ot\soption\s)(?={_NO_ARTICLE})([A-Z])(?![\w'])")
_ENDED = re.compile(r"\s*(?:$|[^\w\s])")
_NEGATIONS = frozenset(("not", "no", "never", "without", "unlike", "neither", "nor", "isnt", "wasnt"))
_REPLACED = (["rather", "than"], ["instead", "of"])


def _lone_letter(region: str, options: Options) -> _Found | None:
    match = _LONE.fullmatch(region)
    return _letter(match[1].upper(), options) if match else None


def _letter(letter: str, options: Options) -> _Found:
    return _Found(letter) if letter in options else _Found(None, OUT_OF_RANGE)


def _exact_text(region: str, options: Options) -> _Found | None:
    said = normalized(region)
    return _only([letter for letter, text in options.items() if said and normalized(text) == said])


def _only(letters: list[str]) -> _Found | None:
    if not letters:
        return None
    return _Found(letters[0]) if len(letters) == 1 else _Found(None, AMBIGUOUS)


def _leading_marker(region: str, options: Options) -> _Found | None:
    match = _LEADING.match(region)
    letter = _group(match).upper() if match else ""
    listed = {_group(marker) for marker in _MARKER.finditer(region)} & options.keys()
    return _Found(letter) if letter in options and len(listed | {letter}) == 1 else None


def _statement(region: str, options: Options) -> _Found | None:
    """A letter that is no option counts as one only where nothing but punctuation follows: "the answer is I think"."""
    stated = [
        (_group(match), match.end())
        for match in _STATEMENT.finditer(region)
        if _group(match) in options or _ENDED.match(region, match.end())
    ]
    return _letter(stated[-1][0], options) if stated else None


def _text_inside(region: str, options: Options) -> _Found | None:
    said = normalized(region).split()
    tokens = {letter: normalized(text).split() for letter, text in options.items()}
    if tokens and all(words[:1] in (["yes"], ["no"]) for words in tokens.values()):
        return _only([letter for letter, words in tokens.items() if words[:1] == said[:1]])
    starts = {letter: set(_occurrences(words, said)) for letter, words in tokens.items()}
    kept = [
        letter
        for letter, words in tokens.items()
        if any(not _denied(said, start) and not _covered(start, len(words), tokens, starts) for start in starts[letter])
    ]
    return _only(kept)


def _occurrences(words: Sequence[str], said: Sequence[str]) -> Iterator[int]:
    places = range(len(said) - len(words) + 1) if words else ()
    return (start for start in places if said[start : start + len(words)] == words)


def _covered(start: int, length: int, tokens: Mapping[str, list[str]], starts: Mapping[str, set[int]]) -> bool:
    """Whether an occurrence of `length` tokens lies inside one of a longer option."""
    return any(
        place in starts[letter]
        for letter, words in tokens.items()
        if len(words) > length
        for place in range(start + length - len(words), start + 1)
    )


def _denied(said: list[str], start: int) -> bool:
    before = said[max(0, start - 3) : start]
    return not _NEGATIONS.isdisjoint(before) or before[-2:] in _REPLACED


def _bare_capital(region: str, options: Options) -> _Found | None:
    found = {match[1] for match in _CAPITAL.finditer(region)} & options.keys()
    return _only(sorted(found))


def _group(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group)


_RULES: tuple[Callable[[str, Options], _Found | None], ...] = (
    _lone_letter,
    _exact_text,
    _leading_marker,
    _statement,
    _text_inside,
    _bare_capital,
)
