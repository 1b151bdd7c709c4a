"""Chinese text as words, for ROUGE."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from mmeval.metrics.aggregations import required

_ASCII = re.compile(r"[a-zA-Z0-9+#&._%-]+")
_ASCII_WORD = re.compile(r"([a-zA-Z0-9]+(?:\.\d+)?%?)")
_SENTENCE_END = re.compile(r"([。！？?]) ")
_DOTS = re.compile(r"(\.{6})([^”’])")


def rouge_l(said: str, wanted: str) -> float:
    """F1 of the longest common subsequence of words; 0 for a blank answer."""
    return float(_scorer().score(wanted, said)["rougeL"].fmeasure)


@cache
def _scorer() -> Any:
    scorer = required("rouge_score.rouge_scorer", package="rouge-score", extra="chinese")
    return scorer.RougeScorer(["rougeL"], tokenizer=_Words())


class _Words:
    """The words that rouge-chinese counts: those of jieba without blanks, and one more, empty, for a blank line."""

    def tokenize(self, text: str) -> list[str]:
        spaced = _SENTENCE_END.sub("\\1\n ", " ".join(segmented(text)))
        lines = _DOTS.sub(r"\1\n\2", spaced).rstrip().split("\n")
        return [word for line in lines if line for word in line.split() or [""]]


def segmented(text: str) -> list[str]:
    """The text in jieba's words."""
    return [part for word in required("rjieba", extra="chinese").cut(text) for part in _as_jieba(word)]


def _as_jieba(word: str) -> Iterator[str]:
    """The word's parts: "2018-2020" is whole for rjieba; jieba parts what its dictionary has not."""
    if not _ASCII.fullmatch(word) or required("rjieba", extra="chinese").has_word(word):
        yield word
    else:
        yield from filter(None, _ASCII_WORD.split(word))
