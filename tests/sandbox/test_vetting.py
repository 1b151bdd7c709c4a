"""Source that is refused before it runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.sandbox import vet


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("().__class__", "line 1: name '__class__'"),
        ("x = 1\n__import__('os')", "line 2: name '__import__'"),
        ("open('f')", "line 1: name 'open'"),
        ("f = eval", "line 1: name 'eval'"),
        ("getattr(x, 'y')", "line 1: name 'getattr'"),
        ("import os", "line 1: import of os"),
        ("import math, sys", "line 1: import of sys"),
        ("from os.path import join", "line 1: import of os.path"),
        ("from . import secrets", "line 1: import of ."),
        ("def f():\n    import socket", "line 2: import of socket"),
        ("1 +", "line 1: SyntaxError"),
    ],
)
def test_refused(source: str, problem: str) -> None:
    assert problem in vet(source)


@pytest.mark.parametrize("source", ["import numpy.random", "from collections import deque", "x.opened = 'open'", ""])
def test_allowed(source: str) -> None:
    assert vet(source) == ()


def test_imports_can_be_named() -> None:
    assert vet("import os", imports={"os"}) == ()


def test_all_published_programs_pass(shared: Path) -> None:
    lines = (shared / "data/longreasonarena/problems.jsonl").read_text().splitlines()
    assert [json.loads(line)["idx"] for line in lines if vet(json.loads(line)["code"])] == []


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    assert isinstance(vet(text), tuple)
