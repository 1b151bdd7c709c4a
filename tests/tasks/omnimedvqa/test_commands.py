"""The command line on sound and malformed copies: a code, a count, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mmeval.cli.main import execute
from mmeval_tasks.omnimedvqa.codes import DROPPED

from .test_data import CASES, case

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str | Path) -> tuple[int, str, str]:
        capfd.readouterr()
        code = execute([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return command


def results(folder: Path) -> Mapping[str, Any]:
    (file,) = folder.rglob("results.json")
    data: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return data


@pytest.mark.parametrize("name", CASES)
def test_a_run_on_a_malformed_copy(mini: Path, name: str, run: Run, tmp_path: Path) -> None:
    wanted = case(mini, name)
    code, _, err = run("--tasks", "omnimedvqa", "--model", "dummy", "--data_dir", mini / "malformed" / name)
    if wanted["n_scorable"] == 0:
        assert code == 2
        assert f"0 of {wanted['n_raw']} items can be scored" in err
        assert wanted["reason"] in err
        return
    assert code == 0
    details = results(tmp_path)["mmeval"]["tasks"]["omnimedvqa"]["details"]
    assert details["coverage"]["raw"] == wanted["n_raw"]
    assert details["coverage"]["scorable"] == details["n"]["asked"] == wanted["n_scorable"]
    assert wanted["reason"] in details["coverage"]["codes"]


@pytest.mark.parametrize("name", CASES)
def test_the_coverage_of_a_malformed_copy(mini: Path, name: str, run: Run) -> None:
    wanted = case(mini, name)
    code, out, _ = run("omnimedvqa", "coverage", mini / "malformed" / name, "--strict")
    assert f"{wanted['n_scorable']} of {wanted['n_raw']} items can be scored" in out
    assert f"|{wanted['reason']}" in out
    assert code == int(wanted["reason"] in DROPPED)


def test_a_run_is_resumed_with_identical_records(mini: Path, run: Run, tmp_path: Path) -> None:
    arguments = ("--tasks", "omnimedvqa_official,omnimedvqa_prefix", "--model", "dummy", "--data_dir", mini)
    assert run(*arguments, "--variants", "blank_image", "--output_path", "one")[0] == 0
    (log,) = (tmp_path / "one").rglob("responses.jsonl")
    before = {path.name: path.read_bytes() for path in (log, log.parent / "samples.jsonl")}
    whole = results(tmp_path)
    lines = before["responses.jsonl"].splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:50]) + lines[50][:20])
    assert run("resume", log.parent)[0] == 0
    assert (log.parent / "samples.jsonl").read_bytes() == before["samples.jsonl"]
    assert results(tmp_path)["mmeval"] == whole["mmeval"]
    assert run("score", log.parent)[0] == 0
    assert results(tmp_path)["mmeval"] == whole["mmeval"]


def test_recorded_answers_are_scored(mini: Path, run: Run, tmp_path: Path) -> None:
    gold = json.loads((mini / "EXPECTED.json").read_text(encoding="utf-8"))["gold_letters"]
    answers = [{"task": "omnimedvqa", "sample_id": name, "response": letter} for name, letter in gold.items()]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, answers)), encoding="utf-8")
    code, out, _ = run(
        *("--tasks", "omnimedvqa", "--model", "replay", "--model_args", "path=answers.jsonl", "--data_dir", mini)
    )
    assert code == 0
    assert "1.0000" in out


def test_a_model_without_images_is_refused_before_it_is_loaded(mini: Path, run: Run) -> None:
    code, _, err = run("--tasks", "omnimedvqa", "--model", "hf", "--model_args", "pretrained=x", "--data_dir", mini)
    assert code == 2
    assert "does not take image parts" in err


def test_leaks_are_counted(run: Run, tmp_path: Path) -> None:
    for name, images in (("test", ["a", "b"]), ("train", ["b", "c", "d"])):
        records = [{"image": f"Images/{image}.png", "problem": "q A)x, B)y", "solution": ""} for image in images]
        (tmp_path / f"{name}.json").write_text(json.dumps(records), encoding="utf-8")
    code, out, _ = run("omnimedvqa", "leak", "test.json", "train.json")
    assert (code, out.splitlines()) == (
        0,
        ["2 test and 3 training items", "1 of 2 test images are also in training"],
    )
