from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from mmeval.errors import UsageError
from mmeval_tasks.clegr.command import generate
from mmeval_tasks.clegr.records import Record, map_to_json
from mmeval_tasks.clegr.sets import SetSpec


@pytest.mark.parametrize("mode", ["faithful", "corrected"])
def test_a_generated_file_is_the_set_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str], mode: str) -> None:
    file = tmp_path / "maps.jsonl"
    assert generate(["--graphs", "6", "--seed", "7", "--mode", mode, "--out", str(file)]) == 0
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    made: list[Record] = list(SetSpec("full", mode, graphs=6, seed=7).records())
    assert [row["graph"] for row in rows] == [map_to_json(record.world) for record in made]
    assert [row["mode"] for row in rows] == [mode] * 6
    questions = sum(len(record.questions) for record in made)
    assert f"6 maps, {questions} questions" in capsys.readouterr().out
    assert generate(["--check", str(file)]) == 0
    assert f"{questions} of {questions} answers agree" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [file]


def test_grids_are_generated_and_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "grids.jsonl"
    assert generate(["--domain", "computers", "--graphs", "8", "--out", str(file)]) == 0
    assert generate(["--check", str(file)]) == 0
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    asked = {question["type_string"] for row in rows for question in row["questions"]}
    assert len(asked) == 20
    assert "answers agree" in capsys.readouterr().out


def test_disagreements_are_printed_and_the_exit_code_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "maps.jsonl"
    generate(["--graphs", "3", "--set", "facts", "--mode", "faithful", "--out", str(file)])
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"answer": true', '"answer": "so"').replace('"label": "True"', '"label": "so"'))
    assert generate(["--check", str(file)]) == 1
    out = capsys.readouterr().out
    assert "form 12 StationExistence1: the file says" in out
    assert "right is True" in out
    assert "more\n" in out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "nothing to do"),
        (["--preset", "tiny", "--out", "x"], "tiny"),
        (["--graphs", "0", "--out", "x"], "graphs"),
        (["--colour"], "No such option"),
        (["--graphs", "2", "--graph", "2", "--draw", "x.png"], "maps 0 to 1"),
        (["--domain", "computers", "--draw", "x.png"], "computers"),
        (["--graphs", "1", "--out", "/nowhere/at/all.jsonl"], "cannot be written"),
        (["--check", "/nowhere/at/all.jsonl"], "cannot be read"),
    ],
)
def test_wrong_use_is_one_clear_line(argv: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        generate(argv)
    assert "\n" not in str(raised.value)


def test_help_lists_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate(["--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Usage: mmeval generate clegr")
    assert all(option in out for option in ("--preset", "--graphs", "--seed", "--mode", "--out", "--draw", "--check"))


def test_a_map_is_drawn_in_its_colours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = pytest.importorskip("PIL.Image")
    file = tmp_path / "map.png"
    assert generate(["--graph", "3", "--draw", str(file)]) == 0
    assert "map 3" in capsys.readouterr().out
    with image.open(file) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 200
        assert len(picture.getcolors(1 << 24)) > 10


def test_segments_of_every_stroke_are_drawn_between_their_stations() -> None:
    pytest.importorskip("PIL.Image")
    from mmeval_tasks.clegr.draw import _DASHES, _dashes

    for pattern in _DASHES.values():
        parts = list(_dashes(100.0, pattern))
        assert parts[0][0] == 0.0
        assert all(0 <= start < end <= 1 for start, end in parts)
        assert all(before[1] < after[0] for before, after in pairwise(parts))
