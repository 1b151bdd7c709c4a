"""Which runs are compared, and what comes out."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import UsageError
from mmeval.report.compare.comparison import Comparison, compare
from mmeval.report.compare.evidence import Evidence
from mmeval.report.compare.rows import Row
from mmeval.report.compare.runs import read_run
from mmeval.report.compare.settings import ACROSS
from mmeval.report.compare.tables import comparison_table
from mmeval.types import Outcome

from .made import CONFIG, Made, changed

RIGHT = [1.0, 0.0, 1.0, 1.0]


def compared(tmp_path: Path, one: Made, other: Made, **options: Any) -> Comparison:
    runs = [read_run(made.write(tmp_path / name)) for name, made in (("one", one), ("other", other))]
    return compare(*runs, **{"iters": 1000, **options})


def only(comparison: Comparison) -> Row:
    assert comparison.refused == {}
    (row,) = comparison.rows
    return row


def evidence(row: Row) -> Evidence:
    assert row.tested is not None, row.problem
    return row.tested


def draws(n: int, p: float, seed: int) -> list[float]:
    generator = random.Random(seed)
    return [float(generator.random() < p) for _ in range(n)]


def test_the_sheets_example(tmp_path: Path) -> None:
    one = [1.0] * 723 + [0.0] * 550
    other = [1.0] * 700 + [0.0] * 23 + [1.0] * 46 + [0.0] * 504
    row = only(compared(tmp_path, Made().task("quiz", one), Made().task("quiz", other), iters=10_000))
    found = evidence(row)
    assert (found.test, found.discordant, row.n, row.verdict) == ("McNemar", (23, 46), 1273, "better")
    assert found.difference == pytest.approx(0.0181, abs=5e-5)
    assert found.p == pytest.approx(0.0076, abs=5e-5)
    assert row.p_holm == found.p
    low, high = found.interval or (0.0, 0.0)
    assert (high - low) / 2 == pytest.approx(0.0128, abs=4e-4)


def test_a_mean_of_other_numbers(tmp_path: Path) -> None:
    one = [generator / 10 for generator in range(40)]
    other = [value + 0.5 for value in one]
    row = only(
        compared(tmp_path, Made().task("t", one, metric="likelihood"), Made().task("t", other, metric="likelihood"))
    )
    assert (evidence(row).test, evidence(row).discordant, row.verdict) == ("permutation", None, "better")
    assert evidence(row).difference == pytest.approx(0.5)


def test_a_corpus_metric_is_computed_anew_for_each_resample(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    golds = [index % 2 for index in range(200)]
    one = [[gold, label] for gold, label in zip(golds, draws(200, 0.5, 1), strict=True)]
    other = [[gold, gold] for gold in golds]
    row = only(compared(tmp_path, Made().task("t", one, metric="f1"), Made().task("t", other, metric="f1")))
    low, high = evidence(row).interval or (0.0, 0.0)
    assert low < evidence(row).difference < high
    assert row.other.value == 1.0
    assert (evidence(row).effect, row.verdict) == ("", "better")


def test_lower_may_be_better(tmp_path: Path) -> None:
    one, other = ([[-2.0 - index % 3 - more, 10] for index in range(30)] for more in (0, 1))
    name = "word_perplexity"
    row = only(compared(tmp_path, Made().task("t", one, metric=name), Made().task("t", other, metric=name)))
    assert evidence(row).difference > 0
    assert row.verdict == "worse"


def test_clusters_are_not_more_samples(tmp_path: Path) -> None:
    """Forty copies of each of five graphs: the same difference, and no proof of it."""
    one, other = [0.0] * 200, [1.0] * 120 + [0.0] * 80
    clusters = [f"graph {index // 40}" for index in range(200)]
    free = only(compared(tmp_path / "free", Made().task("t", one), Made().task("t", other)))
    held = only(
        compared(
            tmp_path / "held", Made().task("t", one, clusters=clusters), Made().task("t", other, clusters=clusters)
        )
    )
    assert (evidence(free).test, free.verdict) == ("McNemar", "better")
    assert (evidence(held).test, evidence(held).p, held.verdict) == ("permutation", 0.25, "underpowered")
    assert evidence(held).difference == evidence(free).difference


def test_repeats_are_averaged_per_sample(tmp_path: Path) -> None:
    one, other = [[1.0, 0.0]] * 30, [1.0] * 30
    row = only(compared(tmp_path, Made().task("t", one, repeats=2), Made().task("t", other)))
    assert (row.one.value, row.n, evidence(row).test) == (0.5, 30, "permutation")
    assert "repeats 2 / 1" in row.differs


def test_p_values_are_corrected_over_tasks(tmp_path: Path) -> None:
    one, other = Made(), Made()
    for number, won in enumerate((12, 9, 0)):
        one.task(f"t{number}", [0.0] * 100)
        other.task(f"t{number}", [1.0] * won + [0.0] * (100 - won))
    rows = compared(tmp_path, one, other).rows
    assert [evidence(row).p for row in rows] == pytest.approx([2 / 2**12, 2 / 2**9, 1.0])
    assert [row.p_holm for row in rows] == pytest.approx([6 / 2**12, 4 / 2**9, 1.0])


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        (draws(2000, 0.5, 1), draws(2000, 0.5, 1), "no difference shown"),
        (draws(30, 0.5, 1), draws(30, 0.5, 2), "underpowered"),
        (draws(300, 0.3, 1), draws(300, 0.7, 2), "better"),
        (draws(300, 0.7, 1), draws(300, 0.3, 2), "worse"),
    ],
)
def test_verdicts(tmp_path: Path, one: list[float], other: list[float], verdict: str) -> None:
    assert only(compared(tmp_path, Made().task("t", one), Made().task("t", other))).verdict == verdict


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Made().task("t", [*RIGHT, 1.0]), r"different samples: 4 / 5 samples, 0 / 1 of them alone"),
        (lambda: Made().task("t", RIGHT, first=1), r"different samples: 4 / 4 samples, 1 / 1 .*such as test:0"),
        (lambda: Made().task("t", RIGHT, documents="other"), r"different data: another document under 4 of 4 ids"),
        (lambda: Made().task("t", RIGHT, targets=[0, 0, 1, 0]), r"different targets: .*1 of 4 ids \(such as test:2\)"),
        (lambda: Made().task("t", RIGHT, version=2), r"task version 1 / 2"),
        (lambda: Made().task("t", RIGHT, metric="acc_norm"), r"only one run has the metric acc"),
        (
            lambda: Made().task("t", RIGHT, config={"filter_list": ["x"]}),
            r"metric acc is not computed in the same way: filter_list none / \['x'\]$",
        ),
        (
            lambda: Made().task("t", RIGHT, config={"metric_list": [{"metric": "acc", "aggregation": "mean"}]}),
            r"metric acc is not computed in the same way: .*aggregation none / mean",
        ),
        (lambda: Made().task("t", RIGHT, words="another"), r"prompts differ \(prompt\).*say --across prompt"),
        (
            lambda: Made().task("t", RIGHT, words="example", shots=3),
            r"prompts differ \(num_fewshot 0 / 3\); if that is meant, say --across num_fewshot",
        ),
        (
            lambda: Made().task("t", RIGHT, config={"description": "Think."}),
            r"prompts differ \(prompt\)",
        ),
        (lambda: Made().failed("t", "ValueError: no"), r"other has no score: ValueError: no"),
    ],
)
def test_refusals(tmp_path: Path, make: Callable[[], Made], reason: str) -> None:
    comparison = compared(tmp_path, Made().task("t", RIGHT).task("u", RIGHT), make().task("u", RIGHT))
    assert [row.task for row in comparison.rows] == ["u"]
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(comparison.refused["t"])


def test_one_changed_document_is_enough(tmp_path: Path) -> None:
    one, other = (Made().task("t", RIGHT).write(tmp_path / name) for name in ("one", "other"))
    comparison = compare(read_run(one), read_run(changed(other, doc_hash="0" * 64)))
    assert comparison.refused == {"t": "different data: another document under 1 of 4 ids (such as test:0)"}


@pytest.mark.parametrize(
    ("make", "across", "differs"),
    [
        (lambda: Made().task("t", RIGHT, words="example", shots=3), ["num_fewshot"], ("num_fewshot 0 / 3",)),
        (
            lambda: Made(system_instruction="Be brief.").task("t", RIGHT, words="brief"),
            ["system_instruction"],
            ("system_instruction none / Be brief.",),
        ),
        (lambda: Made().task("t", RIGHT, words="another"), ["prompt", "num_fewshot"], ("prompt",)),
        (lambda: Made(apply_chat_template=True).task("t", RIGHT), [], ("apply_chat_template False / True",)),
        (
            lambda: Made().task("t", RIGHT, config={"generation_kwargs": {"temperature": 0.7}}),
            [],
            ("temperature none / 0.7",),
        ),
        (lambda: Made(config={**CONFIG, "fewshot_seed": 5}).task("t", RIGHT), [], ()),
    ],
)
def test_what_may_differ_and_is_told(
    tmp_path: Path, make: Callable[[], Made], across: Sequence[str], differs: tuple[str, ...]
) -> None:
    row = only(compared(tmp_path, Made().task("t", RIGHT), make(), across=across))
    assert row.differs == differs
    assert row.tested is not None


def test_another_few_shot_seed_is_a_difference_where_there_are_examples(tmp_path: Path) -> None:
    one = Made().task("t", RIGHT, shots=2)
    other = Made(config={**CONFIG, "fewshot_seed": 5}).task("t", RIGHT, shots=2, words="others")
    comparison = compared(tmp_path, one, other)
    assert "--across fewshot_seed" in comparison.refused["t"]
    named = compare(comparison.one, comparison.other, across=["fewshot_seed"], iters=100)
    assert only(named).differs == ("fewshot_seed 1234 / 5",)


@pytest.mark.parametrize(
    "other",
    [
        Made().task("t", RIGHT, first=1),
        Made().task("t", RIGHT, documents="other"),
        Made().task("t", RIGHT, targets=[0, 0, 1, 0]),
        Made().task("t", RIGHT, version=2),
    ],
)
def test_nothing_but_the_prompt_may_be_named(tmp_path: Path, other: Made) -> None:
    assert list(compared(tmp_path, Made().task("t", RIGHT), other, across=ACROSS).refused) == ["t"]


def test_a_model_that_was_trained_on_the_data_is_flagged(tmp_path: Path) -> None:
    task = {"dataset_path": "a/b", "dataset_name": "c"}
    for number, (sets, tuned) in enumerate(
        [(["t"], True), (["a/b"], True), (["a/b/c"], True), (["a/b:d"], False), ([], False)]
    ):
        card = Made(config={**CONFIG, "model_card": {"train_sets": sets}}).task("t", RIGHT, config=task)
        row = only(compared(tmp_path / str(number), Made().task("t", RIGHT, config=task), card))
        assert ("B in-domain-tuned" in row.notes(("A", "B"))) == tuned


def test_samples_without_a_value_are_left_out_and_counted(tmp_path: Path) -> None:
    outcomes = [Outcome.ERROR, *[Outcome.SCORED] * 3]
    row = only(compared(tmp_path, Made().task("t", RIGHT, outcomes=outcomes), Made().task("t", RIGHT)))
    assert (row.n, row.total) == (3, 4)
    assert "1 samples without a value left out" in row.notes(("A", "B"))


def test_a_difference_within_that_of_unparsed_answers_is_flagged(tmp_path: Path) -> None:
    one, other = [1.0] * 50 + [0.0] * 50, [1.0] * 53 + [0.0] * 47
    outcomes = [*[Outcome.SCORED] * 90, *[Outcome.UNPARSED] * 10]
    row = only(compared(tmp_path, Made().task("t", one, outcomes=outcomes), Made().task("t", other)))
    assert "format effect possible: unparsed 10.0% / 0.0%" in row.notes(("A", "B"))


def test_an_equal_score_with_other_unparsed_answers_is_flagged(tmp_path: Path) -> None:
    outcomes = [*[Outcome.SCORED] * 70, *[Outcome.UNPARSED] * 30]
    values = [1.0] * 50 + [0.0] * 50
    row = only(compared(tmp_path, Made().task("t", values, outcomes=outcomes), Made().task("t", values)))
    assert (evidence(row).difference, row.flags) == (0.0, ["format effect possible"])
    same = [Made().task("t", values, outcomes=outcomes) for _ in range(2)]
    assert only(compared(tmp_path / "same", *same)).flags == []


@pytest.mark.parametrize(
    ("n", "half", "smallest", "verdict"),
    [
        (10, 0.2775, 0.6, "underpowered"),
        (100, 0.037, 0.06, "underpowered"),
        (400, 0.0095, 0.015, "no difference shown"),
    ],
)
def test_no_variation_is_no_certainty(tmp_path: Path, n: int, half: float, smallest: float, verdict: str) -> None:
    """Where both runs are always wrong, Wilson's interval of none of n is what may have been missed."""
    row = only(compared(tmp_path, *(Made().task("t", [0.0] * n) for _ in range(2))))
    found = evidence(row)
    assert found.interval == pytest.approx((-half, half), abs=1e-4)
    assert (found.stderr, found.smallest, row.verdict) == (0.0, pytest.approx(smallest, abs=1e-4), verdict)


