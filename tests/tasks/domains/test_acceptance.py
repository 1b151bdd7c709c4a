"""Acceptance tests of the domain sheet, by their number there: in this folder a test's name begins with it."""

from __future__ import annotations

import json
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmeval import OneByOneModel
from mmeval.cli.main import execute
from mmeval.local import Row, Score
from mmeval.metrics import labels
from mmeval.metrics.labels import multilabelled
from mmeval.metrics.text import exact_match, unparsed_rate
from mmeval.registry import METRICS
from mmeval.report.compare.comparison import compare
from mmeval.report.compare.runs import read_run
from mmeval.report.table import results_table
from mmeval.task import Answered
from mmeval.types import Generation, Likelihoods, Loglikelihood, Metric, Response, Sample
from mmeval.yaml_task.load import TaskOptions, load_task
from mmeval.yaml_task.task import YamlTask
from mmeval_tasks.domains.legal.labels import UNFAIR_TOS
from tests.local.doubles import CharModel
from tests.report.compare.made import Made
from tests.tasks.domains import support
from tests.tasks.domains.published import PUBLISHED, in_a_file
from tests.tasks.domains.test_choice import MMLU
from tests.tasks.domains.test_definitions import FILES
from tests.tasks.domains.test_runs import run

ELSEWHERE: Mapping[int, Sequence[str]] = {
    4: (
        "extract/test_letters.py::test_letter",
        "extract/test_labels.py::test_sentiment",
        "extract/test_labels.py::test_a_label_within_a_longer_one_does_not_count",
        "extract/test_numbers.py::test_an_answer_and_its_gold",
        "extract/test_entities.py::test_forms",
    ),
    9: ("metrics/test_entities.py::test_where_readers_of_tags_differ",),
    15: ("report/test_references.py::test_a_share_of_n",),
}
"""Tests outside of this folder."""


def test_every_number_has_a_test() -> None:
    here = Path(__file__).parent
    texts = [file.read_text(encoding="utf-8") for file in here.glob("test_*.py")]
    numbers = {int(number) for text in texts for number in re.findall(r"^def test_(\d+)_", text, re.MULTILINE)}
    for file, _, name in (place.partition("::") for places in ELSEWHERE.values() for place in places):
        assert f"\ndef {name}(" in (here.parents[1] / file).read_text(encoding="utf-8")
    assert numbers | ELSEWHERE.keys() == set(range(1, 17))


MARKS = ("generic", "descriptive", "suggestive", "arbitrary", "fanciful")


def _value(metric: Metric, golds: list[str], answers: list[str | None], **options: object) -> float:
    assert metric.score is not None
    return metric.aggregate(
        [metric.score(answer, gold, **options) for gold, answer in zip(golds, answers, strict=True)]
    )


F1 = ("f1_weighted", "f1_macro")


def _with_f1(name: str, folder: Path, out: Path, labels: Sequence[str]) -> YamlTask:
    """The task with both means of F1 in place of its own metrics."""
    listed = [{"metric": metric, **({"labels": list(labels)} if labels else {})} for metric in F1]
    keys = {"include": str(support.catalog().file_of(name)), "task": name, "metric_list": listed}
    file = out / f"{name}.yaml"
    file.write_text(yaml.safe_dump(keys), encoding="utf-8")
    return load_task(file, TaskOptions(data_dir=str(folder), offline=True, num_fewshot=0))


def _values(task: YamlTask, answer: Callable[[Sample], Response]) -> dict[str, list[Any]]:
    answered = [Answered(sample, [[answer(sample)]]) for sample in task.samples()]
    scores = list(task.score_all(answered))
    return {metric: [score.values[metric] for score in scores] for metric in F1}


