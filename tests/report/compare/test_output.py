from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mmeval.report.compare.compared import Compared
from mmeval.report.compare.comparison import compare
from mmeval.report.compare.numbers import as_json
from mmeval.report.compare.output import page, write
from mmeval.report.compare.runs import read_run
from mmeval.types import Outcome

from .made import CONFIG as RUN
from .made import Made

TOLD = {**RUN, "model_device": "cpu", "model_batch_size": "auto", "model_dtype": "float32"}
CONFIG = {"tag": "medical", "metadata": {"chance": 0.25}}
RIGHT = [50, 70, 45]


def made(right: int, **options: Any) -> Made:
    values = [1.0] * right + [0.0] * (100 - right)
    return Made().task("quiz", values, config=CONFIG, **options).task("exam", values[::-1], config={"tag": "law"})


def compared(tmp_path: Path, *more: Made, specialized_in: str = "") -> Compared:
    runs = [each.write(tmp_path / f"run{place}") for place, each in enumerate((*map(made, RIGHT), *more))]
    first, *others = map(read_run, runs)
    return Compared.of([compare(first, other, iters=10_000) for other in others], specialized_in)


def test_the_table_of_two_runs(tmp_path: Path) -> None:
    write(Compared.of(compared(tmp_path).comparisons[:1]), tmp_path / "out")
    text = (tmp_path / "out" / "comparison.md").read_text(encoding="utf-8")
    assert text.startswith(f"# Comparison\n\n- A: dummy ({tmp_path / 'run0'})\n- B: dummy ({tmp_path / 'run1'})\n")
    _, head, _, quiz, *_ = [line for line in text.splitlines() if "|" in line or line.startswith("## ")]
    cells = dict(zip(_cells(head), _cells(quiz), strict=True))
    assert cells == {
        "Task": "quiz",
        "Metric": "acc",
        "n": "100/100",
        "Baselines": "chance 0.2500",
        "A": "0.5000 ± 0.0962",
        "B": "0.7000 ± 0.0885",
        "B − A": "+0.2000",
        "95 % interval": "[0.1200, 0.2800]",
        "Over chance": "0.3333, 0.6000",
        "Lost, won": "0, 20",
        "p": "<0.0001",
        "p (Holm)": "<0.0001",
        "Effect": "h +0.41",
        "Can show": "0.1131",
        "Verdict": "better",
    }


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_json_holds_every_number_by_letter(tmp_path: Path) -> None:
    write(compared(tmp_path, specialized_in="medical"), tmp_path / "out")
    data = json.loads((tmp_path / "out" / "comparison.json").read_text(encoding="utf-8"))
    assert {letter: run["directory"] for letter, run in data["runs"].items()} == {
        letter: str(tmp_path / f"run{place}") for place, letter in enumerate("ABC")
    }
    assert [each["runs"] for each in data["comparisons"]] == [["A", "B"], ["A", "C"]]
    row = data["comparisons"][0]["rows"][0]
    assert (row["task"], row["verdict"], row["tested"]["discordant"]) == ("quiz", "better", [0, 20])
    assert [(gain["run"], gain["domain"]) for gain in data["gains"]][:2] == [("B", "medical"), ("B", "law")]


def test_json_says_whether_a_specialization_is_worth_it(tmp_path: Path) -> None:
    write(compared(tmp_path, specialized_in="medical"), tmp_path / "out")
    found = json.loads((tmp_path / "out" / "comparison.json").read_text(encoding="utf-8"))["specializations"]
    assert [(each["runs"], each["of"], each["domain"], each["worth_it"]) for each in found] == [
        (["A", "B"], "B", "medical", True),
        (["A", "C"], "C", "medical", False),
    ]
    assert found[0]["G_on"]["gain"] == pytest.approx(0.2 / 0.75)
    assert (found[0]["G_on"]["tasks"], found[0]["G_off"]["left_out"]) == (["quiz"], ["exam (acc)"])