def test_always_won_is_no_certainty_either(tmp_path: Path) -> None:
    row = only(compared(tmp_path, Made().task("t", [0.0] * 20), Made().task("t", [1.0] * 20)))
    low, high = evidence(row).interval or (0.0, 0.0)
    assert (row.verdict, high) == ("better", 1.0)
    assert low == pytest.approx(1 - 2 * 1.96**2 / (20 + 1.96**2))


def test_few_samples_can_show_nothing(tmp_path: Path) -> None:
    comparison = compared(tmp_path, *(Made().task("t", values) for values in ([0.0, 1.0, 0.0], [0.0, 0.0, 1.0])))
    assert comparison_table([comparison]).rows[0][-2] == "none"


def test_the_interval_of_few_clusters_is_students(tmp_path: Path) -> None:
    """Four graphs with gains of 0, 10, 20 and 30 points: ± 3.18 standard errors, whatever the resamples reach."""
    other = [1.0] * 0 + [0.0] * 40 + [1.0] * 4 + [0.0] * 36 + [1.0] * 8 + [0.0] * 32 + [1.0] * 12 + [0.0] * 28
    clusters = [f"graph {index // 40}" for index in range(160)]
    runs = [Made().task("t", values, clusters=clusters) for values in ([0.0] * 160, other)]
    low, high = evidence(only(compared(tmp_path, *runs, iters=10_000))).interval or (0.0, 0.0)
    assert (low + high) / 2 == pytest.approx(0.15)
    assert (high - low) / 2 == pytest.approx(3.1824 * 0.1291 / 2, rel=0.03)