@pytest.mark.parametrize(
    ("tasks", "labels", "weighted", "macro"),
    [
        (("medqa_4options",), (), 0.2286, 0.1429),
        (("medmcqa",), (), 0.1815, 0.1296),
        (("pubmedqa",), (), 0.2793, 0.2069),
        (MMLU, (), 0.2451, 0.1471),
        (("fpb",), (), 0.2286, 0.1905),
        (("fiqa_sa",), (), 0.2286, 0.1905),
        (("legalbench_hearsay",), ("Yes", "No"), 0.3333, 0.3333),
        (("legalbench_proa",), ("Yes", "No"), 0.3333, 0.3333),
        (("legalbench_abercrombie",), MARKS, 0.0667, 0.0667),
        (("casehold",), (), 0.0667, 0.0667),
    ],
)
def test_3_the_f1_of_the_most_frequent_answer(
    folder: Path, tmp_path: Path, tasks: tuple[str, ...], labels: tuple[str, ...], weighted: float, macro: float
) -> None:
    """Of the six subjects together it is that of all their rows."""
    loaded = [_with_f1(name, folder, tmp_path, labels) for name in tasks]
    golds = Counter(support.gold(task, sample) for task in loaded for sample in task.samples())
    ((most, _),) = golds.most_common(1)
    found: dict[str, list[Any]] = {metric: [] for metric in F1}
    for task in loaded:
        own = task.baselines()["majority"] if len(loaded) == 1 else lambda _: most
        said = partial(_said, task, own)
        for metric, values in _values(task, said).items():
            found[metric] += values
    assert [METRICS.get(metric).aggregate(found[metric]) for metric in F1] == pytest.approx([weighted, macro], abs=5e-5)


def _said(task: YamlTask, answer: Callable[[Sample], str | Response], sample: Sample) -> Response:
    said = answer(sample)
    return support.said(task, lambda _: said)(sample) if isinstance(said, str) else said


@pytest.mark.parametrize(
    ("name", "constants", "share"),
    [
        ("legalbench_hearsay", ("Yes", "No"), 0.5),
        ("legalbench_proa", ("Yes", "No"), 0.5),
        ("legalbench_abercrombie", MARKS, 0.2),
    ],
)
def test_3_constant_answers_to_legal_questions(
    folder: Path, name: str, constants: tuple[str, ...], share: float
) -> None:
    task = support.load(name, folder)
    for constant in constants:
        found = support.scores(task, lambda _, text=constant: text)  # type: ignore[misc]
        assert (found["exact_match"], found["balanced_acc"]) == pytest.approx((share, share)), constant


def test_8_an_answer_that_cannot_be_read_is_wrong_and_counted() -> None:
    golds = ["pos", "pos", "neg", "neg", "neu", "neu"]
    answers = ["pos", None, "neg", "pos", "neu", "neu"]
    names = {"labels": ["pos", "neg", "neu"]}
    found = [
        _value(labels.f1_macro, golds, answers, **names),
        _value(labels.f1_micro, golds, answers, **names),
        _value(exact_match, golds, answers),
        _value(unparsed_rate, golds, answers),
    ]
    assert found == pytest.approx([0.7222, 0.7273, 0.6667, 0.1667], abs=5e-5)


def test_16_results_hold_the_bins_of_a_reliability_diagram(folder: Path, tmp_path: Path) -> None:
    own = run("medqa_4options", folder, tmp_path)["mmeval"]["tasks"]["medqa_4options"]
    assert sum(one["n"] for one in own["details"]["reliability"]) == 20
    json.dumps(own, allow_nan=False)


def test_14_the_clinical_subjects_are_compared_as_one(folder: Path, tmp_path: Path) -> None:
    for seed in ("0", "1"):
        run("mmlu_clinical", folder, tmp_path / seed, model_args={"seed": seed})
    one, other = (read_run(next((tmp_path / seed).glob("*/*"))) for seed in ("0", "1"))
    comparison = compare(one, other, iters=100)
    (pooled,) = comparison.groups
    assert (pooled.task, pooled.n, pooled.tested is not None) == ("mmlu_clinical", 24, True)
    assert [(row.verdict, row.p_holm) for row in comparison.rows] == [("pooled", None)] * 6


def _asked(ask: Mapping[str, Any], kind: str) -> str:
    """A line of the sample log as `mmeval show` prints it."""
    arguments = [list(one.values()) for one in ask["arguments"].values()]
    text = arguments[0][0]
    if kind == "loglikelihood_rolling":
        return f'--- RollingLoglikelihood stride="full"\n{text}\n'
    if kind == "generate_until":
        settings = arguments[0][1]
        stops = json.dumps(settings["until"], ensure_ascii=False)
        return f"--- Generate max_tokens={settings['max_gen_toks']} temperature=0.0 stop={stops}\n{text}\n"
    shown = ""
    for prompt, asked in groupby(arguments, key=lambda pair: pair[0]):
        options = "".join(f"{json.dumps(option, ensure_ascii=False)}\n" for _, option in asked)
        shown += f"--- Loglikelihood\n{prompt}\n--- continuations\n{options}"
    return shown