def test_the_table_of_specialization(tmp_path: Path) -> None:
    tables = dict(compared(tmp_path, specialized_in="medical").tables)
    titles = [column.title for column in tables["Specialization"].columns]
    assert titles[:4] == ["Run", "Domain", "Tasks on", "G_on"]
    assert titles[4:] == ["95 % interval", "Tasks off", "G_off", "95 % interval", "Worth it"]
    assert [row[-1] for row in tables["Specialization"].rows] == ["yes", "not shown"]


def test_flags_are_data(tmp_path: Path) -> None:
    """By row in JSON and CSV, and by side; a refused task has a row of its own."""
    card = {**RUN, "model_card": {"train_sets": ["quiz"]}}
    other = Made(config=card)
    outcomes = [Outcome.SCORED] * 60 + [Outcome.UNPARSED] * 40
    other.task("quiz", [1.0] * 20 + [0.0] * 80, config=CONFIG, outcomes=outcomes)
    other.task("exam", [1.0] * 50 + [0.0] * 50, config={"tag": "law"}, version=2)
    runs = [read_run(each.write(tmp_path / name)) for name, each in (("one", made(50)), ("other", other))]
    write(Compared.of([compare(*runs, iters=200)]), tmp_path / "out")
    quiz, exam = json.loads((tmp_path / "out" / "comparison.json").read_text(encoding="utf-8"))["comparisons"][0][
        "rows"
    ]
    assert quiz["flags"] == ["format effect possible", "in-domain-tuned", "below chance"]
    assert (quiz["one"]["flags"], quiz["other"]["flags"]) == ([], ["in-domain-tuned", "below chance"])
    assert (exam["task"], exam["verdict"], exam["flags"]) == ("exam", "refused", ["not comparable"])
    assert (exam["problem"], exam["tested"]) == ("task version 1 / 2", None)
    assert set(quiz) == set(exam)
    with (tmp_path / "out" / "comparison.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["task"], row["verdict"], row["flags"]) for row in rows] == [
        ("quiz", "worse", "format effect possible; in-domain-tuned; below chance"),
        ("exam", "refused", "not comparable"),
    ]
    assert not {"one", "other", "tested"} & set(rows[0]), "a column for each number"


def test_a_published_score_that_is_not_reached_is_flagged(tmp_path: Path) -> None:
    entry = {"model": "m", "metric": "acc", "value": 0.9, "n": 100, "shots": 0, "scoring": "loglikelihood"}
    entry |= {"within": 0.01, "source": "card", "mark": "V"}
    config = {"output_type": "multiple_choice", "metadata": {"references": [entry]}}
    runs = [
        Made(config={**RUN, "model_args": {"pretrained": name}}).task("quiz", [1.0, 0.0] * 50, config=config)
        for name in ("a/m", "a/other")
    ]
    comparison = compare(*(read_run(run.write(tmp_path / str(place))) for place, run in enumerate(runs)), iters=200)
    (row,) = Compared.of([comparison]).comparisons[0].rows
    assert (row.one.off, row.other.off, row.flags) == (True, False, ["reference off"])
    assert "A reference off" in row.notes(("A", "B"))


def test_what_a_foreign_task_calls_references_is_left_alone(tmp_path: Path) -> None:
    config = {"metadata": {"references": "see the paper"}}
    runs = [Made().task("quiz", [1.0, 0.0] * 5, config=config).write(tmp_path / name) for name in ("a", "b")]
    assert Compared.of([compare(*map(read_run, runs), iters=100)]).comparisons[0].rows[0].flags == []


def test_rows_of_a_domain_stand_together(tmp_path: Path) -> None:
    runs = [made(50), made(60)]
    for run in runs:
        run.task("ward", [1.0, 0.0], config={"tag": "medical"})
    comparison = compare(*(read_run(run.write(tmp_path / str(place))) for place, run in enumerate(runs)), iters=100)
    (_, table), *_ = Compared.of([comparison], by_domain=True).tables
    assert [row[:2] for row in table.rows] == [("medical", "quiz"), ("medical", "ward"), ("law", "exam")]