def test_chance(tmp_path: Path) -> None:
    config = {"metadata": {"chance": 0.25}}
    one, other = (Made().task("t", [1.0] * share + [0.0] * (100 - share), config=config) for share in (20, 80))
    row = only(compared(tmp_path, one, other))
    assert row.notes(("A", "C")) == ["A below chance"]
    assert row.adjusted == pytest.approx(0.6 / 0.75)


def test_values_that_do_not_give_the_result_are_not_tested(tmp_path: Path) -> None:
    one, other = (Made().task("t", RIGHT).write(tmp_path / name) for name in ("one", "other"))
    (row,) = compare(read_run(one), read_run(changed(other, values={"acc": 0.0}))).rows
    assert (row.tested, row.verdict, row.p_holm) == (None, "not tested", None)
    assert row.problem == "its logged values give 0.5000, the results say 0.75"


def test_a_single_sample_is_not_tested(tmp_path: Path) -> None:
    row = only(compared(tmp_path, Made().task("t", [1.0]), Made().task("t", [0.0])))
    assert (row.tested, row.problem) == (None, "fewer than two samples count in both runs")


def test_metrics_may_be_named(tmp_path: Path) -> None:
    made = [Made().task("t", RIGHT).task("u", RIGHT, metric="exact_match") for _ in range(2)]
    comparison = compared(tmp_path, *made, metrics=["exact_match"])
    assert [(row.task, row.metric) for row in comparison.rows] == [("u", "exact_match")]
    assert comparison.refused == {"t": "it has no metric exact_match; it has acc"}


def test_tasks_of_one_run_only_are_listed(tmp_path: Path) -> None:
    comparison = compared(tmp_path, Made().task("t", RIGHT).task("a", RIGHT), Made().task("t", RIGHT).task("b", RIGHT))
    assert comparison.alone == (["a"], ["b"])


def test_runs_without_a_common_task(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no task in common"):
        compared(tmp_path, Made().task("a", RIGHT), Made().task("b", RIGHT))


@pytest.mark.parametrize(
    ("config", "group", "domain"),
    [
        ({"metadata": {"domain": "law"}, "tag": "medical"}, "g", "law"),
        ({"tag": ["medical", "exam"]}, "g", "medical"),
        ({"tag": "medical"}, "", "medical"),
        ({}, "specialized_finance", "specialized_finance"),
        ({}, "", ""),
    ],
)
def test_the_domain_of_a_task(tmp_path: Path, config: dict[str, Any], group: str, domain: str) -> None:
    made = [Made().task("t", RIGHT, config=config) for _ in range(2)]
    for each in made if group else []:
        each.group(group, "t")
    assert only(compared(tmp_path, *made)).domain == domain
