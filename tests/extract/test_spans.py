"""lm-eval's filters for spans and tags."""

from __future__ import annotations

from typing import Any

import pytest

from mmeval.extract.spans import format_span, regex_pos
from mmeval.types import Extraction


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PER: Ada Lovelace", "per: ada lovelace"),
        ("Person: Ada, Alan$$Location: Kenya$$", "per: ada $ per: alan $ loc: kenya"),
        ("organization : mmeval\ndate: none", "org: mmeval"),
        ("LOC: none, Oslo", "loc: oslo"),
        ("company: x $ time: noon", "org: x $ date: noon"),
        ("the person who came", ""),
        ("", ""),
    ],
)
def test_format_span(text: str, expected: str) -> None:
    assert format_span(text) == Extraction(expected)


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("[('I', 'PRON'), ('run', 'VERB')]", {}, Extraction(["PRON", "VERB"])),
        ([("I", "PRON")], {}, Extraction(["PRON"])),
        ("I run", {}, Extraction(["invalid"], "no tagged token")),
        ("I run", {"fallback": ["X"], "regex_pattern": "I"}, Extraction(["X"], "no tagged token")),
    ],
)
def test_regex_pos(text: Any, options: dict[str, Any], expected: Extraction) -> None:
    assert regex_pos(text, **options) == expected
