"""med_prescriptions_easy: what is read of a row, and options that are drawn from other patients' medicines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mmeval_tasks.domains.medical import prescriptions
from tests.tasks.domains import support


def _details(name: str, often: str, long: str) -> dict[str, str]:
    return {"medicine_name": name, "medicine_frequency": often, "course_duration": long}


def _for(complaint: str, *medicines: dict[str, str]) -> dict[str, Any]:
    return {"procedure": {"chief_complaints_diagnosis": complaint}, "medicine_details": list(medicines)}


COUGH = {"chief_complaints": "cough", "diagnosis": "cold"}
FEVER = {"disease_diagnosis": "fever"}


@pytest.mark.parametrize(
    ("results", "complaint", "medicines"),
    [
        (
            _for("knee pain", _details("Alphadol 5", "Morning", "5 Days"), _details("Betagel", "At Night", "NA")),
            "knee pain",
            ["Alphadol 5, morning, 5 days", "Betagel, at night"],
        ),
        (
            {"procedure": COUGH, "medicine_details": [{"medicine_name": "Tussin", "medicine_dosage": "10 ML"}]},
            "Complains: cough. Diagnosis: cold",
            ["Tussin, 10 ml"],
        ),
        (
            {"prescription_details": FEVER, "medicine_details": [_details("Tab naproxen", "n/a", "not specified")]},
            "fever",
            ["Tab naproxen"],
        ),
        (
            {
                "Symptoms/Complaints": ["itch", "rash"],
                "Medicines Prescribed": [{"Name": "Derma", "Duration": "1 Week"}],
            },
            "itch, rash",
            ["Derma, 1 week"],
        ),
        ({"Symptoms/Complaints": ["itch"], "Medicines Prescribed": [{"Name": "D", "Dosage": "5"}]}, "itch", ["D, 5"]),
    ],
)
def test_layouts(results: Mapping[str, Any], complaint: str, medicines: Sequence[str]) -> None:
    (found,) = prescriptions._prescriptions({"results": repr(results)})
    assert (found.complaint, list(found.medicines)) == (complaint, medicines)


@pytest.mark.parametrize(
    "results",
    [
        _for("NA", _details("Alphadol", "once", "5 days")),
        _for("बुखार", _details("Alphadol", "once", "5 days")),
        _for("pain", _details("दवा", "once", "5 days")),
        _for("pain", _details("[Medicine Name]", "[medicine frequency]", "[course duration]")),
        _for("pain"),
        {"procedure": {"other": 1}, "medicine_details": [_details("Alphadol", "once", "5 days")]},
        {"medicine_details": [_details("Alphadol", "once", "5 days")]},
        {"Symptoms/Complaints": ["itch"]},
        ["no mapping"],
        3,
    ],
)
def test_rows_that_say_too_little_are_left_out(results: Any) -> None:
    assert not list(prescriptions._prescriptions({"results": repr(results)}))


@pytest.mark.parametrize("text", ["{", "", "None", "open('x')", "(" * 5000])
def test_text_that_is_no_literal_is_left_out(text: str) -> None:
    assert not list(prescriptions._prescriptions({"results": text}))


ROWS = [
    _for(f"complaint {number}", *(_details(f"Drug {number}{letter}", "once", "5 days") for letter in "ab"))
    for number in range(12)
]


def _task(folder: Path, rows: Sequence[Any], shots: int = 0) -> Any:
    text = "".join(json.dumps({"results": repr(row)}, ensure_ascii=False) + "\n" for row in rows)
    (folder / "med_prescriptions_easy.jsonl").write_text(text, encoding="utf-8")
    return support.load("med_prescriptions_easy", folder, shots=shots)


def test_one_option_of_four_is_the_patients(tmp_path: Path) -> None:
    task = _task(tmp_path, ROWS)
    for number, sample in enumerate(task.samples()):
        options = sample.doc["options"]
        own = [option for option in options if option.startswith((f"Drug {number}a", f"Drug {number}b"))]
        assert len(set(options)) == 4
        assert own == [options[sample.target]] == [support.gold(task, sample)]
    golds = {sample.target for sample in task.samples()}
    assert len(golds) > 2, "the right one stands anywhere"
    assert support.scores(task, lambda sample: support.gold(task, sample))["acc"] == 1.0


def test_the_prompt_shows_the_options_that_are_scored(tmp_path: Path) -> None:
    task = _task(tmp_path, ROWS)
    first = next(iter(task.samples()))
    (ask,) = task.requests(first)
    lines = "".join(f"{letter}. {option} \n" for letter, option in zip("ABCD", first.doc["options"], strict=True))
    assert ask.prompt.text == (
        "You are a medical doctor. A patient presents the following diagnosis or complains: complaint 0. "
        f"What would you prescribe in this case? \nChoices: \n{lines}Answer:"
    )
    assert ask.continuations == tuple(first.doc["options"])


def test_options_are_the_same_at_every_load(tmp_path: Path) -> None:
    docs = [sample.doc for sample in _task(tmp_path, ROWS).samples()]
    assert docs == [sample.doc for sample in _task(tmp_path, ROWS).samples()]


def test_examples_are_other_rows(tmp_path: Path) -> None:
    task = _task(tmp_path, ROWS, shots=3)
    for sample in task.samples():
        (ask,) = task.requests(sample)
        asked = [line for line in ask.prompt.text.splitlines() if line.startswith("You are")]
        assert len(set(asked)) == len(asked) == 4


def test_too_few_medicines_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="fewer than 3 medicines of other patients"):
        list(_task(tmp_path, ROWS[:2]).samples())


def test_questions_are_read_as_they_are(tmp_path: Path) -> None:
    row = {"complaint": "itch", "options": ["a", "b", "c", "d"], "gold": 2}
    (tmp_path / "med_prescriptions_easy.jsonl").write_text(json.dumps(row), encoding="utf-8")
    task = support.load("med_prescriptions_easy", tmp_path)
    assert support.gold(task, next(iter(task.samples()))) == "c"
