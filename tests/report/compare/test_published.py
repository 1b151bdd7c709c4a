from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import MmevalError, SpecError
from mmeval.report.compare.listed import listed, read_published
from mmeval.report.compare.published import Beside, beside, checked, unmatched
from mmeval.report.compare.runs import read_run
from mmeval.report.compare.tables import published_table
from mmeval.task import Aggregate

from .made import CONFIG, Made

SETTING = {"n": 100, "shots": 0, "scoring": "loglikelihood"}
ENTRY = {"model": "GPT-4", "metric": "acc", "value": 0.5, "source": "card", "mark": "V", **SETTING}


def runs(tmp_path: Path, *references: dict[str, Any], rights: tuple[int, ...] = (50, 80), **config: Any) -> list[Any]:
    made = {"output_type": "multiple_choice", "metadata": {"references": list(references)}, **config}
    return [
        read_run(Made().task("quiz", [1.0] * right + [0.0] * (100 - right), config=made).write(tmp_path / str(right)))
        for right in rights
    ]


def only(found: list[Beside]) -> Beside:
    (entry,) = found
    return entry


def test_references_of_the_task_stand_beside_both_runs_once(tmp_path: Path) -> None:
    entry = only(beside(runs(tmp_path, ENTRY), ["tasks"]))
    assert (entry.task, entry.reference.model, entry.values) == ("quiz", "GPT-4", (0.5, 0.8))
    assert entry.notes == ("+0.0 ± 9.6 points", "+30.0 ± 7.8 points")


def test_they_are_asked_for(tmp_path: Path) -> None:
    assert beside(runs(tmp_path, ENTRY), []) == []


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"n": 503}, "not comparable: n 503, here 100"),
        (
            {"shots": 5, "scoring": "generation"},
            "not comparable: shots 5, here 0, scoring generation, here loglikelihood",
        ),
        ({"scoring": "not stated", "n": None}, "not comparable: n not stated, scoring not stated"),
        ({"shots": None}, "not comparable: shots not stated"),
        ({"metric": "f1_weighted"}, "no such score"),
        ({"value": 0.7897, "n": 500, "decimals": 4}, "not used: no number of right answers of 500 gives this"),
        ({"split_id": "official500"}, "not comparable: split official500, here not known"),
    ],
)
def test_what_stands_against_comparing(tmp_path: Path, changes: dict[str, Any], note: str) -> None:
    assert only(beside(runs(tmp_path, {**ENTRY, **changes}, rights=(50,)), ["tasks"])).notes == (note,)


def named(tmp_path: Path, path: str, *references: dict[str, Any], right: int = 52) -> Any:
    """A run of the model that lies at a path."""
    config = {"output_type": "multiple_choice", "metadata": {"references": list(references)}}
    made = Made(config={**CONFIG, "model_args": {"pretrained": path}})
    return read_run(made.task("quiz", [1.0] * right + [0.0] * (100 - right), config=config).write(tmp_path / "run"))


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"within": 0.02}, "ok"),
        ({"within": 0.01}, "off by +2.0 points (± 9.6)"),
        ({"within": 0.01, "value": 0.57}, "off by -5.0 points (± 9.6)"),
        ({}, "ok"),
        ({"value": 0.4}, "off by +12.0 points (± 9.6)"),
        ({"within": 0.02, "shots": 5}, "not comparable: shots 5, here 0"),
        ({"within": 0.02, "value": 0.7897, "n": 500, "decimals": 4}, "not used: no number of right answers of 500"),
    ],
)
def test_a_run_of_the_same_model_gives_the_score_again_or_not(
    tmp_path: Path, changes: dict[str, Any], note: str
) -> None:
    found = only(checked(named(tmp_path, "ab/gpt-4", {**ENTRY, **changes}), ["tasks"]))
    assert found.notes[0].startswith(note)
    assert (found.notes[0] == note) == ("not used" not in note)


@pytest.mark.parametrize(
    ("path", "same"),
    [("GPT-4", True), ("openai/gpt-4", True), ("/models/GPT-4/", True), ("GPT-4o", False), ("tuned-GPT-4", False)],
)
def test_another_model_is_not_checked(tmp_path: Path, path: str, same: bool) -> None:
    assert bool(checked(named(tmp_path, path, ENTRY), ["tasks"])) == same


