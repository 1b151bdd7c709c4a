"""Scores of every output type equal lm-eval's rules; failures become outcomes."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import SpecError
from mmeval.run import evaluate
from mmeval.task import Answered
from mmeval.types import Failure, Generation, Likelihoods, Outcome, Response, RollingLikelihood, SampleScore
from mmeval.yaml_task.task import YamlTask
from tests.yaml_task.folders import CHOICE, DOCS, GENERATE, make_task


def _scores(task: YamlTask, *responses: Response, repeats: int = 1) -> list[SampleScore]:
    """`responses` answer the samples in order, `repeats` of them each."""
    per_sample = [responses[start : start + repeats] for start in range(0, len(responses), repeats)]
    answered = [
        Answered(sample, [[response] for response in given])
        for sample, given in zip(task.samples(), per_sample, strict=False)
    ]
    return list(task.score_all(answered))


def _values(task: YamlTask, *responses: Response) -> dict[str, Any]:
    return dict(_scores(task, *responses)[0].values)


def test_choices(tmp_path: Path) -> None:
    task = make_task(tmp_path, CHOICE + "metric_list: [{metric: acc}, {metric: acc_norm}, {metric: exact_match}]\n")
    second = Likelihoods((-3.0, -2.0, -2.5), (False, True, False))
    assert _values(task, second) == {"acc": 1.0, "acc_norm": 0.0, "exact_match": 1.0}


def test_default_metrics(tmp_path: Path) -> None:
    assert [metric.name for metric in make_task(tmp_path, CHOICE).metrics] == ["acc", "acc_norm"]
    assert [metric.name for metric in make_task(tmp_path, GENERATE).metrics] == ["exact_match"]


@pytest.mark.parametrize(
    ("target", "acc"),
    [
        ("gold", 1.0),
        ("answer", 1.0),
        ("'{{gold}}'", 1.0),
        ("'{{answer}}s'", 0.0),
        ("9", 0.0),
        ("[0, 1]", 1.0),
        ("[0, 9]", 0.0),
    ],
)
def test_targets_of_choices(tmp_path: Path, target: str, acc: float) -> None:
    task = make_task(tmp_path, CHOICE.replace("doc_to_target: gold", f"doc_to_target: {target}"))
    assert _values(task, Likelihoods((-3.0, -1.0, -2.0), (False,) * 3))["acc"] == acc


def test_a_target_without_choice_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    task = make_task(tmp_path, CHOICE.replace("doc_to_target: gold", "doc_to_target: none of them"))
    answer = Likelihoods((-1.0, -2.0, -3.0), (False,) * 3)
    with caplog.at_level(logging.WARNING):
        scores = _scores(task, answer, answer)
    assert [score.values["acc"] for score in scores] == [0.0, 0.0]
    assert len(caplog.records) == 1
    assert "'none of them' of sample test:0 is not among its choices" in caplog.text


def test_a_label_that_counts_from_the_end_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [{**DOCS[0], "gold": -1}]
    (score,) = _scores(make_task(tmp_path, CHOICE, rows), Likelihoods((-3.0, -2.0, -1.0), (False,) * 3))
    assert score.values["acc"] == 0.0
    assert "the target -1 of sample test:0 is not among its choices" in caplog.text


def test_mutual_information(tmp_path: Path) -> None:
    task = make_task(tmp_path, CHOICE + "metric_list: [{metric: acc}, {metric: acc_mutual_info}]\n")
    sample = next(task.samples())
    with_context, alone = Likelihoods((-1.0, -2.0, -9.0), (True,) * 3), Likelihoods((-1.0, -5.0, -9.0), (True,) * 3)
    assert task.score(sample, [with_context, alone]).values == {"acc": 0.0, "acc_mutual_info": 1.0}


def test_log_likelihoods_per_token(tmp_path: Path) -> None:
    task = make_task(tmp_path, CHOICE + "metric_list: [{metric: acc}, {metric: acc_norm_tok}]\n")
    told = Likelihoods((-2.0, -4.0, -9.0), (True,) * 3, lengths=(1, 4, 2))
    assert _values(task, told) == {"acc": 0.0, "acc_norm_tok": 1.0}
    untold = Likelihoods((-2.0, -4.0, -9.0), (True,) * 3)
    assert _values(task, untold) == {"acc": 0.0, "acc_norm_tok": None}


def test_several_inputs(tmp_path: Path) -> None:
    keys = "output_type: multiple_choice\ndoc_to_text: gold\ndoc_to_choice: opts\ndoc_to_target: '{{q}} tail'\n"
    task = make_task(tmp_path, keys)
    sample = next(task.samples())
    assert len(task.requests(sample)) == 3
    responses = [Likelihoods((value,), (False,)) for value in (-3.0, -1.0, -2.0)]
    assert task.score(sample, responses).values["acc"] == 1.0


@pytest.mark.parametrize(("answer", "value"), [("bb", 1.0), ("BB", 0.0), ("", 0.0)])
def test_generated_text(tmp_path: Path, answer: str, value: float) -> None:
    assert _values(make_task(tmp_path, GENERATE), Generation(answer)) == {"exact_match": value}


def test_metric_options(tmp_path: Path) -> None:
    task = make_task(tmp_path, GENERATE + "metric_list: [{metric: exact_match, ignore_case: true}]\n")
    assert _values(task, Generation("BB")) == {"exact_match": 1.0}


@pytest.mark.parametrize(
    ("target", "value"),
    [("gold", 0.0), ("opts", 1.0), ("'{{[q, answer]}}'", 1.0), ("'{{opts[0]}}'", 0.0)],
)
def test_targets_of_generated_text(tmp_path: Path, target: str, value: float) -> None:
    task = make_task(tmp_path, GENERATE.replace("doc_to_target: answer", f"doc_to_target: {target}"))
    assert _values(task, Generation("bb")) == {"exact_match": value}


def test_several_references_are_taken_as_a_whole_by_metrics_that_know_them(tmp_path: Path) -> None:
    """lm-eval takes each alone, and any overlap with one of them for a full score."""
    pytest.importorskip("rouge_score")
    keys = GENERATE.replace("doc_to_target: answer", "doc_to_target: \"{{['a b c d', 'x y z w']}}\"")
    task = make_task(tmp_path, keys + "metric_list: [{metric: rouge1}, {metric: bleu}, {metric: exact_match}]\n")
    values = _values(task, Generation("a b"))
    assert values["rouge1"] == pytest.approx(2 / 3)
    assert values["bleu"] == (["a b c d", "x y z w"], "a b")
    assert values["exact_match"] == 0.0


def test_a_number_is_compared_as_text(tmp_path: Path) -> None:
    task = make_task(tmp_path, GENERATE.replace("doc_to_target: answer", "doc_to_target: gold"))
    assert _values(task, Generation("1")) == {"exact_match": 1.0}


def test_with_choices_the_target_is_one_of_them(tmp_path: Path) -> None:
    task = make_task(
        tmp_path, GENERATE.replace("doc_to_target: answer", "doc_to_target: gold") + "doc_to_choice: opts\n"
    )
    assert _values(task, Generation("bb")) == {"exact_match": 1.0}


def test_one_target(tmp_path: Path) -> None:
    task = make_task(tmp_path, "output_type: loglikelihood\ndoc_to_text: q\ndoc_to_target: answer\n")
    assert _values(task, Likelihoods((-2.5,), (True,))) == {"perplexity": -2.5, "acc": 1.0}


def test_a_whole_text(tmp_path: Path) -> None:
    task = make_task(tmp_path, "output_type: loglikelihood_rolling\ndoc_to_text: ''\ndoc_to_target: '{{q}} ü '\n")
    expected = {"word_perplexity": (-9.0, 3), "byte_perplexity": (-9.0, 6), "bits_per_byte": (-9.0, 6)}
    assert _values(task, RollingLikelihood(-9.0)) == expected


def test_pipelines_score_side_by_side(tmp_path: Path) -> None:
    pipelines = """\
