from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import MmevalError, SpecError
from mmeval.report.compare.published import Beside, beside, checked, read_published
from mmeval.report.compare.runs import read_run

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
        ({"split_id": "official500"}, "+0.0 ± 9.6 points"),
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


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MmevalError, match=r"nowhere\.yaml cannot be read: No such file"):
        read_published(tmp_path / "nowhere.yaml")
