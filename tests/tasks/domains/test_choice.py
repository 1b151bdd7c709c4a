"""Multiple-choice benchmarks on their sample rows: layouts, labels and the scores of constant answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mmeval.errors import SpecError
from mmeval.types import Sample
from mmeval_tasks.domains.rows import tell_once
from tests.tasks.domains import support

MMLU = (
    *("mmlu_anatomy", "mmlu_clinical_knowledge", "mmlu_college_biology"),
    *("mmlu_college_medicine", "mmlu_medical_genetics", "mmlu_professional_medicine"),
)


SOURCES = [
    ("medqa_4options", "", 20),
    ("medmcqa", "", 20),
    ("pubmedqa", "", 20),
    ("pubmedqa", "pubmedqa_qiaojin.jsonl", 20),
    ("pubmedqa_all", "", 20),
    *((name, "", 4) for name in MMLU),
    ("fpb", "", 20),
    ("fpb", "fpb.jsonl", 20),
    ("fiqa_sa", "", 20),
    ("headline", "", 27),
    ("headline", "headlines_wide.jsonl", 27),
    ("casehold", "", 20),
    ("casehold", "casehold_flat.jsonl", 20),
    ("casehold_cloze", "", 20),
]


@pytest.mark.parametrize(("name", "source", "n"), SOURCES)
def test_2_the_right_answers_have_the_best_scores(folder: Path, name: str, source: str, n: int) -> None:
    task = support.load(name, folder, source)
    found = support.scores(task, lambda sample: support.gold(task, sample))
    assert task.size() == n
    assert found[task.spec.details["main_metric"]] == 1.0
    assert found.get("brier_score", 0.0) == pytest.approx(0.0, abs=1e-9)


def _constant(text: str) -> Callable[[Sample], str]:
    return lambda sample: text


@pytest.mark.parametrize(
    ("name", "metric", "wanted"),
    [
        ("medqa_4options", "acc", {"A": 0.25, "B": 0.40, "C": 0.25, "D": 0.10}),
        ("medmcqa", "acc", {"A": 0.30, "B": 0.35, "C": 0.20, "D": 0.15}),
        ("pubmedqa", "acc", {"yes": 0.45, "no": 0.35, "maybe": 0.20}),
        ("pubmedqa", "f1_macro", {"yes": 0.2069}),
        ("fpb", "acc", {"negative": 0.30, "neutral": 0.40, "positive": 0.30}),
        ("fpb", "f1_weighted", {"neutral": 0.2286}),
        ("fpb", "f1_macro", {"neutral": 0.1905}),
        ("fiqa_sa", "acc", {"negative": 0.40, "neutral": 0.25, "positive": 0.35}),
        ("fiqa_sa", "f1_weighted", {"negative": 0.2286}),
        ("fiqa_sa", "f1_macro", {"negative": 0.1905}),
        ("headline", "f1_by_group", {"Yes": 0.1926, "No": 0.6074}),
        ("casehold", "acc", dict.fromkeys("ABCDE", 0.20)),
        ("casehold", "f1_macro", {"A": 0.0667}),
    ],
)
def test_3_constant_answers(folder: Path, name: str, metric: str, wanted: dict[str, float]) -> None:
    task = support.load(name, folder)
    found = {text: support.scores(task, _constant(text))[metric] for text in wanted}
    assert found == pytest.approx(wanted, abs=5e-5)


def test_3_constant_answers_over_the_six_subjects(folder: Path) -> None:
    tasks = [support.load(name, folder) for name in MMLU]
    found = [sum(support.scores(task, _constant(letter))["acc"] for task in tasks) / 6 for letter in "ABCD"]
    assert found == pytest.approx([0.25, 0.4167, 0.2083, 0.125], abs=5e-5)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("medqa_4options", {"acc": 0.40}),
        ("fpb", {"f1_weighted": 0.2286, "f1_macro": 0.1905}),
        ("headline", {"f1_by_group": 0.6889}),
    ],
)
def test_3_the_majority_baseline(folder: Path, name: str, wanted: dict[str, float]) -> None:
    task = support.load(name, folder)
    answer = task.baselines()["majority"]
    values = support.rows(task, answer)  # type: ignore[arg-type]  # of multiple choice it is a response
    assert {metric: values[metric].value for metric in wanted} == pytest.approx(wanted, abs=5e-5)


def test_5_labels_that_count_from_one_are_refused(folder: Path, tmp_path: Path) -> None:
    lines = (folder / "medmcqa.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    shifted = [json.dumps({**row, "cop": row["cop"] + 1}) for row in rows]
    (tmp_path / "medmcqa.jsonl").write_text("\n".join(shifted), encoding="utf-8")
    with pytest.raises(SpecError, match="cop is 4, outside 0-3"):
        list(support.load("medmcqa", tmp_path).samples())


def test_a_missing_column_is_named_with_those_that_are_there(folder: Path, tmp_path: Path) -> None:
    text = (folder / "medmcqa.jsonl").read_text(encoding="utf-8").replace('"subject_name"', '"subject"')
    (tmp_path / "medmcqa.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match=r"'subject_name' is missing \(is it 'subject'\?\); columns: id, question"):
        list(support.load("medmcqa", tmp_path).samples())


def test_6_the_edges_of_sentiment(folder: Path) -> None:
    task = support.load("fiqa_sa", folder)
    edges = {sample.doc["sentiment_score"]: support.gold(task, sample) for sample in task.samples()}
    assert (edges[-0.1], edges[0.1]) == ("neutral", "positive")


def test_7_the_same_predictions_on_both_layouts_of_fpb(folder: Path) -> None:
    flare, phrasebank = support.load("fpb", folder), support.load("fpb", folder, "fpb.jsonl")
    words = ("positive", "negative", "neutral", "neutral", "positive")

    def predicted(sample: Sample) -> str:
        return words[int(sample.sample_id.rpartition(":")[2]) % 5]

    assert support.scores(flare, predicted) == pytest.approx(support.scores(phrasebank, predicted), nan_ok=True)
    texts = [[sample.doc["text"] for sample in task.samples()] for task in (flare, phrasebank)]
    assert texts[0] == texts[1]


def test_wide_headlines_become_the_published_rows(folder: Path) -> None:
    published, wide = support.load("headline", folder), support.load("headline", folder, "headlines_wide.jsonl")
    columns = ("query", "choices", "gold", "label_type", "headline")
    seen = [[[sample.doc[name] for name in columns] for sample in task.samples()] for task in (published, wide)]
    assert seen[0] == seen[1]


def test_headlines_are_broken_down_by_tag_and_clustered(folder: Path) -> None:
    task = support.load("headline", folder)
    first = next(iter(task.samples()))
    assert first.metadata == {"label_type": "price or not", "headline": "Gold gains 0.8% on softer dollar"}
    assert (task.slices, task.cluster) == (("label_type",), "headline")


def test_local_pubmedqa_is_taken_whole_and_says_so(folder: Path) -> None:
    assert {sample.metadata["split_id"] for sample in support.load("pubmedqa", folder).samples()} == {"local"}


def test_a_subject_takes_its_rows_of_a_file_of_several(folder: Path) -> None:
    subjects = [{sample.doc["subject"] for sample in support.load(name, folder).samples()} for name in MMLU]
    assert subjects == [{name.removeprefix("mmlu_")} for name in MMLU]


def test_data_that_is_not_for_commercial_use_says_so(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    tell_once.cache_clear()
    list(support.load("fpb", folder).samples())
    list(support.load("fpb_gen", folder).samples())
    assert caplog.text.count("not for commercial use (CC BY-NC-SA 3.0)") == 1
