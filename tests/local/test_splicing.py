"""Splicing saves characters and changes no id, with tokenizers that agree and with those that do not."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmeval.local.splicing import encode_alike, seam
from mmeval.local.tokens import TokenIds, encode, encode_pairs
from tests.local.doubles import CharTokenizer

EXAMPLES = "Question: does the sun rise? Answer: yes, it does.\n\n" * 6
TEXTS = st.text("ab \n.", max_size=12)


class WordTokenizer(CharTokenizer):
    """One id per word with the space before it; says how many characters it has read.

    `kind` is what spoils splicing: "prepends" a space to every text, "counts" the words of the text so far, or "looks"
    at what stands before a word.
    """

    def __init__(self, kind: str = "", *, adds_bos: bool = False) -> None:
        super().__init__(adds_bos=adds_bos)
        self.kind = kind
        self.read = 0

    def encode(self, texts: Sequence[str], *, special: bool | None) -> list[list[int]]:
        self.read += sum(map(len, texts))
        bos = [1] if self.adds_bos and special is not False else []
        return [bos + self._words(" " + text if self.kind == "prepends" else text) for text in texts]

    def _words(self, text: str) -> list[int]:
        words = re.findall(r"\s?\w+|\s?[^\s\w]+|\s+", text)
        counted = [len(words[: i + 1]) if self.kind == "counts" else 0 for i in range(len(words))]
        before = [len(words[i - 5]) if i >= 5 and self.kind == "looks" else 0 for i in range(len(words))]
        return [hash((word, *extra)) % 2**40 for word, *extra in zip(words, counted, before, strict=True)]


def plainly(tokenizer: WordTokenizer, texts: Sequence[str]) -> dict[str, TokenIds]:
    return {text: tuple(tokenizer.encode([text], special=None)[0]) for text in texts}


@pytest.mark.parametrize("kind", ["", "prepends", "counts", "looks"])
@pytest.mark.parametrize("adds_bos", [False, True])
@settings(max_examples=40, deadline=None)
@given(ends=st.lists(TEXTS, max_size=8))
def test_ids_are_those_of_whole_texts(kind: str, adds_bos: bool, ends: list[str]):
    tokenizer = WordTokenizer(kind, adds_bos=adds_bos)
    texts = [EXAMPLES + end for end in ends] + ends
    assert encode(tokenizer, texts) == plainly(tokenizer, texts)


@pytest.mark.parametrize("kind", ["", "prepends", "counts", "looks"])
@settings(max_examples=40, deadline=None)
@given(
    contexts=st.lists(st.builds(lambda long, end: EXAMPLES * long + end, st.booleans(), TEXTS), max_size=4),
    options=st.lists(TEXTS, max_size=4),
)
def test_pairs_are_those_of_whole_texts(kind: str, contexts: list[str], options: list[str]):
    pairs = [(context, option) for context in contexts for option in options]
    tokenizer = WordTokenizer(kind)
    for pair, (context, option) in zip(encode_pairs(tokenizer, pairs), pairs, strict=True):
        if context:
            kept = context.rstrip()
            [before] = plainly(tokenizer, [kept]).values()
            [whole] = plainly(tokenizer, [context + option]).values()
            assert pair == (before, whole[len(before) :])


@pytest.mark.parametrize("kind", ["", "prepends"])
def test_what_texts_share_is_read_once(kind: str):
    tokenizer = WordTokenizer(kind)
    pairs = [(f"{EXAMPLES}Is {number} a number?", f" {word}") for number in range(100) for word in ("yes", "no")]
    encode_pairs(tokenizer, pairs)
    assert tokenizer.read < 0.15 * sum(len(context) for context, _ in pairs)


def test_disagreement_in_the_sample_is_believed():
    """A tokenizer whose words change with what follows them, far behind: the seam cannot show it."""
    calls: list[int] = []

    def whole(texts: Sequence[str]) -> dict[str, TokenIds]:
        calls.append(len(texts))
        return {text: (len(text) % 2, *map(ord, text)) for text in texts}

    def bare(texts: Sequence[str]) -> dict[str, TokenIds]:
        return {text: tuple(map(ord, text)) for text in texts}

    texts = [EXAMPLES + "x" * length for length in range(9)]
    assert encode_alike(texts, whole, bare) == whole(texts)
    assert len(texts) in calls


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one two three?", "one two"),
        ("one two\nthree", "one two"),
        ("one, two", None),
        ("one tw", None),
        ("", None),
        ("nothing", None),
    ],
)
def test_seams_stand_behind_words_and_before_the_end(text: str, expected: str | None):
    place = seam(text, len(text))
    assert (None if place is None else text[:place]) == expected
