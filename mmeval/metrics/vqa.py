"""Metrics of answers to questions about images, against several reference answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from mmeval.metrics.aggregations import mean
from mmeval.types import Metric

AGREEMENT = 3
"""Annotators who must have said the same for full marks."""
ANLS_THRESHOLD = 0.5

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {"none": 0} | {word: value for value, word in enumerate(_DIGITS)}
_ARTICLES = frozenset(("a", "an", "the"))
_CONTRACTED = (
    "ain't aren't can't could've couldn't didn't doesn't don't hadn't hasn't haven't he'd he's how'd how'll how's "
    "i'm i've isn't it'd it'll let's ma'am might've mightn't must've mustn't needn't not've o'clock oughtn't "
    "she's should've shouldn't somebody's someone's something's that's there'd there're there's they'd they'll "
    "they're they've 'twas wasn't we've weren't what'll what're what's what've when's where'd where's where've "
    "who'd who'll who's who've why'll why're why's won't would've wouldn't y'all you'd you'll you're you've"
)
_CONTRACTIONS = {word.replace("'", ""): word for word in _CONTRACTED.split()}
_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
_THOUSANDS = re.compile(r"\d,\d")
_PERIOD = re.compile(r"\.(?!\d)")


def _references(target: Any) -> Sequence[str]:
    return [str(one) for one in target] if isinstance(target, list | tuple) else [str(target)]


def plain_answer(text: str) -> str:
    """An answer as the VQA evaluation compares it: lower case, without punctuation and articles, digits for numbers."""
    text = plain = " ".join(text.split())
    joined = _THOUSANDS.search(text) is not None
    for mark in _PUNCTUATION:
        apart = f"{mark} " in text or f" {mark}" in text or joined
        plain = plain.replace(mark, "" if apart else " ")
    words = [str(_NUMBERS.get(word, word)) for word in _PERIOD.sub("", plain).lower().split()]
    return " ".join(_CONTRACTIONS.get(word, word) for word in words if word not in _ARTICLES)


def _vqa_accuracy(answer: Any, target: Any) -> float:
    references = _references(target)
    said = plain_answer(str(answer))
    if len(set(references)) > 1:
        references = [plain_answer(one) for one in references]
    if len(references) == 1:
        return float(said == plain_answer(references[0]))
    agreeing = sum(one == said for one in references)
    return mean([min(1.0, (agreeing - (one == said)) / AGREEMENT) for one in references])


def _anls(answer: Any, target: Any, *, threshold: float = ANLS_THRESHOLD) -> float:
    said = " ".join(str(answer).lower().split())
    return max(_similarity(said, " ".join(one.lower().split()), threshold) for one in _references(target))


def _similarity(said: str, wanted: str, threshold: float) -> float:
    longest = max(len(said), len(wanted))
    away = edit_distance(said, wanted) / longest if longest else 0.0
    return 1.0 - away if away < threshold else 0.0


def edit_distance(one: str, other: str) -> int:
    """Insertions, deletions and substitutions of characters that turn one into the other (Levenshtein)."""
    above = list(range(len(other) + 1))
    for row, left in enumerate(one, start=1):
        line = [row]
        for column, right in enumerate(other, start=1):
            line.append(min(above[column] + 1, line[-1] + 1, above[column - 1] + (left != right)))
        above = line
    return above[-1]


vqa_accuracy = Metric("vqa_accuracy", mean, range=(0.0, 1.0), score=_vqa_accuracy, references=True)
"""Agreement with ten annotators (Antol et al., 2015): min(1, n / 3), n of the others having given the answer, averaged
over leaving each annotator out. References are normalized where they differ, the answer always. A single reference is
matched exactly.
"""

anls = Metric("anls", mean, range=(0.0, 1.0), score=_anls, references=True)
"""Average normalized Levenshtein similarity to the nearest reference (Biten et al., 2019), 0 from a distance of
`threshold` (0.5) on; case and runs of blanks do not count.
"""
