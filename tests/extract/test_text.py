"""Plain rewritings."""

from __future__ import annotations

from mmeval.extract.text import lowercase, map_answer, remove_whitespace, uppercase
from mmeval.types import Extraction


def test_rewritings() -> None:
    assert remove_whitespace("\n a b\t").answer == "a b"
    assert lowercase("ÄB").answer == "äb"
    assert uppercase("äb").answer == "ÄB"


def test_map_answer() -> None:
    assert map_answer("A", mapping_dict={"A": 1}) == Extraction(1)
    missed = map_answer("C", mapping_dict={"A": 1}, default_value=0)
    assert (missed.answer, missed.found) == (0, False)
    assert map_answer("C").answer is None