def test_a_source_that_does_not_say_its_n_used_the_whole_benchmark(tmp_path: Path) -> None:
    entry = {**ENTRY, "n": None}
    made = runs(tmp_path, rights=(50,), metadata={"n": 1273, "references": [entry]})
    assert only(beside(made, ["tasks"])).notes == ("not comparable: n 1273, here 100",)


def test_another_split_stands_against_it(tmp_path: Path) -> None:
    (run,) = runs(tmp_path, {**ENTRY, "split_id": "official500"}, rights=(50,))
    run.data["mmeval"]["tasks"]["quiz"]["slices"] = {"split_id": {"local": []}}
    assert only(beside([run], ["tasks"])).notes == ("not comparable: split official500, here local",)


def test_a_file_of_published_scores(tmp_path: Path) -> None:
    path = tmp_path / "published.yaml"
    path.write_text(
        "- {task: quiz, model: m, metric: acc, value: 0.25, n: 100, shots: 0, scoring: loglikelihood, "
        "source: paper, mark: S}\n"
        "- {task: other, model: m, metric: acc, value: 0.25, source: paper, mark: S}\n",
        encoding="utf-8",
    )
    entry = only(beside(runs(tmp_path), [str(path)]))
    assert (entry.reference.model, entry.notes[0]) == ("m", "+25.0 ± 9.6 points")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [", "not YAML or JSON"),
        ("task: quiz", "published scores are a list of entries"),
        ("- 3", "entry 1 names no task"),
        ("- {model: m}", "entry 1 names no task"),
        ("- {task: q, model: m, metric: acc, source: s, mark: V}", "entry 1: value: field required"),
        ("[{task: q, model: m, metric: acc, value: 1, source: s, mark: V, vlaue: 1}]", "entry 1: vlaue: extra inputs"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "published.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match=problem) as caught:
        read_published(path)
    assert str(path) in str(caught.value)


def local(run: Any, origin: str, files: dict[str, str]) -> Any:
    run.data["configs"]["quiz"]["data"] = {"origin": origin, "files": files, "source": "hub:a/b"}
    return run


@pytest.mark.parametrize(
    ("origin", "files", "note"),
    [
        ("data_dir", {"quiz.jsonl": "0" * 64}, "not comparable: data: local file"),
        ("override", {"quiz.jsonl": "0" * 64}, "not comparable: data: local file"),
        ("override", {}, "not comparable: data: hub:a/b"),
        ("task", {"quiz.jsonl": "0" * 64}, "ok"),
    ],
)
def test_other_data_than_the_tasks_own_are_not_the_benchmark(
    tmp_path: Path, origin: str, files: dict[str, str], note: str
) -> None:
    run = local(named(tmp_path, "gpt-4", {**ENTRY, "within": 0.02}), origin, files)
    assert only(checked(run, ["tasks"])).notes == (note,)


@pytest.mark.parametrize(
    ("config", "model", "note"),
    [
        ({"model_dtype": "float16"}, "GPT-4", "ok"),
        ({"model_card": {"quantisation": "int8"}}, "GPT-4", "not comparable: weights not quantised, here 8 bit"),
        ({"model_card": {"precision": "awq"}}, "GPT-4", "not comparable: weights not quantised, here awq"),
        ({"model_card": {"quantisation": "8bit"}}, "GPT-4 (8 bit)", "ok"),
        ({"model_card": {"quantisation": "q4_k_m"}}, "GPT-4 (8-bit)", "not comparable: weights 8 bit, here 4 bit"),
        ({}, "GPT-4 (8 bit)", "not comparable: weights 8 bit, here not quantised"),
    ],
)
def test_quantised_weights_are_other_weights(tmp_path: Path, config: dict[str, Any], model: str, note: str) -> None:
    entry = {**ENTRY, "within": 0.02, "model": model}
    task = {"output_type": "multiple_choice", "metadata": {"references": [entry]}}
    made = Made(config={**CONFIG, "model_args": {"pretrained": "gpt-4"}, **config})
    run = read_run(made.task("quiz", [1.0] * 52 + [0.0] * 48, config=task).write(tmp_path / "run"))
    assert only(checked(run, ["tasks"])).notes == (note,)


def grouped(tmp_path: Path, name: str = "exams", **metadata: Any) -> Any:
    made = Made()
    for task, n in (("a", 60), ("b", 40)):
        config = {"output_type": "multiple_choice", "metadata": {"n": n, **metadata}}
        made.task(task, [1.0, 0.0] * (n // 2), config=config)
    return read_run(made.group(name, "a", "b", aggregate=[Aggregate("acc")]).write(tmp_path / "run"))


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ("shots: 0", "+10.0 ± 9.9 points"),
        ("shots: 0, n: 90", "not comparable: n 90, here 100"),
        ("shots: 5", "not comparable: shots 5, here 0"),
    ],
)
def test_scores_of_a_group_stand_beside_it(tmp_path: Path, changes: str, note: str) -> None:
    """Without a number of its own a score is of all samples of the group's tasks."""
    path = tmp_path / "scores.yaml"
    entry = f"{{task: exams, model: m, metric: acc, value: 0.4, scoring: loglikelihood, source: s, mark: V, {changes}}}"
    path.write_text(f"- {entry}\n", encoding="utf-8")
    found = only(beside([grouped(tmp_path)], [str(path)]))
    assert (found.task, found.values, found.notes) == ("exams", (0.5,), (note,))


def test_a_list_without_a_score_on_the_tasks_is_told(tmp_path: Path) -> None:
    path = tmp_path / "scores.yaml"
    path.write_text("- {task: elsewhere, model: m, metric: acc, value: 0.4, source: s, mark: V}\n", "utf-8")
    made = runs(tmp_path)
    assert beside(made, [str(path)]) == []
    assert unmatched(made, ["tasks", str(path), "models"]) == [
        f"no published score of '{source}' is of a task or group of these runs" for source in (path, "models")
    ]


def test_a_task_packs_name_stands_for_its_list(tmp_path: Path) -> None:
    run = grouped(tmp_path, "legalbench")
    models = {entry.reference.model for entry in beside([run], ["domains"])}
    assert {"Llama-3-70B", "GPT-4 (0613)"} <= models
    assert models <= {entry.reference.model for entry in beside([run], ["tasks"])}
    with pytest.raises(MmevalError, match=r"the task pack 'clegr' has no published\.yml"):
        listed("clegr")


def test_known_models_are_shown_with_whether_the_survey_has_them(tmp_path: Path) -> None:
    reference = {**ENTRY, "model": "BioMistral-7B", "value": 0.71}
    config = {"output_type": "multiple_choice", "metadata": {"n": 100, "references": [reference, ENTRY]}}
    made = Made().task("pubmedqa", [1.0, 0.0] * 50, config=config)
    found = beside([read_run(made.write(tmp_path / "run"))], ["models"])
    known = {entry.reference.model: entry for entry in found}
    assert known["BioGPT"].reference.survey_confirmed is True
    assert known["Meditron-7B"].reference.survey_confirmed is False
    assert known["BioMistral-7B"].reference.survey_confirmed is False
    assert known["BioMistral-7B"].notes == ("-21.0 ± 9.6 points",)
    assert known["Llama-2-7B"].reference.note == "beside Meditron-7B"
    assert "GPT-4" not in known
    assert known["BioGPT"].notes == ("not comparable: shots not stated, scoring not stated",)
    assert known["OpenBioLLM-70B"].notes == ("not used: no number of right answers of 500 gives this",)
    table = published_table(found)
    survey = [column.title for column in table.columns].index("Survey")
    assert {row[survey] for row in table.rows} == {"confirmed", "not confirmed", ""}


def test_what_is_not_compared_for_one_reason_is_one_line(tmp_path: Path) -> None:
    others = [
        {**ENTRY, "model": f"m{place}", "value": 0.3 + place / 10, "shots": 5, "decimals": 1} for place in range(5)
    ]
    table = published_table(beside(runs(tmp_path, ENTRY, *others, rights=(50,)), ["tasks"]))
    assert [row[2:4] for row in table.rows] == [("GPT-4", "0.5000"), ("m0, m1, m2 and 2 more", "0.3 to 0.7")]
    assert table.rows[1][-1] == "not comparable: shots 5, here 0"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MmevalError, match=r"nowhere\.yaml cannot be read: No such file"):
        read_published(tmp_path / "nowhere.yaml")