filter_list:
- {name: strict, filter: [{function: regex, regex_pattern: "= ([a-z]+)"}, {function: take_first}]}
- {name: raw, filter: [{function: take_first}]}
"""
    task = make_task(tmp_path, GENERATE + pipelines)
    scores = _scores(task, Generation("= bb"), Generation("ccc"))
    found = [(score.pipeline, score.sample_id, score.values["exact_match"], score.outcome) for score in scores]
    assert found == [
        ("strict", "test:0", 1.0, Outcome.SCORED),
        ("strict", "test:1", 0.0, Outcome.UNPARSED),
        ("raw", "test:0", 0.0, Outcome.SCORED),
        ("raw", "test:1", 1.0, Outcome.SCORED),
    ]


def test_the_rule_that_read_an_answer_is_told(tmp_path: Path) -> None:
    letter = "filter_list: [{name: letter, filter: [{function: option_letter, choices_field: opts}]}]\nrepeats: 2\n"
    task = make_task(tmp_path, GENERATE + letter, rows=DOCS[:1])
    (score,) = _scores(task, Generation("hm"), Generation("The answer is (B)."), repeats=2)
    assert (score.answer, score.rule) == ([None, "B"], "statement")
    (score,) = _scores(task, Generation("hm"), Generation("ha"), repeats=2)
    assert (score.outcome, score.rule) == (Outcome.UNPARSED, "")


@pytest.mark.parametrize("gold", ["Yes", "yes", "YES", " Yes.", '"yes"'])
def test_a_target_is_one_of_the_declared_labels(tmp_path: Path, gold: str) -> None:
    metrics = "metric_list: [{metric: exact_match}, {metric: balanced_acc, labels: ['Yes', 'No']}]\n"
    task = make_task(tmp_path, GENERATE + metrics, rows=[{"q": "Q0", "answer": gold}])
    assert _values(task, Generation("Yes")) == {"exact_match": 1.0, "balanced_acc": ("Yes", "Yes", 2)}


def test_a_target_that_is_no_declared_label_is_an_error(tmp_path: Path) -> None:
    metrics = "metric_list: [{metric: balanced_acc, labels: ['Yes', 'No']}]\n"
    task = make_task(tmp_path, GENERATE + metrics, rows=[{"q": "Q0", "answer": "Perhaps yes"}])
    (score,) = _scores(task, Generation("Yes"))
    assert (score.outcome, score.reason) == (
        Outcome.ERROR,
        "ValueError: the target 'Perhaps yes' is not among the labels",
    )


@pytest.mark.parametrize("labels", ["aA", "+-"])
def test_labels_that_differ_in_case_or_punctuation_alone_stay_apart(tmp_path: Path, labels: str) -> None:
    one, other = labels
    metrics = f"metric_list: [{{metric: balanced_acc, labels: ['{one}', '{other}']}}]\n"
    task = make_task(tmp_path, GENERATE + metrics, rows=[{"q": "Q0", "answer": gold} for gold in (one, other, "!")])
    *scores, unknown = _scores(task, *[Generation(one)] * 3)
    assert [score.values["balanced_acc"] for score in scores] == [(one, one, 2), (other, one, 2)]
    assert unknown.outcome == Outcome.ERROR


def test_repeats_are_reduced_by_the_pipeline(tmp_path: Path) -> None:
    vote = "filter_list: [{name: vote, filter: [{function: majority_vote}, {function: take_first}]}]\nrepeats: 3\n"
    task = make_task(tmp_path, GENERATE + vote, rows=DOCS[:1])
    assert task.repeats == 3
    (score,) = _scores(task, Generation("x"), Generation("bb"), Generation("bb"), repeats=3)
    assert (score.values, score.repeat) == ({"exact_match": 1.0}, 0)


def test_a_failed_request_stays_out_of_the_pipelines(tmp_path: Path) -> None:
    failed, scored = _scores(make_task(tmp_path, GENERATE), Failure("no memory"), Generation("ccc"))
    assert (failed.outcome, failed.values, failed.reason) == (Outcome.ERROR, {}, "no memory")
    assert scored.values == {"exact_match": 1.0}


def test_an_answer_that_was_cut_off_is_scored_and_marked(tmp_path: Path) -> None:
    (score,) = _scores(make_task(tmp_path, GENERATE), Generation("bb", finish="length"))
    assert (score.outcome, score.values) == (Outcome.TRUNCATED, {"exact_match": 1.0})


@pytest.mark.parametrize("results", ["", "process_results: !function helper.results\n"])
def test_rates_of_outcomes_are_rows_and_no_values(tmp_path: Path, results: str) -> None:
    (tmp_path / "helper.py").write_text(HELPER, encoding="utf-8")
    metrics = "metric_list: [{metric: found}, {metric: truncated_rate}, {metric: refusal_rate}]\n"
    metrics = metrics if results else metrics.replace("found", "exact_match")
    task = make_task(tmp_path, GENERATE + results + metrics)
    rows = evaluate(tasks=task, model="dummy", output_path=str(tmp_path / "runs")).tasks["t"]
    assert {name: rows[f"{name}_rate,none"] for name in ("truncated", "refusal")} == {"truncated": 0.0, "refusal": 0.0}
    cut, _ = _scores(task, Generation("bb", finish="length"), Generation("", finish="refusal"))
    assert cut.values.keys() == ({"length", "found"} if results else {"exact_match"})


HELPER = """
def results(doc, results):
    return {"length": len(results[0]), "found": float(doc["answer"] in results[0])}