def test_on_the_page_a_row_keeps_its_chance_level_wherever_it_stands(tmp_path: Path) -> None:
    runs = [
        Made().task("exam", [1.0, 0.0], config={"tag": "law"}).task("quiz", [1.0, 0.0], config=CONFIG) for _ in "ab"
    ]
    for run in runs:
        run.task("code", [1.0, 0.0], config={"tag": "law", "metadata": {"chance": 0.5}})
    comparison = compare(*(read_run(run.write(tmp_path / str(place))) for place, run in enumerate(runs)), iters=100)
    text = page(Compared.of([comparison], by_domain=True))
    cells = re.findall(r"<td[^>]*>(exam|quiz|code|0\.5000|0\.2500)</td>", text)
    assert cells[:5] == ["exam", "code", "0.5000", "quiz", "0.2500"]


def test_csv_has_a_column_for_each_number(tmp_path: Path) -> None:
    write(compared(tmp_path), tmp_path / "out")
    with (tmp_path / "out" / "comparison.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["run"], row["task"], row["verdict"]) for row in rows] == [
        ("B", "quiz", "better"),
        ("B", "exam", "better"),
        ("C", "quiz", "no difference shown"),
        ("C", "exam", "no difference shown"),
    ]
    assert float(rows[0]["tested_difference"]) == pytest.approx(0.2)
    assert (rows[0]["tested_discordant_0"], rows[0]["tested_discordant_1"]) == ("0", "20")


def test_csv_has_the_same_columns_whatever_is_known(tmp_path: Path) -> None:
    known = compared(tmp_path).comparisons[0]
    row = known.rows[0]
    unknown = replace(row, one=replace(row.one, interval=None), tested=None, differs=("num_fewshot 0 / 3",))
    heads = []
    for name, rows in (("known", [row]), ("unknown", [unknown]), ("both", [unknown, row])):
        write(Compared.of([replace(known, rows=rows)]), tmp_path / name)
        with (tmp_path / name / "comparison.csv").open(encoding="utf-8", newline="") as file:
            heads.append(next(csv.reader(file)))
    assert heads[0] == heads[1] == heads[2]
    assert {"one_interval_0", "tested_interval_1", "tested_discordant_0", "differs"} <= set(heads[0])
    assert not {"tested", "one_interval", "tested_discordant"} & set(heads[0])


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    other = Made().task("quiz", [1.0] * 100, config=CONFIG, version=2).task("new", [1.0])
    found = compared(tmp_path, other)
    assert found.refusals == ["task 'quiz' of A and D: task version 1 / 2"]
    assert found.alone == ["only in A, not in D: exam", "only in D, not in A: new"]
    write(found, tmp_path / "out")
    text = (tmp_path / "out" / "comparison.md").read_text(encoding="utf-8")
    assert "## Not compared\n\n- refused: task 'quiz' of A and D: task version 1 / 2\n- only in A" in text


def test_one_domain_of_one_task_says_nothing_new(tmp_path: Path) -> None:
    runs = [Made().task("t", [1.0, 0.0], config=CONFIG).write(tmp_path / name) for name in ("a", "b")]
    comparison = compare(*map(read_run, runs), iters=100)
    assert [title for title, _ in Compared.of([comparison]).tables] == ["Comparison"]
    assert [title for title, _ in Compared.of([comparison], "medical").tables] == [
        "Comparison",
        "Specialization",
        "Gain by domain",
    ]


