"""TAT-QA: what is asked, how answers are read, and what the authors' script makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmeval.types import Generate, Outcome
from mmeval_tasks.domains import samples
from mmeval_tasks.domains.finance.tatqa import SCALES, official, stated, tatqa_answer, values
from tests.tasks.domains import support
from tests.tasks.domains.test_definitions import FILES

OFFICIAL = json.loads((Path(__file__).parent / "tatqa_official.json").read_text(encoding="utf-8"))
"""Made-up answers, each with type, gold answers and scale, and the exact match and F1 that `TaTQAEmAndF1` of the
repository's tatqa_metric.py at commit 870accc gave for it, called with this one answer."""


@pytest.fixture
def made(tmp_path: Path) -> Path:
    samples.write(tmp_path, [FILES["tatqa"]])
    return tmp_path


def test_a_page_is_asked_about_with_its_text_and_table(made: Path) -> None:
    task = support.load("tatqa", made)
    first, _, computed, *_ = asked = list(task.samples())
    (ask,) = task.requests(first)
    assert isinstance(ask, Generate)
    assert ask.prompt.text == (
        "Answer each question about a page of a financial report as shortly as possible, with words of the page or "
        "with a number and its scale (thousand, million, billion or percent). Write several answers on a line each.\n\n"
        "Sales of wood .\nBirch and fir are sold by others .\n"
        "| (in thousands) | 2019 | 2018 |\n| --- | --- | --- |\n| Larch | 1,250 | 1,000 |\n| Alder | (66) | - |\n"
        "Question: What were the sales of Larch in 2019?\nAnswer:"
    )
    assert (ask.stop, ask.max_tokens) == (("\nQuestion:",), 256)
    assert [sample.target for sample in asked] == ["1,250 thousand", "Birch\nfir", "25 percent", "1", "12.5%"]
    assert computed.metadata == {"answer_type": "arithmetic", "answer_from": "table-text", "page": "page_1"}


def test_rows_of_their_own_are_read_as_they_are(made: Path, tmp_path: Path) -> None:
    docs = [dict(sample.doc) for sample in support.load("tatqa", made).samples()]
    file = tmp_path / "flat.jsonl"
    file.write_text("".join(json.dumps(doc) + "\n" for doc in docs), encoding="utf-8")
    assert [sample.doc for sample in support.load("tatqa", made, str(file)).samples()] == docs


def test_answers_are_scored_as_the_authors_do_and_computed_ones_within_a_percent(made: Path) -> None:
    task = support.load("tatqa", made)
    said = dict(zip(("test:0", "test:1", "test:2", "test:3"), ("1.25 million", "Birch", "24.9%", "one"), strict=True))
    found = support.rows(task, support.said(task, lambda sample: said.get(sample.sample_id, "")))
    assert {name: (row.value, row.n) for name, row in found.items()} == {
        "tatqa_em": (0.2, 5),
        "tatqa_f1": (pytest.approx((1 + 0.67) / 5), 5),
        "num_match": (0.5, 2),
        "scale_mismatch": (0.0, 2),
        "unparsed_rate": (0.2, 5),
    }
    assert found["tatqa_em"].outcomes == {Outcome.SCORED: 4, Outcome.UNPARSED: 1}


@pytest.mark.parametrize(("kind", "gold", "gold_scale", "predicted", "scale", "exact", "overlap"), OFFICIAL)
def test_the_authors_values(
    kind: str, gold: list[str], gold_scale: str, predicted: list[str], scale: str, exact: float, overlap: float
) -> None:
    assert official(kind, gold, gold_scale, predicted, scale) == (exact, overlap)


def test_no_answer_and_no_gold_are_wrong() -> None:
    assert official("span", ["a"], "", [], "") == official("span", [], "", ["a"], "") == (0.0, 0.0)


