"""Benchmarks with a judge: what it is asked, how its verdicts are read, and what they make of an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.cli.main import execute
from mmeval.engine.progress import Silent
from mmeval.errors import SpecError, UsageError
from mmeval.report.references import references
from mmeval.run import resume
from mmeval.testing import TaskConformance
from mmeval.testing.pytest_plugin import MmevalRun
from mmeval.types import Ask, Failure, Generate, Generation, Sample
from mmeval_tasks.domains.judged import judge
from mmeval_tasks.domains.judged.financebench import FinanceBench
from mmeval_tasks.domains.judged.healthbench import HealthBench
from tests.tasks.domains import support

MET, NOT_MET = (json.dumps({"explanation": "e", "criteria_met": met}) for met in (True, False))

DIALOGUES: Sequence[Mapping[str, Any]] = [
    {
        "prompt_id": "a",
        "prompt": [{"role": "user", "content": "My head hurts."}],
        "rubrics": [
            {"criterion": "Asks since when.", "points": 6, "tags": ["axis:context_seeking"]},
            {"criterion": "Names warning signs.", "points": 4, "tags": []},
            {"criterion": "Prescribes opioids.", "points": -8, "tags": []},
        ],
        "example_tags": ["theme:context_seeking"],
    },
    {
        "prompt_id": "b",
        "prompt": [
            {"role": "user", "content": "I cut myself."},
            {"role": "assistant", "content": "How deep?"},
            {"role": "user", "content": "Not deep."},
        ],
        "rubrics": [{"criterion": "Says to clean it.", "points": 5, "tags": []}],
        "example_tags": ["theme:emergency"],
    },
]

FILINGS: Sequence[Mapping[str, Any]] = [
    {
        "financebench_id": f"financebench_id_{number}",
        "company": "Larch",
        "doc_name": "LARCH_2020_10K",
        "question_type": kind,
        "question": f"How many mills had Larch in {number}?",
        "answer": "Seven mills",
        "justification": why,
        "evidence": [
            {"evidence_text": "Mills: 7 ", "doc_name": "LARCH_2020_10K", "evidence_page_num": 3},
            {"evidence_text": "Larch Bank"},
        ],
    }
    for number, kind, why in ((2020, "metrics-generated", None), (2021, "novel-generated", "See page 3."))
]


def _lines(file: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def _recorded(task: str, answers: Mapping[str, Sequence[str | None]], first: int) -> list[dict[str, Any]]:
    """Lines of `replay`: the answers to the requests of each sample from index `first` on."""
    return [
        {"task": task, "sample_id": sample, "index": first + place, "response": text}
        for sample, texts in answers.items()
        for place, text in enumerate(texts)
        if text is not None
    ]


@pytest.fixture
def healthbench(tmp_path: Path) -> HealthBench:
    _lines(tmp_path / "healthbench.jsonl", DIALOGUES)
    return HealthBench(data_dir=str(tmp_path))


def _roles(folder: Path, task: str, marks: Mapping[str, Sequence[str | None]], answer: str = "Since when?") -> Any:
    """Model and judge, each with the answers to its own questions alone."""
    model = _lines(folder / "model.jsonl", _recorded(task, {sample: [answer] for sample in marks}, 0))
    told = _lines(folder / "judge.jsonl", _recorded(task, marks, 1))
    return {
        "model_args": {"path": str(model)},
        "roles": {"judge": {"name": "replay", "args": {"path": str(told)}}},
        "data_dir": str(folder),
    }


def _figures(results: Any, task: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = results.tasks[task]
    return found


class TestHealthBench(TaskConformance):
    @pytest.fixture(autouse=True)
    def _rows(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        _lines(tmp_path / "healthbench.jsonl", DIALOGUES)

    def make(self) -> HealthBench:
        return HealthBench(data_dir=str(self.folder))


class TestFinanceBench(TaskConformance):
    @pytest.fixture(autouse=True)
    def _rows(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        _lines(tmp_path / "financebench.jsonl", FILINGS)

    def make(self) -> FinanceBench:
        return FinanceBench(data_dir=str(self.folder))


# ---------------------------------------------------------------- the judge


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (MET, True),
        (NOT_MET, False),
        (f"\n {MET} \n", True),
        (f"```json\n{MET}\n```", True),
        (f"```\n{NOT_MET}\n```", False),
        (f"<think>{NOT_MET}</think>{MET}", True),
        ("", None),
        ("true", None),
        ("[true]", None),
        (f"The verdict: {MET}", None),
        (f"{NOT_MET}\n{MET}", None),
        ('{"criteria_met": true}', None),
        ('{"explanation": "e", "criteria_met": "true"}', None),
        ('{"explanation": "e", "criteria_met": 1}', None),
        ('{"explanation": "e", "criteria_met": null}', None),
        ('{"explanation": 1, "criteria_met": true}', None),
        ('{"explanation": "e", "criteria_met": true, "criteria_met": false}', None),
        ('{"explanation": "e", "criteria_met": true, "more": 1}', None),
        ('{"explanation": "e", "criteria_met": tr', None),
        ("<think>it is met", None),
        ("[" * 100_000, None),
    ],
)
def test_a_verdict_is_read_strictly(text: str, wanted: bool | None) -> None:
    assert judge.verdict(Generation(text), "criteria_met", bool) is wanted


@given(st.text())
def test_what_is_judged_cannot_end_its_fence(text: str) -> None:
    opening, *_, closing = judge.fenced("answer", text).split("\n")
    assert closing == opening.replace("<", "</")
    assert closing not in text


def _asked(task: HealthBench, sample: Sample, answer: str) -> Sequence[Ask]:
    return task.follow_up(sample, [Generation(answer)])


def test_each_criterion_is_asked_of_the_judge(healthbench: HealthBench) -> None:
    first, second = healthbench.samples()
    asks = _asked(healthbench, second, "<think>hm</think>Wash it.") + list(_asked(healthbench, first, "Ignore all."))  # type: ignore[operator]
    assert [ask.role for ask in asks] == ["judge"] * 4
    text = asks[0].prompt.text
    for part in ("\nWash it.\n", "\nSays to clean it.\n", "\nuser: I cut myself.\n\nassistant: How deep?\n\nuser: Not"):
        assert part in text
    assert "hm" not in text.split("<answer-")[1].split("</answer-")[0]
    assert len({ask.prompt.text for ask in asks}) == 4


def test_the_judge_is_asked_once_and_never_about_a_failure(healthbench: HealthBench) -> None:
    sample = next(iter(healthbench.samples()))
    assert not healthbench.follow_up(sample, [Failure("gone")])
    assert not healthbench.follow_up(sample, [Generation("x"), *[Generation(MET)] * 3])


def test_the_judge_may_be_given_room(tmp_path: Path, healthbench: HealthBench) -> None:
    roomy = HealthBench(data_dir=str(tmp_path), judge_tokens=9)
    (ask, *_) = _asked(roomy, next(iter(roomy.samples())), "x")
    assert isinstance(ask, Generate)
    assert ask.max_tokens == 9
    with pytest.raises(UsageError, match="judge_tokens 0"):
        HealthBench(judge_tokens=0)


# ---------------------------------------------------------------- HealthBench


def test_the_model_continues_the_dialogue(healthbench: HealthBench) -> None:
    first, second = (healthbench.requests(sample)[0].prompt for sample in healthbench.samples())
    assert first.text == "My head hurts.\n\nAssistant:"
    assert second.text == "I cut myself.\n\nAssistant: How deep?\n\nUser: Not deep.\n\nAssistant:"
    assert [message.role for message in second.messages] == ["user", "assistant", "user"]


@pytest.mark.parametrize(
    ("marks", "wanted"),
    [
        ({"a": [MET, MET, NOT_MET], "b": [MET]}, 1.0),
        ({"a": [MET, NOT_MET, NOT_MET], "b": [NOT_MET]}, 0.3),
        ({"a": [NOT_MET, NOT_MET, MET], "b": [MET]}, 0.1),
        ({"a": [NOT_MET, NOT_MET, MET], "b": [NOT_MET]}, 0.0),
    ],
)
def test_points_are_won_and_lost(
    mmeval_run: MmevalRun, tmp_path: Path, healthbench: HealthBench, marks: Any, wanted: float
) -> None:
    results = mmeval_run("healthbench", "replay", **_roles(tmp_path, "healthbench", marks), bootstrap_iters=100)
    figures = _figures(results, "healthbench")
    assert figures["rubric_score,none"] == pytest.approx(wanted)
    assert figures["unmarked_rate,none"] == 0.0


def test_an_unreadable_verdict_leaves_its_sample_without_a_score(
    mmeval_run: MmevalRun, tmp_path: Path, healthbench: HealthBench
) -> None:
    marks = {"a": [MET, "It is met.", NOT_MET], "b": [MET]}
    results = mmeval_run("healthbench", "replay", **_roles(tmp_path, "healthbench", marks), log_samples=True)
    figures = _figures(results, "healthbench")
    assert figures["rubric_score,none"] == 1.0
    assert figures["unmarked_rate,none"] == pytest.approx(1 / 6)
    table = (results.directory / "results.json").read_text(encoding="utf-8")
    assert '"unparsed": 1' in table
    (logged,) = results.directory.rglob("samples_*.jsonl")
    assert '"marks": [true, null, false]' in logged.read_text(encoding="utf-8")


def test_answers_of_the_judge_that_failed_are_asked_again_and_nothing_else(
    mmeval_run: MmevalRun, tmp_path: Path, healthbench: HealthBench
) -> None:
    roles = _roles(tmp_path, "healthbench", {"a": [MET, None, NOT_MET], "b": [MET]})
    results = mmeval_run("healthbench", "replay", **roles)
    assert _figures(results, "healthbench")["rubric_score,none"] == 1.0
    (tmp_path / "model.jsonl").write_text("", encoding="utf-8")
    _lines(tmp_path / "judge.jsonl", _recorded("healthbench", {"a": [None, NOT_MET, None]}, 1))
    again = resume(results.directory, Silent(), retry_errors=True)
    assert _figures(again, "healthbench")["rubric_score,none"] == pytest.approx(0.8)


def test_without_a_judge_nothing_is_asked(
    tmp_path: Path, healthbench: HealthBench, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--tasks", "healthbench", "--model", "dummy", "--data_dir", str(tmp_path)]
    for further in (["--output_path", str(tmp_path / "out")], ["--dry_run"]):
        assert execute([*arguments, *further]) == 2
        errors = capsys.readouterr().err
        assert "task 'healthbench' asks a model in the role 'judge'" in errors
        assert "--role judge=MODEL" in errors
    assert not (tmp_path / "out").exists()


def test_show_tells_what_is_known(tmp_path: Path, healthbench: HealthBench, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["show", "healthbench", "--data_dir", str(tmp_path), "--num", "1"]) == 0
    shown = capsys.readouterr().out
    assert "judge_prompt: mmeval's own" in shown
    assert "published: rubric_score 0.32 GPT-4o: " in shown
    assert "My head hurts.\n\nAssistant:" in shown


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"prompt": []}, "prompt: List should have at least 1 item"),
        ({"prompt": [{"role": "tool", "content": "x"}]}, r"prompt\.0\.role"),
        ({"rubrics": [{"criterion": "c", "points": -1}]}, "no criterion has positive points"),
        ({"rubrics": [{"criterion": "c"}]}, r"rubrics\.0\.points: Field required"),
        ({"prompt_id": None}, "prompt_id"),
    ],
)
def test_a_row_of_another_layout_is_named(tmp_path: Path, change: Mapping[str, Any], problem: str) -> None:
    _lines(tmp_path / "other.jsonl", [DIALOGUES[0], {**DIALOGUES[1], **change}])
    with pytest.raises(SpecError, match=rf"other\.jsonl:2: .*{problem}"):
        list(HealthBench(dataset=str(tmp_path / "other.jsonl")).samples())


def test_published_scores_are_references(healthbench: HealthBench) -> None:
    assert {one.model for one in references("healthbench", healthbench.config()["metadata"])} >= {"o3", "GPT-4o"}


# ---------------------------------------------------------------- FinanceBench


def _label(label: str) -> str:
    return json.dumps({"explanation": "e", "label": label})


@pytest.fixture
def financebench(tmp_path: Path) -> FinanceBench:
    _lines(tmp_path / "financebench.jsonl", FILINGS)
    return FinanceBench(data_dir=str(tmp_path))


def test_the_evidence_is_shown_where_it_is_wanted(tmp_path: Path, financebench: FinanceBench) -> None:
    question = "Question: How many mills had Larch in 2020?\nAnswer:"
    bare = FinanceBench(dataset=str(tmp_path / "financebench.jsonl"), evidence=False)
    for task, wanted in (
        (financebench, f"Evidence:\nMills: 7\n\nEvidence:\nLarch Bank\n\n{question}"),
        (bare, question),
    ):
        assert task.requests(next(iter(task.samples())))[0].prompt.text == wanted


def test_the_judge_is_told_the_right_answer(financebench: FinanceBench) -> None:
    first, second = financebench.samples()
    for sample, gold in ((first, "Seven mills"), (second, "Seven mills\n\nSee page 3.")):
        (ask,) = financebench.follow_up(sample, [Generation("<think>5</think>Nine.")])
        assert ask.role == "judge"
        assert f"\n{gold}\n</right-" in ask.prompt.text
        assert "\nNine.\n</answer-" in ask.prompt.text
        assert "5" not in ask.prompt.text.split("<answer-")[1].split("\n")[1]


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        (("correct", "correct"), (1.0, 0.0, 0.0, 0.0)),
        (("correct", "failure to answer"), (0.5, 0.0, 0.5, 0.0)),
        (("incorrect", "perhaps"), (0.0, 1.0, 0.0, 0.5)),
        (("Correct", "correct"), (1.0, 0.0, 0.0, 0.5)),
    ],
)
def test_answers_are_labelled(
    mmeval_run: MmevalRun, tmp_path: Path, financebench: FinanceBench, labels: Sequence[str], wanted: Sequence[float]
) -> None:
    told = {row["financebench_id"]: [_label(label)] for row, label in zip(FILINGS, labels, strict=True)}
    figures = _figures(mmeval_run("financebench", "replay", **_roles(tmp_path, "financebench", told)), "financebench")
    names = ("judged_correct", "judged_incorrect", "failure_to_answer", "unmarked_rate")
    assert tuple(figures[f"{name},none"] for name in names) == wanted


def test_the_closed_book_and_retrieved_passages_are_judged_in_one_run(
    mmeval_run: MmevalRun, tmp_path: Path, financebench: FinanceBench
) -> None:
    ids = [row["financebench_id"] for row in FILINGS]
    found = [["Larch had many. MILLS: 7"], ["Nothing of it."]]
    passages = [{"doc_id": one, "passages": texts} for one, texts in zip(ids, found, strict=True)]
    verdicts = {"financebench": ("incorrect", "incorrect"), "financebench@retrieved": ("correct", "incorrect")}
    said = {"financebench": "Six.", "financebench@retrieved": "Seven."}
    answers = [line for task, answer in said.items() for line in _recorded(task, {one: [answer] for one in ids}, 0)]
    marks = [
        line
        for task, labels in verdicts.items()
        for line in _recorded(task, {one: [_label(label)] for one, label in zip(ids, labels, strict=True)}, 1)
    ]
    results = mmeval_run(
        "financebench",
        "replay",
        model_args={"path": str(_lines(tmp_path / "model.jsonl", answers))},
        roles={"judge": {"name": "replay", "args": {"path": str(_lines(tmp_path / "judge.jsonl", marks))}}},
        data_dir=str(tmp_path),
        variants="retrieved",
        task_args={
            "financebench": {"evidence": False, "retrieved": str(_lines(tmp_path / "found.jsonl", passages))},
        },
        log_samples=True,
    )
    right = [_figures(results, task)["judged_correct,none"] for task in verdicts]
    assert right == [0.0, 0.5]
    assert _figures(results, "financebench")["retrieval_hit_rate,none"] == 0.5
    (logged,) = results.directory.rglob("samples_financebench@retrieved_*.jsonl")
    first = json.loads(logged.read_text(encoding="utf-8").splitlines()[0])
    asked, judged = (one["arg_0"] for one in first["arguments"].values())
    assert asked == "Larch had many. MILLS: 7\n\nQuestion: How many mills had Larch in 2020?\nAnswer:"
    assert judged.startswith("You are marking one answer")


def test_passages_for_a_filing_that_is_not_there_are_named(tmp_path: Path, financebench: FinanceBench) -> None:
    file = _lines(tmp_path / "found.jsonl", [{"doc_id": "financebench_id_1", "passages": []}])
    with pytest.raises(SpecError, match=r"found\.jsonl:1: no sample has the id 'financebench_id_1'"):
        list(FinanceBench(data_dir=str(tmp_path), retrieved=str(file)).samples())


def test_a_filing_of_another_layout_is_named(tmp_path: Path) -> None:
    _lines(tmp_path / "other.jsonl", [{**FILINGS[0], "financebench_id": 7}])
    with pytest.raises(SpecError, match=r"other\.jsonl:1: financebench_id: .*string"):
        list(FinanceBench(dataset=str(tmp_path / "other.jsonl")).samples())


def test_judged_tasks_are_in_no_group(financebench: FinanceBench) -> None:
    assert references("financebench", financebench.config()["metadata"])
    grouped = {
        member
        for group in support.catalog().names()
        if group.startswith("specialized")
        for member in support.members(group)
    }
    assert grouped
    assert not grouped & {"healthbench", "financebench"}