def f1ish(references, predictions, scale=1):
    return {"f1ish": scale * float(references[0] in predictions[0])}

def pair(items):
    return len(items[1]) - len(items[0])

def total(values):
    return float(sum(values))
"""


def test_process_results_gives_the_values(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(HELPER, encoding="utf-8")
    metrics = "metric_list: [{metric: length, aggregation: !function helper.total}]\n"
    task = make_task(tmp_path, "doc_to_text: q\nprocess_results: !function helper.results\n" + metrics)
    assert _values(task, Generation("a bb c")) == {"length": 6, "found": 1.0}
    assert task.metrics[0].aggregate([1, 2]) == 3.0
    assert task.metrics[0].stderr == "none"


@pytest.mark.parametrize(
    ("metric", "values"),
    [("{metric: !function helper.f1ish, scale: 2}", {"f1ish": 2.0}), ("{metric: !function helper.pair}", {"pair": 4})],
)
def test_metrics_of_the_task_itself(tmp_path: Path, metric: str, values: dict[str, float]) -> None:
    (tmp_path / "helper.py").write_text(HELPER, encoding="utf-8")
    assert _values(make_task(tmp_path, GENERATE + f"metric_list: [{metric}]\n"), Generation("a bb c")) == values


def test_a_scorer_that_fails_is_an_error_of_its_sample(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("def results(doc, results):\n    return 1 / 0\n", encoding="utf-8")
    task = make_task(tmp_path, "doc_to_text: q\nprocess_results: !function helper.results\n")
    score = _scores(task, Generation("x"))[0]
    assert (score.outcome, score.reason) == (Outcome.ERROR, "ZeroDivisionError: division by zero")


def test_metrics_of_another_output_type_are_left_out(tmp_path: Path) -> None:
    task = make_task(tmp_path, CHOICE + "metric_list: [{metric: acc}, {metric: bleu}, {metric: perplexity}]\n")
    assert [metric.name for metric in task.metrics] == ["acc"]


@pytest.mark.parametrize("function", ["!function helper.Tail", "tail"])
def test_filters_of_the_task_itself(tmp_path: Path, function: str) -> None:
    code = """