@pytest.mark.parametrize("number", ["9" * 5000, f"{'9' * 200}%", f"({'9' * 200})", f"{'9' * 200} million"])
def test_a_number_that_no_page_has_is_no_match_and_no_error(number: str) -> None:
    assert official("arithmetic", ["9"], "", [number], "") == (0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("$1,496.5 million", [[["$1,496.5"], "million"]]),
        (" 12.5 percent.", [[["12.5"], "percent"]]),
        ("**-12.6** Million", [[["-12.6"], "million"]]),
        ("12.5%", [[["12.5%"], ""]]),
        ("2019", [[["2019"], ""]]),
        ("The answer is 16 thousands\n\nIt is in the table.", [[["16"], "thousand"]]),
        ("I add them.\n\nAnswer: the Larch segment", [[["the Larch segment"], ""]]),
        ("Birch\nfir", [[["Birch", "fir"], ""]]),
        ("Answers:\n1. Birch\n2. fir", [[["Birch", "fir"], ""]]),
        ("- 2.6\n- 15.2 million", [[["2.6", "15.2"], "million"]]),
        ("2.6 million\n15.2 million", [[["2.6", "15.2"], "million"]]),
        ("2.6 thousand\n15.2 million", [[["2.6 thousand", "15.2 million"], ""]]),
        ("2019 and 2018", [[["2019 and 2018"], ""], [["2019", "2018"], ""]]),
        ("$4, $5 and $6 million", [[["$4, $5 and $6 million"], ""], [["$4", "$5", "$6"], "million"]]),
        ("44.1 - 56.7 = -12.6 million", [[["44.1 - 56.7 = -12.6 million"], ""], [["-12.6"], "million"]]),
        ("−12.6 million", [[["−12.6 million"], ""], [["-12.6"], "million"]]),
        ("6.14 per cent", [[["6.14 per cent"], ""], [["6.14"], "percent"]]),
        ("Sales fell by 12.6 million", [[["Sales fell by 12.6 million"], ""]]),
        ("<think>5 million</think>7 million", [[["7"], "million"]]),
        ("7 million\nQuestion: what next?\nAnswer: 9", [[["7"], "million"]]),
        ("The answer is:", [[["The answer is:"], ""]]),
    ],
)
def test_answers_are_read(text: str, readings: list[Any]) -> None:
    assert tatqa_answer(text).answer == readings


@pytest.mark.parametrize("text", ["", " \n ", "<think>7 million", "****"])
def test_nothing_is_no_answer(text: str) -> None:
    assert not tatqa_answer(text).found


def test_the_better_reading_counts() -> None:
    doc = {"answer_type": "multi-span", "gold": ["2019", "2018"], "scale": ""}
    assert values(doc, [tatqa_answer("2018 and 2019").answer])["tatqa_em"] == 1.0
    doc = {"answer_type": "span", "gold": ["6.14 per cent"], "scale": ""}
    assert values(doc, [tatqa_answer("6.14 per cent").answer])["tatqa_em"] == 1.0


def test_a_scale_within_the_answer_is_not_rounded_away() -> None:
    """The script itself takes "2.65 percent" without a scale for 3 %."""
    doc = {"answer_type": "arithmetic", "gold": ["3"], "scale": "percent"}
    assert values(doc, [tatqa_answer("2.65 percent").answer])["tatqa_em"] == 0.0


@pytest.mark.parametrize(
    ("gold", "scale", "text", "near", "scaled"),
    [
        ("17.7", "percent", "17.6%", 1.0, 0.0),
        ("0.5", "percent", "0.5%", 1.0, 0.0),
        ("17.7", "percent", "It is 0.177.", 1.0, 0.0),
        ("17.7", "percent", "17.7", 0.0, 0.0),
        ("-12.6", "million", "Sales fell by -12.61 million", 1.0, 0.0),
        ("-12.6", "million", "12.6 million", 0.0, 0.0),
        ("-12.6", "million", "-12,600,000", 0.0, 1.0),
        ("3", "", "", 0.0, 0.0),
    ],
)
def test_computed_numbers_are_compared_within_a_percent(
    gold: str, scale: str, text: str, near: float, scaled: float
) -> None:
    found = values({"answer_type": "arithmetic", "gold": [gold], "scale": scale}, [tatqa_answer(text).answer])
    assert (found["num_match"], found["scale_mismatch"]) == (near, scaled)


@settings(deadline=None)
@given(
    st.lists(st.decimals(-9999, 9999, places=2).map(str), min_size=1, max_size=4),
    st.sampled_from(["", *list(SCALES)[1:]]),
)
def test_stated_numbers_are_read_back(answers: list[str], scale: str) -> None:
    found = tatqa_answer(stated(answers, scale)).answer
    assert found == [[answers, scale]]
    assert official("multi-span", answers, scale, *found[0]) == (1.0, 1.0)
