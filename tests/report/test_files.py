from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmeval.report.files import jsonable, write_lines, write_results
from mmeval.types import Image, Outcome


@dataclass(frozen=True)
class Point:
    x: float
    y: tuple[int, ...]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (0.5, 0.5),
        (float("nan"), None),
        (float("-inf"), None),
        ("ä", "ä"),
        (Outcome.SCORED, "scored"),
        ((1, [2, {"a": (3,)}]), [1, [2, {"a": [3]}]]),
        ({1: float("nan")}, {"1": None}),
        ({"b", "a"}, ["a", "b"]),
        (b"", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (np.float32(0.5), 0.5),
        (np.float64("nan"), None),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([[1.0, np.inf]]), [[1.0, None]]),
        (Fraction(1, 2), 0.5),
        (Decimal("1.5"), "1.5"),
        (Path("a"), "a"),
        (Point(float("nan"), (1,)), {"kind": "Point", "x": None, "y": [1]}),
        (Image("a.png", "ff"), {"kind": "Image", "digest": "ff"}),
    ],
)
def test_jsonable(value: Any, plain: Any) -> None:
    found = jsonable(value)
    assert found == plain
    assert type(json.loads(json.dumps(found, allow_nan=False))) is type(plain)


def test_results_are_written_as_lm_eval_does(tmp_path: Path) -> None:
    path = write_results(tmp_path, {"a": "ä", "b": float("nan")})
    assert path == tmp_path / "results.json"
    assert path.read_text(encoding="utf-8") == '{\n  "a": "ä",\n  "b": null\n}\n'


def test_lone_surrogates_are_written_as_json_escapes(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "lines.jsonl", [{"a": "\ud800 ä"}, {"a": "\u2028"}])
    lines = path.read_bytes().split(b"\n")
    assert [json.loads(line)["a"] for line in lines if line] == ["\ud800 ä", "\u2028"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "lines.jsonl", [{"a": 1}])

    def rows() -> Any:
        yield {"a": 2}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_lines(path, rows())
    assert path.read_text(encoding="utf-8") == '{"a": 1}\n'
