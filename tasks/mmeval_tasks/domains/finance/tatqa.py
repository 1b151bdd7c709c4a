"""TAT-QA: answers of words, or of numbers with a scale, and the authors' exact match and F1.

The rules of `official` are those of the evaluation script of NExTplusplus/TAT-QA at commit 870accc, also where a
careful person would have others: a number must be right to two decimals of its scale, ".5" is no number, "(1,234)" is
not negative.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from mmeval.extract.cleaning import own_answer
from mmeval.extract.numbers import final_number
from mmeval.metrics.aggregations import mean
from mmeval.metrics.numbers import num_match, scale_mismatch
from mmeval.types import Extraction, Metric

SCALES: Mapping[str, float] = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "percent": 0.01}

tatqa_em = Metric("tatqa_em", mean, range=(0.0, 1.0))
"""Whether the answer is the gold one, numbers with their scale; the task computes it."""

tatqa_f1 = Metric("tatqa_f1", mean, range=(0.0, 1.0))
"""The F1 of the words of an answer; of an arithmetic or counted one its exact match. The task computes it."""

Reading: TypeAlias = Sequence[Any]
"""Answers, and the scale of them all; of words it is empty."""

_COMPUTED = ("arithmetic", "count")
"""Types of answers that are no words of the page, but numbers."""


def values(doc: Mapping[str, Any], results: Sequence[Sequence[Reading] | None]) -> dict[str, float]:
    """The values of what `tatqa_answer` read, by the better of its readings.

    A computed number is also compared within 1 %, as a share where it is a percentage, without its scale elsewhere.
    """
    readings, kind, gold = results[0] or (), doc["answer_type"], doc["gold"]
    found = [official(kind, gold, doc["scale"], answers, scale) for answers, scale in readings]
    exact, overlap = max(found, default=(0.0, 0.0))
    scores = {"tatqa_em": exact, "tatqa_f1": overlap, "unparsed_rate": float(not readings)}
    if kind in _COMPUTED:
        number = final_number(stated(*readings[0])).answer if readings else None
        wanted = float(gold[0]) * (0.01 if doc["scale"] == "percent" else 1)
        scores |= {metric.name: metric.score(number, wanted) for metric in (num_match, scale_mismatch) if metric.score}
    return scores


# ---------------------------------------------------------------- what an answer says

_STATED = re.compile(r"\banswers?\s*(?:(?:is|are)\b\s*:?|:|=)", re.IGNORECASE)
_ITEM = re.compile(r"(?:[-*•]|[0-9]{1,2}[.)])\s+")
_LIST = re.compile(r"[,;]\s+(?:and\s+)?|\sand\s")
_MINUS = re.compile(r"[−–](?=[0-9.$€£¥(])")
_SCALED = re.compile(r"(?P<number>.*[0-9)])\s?(?P<scale>thousand|million|billion|percent|per cent)s?", re.IGNORECASE)


def tatqa_answer(text: str) -> Extraction:
    """The answers that a text gives, a line each, as [answers, scale]: numbers, or words as written; in doubt both.

    What counts is behind the last "answer is" or "Answer:", up to an empty line. Numbers may also stand on one line; a
    calculation ends in its result.
    """
    said = own_answer(text)
    if not said.found:
        return said
    lines = _paragraph(said.answer.replace("**", ""))
    if not lines:
        return Extraction(reason="nothing is answered")
    numbers = _numbers(lines)
    # the script reads a scale within an answer in another way than one beside it
    words = not numbers or not all(map(_is_number, lines))
    return Extraction([*([[lines, ""]] if words else []), *([numbers] if numbers else [])])


def stated(answers: Sequence[str], scale: str) -> str:
    """Answers as `tatqa_answer` reads them."""
    return "\n".join(f"{one} {scale}" if scale and not ("%" in one and scale == "percent") else one for one in answers)


def _paragraph(text: str) -> list[str]:
    """The lines of the first paragraph behind where the answer is stated; of all where nothing follows that."""
    ends = [match.end() for match in _STATED.finditer(text)]
    tail = text[ends[-1] :].strip() if ends else ""
    lines = [line.strip() for line in (tail or text).strip().split("\n")]
    lines = lines[: lines.index("") if "" in lines else None]
    return [_ITEM.sub("", line, count=1) if _ITEM.match(line) else line for line in lines] if lines[1:] else lines


def _numbers(lines: Sequence[str]) -> list[Any] | None:
    """The lines as numbers and their scale, None where one is none. A scale behind the last number alone is of all."""
    parts = lines if lines[1:] else _LIST.split(lines[0].rpartition("=")[2])
    found = [number for part in parts if (number := _number(part))]
    if len(found) < len(parts):
        return None
    numbers, scales = [number for number, _ in found], [scale for _, scale in found]
    if len(set(scales)) == 1 or not any(scales[:-1]):
        return [numbers, scales[-1]]
    return [[" ".join(filter(None, pair)) for pair in found], ""]


def _number(text: str) -> tuple[str, str] | None:
    """A number without what stands around it, and its scale."""
    text = _MINUS.sub("-", text.strip('`*_" \t').removesuffix("."), count=1)
    match = _SCALED.fullmatch(text)
    number, scale = (match["number"], match["scale"].lower().replace(" ", "")) if match else (text, "")
    return (number, scale) if _is_number(number) and len(_bare(number)) == 1 else None


# ---------------------------------------------------------------- the authors' rules


def official(
    kind: str, gold: Sequence[str], gold_scale: str, predicted: Sequence[str], scale: str
) -> tuple[float, float]:
    """Exact match and F1 (to two decimals) of answers with a scale, against gold ones of the type `kind`.

    A single number without a scale may also stand as it is for a percentage: 0.2212 for 22.12 percent.
    """
    if not gold or not predicted:
        return 0.0, 0.0
    said = [_joined(predicted, scale)]
    if len(predicted) == 1 and not scale and "%" not in predicted[0] and _is_number(predicted[0]):
        value = _value(predicted[0])
        said += [] if value is None else [f"{value:.4f}"]
    wanted = _words(_joined(gold, gold_scale))
    exact, overlap = max(_compared(_words(text), wanted) for text in said)
    return exact, exact if kind in _COMPUTED else overlap


def _compared(said: str, wanted: str) -> tuple[float, float]:
    return float(said == wanted), _overlap(set(said.split()), set(wanted.split()))


def _overlap(said: set[str], wanted: set[str]) -> float:
    common = len(said & wanted)
    precision = common / len(said) if said else 1.0
    recall = common / len(wanted) if wanted else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return round(f1 * 100) / 100  # as numpy rounds


def _joined(answers: Sequence[str], scale: str) -> str:
    """All answers as one text, whatever their order; numbers as amounts with four decimals."""
    return " ".join(_amount(one, scale) for one in sorted(answers))


def _amount(answer: str, scale: str) -> str:
    value = _value(answer) if _is_number(answer) else None
    if value is None:
        return f"{answer} {scale}" if scale else answer
    return f"{value if '%' in answer else round(value, 2) * _factor(scale):.4f}"


_UNITS = str.maketrans("", "", "'\"\\$€£¥%(),[]")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_DIGITS = re.compile(r"(?P<number>[+-]?\d+(?:\.\d+)?)|[+-]?\.\d")
_BRACKETS = re.compile(r"\([\d.\s]+\)")
_PERCENT = re.compile(r"[\d.\s]%")
_UNIT = re.compile(r"[\d.]\s?(?P<word>[a-zA-Z]+)")
_LONGEST = 100
"""Digits; the script stops at numbers that a float cannot hold."""


def _is_number(text: str) -> bool:
    """Whether the first word is a number but for currency, brackets and commas, and the second, if any, a scale."""
    words = _bare(text)
    try:
        return bool(words) and not math.isnan(float(words[0])) and (len(words) == 1 or _factor(words[1]) != 1)
    except ValueError:
        return False


def _bare(text: str) -> list[str]:
    return [word for part in text.split() if (word := part.translate(_UNITS))]


def _value(text: str) -> float | None:
    """The number that a text holds, in brackets negative, a percentage as a share, times the scale behind it."""
    match = _DIGITS.search(text.translate(_UNITS))
    number = match["number"] if match else None
    if number is None or len(number) > _LONGEST:
        return None
    value = float(number) if "." in number else int(number)
    unit = _UNIT.search(text)
    scale = _factor(unit["word"]) if unit else 1
    sign = -1 if _BRACKETS.search(text.strip()) else 1
    percent = 0.01 if _PERCENT.search(text.strip()) else 1
    return round(value * scale * sign * percent, 4)


def _factor(word: str) -> float:
    return next((factor for name, factor in SCALES.items() if name in word.lower()), 1)


def _words(text: str) -> str:
    """A text as it is compared: lower case, no punctuation and articles, numbers as such."""
    return " ".join(filter(None, map(_word, text.split(" "))))


def _word(token: str) -> str:
    token = token.lower()
    token = token if _is_number(token) else token.translate(_PUNCTUATION)
    token = str(_value(token)) if _is_number(token) else token
    return " ".join(_ARTICLE.sub(" ", token).split())
