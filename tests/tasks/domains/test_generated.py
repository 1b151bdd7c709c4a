"""Benchmarks with generated answers on their sample rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmeval.metrics.numbers import num_em
from mmeval.types import Generation, Outcome, Sample
from tests.tasks.domains import support

LEGALBENCH = ("legalbench_hearsay", "legalbench_abercrombie", "legalbench_proa")
SOURCES = [
    ("medqa_4options_gen", "", 20),
    ("medmcqa_gen", "", 20),
    ("pubmedqa_gen", "", 20),
    ("pubmedqa_gen", "pubmedqa_qiaojin.jsonl", 20),
    ("fpb_gen", "", 20),
    ("fpb_gen", "fpb.jsonl", 20),
    ("ner_fin3", "", 20),
    ("finer_ord", "", 20),
    ("convfinqa", "", 20),
    ("convfinqa", "convfinqa_raw_turn.json", 20),
    *((name, "", 20) for name in LEGALBENCH),
    ("casehold_gen", "", 20),
    ("casehold_gen", "casehold_flat.jsonl", 20),
    ("lexglue_ledgar", "", 20),
    ("lexglue_unfair_tos", "", 20),
]


@pytest.mark.parametrize(("name", "source", "n"), SOURCES)
def test_2_the_right_answers_have_the_best_scores(folder: Path, name: str, source: str, n: int) -> None:
    task = support.load(name, folder, source)
    found = support.scores(task, lambda sample: support.gold(task, sample))
    assert task.size() == n
    main = task.spec.details["main_metric"]
    # of a hundred titles twenty are gold
    assert found.pop("f1_macro", 1.0) == pytest.approx(0.2 if name == "lexglue_ledgar" else 1.0)
    if name == "lexglue_unfair_tos":
        assert found.pop("multilabel_f1_macro") == 1.0
    assert {value for metric, value in found.items() if metric.endswith("_rate")} == {0.0}
    assert found[main] == 1.0


@pytest.mark.parametrize(
    ("name", "constant", "wanted"),
    [
        ("medqa_4options_gen", "The answer is (B).", {"exact_match": 0.4, "unparsed_rate": 0.0}),
        ("medmcqa_gen", "E", {"exact_match": 0.0, "unparsed_rate": 1.0}),
        ("pubmedqa_gen", "Yes, it does.", {"exact_match": 0.45, "f1_macro": 0.2069}),
        ("legalbench_hearsay", "Yes", {"exact_match": 0.5, "balanced_acc": 0.5}),
        ("legalbench_proa", "No", {"exact_match": 0.5, "balanced_acc": 0.5}),
        ("legalbench_abercrombie", "generic", {"exact_match": 0.2, "balanced_acc": 0.2}),
        ("fpb_gen", "neutral", {"exact_match": 0.4, "f1_weighted": 0.2286, "f1_macro": 0.1905}),
        ("fpb_gen", "hard to say", {"exact_match": 0.0, "f1_weighted": 0.0, "unparsed_rate": 1.0}),
    ],
)
def test_3_constant_answers(folder: Path, name: str, constant: str, wanted: dict[str, float]) -> None:
    found = support.scores(support.load(name, folder), lambda sample: constant)
    assert {metric: found[metric] for metric in wanted} == pytest.approx(wanted, abs=5e-5)


def test_ratios_printed_as_percent_are_right(folder: Path) -> None:
    task = support.load("convfinqa", folder)

    def printed(sample: Sample) -> str:
        try:
            gold = float(sample.target)
        except ValueError:
            return str(sample.target)
        return f"{gold:.1%}" if abs(gold) < 1 else f"The answer is {gold:,.2f}."

    assert support.scores(task, printed)["num_match"] == 1.0


def test_a_turn_shows_the_table_and_the_dialogue_so_far(folder: Path) -> None:
    task = support.load("convfinqa", folder)
    second = list(task.samples())[1]
    (ask,) = task.requests(second)
    assert ask.prompt.text == (
        "the following table shows net sales by segment , in millions .\n"
        "| in millions | 2012 | 2011 |\n| --- | --- | --- |\n"
        "| coatings | $ 450 | $ 400 |\n| adhesives | $ 150 | $ 120 |\n"
        "sales grew in both segments .\n"
        "Question: what were coatings sales in 2012?\nAnswer: 450.0\n"
        "Question: and in 2011?\nAnswer:"
    )
    assert second.metadata == {"filename": "NVX/2012/page_40.pdf"}


def test_both_layouts_of_a_turn_give_the_same_prompts(folder: Path) -> None:
    tasks = [support.load("convfinqa", folder, source) for source in ("", "convfinqa_raw_turn.json")]
    prompts = [[task.requests(sample) for sample in task.samples()] for task in tasks]
    assert prompts[0] == prompts[1]
    # a reader of JSON may change the last digit of a number
    flat, raw = ([sample.target for sample in task.samples()] for task in tasks)
    assert [num_em.score(one, other) for one, other in zip(flat, raw, strict=True)] == [1.0] * 20  # type: ignore[misc]


def test_a_name_that_the_text_lacks_is_a_claim_and_counted(folder: Path) -> None:
    task = support.load("ner_fin3", folder)
    found = support.scores(task, lambda sample: f"{sample.target}\nNobody Atall, PER")
    golds = sum(len(sample.target.splitlines()) for sample in task.samples())
    assert found["entity_recall"] == 1.0
    assert found["entity_precision"] == pytest.approx(golds / (golds + 20))
    assert found["hallucinated_entity_rate"] == pytest.approx(20 / (golds + 20))


def test_a_name_of_another_type_is_dropped_and_counted(folder: Path) -> None:
    task = support.load("ner_fin3", folder)
    found = support.scores(task, lambda sample: f"{sample.target}\nFriday, DATE")
    golds = sum(len(sample.target.splitlines()) for sample in task.samples())
    assert (found["entity_f1"], found["hallucinated_entity_rate"]) == (1.0, 0.0)
    assert found["dropped_entity_rate"] == pytest.approx(20 / (golds + 20))


def test_lists_with_types_in_brackets_are_read_as_well(folder: Path) -> None:
    task = support.load("ner_fin3", folder)
    words = {"PER": "person", "ORG": "organization", "LOC": "location"}

    def bracketed(sample: Sample) -> str:
        pairs = (line.rsplit(", ", 1) for line in sample.target.splitlines())
        return ", ".join(f"{name} ({words[kind]})" for name, kind in pairs)

    assert support.scores(task, bracketed)["entity_f1"] == 1.0


def test_a_lost_line_does_not_shift_the_others(folder: Path) -> None:
    task = support.load("finer_ord", folder)
    found = support.scores(task, lambda sample: sample.target.partition("\n")[2])
    assert found["entity_f1"] > 0.9


def test_an_unreadable_answer_is_unparsed_and_wrong(folder: Path) -> None:
    task = support.load("legalbench_hearsay", folder)
    row = support.rows(task, lambda sample: Generation("That depends."))["exact_match"]
    assert (row.value, row.outcomes) == (0.0, {Outcome.UNPARSED.value: 20})
