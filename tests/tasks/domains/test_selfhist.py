"""ConvFinQA behind the model's own answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mmeval import evaluate
from mmeval.cli.main import execute
from mmeval.errors import UsageError
from mmeval.metrics.numbers import num_em
from mmeval.task import Task
from mmeval.testing import ScriptedModel, TaskConformance
from mmeval.types import Ask, Generation, Outcome, Sample
from mmeval_tasks.domains.finance.selfhist import ConvFinQASelfHistory
from tests.tasks.domains import support

NAME = "convfinqa_selfhist"


class TestConformance(TaskConformance):
    @pytest.fixture(autouse=True)
    def _files(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> Task:
        return ConvFinQASelfHistory(data_dir=str(self.folder), offline=True)


def _asked(task: Task, sample: Sample, answers: list[str]) -> list[str]:
    """The prompts of all turns, when each turn but the last is answered so."""
    asks = list(task.requests(sample))
    for answered in range(1, len(answers) + 1):
        asks += task.follow_up(sample, [Generation(answer) for answer in answers[:answered]])
    return [ask.prompt.text for ask in asks]


@pytest.mark.parametrize("source", ["convfinqa.jsonl", "convfinqa_raw_turn.json"])
def test_with_gold_answers_the_last_prompt_is_that_of_convfinqa(folder: Path, source: str) -> None:
    task = ConvFinQASelfHistory(dataset=str(folder / source), offline=True)
    own, gold = list(task.samples()), support.load("convfinqa", folder, source)
    rows = json.loads((folder / "convfinqa_raw_turn.json").read_text(encoding="utf-8"))
    for sample, row, other in zip(own, rows, gold.samples(), strict=True):
        *earlier, _ = [str(answer) for answer in row["annotation"]["exe_ans_list"]][: len(sample.doc["questions"])]
        (ask,) = gold.requests(other)
        assert _asked(task, sample, earlier)[-1] == ask.prompt.text
        # a reader of JSON may change the last digit of a number
        assert (sample.sample_id, num_em.score(sample.target, other.target)) == (other.sample_id, 1.0)  # type: ignore[misc]


def test_a_turn_shows_the_answers_as_they_were_written(folder: Path) -> None:
    task = ConvFinQASelfHistory(data_dir=str(folder))
    third = list(task.samples())[2]
    answers = [" $ 450 million\n", "<think>Was it 400?</think> It was 4.\nQ: and then?"]
    *_, last = _asked(task, third, answers)
    assert last.endswith(
        "\nsales grew in both segments .\n"
        "Question: what were coatings sales in 2012?\nAnswer: $ 450 million\n"
        "Question: and in 2011?\nAnswer: It was 4.\n"
        "Question: what was the change?\nAnswer:"
    )
    assert task.follow_up(third, [Generation("1")] * 3) == ()
    assert third.metadata == {"filename": "NVX/2012/page_40.pdf", "turn": 3}


def _run(folder: Path, out: Path, script: Callable[[Ask], str]) -> tuple[Mapping[str, Any], ScriptedModel]:
    model = ScriptedModel(script)
    options: dict[str, Any] = {"data_dir": str(folder), "output_path": str(out), "offline": True}
    results = evaluate(tasks=NAME, model=model, bootstrap_iters=0, **options)
    return results.data["mmeval"]["tasks"][NAME], model


def _gold(folder: Path) -> dict[tuple[str, ...], str]:
    """The gold answers, by page and questions."""
    samples = ConvFinQASelfHistory(data_dir=str(folder)).samples()
    return {(s.doc["table"], *s.doc["questions"]): s.target for s in samples}


def _turn(ask: Ask, gold: Mapping[tuple[str, ...], str]) -> str:
    """The gold answer to the turn that is asked about."""
    lines = ask.prompt.text.splitlines()
    questions = [line.removeprefix("Question: ") for line in lines if line.startswith("Question: ")]
    return next(answer for (table, *asked), answer in gold.items() if asked == questions and table in ask.prompt.text)


def test_the_right_answers_have_the_best_score_and_are_asked_for_once(folder: Path, tmp_path: Path) -> None:
    gold = _gold(folder)
    found, model = _run(folder, tmp_path, lambda ask: _turn(ask, gold))
    rows = {row["metric"]: row["value"] for row in found["metrics"]}
    assert rows == {"num_em": 1.0, "num_match": 1.0, "scale_mismatch": 0.0, "unparsed_rate": 0.0}
    assert len(model.asked) == len(gold) == 20


@pytest.mark.parametrize("answer", ["It was -987654.", "I do not know."])
def test_wrong_and_unreadable_answers(folder: Path, tmp_path: Path, answer: str) -> None:
    """A number does not answer a question of yes or no."""
    unreadable = [not answer.startswith("It") or gold in ("yes", "no") for gold in _gold(folder).values()]
    found, _ = _run(folder, tmp_path, lambda ask: answer)
    rows = {row["metric"]: row for row in found["metrics"]}
    assert (rows["num_em"]["value"], rows["num_match"]["value"]) == (0.0, 0.0)
    assert rows["unparsed_rate"]["value"] == sum(unreadable) / 20
    assert rows["num_em"]["outcomes"][Outcome.UNPARSED.value] == sum(unreadable)


def test_only_the_turn_itself_is_scored(folder: Path, tmp_path: Path) -> None:
    """Wrong first answers cost first turns only, where the later ones are right all the same."""
    gold = _gold(folder)
    found, _ = _run(folder, tmp_path, lambda ask: _turn(ask, gold) if "\nAnswer: -7\n" in ask.prompt.text else "-7")
    by_turn = {turn: {row["metric"]: row["value"] for row in rows} for turn, rows in found["slices"]["turn"].items()}
    assert by_turn.pop("1")["num_em"] == 0.0
    assert by_turn
    assert {values["num_em"] for values in by_turn.values()} == {1.0}


def test_a_run_is_resumed_within_a_dialogue(folder: Path, tmp_path: Path) -> None:
    arguments = ["--tasks", NAME, "--model", "dummy", "--data_dir", str(folder), "--offline", "--bootstrap_iters", "0"]
    assert execute([*arguments, "--output_path", str(tmp_path)]) == 0
    (log,) = tmp_path.rglob("responses.jsonl")
    lines = log.read_bytes().splitlines(keepends=True)
    turns = [len(sample.doc["questions"]) for sample in ConvFinQASelfHistory(data_dir=str(folder)).samples()]
    assert len(lines) == sum(turns)
    scored = (log.parent / "samples.jsonl").read_bytes()
    log.write_bytes(b"".join(lines[:25]) + lines[25][:20])
    assert execute(["resume", str(log.parent)]) == 0
    assert sorted(log.read_bytes().splitlines(keepends=True)) == sorted(lines)
    assert (log.parent / "samples.jsonl").read_bytes() == scored


@pytest.mark.parametrize("key", ["cur_dial", "exe_ans"])
def test_a_row_without_its_dialogue_is_told(folder: Path, tmp_path: Path, key: str) -> None:
    row = json.loads((folder / "convfinqa_raw_turn.json").read_text(encoding="utf-8"))[0]
    del row["annotation"][key]
    (tmp_path / "rows.jsonl").write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(UsageError, match=f"row 0: its annotation has no '{key}'"):
        list(ConvFinQASelfHistory(dataset=str(tmp_path / "rows.jsonl")).samples())


def test_a_budget_must_be_positive() -> None:
    with pytest.raises(UsageError, match="'max_tokens' must be at least 1, got -1"):
        ConvFinQASelfHistory(max_tokens=-1)


def test_show_tells_what_is_known_and_the_prompt(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["show", NAME, "-n", "1", "--data_dir", str(folder), "--offline"]) == 0
    shown = capsys.readouterr().out
    assert "| adhesives | $ 150 | $ 120 |\nsales grew in both segments .\nQuestion: what were coatings sales" in shown
    for line in ("chance: num_em 0, num_match 0", "n: 1490", "licence: MIT", "arguments: max_tokens (128)"):
        assert f"\n{line}" in shown
