"""Stop strings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.local.stops import StopCheck, cut_at_stops


@pytest.mark.parametrize(
    ("text", "stops", "expected"),
    [
        ("one\ntwo", ("\n",), "one"),
        ("one\ntwo", (), "one\ntwo"),
        ("one\ntwo", ("", "tw"), "one\n"),
        ("abcd", ("cd", "bc"), "ab"),  # the second is no longer whole after the first cut
        ("abcd", ("bc", "cd"), "a"),
        ("\nrest", ("\n",), ""),
        ("", ("x",), ""),
        ("a a a", (" ",), "a"),
    ],
)
def test_cut(text: str, stops: tuple[str, ...], expected: str):
    assert cut_at_stops(text, stops) == expected


def as_text(ids: object) -> str:
    return bytes(ids).decode(errors="replace")  # type: ignore[call-overload]


@given(st.lists(st.sampled_from([*b"ab\n", 0xC3, 0xA4]), max_size=40), st.sampled_from(["\n", "ab", "aba\n", "\u00e4"]))
def test_a_stop_is_noticed_with_the_token_that_completes_it(ids: list[int], stop: str):
    check = StopCheck(as_text, ("", stop))
    noticed = next((end for end in range(1, len(ids) + 1) if check.reached(ids[:end])), None)
    whole = next((end for end in range(1, len(ids) + 1) if stop in as_text(ids[:end])), None)
    assert noticed == whole


def test_a_tail_that_reads_otherwise_does_not_stop():
    """A decoder may show something at the start of a text (a stripped space, a broken character) that is not there."""
    check = StopCheck(lambda ids: "STOP" if len(ids) < 15 else "fine", ("STOP",))
    assert check.reached([0] * 12)
    assert not check.reached([0] * 20)


def test_without_stops_nothing_is_decoded():
    def refuse(ids: object) -> str:
        raise AssertionError

    assert not StopCheck(refuse, ("",)).reached([1, 2])
