"""Answers behind reasoning."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.extract.reasoning import strip_reasoning
from mmeval.types import Extraction

HARMONY = "<|channel|>analysis<|message|>2+2<|end|><|start|>assistant<|channel|>final<|message|>4"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("plain  text ", "plain  text "),
        ("<think>hm</think>\n\nB", "B"),
        ("Well. <think>hm</think> B", "Well.  B"),
        ("hm</think>B", "B"),  # the prompt held the opening tag
        ("a</think>b</think>c", "c"),
        ("<think>a</think>b<think>c</think>d", "bd"),
        ("<think>a<think>b</think>c", "c"),
        ("<THINK>a</Think>b", "b"),
        ("<thinking>a</thinking>b", "b"),
        ("<reasoning>a</reasoning><answer>b</answer>", "<answer>b</answer>"),
        ("[THINK]a[/THINK]b", "b"),
        ("<seed:think>a</seed:think>b", "b"),
        ("<|begin_of_thought|>a<|end_of_thought|>b", "b"),
        ("<think>a</thinking>b</think>c", "c"),  # only its own tag ends it
        (HARMONY, "4"),
        ("so far B <think>wait", "so far B"),
    ],
)
def test_answer(text: str, answer: str) -> None:
    assert strip_reasoning(text) == Extraction(answer)


@pytest.mark.parametrize("text", ["<think>and on", "<think>a</think>", "a</think>\n"])
def test_nothing_but_reasoning(text: str) -> None:
    assert strip_reasoning(text) == Extraction(None, "nothing but reasoning")


def test_unclosed_reasoning_may_be_kept() -> None:
    assert strip_reasoning("so <think>maybe B", unclosed="keep").answer == "so <think>maybe B"
    assert strip_reasoning("<think>a</think>b", unclosed="keep").answer == "b"


def test_unclosed_reasoning_is_dropped_under_either_name() -> None:
    for unclosed in ("keep_before", "drop_after"):
        assert strip_reasoning("so B <think>maybe C", unclosed=unclosed).answer == "so B"
        assert not strip_reasoning("<think>maybe C", unclosed=unclosed).found


@given(st.lists(st.sampled_from(["<think>", "</think>", "[THINK]", "</thinking>", "a", " "])).map("".join))
def test_no_open_reasoning_is_left(text: str) -> None:
    answer = strip_reasoning(text).answer or ""
    assert "<think>" not in answer
    assert "[THINK]" not in answer


@pytest.mark.parametrize("piece", ["<think>", "</think>", "<", "<think></think>"])
def test_time_grows_with_the_text_only(piece: str) -> None:
    start = time.process_time()
    strip_reasoning(piece * 100_000)
    assert time.process_time() - start < 3
