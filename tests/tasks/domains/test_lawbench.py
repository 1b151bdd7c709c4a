"""LawBench: its scores are its evaluator's.

`lawbench_official.json` holds what the evaluator at e30981bb3ff54c41571f222e0b23e92d27375388 gives each made-up row
alone, for its own right answer and for the answers listed there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import MissingRequirementError
from mmeval.task import Answered
from mmeval.types import Generation
from mmeval.yaml_task.load import TaskOptions, load_task
from mmeval.yaml_task.task import YamlTask
from mmeval_tasks.domains import samples
from mmeval_tasks.domains.lawbench import likeness, proofreading
from mmeval_tasks.domains.lawbench.likeness import Lists, lists
from tests.tasks.domains import support
from tests.tasks.domains.test_definitions import FILES

pytest.importorskip("rjieba")

OFFICIAL: Mapping[str, Any] = json.loads(Path(__file__).with_name("lawbench_official.json").read_text(encoding="utf-8"))
NAMES = {str(spec.details["local_name"]): name for name, spec in FILES.items() if name.startswith("lawbench_")}


def _loaded(number: str, folder: Path) -> YamlTask:
    spec = FILES[NAMES[number]]
    samples.write(folder, [spec])
    return load_task(spec.file, TaskOptions(data_dir=str(folder), offline=True))


def test_all_twenty_are_there() -> None:
    assert len(NAMES) == 20
    assert set(support.members("lawbench_memorization")) == {NAMES["1-1"], NAMES["1-2"]}
    assert set(support.members("lawbench_understanding")) == {NAMES[f"2-{place}"] for place in range(1, 11)}
    assert set(support.members("lawbench_application")) == {NAMES[f"3-{place}"] for place in range(1, 9)}


@pytest.mark.parametrize("number", list(OFFICIAL["scores"]))
def test_scores_are_the_evaluators(tmp_path: Path, number: str) -> None:
    task = _loaded(number, tmp_path)
    asked = list(task.samples())
    recorded = OFFICIAL["scores"][number]
    assert len(asked) == len(recorded)
    for sample, wanted in zip(asked, recorded, strict=True):
        for said, value in zip([sample.doc["answer"], *OFFICIAL["answers"]], wanted, strict=True):
            (score,) = task.score_all([Answered(sample, [[Generation(said)]])])
            # the evaluator adds 1e-8 to a denominator of ROUGE
            assert score.values["lawbench_score"] == pytest.approx(value, abs=1e-8), (said, score.reason)


def test_a_prompt_is_the_instruction_and_the_question(tmp_path: Path) -> None:
    task = _loaded("3-7", tmp_path)
    first = next(iter(task.samples()))
    (ask,) = task.requests(first)
    assert ask.prompt.text == f"{first.doc['instruction']}\n{first.doc['question']}"


def test_reasoning_is_no_part_of_the_answer(tmp_path: Path) -> None:
    task = _loaded("1-2", tmp_path)
    (first, _) = task.samples()
    (score,) = task.score_all([Answered(first, [[Generation("<think>A? C?</think>正确答案：B。")]])])
    assert score.values["lawbench_score"] == 1.0


# ---------------------------------------------------------------- proofreading


def test_corrections_are_edits_of_characters() -> None:
    """Aligned without word lists, as the fixture of this folder has it."""
    right, wrong, missed = proofreading.counts("原告以经付清", "原告已经付清", "原告已经付清")
    assert (right, wrong, missed) == (1, 0, 0)
    assert proofreading.counts("原告以经付清", "原告以经付清", "原告已经付清")[2] == 1
    assert proofreading.f05([(1, 0, 0), (1, 1, 0)]) == pytest.approx(1.25 * (2 / 3) / (0.25 * (2 / 3) + 1))


def test_characters_of_like_meaning_sound_or_look_are_near(tmp_path: Path) -> None:
    pytest.importorskip("pypinyin")
    cilin, confusion = tmp_path / "cilin.txt", tmp_path / "confusion.txt"
    cilin.write_text("Aa01A01= 人 士\nBa01A01= 马 车马\n", encoding="gbk")
    confusion.write_text("已 己 巳\n", encoding="utf-8")
    lists = likeness.read(cilin, confusion)
    assert lists == Lists(
        {"人": ("A", "a", "01"), "士": ("A", "a", "01"), "马": ("B", "a", "01")}, {"已": frozenset("己巳")}
    )
    assert lists.cost("已", "己") < lists.cost("已", "马")
    assert lists.cost("人", "士") < lists.cost("人", "马")


def test_without_the_word_lists_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")

    def unreachable(self: object, urls: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(proofreading, "lists", lists.__wrapped__)
    monkeypatch.setattr(datasets.DownloadManager, "download", unreachable)
    with pytest.raises(MissingRequirementError, match="aligned by word lists, and these cannot be fetched: no network"):
        proofreading.sentences(())
