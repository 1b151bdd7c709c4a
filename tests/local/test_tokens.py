"""lm-eval's token rules: its own examples on a byte-level BPE, and properties on characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.local.tokens import Pair, encode, encode_pairs, fit, fit_budget, fit_prompt, problem, rolling_windows
from mmeval.types import Generate, Generation, Prompt
from tests.local.doubles import BOS, CharTokenizer


def ids(text: str) -> tuple[int, ...]:
    return tuple(map(ord, text))


@pytest.mark.parametrize(
    ("context", "continuation", "expected"),
    [
        ("abc", "def", Pair(ids("abc"), ids("def"))),
        ("abc ", "def", Pair(ids("abc"), ids(" def"))),
        ("abc\n\n", "def", Pair(ids("abc"), ids("\n\ndef"))),
        ("a\u00a0\u2003", "b", Pair(ids("a"), ids("\u00a0\u2003b"))),  # any Unicode whitespace moves
        ("", "def", Pair((BOS,), ids("def"))),
        ("", "<s>def", Pair((BOS,), ids("def"))),  # the prefix token of the text itself is the context
        ("", "<s>", Pair((BOS,), ())),
        ("", " def", Pair((BOS,), ids(" def"))),
        ("abc", "", Pair(ids("abc"), ())),
        ("  ", "def", Pair((), ids("  def"))),
    ],
)
def test_pairs_without_bos(context: str, continuation: str, expected: Pair):
    assert encode_pairs(CharTokenizer(), [(context, continuation)]) == [expected]


@pytest.mark.parametrize(
    ("context", "continuation", "expected"),
    [
        ("abc ", "def", Pair((BOS, *ids("abc")), ids(" def"))),
        ("<s>abc", "def", Pair((BOS, *ids("abc")), ids("def"))),  # no second BOS
        ("  ", "def", Pair((BOS,), ids("  def"))),
        ("", "def", Pair((BOS,), ids("def"))),
    ],
)
def test_pairs_with_a_tokenizer_that_adds_bos(context: str, continuation: str, expected: Pair):
    assert encode_pairs(CharTokenizer(adds_bos=True), [(context, continuation)]) == [expected]


def test_pairs_keep_their_order_and_are_encoded_once():
    tokenizer = CharTokenizer()
    pairs = [("q", " a"), ("", "x"), ("q", " b"), ("", "y"), ("q", " a"), ("", "x")]
    encoded = encode_pairs(tokenizer, pairs)
    assert encoded == [pair for one in pairs for pair in encode_pairs(CharTokenizer(), [one])]
    assert sorted(text for call in tokenizer.calls for text in call) == ["q", "q a", "q b", "x", "y"]
    assert len(tokenizer.calls) == 3, "contexts, whole texts, texts without a context"


def test_bos_is_looked_for_in_each_text():
    encoded = encode(CharTokenizer(adds_bos=True), ["a", "<s>a", "b<s>"])
    assert encoded == {"a": (BOS, 97), "<s>a": (BOS, 97), "b<s>": (BOS, 98, BOS)}


@given(st.text(alphabet="ab \n", max_size=8), st.text(alphabet="ab \n", max_size=4), st.booleans())
def test_a_pair_is_the_whole_text(context: str, continuation: str, adds_bos: bool):
    [pair] = encode_pairs(CharTokenizer(adds_bos=adds_bos), [(context, continuation)])
    before = (BOS,) if adds_bos or not context else ()
    assert pair.context + pair.continuation == before + ids(context + continuation)
    assert not pair.context or pair.context[-1] not in ids(" \n")


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (Pair((1,), (2,)), ""),
        (Pair((1,), ()), "the continuation has no tokens of its own"),
        (Pair((), (2,)), "the context has no tokens"),
        (Pair((1,), (2,) * 8), ""),
        (Pair((1,), (2,) * 9), "the continuation has 9 tokens, the model reads 8"),
    ],
)
def test_what_cannot_be_scored(pair: Pair, reason: str):
    assert problem(pair, 8) == reason


@given(st.integers(1, 30), st.integers(1, 8))
def test_a_pair_is_cut_from_the_left(context: int, continuation: int):
    pair = Pair(tuple(range(context)), tuple(range(100, 100 + continuation)))
    (kept, rest), dropped = fit(pair, 8)
    assert rest == pair.continuation
    assert kept == pair.context[dropped:]
    assert len(kept) >= 1
    assert len(kept) + len(rest) == min(context + continuation, 9)


@pytest.mark.parametrize(("new", "kept", "dropped"), [(1, 7, 3), (7, 1, 9), (4, 4, 6)])
def test_a_prompt_leaves_room(new: int, kept: int, dropped: int):
    assert fit_prompt(tuple(range(10)), 8, new) == (tuple(range(10 - kept, 10)), dropped)


def test_a_short_prompt_is_left_alone():
    assert fit_prompt((1, 2, 3), 8, 5) == ((1, 2, 3), 0)


@pytest.mark.parametrize(("prompt_tokens", "budget", "left"), [(3, 100, 5), (3, 2, 2), (7, 8, 1)])
def test_a_budget_shrinks_where_the_prompt_is_kept(prompt_tokens: int, budget: int, left: int):
    ask = Generate(Prompt.of("q"), max_tokens=budget, keep_prompt=True)
    assert fit_budget(ask, prompt_tokens, 8) == Generate(Prompt.of("q"), max_tokens=left, keep_prompt=True)
    assert fit_budget(Generate(Prompt.of("q"), max_tokens=budget), prompt_tokens, 8).max_tokens == budget


def test_a_kept_prompt_that_fills_the_context_has_an_empty_answer():
    assert fit_budget(Generate(Prompt.of("q"), keep_prompt=True), 8, 8) == Generation("", "length", 8, 0)


def test_rolling_windows_of_the_reference_example():
    tokens = tuple(range(100, 126))
    windows = list(rolling_windows(tokens, BOS, 8))
    assert [len(pair.continuation) for pair in windows] == [8, 8, 8, 2]
    assert [len(pair.context) for pair in windows] == [1, 1, 1, 7]
    assert windows[0] == Pair((BOS,), tokens[:8])
    assert windows[1] == Pair(tokens[7:8], tokens[8:16])
    assert windows[3] == Pair(tokens[17:24], tokens[24:])


def _half_windows(tokens: list[int], length: int) -> list[tuple[list[int], list[int]]]:
    """Token by token: what is read before each, and where a new window begins."""
    windows: list[tuple[list[int], list[int]]] = []
    for place, token in enumerate(tokens):
        if place == 0:
            windows.append(([BOS], [token]))
        elif place < length or (place - length) % max(1, length // 2):
            windows[-1][1].append(token)
        else:
            windows.append((tokens[:place], [token]))
    return [(before[-(length + 1 - len(predicted)) :], predicted) for before, predicted in windows]


@given(st.integers(0, 40), st.integers(1, 9))
def test_half_windows_are_those_of_a_plain_loop(count: int, max_length: int):
    tokens = list(range(100, 100 + count))
    windows = rolling_windows(tuple(tokens), BOS, max_length, "half")
    assert [(list(before), list(predicted)) for before, predicted in windows] == _half_windows(tokens, max_length)


def test_half_windows_read_half_a_window_first():
    windows = list(rolling_windows(tuple(range(100, 121)), BOS, 8, "half"))
    assert [len(pair.continuation) for pair in windows] == [8, 4, 4, 4, 1]
    assert [len(pair.context) for pair in windows] == [1, 5, 5, 5, 8]


@given(st.integers(0, 40), st.integers(1, 9))
def test_rolling_windows_predict_every_token_once(count: int, max_length: int):
    tokens = tuple(range(100, 100 + count))
    windows = list(rolling_windows(tokens, BOS, max_length))
    assert tuple(token for pair in windows for token in pair.continuation) == tokens
    seen = (BOS, *tokens)
    for number, pair in enumerate(windows):
        end = number * max_length + 1
        assert pair.context == seen[end - len(pair.context) : end]
        assert len(pair.context) + len(pair.continuation) - 1 <= max_length
        assert not problem(pair, max_length)