def test_the_page_needs_no_other_file_and_escapes_names(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    runs = [Made().task("<b>quiz", [1.0, 0.0, 1.0], config=CONFIG).write(tmp_path / name) for name in ("a", "b")]
    write(Compared.of([compare(*map(read_run, runs), iters=100)]), tmp_path / "out")
    text = (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    assert ">&lt;b&gt;quiz</td>" in text
    assert "<b>" not in text
    assert text.count("<svg") == 2
    assert not re.findall(r"(?:src|href)=\"(?!#)|<script|<link|@import", text)


def test_pictures_are_files_with_their_numbers(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    paths = write(compared(tmp_path), tmp_path / "out")
    figures = sorted(path.name for path in paths if path.parent.name == "figures")
    assert figures == [
        f"{name}.{kind}" for name in ("change_B", "change_C", "scores") for kind in ("csv", "png", "svg")
    ]
    with (tmp_path / "out" / "figures" / "scores.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["run"], row["task"], row["value"]) for row in rows] == [
        ("A", "quiz", "0.5"),
        ("B", "quiz", "0.7"),
        ("C", "quiz", "0.45"),
        ("A", "exam", "0.5"),
        ("B", "exam", "0.7"),
        ("C", "exam", "0.45"),
    ]
    data = json.loads((tmp_path / "out" / "comparison.json").read_text(encoding="utf-8"))
    assert [row["difference"] for row in data["figures"]["change_C"]] == pytest.approx([-0.05, -0.05])


def test_pictures_of_an_earlier_comparison_are_removed(tmp_path: Path) -> None:
    found, figures = compared(tmp_path), tmp_path / "out" / "figures"
    write(found, tmp_path / "out")
    (figures / "reliability_quiz.svg").touch()
    (figures / "mine.svg").touch()
    paths = write(Compared.of(found.comparisons[:1]), tmp_path / "out")
    assert "change_C.csv" not in {path.name for path in paths}
    assert set(figures.iterdir()) == {*(path for path in paths if path.parent == figures), figures / "mine.svg"}


def test_the_page_shows_the_verdict_early_and_a_column_for_chance(tmp_path: Path) -> None:
    text = page(Compared.of(compared(tmp_path).comparisons[:1]))
    head, quiz = (re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row) for row in text.split("<tr")[1:3])
    assert head[:9] == ["Task", "Metric", "n", "Chance", "A", "B", "B − A", "95 % interval", "Verdict"]
    assert (quiz[0], quiz[3], quiz[8]) == ("quiz", "0.2500", "better")


def test_notes_stand_below_their_row(tmp_path: Path) -> None:
    below = Made().task("quiz", [1.0] * 10 + [0.0] * 90, config=CONFIG)
    text = page(compared(tmp_path, below))
    assert "<th>Notes</th>" not in text
    assert text.count('<tr class="noted">') == text.count("<span>D below chance</span>") == 1


def answered(**changes: Any) -> dict[str, Any]:
    """The figures of one kind of answers."""
    given: dict[str, Any] = {"role": "model", "kind": "generate", "requests": 5, "seconds": 2.0, "warm_up_requests": 0}
    rates = dict.fromkeys(("tokens_per_s", "prefill_tokens_per_s", "decode_tokens_per_s"))
    times = {"latency_seconds": None, "first_token_seconds": None}
    return {**given, "includes_warm_up": True, "requests_per_s": 2.5, **rates, **times, **changes}


def test_efficiency_of_all_runs_is_one_table(tmp_path: Path) -> None:
    runs = [
        Made(config=told, efficiency={"answers": [answered(tokens_per_s=rate)], "processors": ["x"]})
        .task("t", [1.0, 0.0])
        .write(tmp_path / name)
        for name, rate, told in (("a", None, TOLD), ("b", 8.0, TOLD), ("c", 9.0, RUN))
    ]
    one, *others = map(read_run, runs)
    found = Compared.of([compare(one, other, iters=100) for other in others])
    title, table = found.tables[-1]
    assert title == "Efficiency"
    row = ("generate", "5", "2.00", "in the rates", "2.5")
    unknown = "not told: device, batch size, precision"
    assert table.rows == (
        ("A", "float32", *row, "", ""),
        ("B", "float32", *row, "8.0", ""),
        ("C", "", *row, "9.0", unknown),
    )
    assert table.grey == {2}
    assert page(found).count('<tr class="grey">') == 1
    runs_told = as_json(found)["runs"]
    assert {letter: told["efficiency_not_comparable"] for letter, told in runs_told.items()} == {
        "A": [],
        "B": [],
        "C": [unknown],
    }
