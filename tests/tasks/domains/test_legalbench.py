"""LegalBench: what all its tasks have in common, and the metrics beside balanced accuracy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mmeval_tasks.domains.legalbench import scoring
from tests.tasks.domains import support
from tests.tasks.domains.test_definitions import FILES

LEGALBENCH = {name: spec for name, spec in FILES.items() if spec.dataset_path == "nguha/legalbench"}
COUNTS = {"issue": 17, "rule": 4, "conclusion": 12, "interpretation": 118, "rhetoric": 10}


def test_every_task_but_the_one_that_people_mark_is_here_by_its_type() -> None:
    groups = {kind: support.members(f"legalbench_{kind}") for kind in COUNTS}
    assert {kind: len(members) for kind, members in groups.items()} == COUNTS
    assert {name for members in groups.values() for name in members} == LEGALBENCH.keys()
    assert support.members("legalbench_full") == tuple(f"legalbench_{kind}" for kind in COUNTS)
    assert len(support.members("legalbench_contract_nli")) == 14


@pytest.mark.parametrize("name", list(LEGALBENCH))
def test_the_published_rows(name: str) -> None:
    spec = LEGALBENCH[name]
    options = spec.dataset_kwargs or {}
    assert (spec.dataset_path, options["revision"]) == ("nguha/legalbench", "refs/convert/parquet")
    assert f"legalbench_{options['data_dir']}".translate(str.maketrans("", "", "(),")) == name
    assert (spec.test_split, spec.fewshot_split) == ("test", "train")
    assert ("{{" in str(spec.doc_to_text), "{{" in spec.description) == (True, False)
    assert (spec.generation_kwargs or {})["max_gen_toks"] >= 64


@pytest.mark.parametrize(
    ("score", "wanted", "answer", "values"),
    [
        (
            scoring.citation,
            "Phillips v. AWH Corp.",
            "phillips v AWH Corp, 415 F.3d 1303",
            {"answer_contained": 1.0},
        ),
        (scoring.citation, "Phillips v. AWH Corp.", "Jones v. Smith", {"answer_contained": 0.0}),
        (scoring.definition, "authorize, permit", "Authorized\nSentence: next", {"stemmed_match": 1.0}),
        (scoring.definition, "authorize", "", {"stemmed_match": 0.0, "unparsed_rate": 1.0}),
        (scoring.amount, "$19,039", "18000.50", {"within_10_percent": 1.0}),
        (scoring.amount, "$1250", "12.50", {"within_10_percent": 0.0}),
        (scoring.amount, "$0", "1", {"within_10_percent": 0.0}),
        (scoring.amount, "$19,039", "19 thousand", {"within_10_percent": 0.0}),
        (scoring.amount, "$0", None, {"within_10_percent": 0.0, "unparsed_rate": 1.0}),
        (scoring.names, "['Ann Lee', 'Bo Ray']", "Ms. Ann Lee, Ann Lee", {"list_f1": (1, 1, 1)}),
        (scoring.names, "['Not named']", "Not named", {"list_f1": (1, 0, 0)}),
        (scoring.names, "Lee,Ray", "", {"list_f1": (0, 0, 2), "unparsed_rate": 1.0}),
        (scoring.names, "Lee,Ray", None, {"list_f1": (0, 0, 2), "unparsed_rate": 1.0}),
        (scoring.exceptions, "mere continuation,express agreement", ["mere continuation"], {"list_f1": (1, 0, 1)}),
        (scoring.exceptions, "mere continuation", None, {"list_f1": (0, 0, 1), "unparsed_rate": 1.0}),
    ],
)
def test_metrics_of_single_tasks(
    score: Callable[..., Mapping[str, Any]], wanted: str, answer: Any, values: Mapping[str, Any]
) -> None:
    found = score({"answer": wanted}, [answer])
    assert {"unparsed_rate": 0.0, **values} == dict(found)


def test_f1_is_of_all_names() -> None:
    assert scoring.f1([(1, 1, 1), (1, 0, 0)]) == pytest.approx(2 / 3)
    assert scoring.f1([(0, 0, 0)]) == 0.0


def test_examples_name_without_brackets() -> None:
    assert scoring.named({"answer": "['Ruth May', 'Donna Lee']"}) == "Ruth May, Donna Lee"


@pytest.mark.parametrize(
    ("wanted", "answer", "said"),
    [
        ("Yes", "Yes, since the clause says so.", "yes"),
        ("No", "**No**", "no"),
        ("Yes", "The clause says so.", ""),
        ("Yes", "", ""),
        ("Offer-for-sale", "offer for sale\nSentence: next", "offer for sale"),
        ("MAE change", "\n\nMAE change.\nQuestion: next", "mae change"),
        ("A", "B, not A", "b not a"),
        ("A", "  ", ""),
    ],
)
def test_an_answer_in_legalbench_instruct(wanted: str, answer: str, said: str) -> None:
    found = scoring.instructed({"task_name": "hearsay", "answer": wanted}, [answer])
    task, right, read = found["balanced_acc_by_task"]
    assert (task, read, found["unparsed_rate"]) == ("hearsay", said, float(not said))
    assert found["exact_match"] == float(read == right)


def test_each_task_and_each_of_its_answers_counts_alike() -> None:
    rows = [("a", "yes", "yes"), ("a", "yes", "yes"), ("a", "yes", "no"), ("a", "no", ""), ("b", "x", "x")]
    assert scoring.balanced_acc_by_task(rows) == pytest.approx((1 / 3 + 1) / 2)