def test_13_half_windows_are_other_requests_and_are_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, cache = "domain_ppl_legal", str(tmp_path / "cache")
    plain = run(name, folder, tmp_path / "full", use_cache=cache)
    half = run(name, folder, tmp_path / "half", use_cache=cache, metadata={"rolling_stride": "half"})
    again = run(name, folder, tmp_path / "again", use_cache=cache)
    assert [data["configs"][name]["rolling_stride"] for data in (plain, half, again)] == ["full", "half", "full"]
    assert half["results"][name]["bits_per_byte,none"] != plain["results"][name]["bits_per_byte,none"]
    assert again["results"] == plain["results"]
    runs = [str(next((tmp_path / part).rglob("results.json")).parent) for part in ("full", "half")]
    execute(["compare", *runs])
    assert "bits_per_byte is not computed in the same way" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("name", list(PUBLISHED))
def test_show_prints_what_a_run_asks(
    folder: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the task's own examples where there is a pool of them, else without."""
    if (folder / f"{PUBLISHED[name].layout}.train.jsonl").exists():
        flags = ["--data_dir", str(folder)]
    else:
        flags = ["--dataset_override", f"{name}={in_a_file(folder, name, tmp_path)}", "--num_fewshot", "0"]
    flags += ["--offline", "--confirm_run_unsafe_code"]
    out = ["--limit", "1", "--model", "dummy", "--output_path", str(tmp_path), "--log_samples"]
    execute(["run", "--tasks", name, *out, *flags])
    (log,) = tmp_path.rglob("samples_*.jsonl")
    first = json.loads(log.read_text(encoding="utf-8").splitlines()[0])
    capsys.readouterr()
    assert execute(["show", name, "-n", "1", *flags]) == 0
    _, _, shown = capsys.readouterr().out.partition(f"=== {name}, sample ")
    asked = shown.partition("\n")[2].partition("--- target:")[0]
    assert asked == _asked(first, FILES[name].output_type)


# ---------------------------------------------------------------- 10: no unfair term


def test_10_none_of_the_terms_with_and_without_a_column_of_its_own(folder: Path) -> None:
    task = support.load("lexglue_unfair_tos", folder)
    samples = list(task.samples())
    golds = [[UNFAIR_TOS[label] for label in sample.doc["labels"]] for sample in samples]
    none, named = golds.count([]), sum(map(len, golds))

    def both(text: Callable[[Sample], str]) -> tuple[float, float]:
        """Micro F1 as the task has it, with a ninth label for none; and without."""
        scores = task.score_all([Answered(sample, [[Generation(text(sample))]]) for sample in samples])
        answers = [score.answer for score in scores]
        off = [
            multilabelled(answer, gold, labels=UNFAIR_TOS, none=False)
            for answer, gold in zip(answers, golds, strict=True)
        ]
        return support.scores(task, text)["multilabel_f1_micro"], labels.multilabel_f1_micro.aggregate(off)

    assert both(lambda sample: support.gold(task, sample)) == (1.0, 1.0)
    assert both(lambda _: "none of these") == (pytest.approx(2 * none / (20 + none + named)), 0.0)


# ---------------------------------------------------------------- 13: a uniform model


class Uniform(CharModel):
    """Gives each of `size` tokens the same probability; its tokens are characters."""

    size = 50

    def score_batch(self, rows: Sequence[Row]) -> list[list[Score]]:
        return [[Score(-len(target) * math.log(self.size), greedy=False) for target in row.targets] for row in rows]


@pytest.mark.parametrize(("domain", "sizes"), [("medical", (913, 152)), ("finance", (778, 125)), ("legal", (727, 128))])
@pytest.mark.parametrize("max_length", [16, 1024])
def test_13_perplexity_of_a_uniform_model(
    folder: Path, tmp_path: Path, domain: str, sizes: tuple[int, int], max_length: int
) -> None:
    """In windows, and whole."""
    name = f"domain_ppl_{domain}"
    model = Uniform(max_length=max_length, token_budget=4096)
    data = run(name, folder, tmp_path, model=model)
    found = {row["metric"]: row["value"] for row in data["mmeval"]["tasks"][name]["metrics"]}
    texts = [json.loads(line)["text"] for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    tokens, (size, words) = sum(map(len, texts)), sizes
    assert (sum(len(text.encode()) for text in texts), sum(len(text.split()) for text in texts)) == sizes
    assert found == pytest.approx(
        {
            "token_perplexity": model.size,
            "byte_perplexity": model.size ** (tokens / size),
            "word_perplexity": model.size ** (tokens / words),
            "bits_per_byte": tokens * math.log2(model.size) / size,
        }
    )


# ---------------------------------------------------------------- 14: two runs


@pytest.fixture
def two_runs(tmp_path: Path) -> Callable[..., tuple[str, str]]:
    """Runs over the same 1,273 documents; the second one is right about 46 more of them, and wrong about 23."""

    def made(**other: Any) -> tuple[str, str]:
        first = Made().task("medqa_4options", [1.0] * 723 + [0.0] * 550)
        second = Made().task("medqa_4options", [1.0] * 700 + [0.0] * 23 + [1.0] * 46 + [0.0] * 504, **other)
        return str(first.write(tmp_path / "one")), str(second.write(tmp_path / "other"))

    return made


def test_14_won_and_lost_documents(
    two_runs: Callable[..., tuple[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["compare", *two_runs(), "--output_path", str(tmp_path / "report")]) == 0
    written = json.loads((tmp_path / "report" / "comparison.json").read_text(encoding="utf-8"))
    (row,) = written["comparisons"][0]["rows"]
    found = row["tested"]
    assert (found["test"], found["discordant"], row["n"], row["verdict"]) == ("McNemar", [23, 46], 1273, "better")
    assert found["difference"] == pytest.approx(0.0181, abs=5e-5)
    assert found["p"] == pytest.approx(0.0076, abs=5e-5)
    low, high = found["interval"]
    assert (high - low) / 2 == pytest.approx(0.0128, abs=4e-4)
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("|medqa_4options|"))
    assert [cell.strip() for cell in line.split("|")[6:10]] == ["+0.0181", "[0.0055, 0.0306]", "23, 46", "0.0076"]


def test_14_other_data_is_refused(two_runs: Callable[..., tuple[str, str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["compare", *two_runs(documents="other")]) == 1
    assert "different data: another document under 1273 of 1273 ids" in capsys.readouterr().err


# ---------------------------------------------------------------- 16: calibration


class Told(OneByOneModel):
    """Gives the options of question `k` the k-th of these log-likelihoods."""

    def __init__(self, logprobs: Sequence[tuple[float, ...]]) -> None:
        self.logprobs = logprobs

    def loglikelihood(self, ask: Loglikelihood) -> Likelihoods:
        place = int(ask.prompt.text.partition("Question: ")[2].partition("\n")[0])
        return Likelihoods(self.logprobs[place], (False,) * 4)


def _calibration(out: Path, n: int, sharper: float) -> Mapping[str, Any]:
    """The results of a run in which the right options are drawn with the model's own probabilities, `sharper` times as
    sure as it should be.
    """
    rng = random.Random(16)
    logits = [[rng.gauss(0, 1.5) for _ in "ABCD"] for _ in range(n)]
    golds = [rng.choices(range(4), [math.exp(logit) for logit in four])[0] for four in logits]
    rows = [
        {"id": str(place), "sent1": str(place), "sent2": "", **{f"ending{k}": "x" for k in range(4)}, "label": gold}
        for place, gold in enumerate(golds)
    ]
    out.mkdir()
    (out / "medqa.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    told = Told([tuple(sharper * logit - 20 for logit in four) for four in logits])
    return run("medqa_4options", out, out / "runs", model=told, num_fewshot=0)


def _rows(data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["metric"]: row for row in data["mmeval"]["tasks"]["medqa_4options"]["metrics"]}


def _printed(data: Mapping[str, Any], column: str) -> dict[str, str]:
    """A column of the table, by metric; the first rows are the model's."""
    table = results_table(data)
    titles = [one.title for one in table.columns]
    return {row[titles.index("Metric")]: row[titles.index(column)] for row in reversed(table.rows)}


def test_16_a_calibrated_model_is_within_the_printed_floor(tmp_path: Path) -> None:
    data = _calibration(tmp_path / "calibrated", 1273, 1.0)
    printed = _printed(data, "Value")
    assert _rows(data)["ece"]["n"] == 1273
    assert 0 < float(printed["ece"]) < float(printed["ece_floor"]) < 0.05
    boasting = _rows(_calibration(tmp_path / "boasting", 1273, 2.0))
    assert boasting["ece"]["value"] > 2 * boasting["ece_floor"]["value"]


def test_16_twenty_samples_have_no_calibration_error(tmp_path: Path) -> None:
    data = _calibration(tmp_path / "few", 20, 1.0)
    reason = "fewer than 300 samples"
    for name in ("ece", "ece_floor"):
        row = _rows(data)[name]
        assert (row["n"], row["value"], row["reason"]) == (20, None, reason)
        assert _printed(data, "Outcomes")[name].startswith(reason)