from lm_eval.api.filter import Filter
from lm_eval.api.registry import register_filter

@register_filter("tail")
class Tail(Filter):
    def __init__(self, count):
        self.count = count

    def apply(self, resps, docs):
        return [[answer[-self.count:] + doc["q"] for answer in answers] for answers, doc in zip(resps, docs)]

def text(doc):
    return doc["q"]
"""
    (tmp_path / "helper.py").write_text(code, encoding="utf-8")
    steps = f"filter_list: [{{name: own, filter: [{{function: {function}, count: 2}}, {{function: take_first}}]}}]\n"
    task = make_task(tmp_path, f"doc_to_text: !function helper.text\ndoc_to_target: '{{{{answer + q}}}}'\n{steps}")
    (score,) = _scores(task, Generation("a bb"))
    assert (score.pipeline, score.answer, score.values) == ("own", "bbQ0", {"exact_match": 1.0})


def test_a_filter_that_takes_no_such_option(tmp_path: Path) -> None:
    steps = "filter_list: [{name: own, filter: [{function: take_first, count: 2}]}]\n"
    with pytest.raises(SpecError, match=r"filter: .*count"):
        _scores(make_task(tmp_path, GENERATE + steps), Generation("x"))


def _rows(task: YamlTask, folder: Path) -> dict[str, float]:
    """The rows of the task under a model that answers at random."""
    results = evaluate(tasks=task, model="dummy", output_path=str(folder / "runs"), bootstrap_iters=0)
    return {name.partition(",")[0]: value for name, value in results.tasks["t"].items() if name.endswith(",none")}


def test_values_that_are_not_listed_get_rows(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "helper.py").write_text(HELPER, encoding="utf-8")
    metrics = "metric_list: [{metric: length, aggregation: !function helper.total}, {metric: never}]\n"
    task = make_task(tmp_path, "doc_to_text: q\nprocess_results: !function helper.results\n" + metrics)
    rows = _rows(task, tmp_path)
    assert rows.keys() == {"length", "length_stderr", "found", "found_stderr"}
    assert rows["found"] in (0.0, 0.5, 1.0)
    assert "'found' is not in metric_list; its mean is reported" in caplog.text


def test_values_of_one_function_are_aggregated_like_it(tmp_path: Path) -> None:
    code = "def several(items):\n    return {'a': 1, 'b': 2}\n\ndef total(values):\n    return float(sum(values))\n"
    (tmp_path / "helper.py").write_text(code, encoding="utf-8")
    metrics = "metric_list: [{metric: !function helper.several, aggregation: !function helper.total}]\n"
    rows = _rows(make_task(tmp_path, GENERATE + metrics), tmp_path)
    assert {name: value for name, value in rows.items() if "_stderr" not in name} == {"a": 2.0, "b": 4.0}


@pytest.mark.parametrize(
    ("ignored", "second", "told"), [("true", "125", True), ("false", "125", False), ("true", "yes", False)]
)
def test_punctuation_taken_out_of_numbers_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, ignored: str, second: str, told: bool
) -> None:
    keys = f"metric_list: [{{metric: exact_match, ignore_punctuation: {ignored}}}]\n"
    task = make_task(tmp_path, GENERATE + keys, [{"q": "Q0", "answer": "-12.5"}, {"q": "Q1", "answer": second}])
    for _ in range(2):
        list(task.samples())
    assert caplog.text.count("ignore_punctuation") == told
