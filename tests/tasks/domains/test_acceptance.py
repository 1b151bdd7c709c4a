"""Acceptance tests of the domain sheet that no other file of this folder holds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from mmeval.cli.main import execute
from mmeval.metrics import labels
from mmeval.metrics.text import exact_match, unparsed_rate
from mmeval.report.compare.comparison import compare
from mmeval.report.compare.runs import read_run
from mmeval.types import Metric
from tests.tasks.domains import support
from tests.tasks.domains.published import PUBLISHED, in_a_file
from tests.tasks.domains.test_choice import MMLU
from tests.tasks.domains.test_definitions import FILES
from tests.tasks.domains.test_runs import run


def _value(metric: Metric, golds: list[str], answers: list[str | None], **options: object) -> float:
    assert metric.score is not None
    return metric.aggregate(
        [metric.score(answer, gold, **options) for gold, answer in zip(golds, answers, strict=True)]
    )


@pytest.mark.parametrize(
    ("tasks", "options", "weighted", "macro"),
    [
        (("medqa_4options",), "ABCD", 0.2286, 0.1429),
        (("medmcqa",), "ABCD", 0.1815, 0.1296),
        (("pubmedqa",), ("yes", "no", "maybe"), 0.2793, 0.2069),
        (MMLU, "ABCD", 0.2451, 0.1471),
        (("fpb",), ("negative", "neutral", "positive"), 0.2286, 0.1905),
        (("fiqa_sa",), ("negative", "neutral", "positive"), 0.2286, 0.1905),
        (("legalbench_hearsay",), ("Yes", "No"), 0.3333, 0.3333),
        (("casehold",), "ABCDE", 0.0667, 0.0667),
    ],
)
def test_the_f1_of_the_most_frequent_answer(
    folder: Path, tasks: tuple[str, ...], options: tuple[str, ...], weighted: float, macro: float
) -> None:
    loaded = [support.load(name, folder) for name in tasks]
    golds = [support.gold(task, sample) for task in loaded for sample in task.samples()]
    answers: list[str | None] = [Counter(golds).most_common(1)[0][0]] * len(golds)
    found = [_value(metric, golds, answers, labels=options) for metric in (labels.f1_weighted, labels.f1_macro)]
    assert found == pytest.approx([weighted, macro], abs=5e-5)


def test_an_answer_that_cannot_be_read_is_wrong_and_counted() -> None:
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


def test_results_hold_the_bins_of_a_reliability_diagram(folder: Path, tmp_path: Path) -> None:
    own = run("medqa_4options", folder, tmp_path)["mmeval"]["tasks"]["medqa_4options"]
    assert sum(one["n"] for one in own["details"]["reliability"]) == 20
    json.dumps(own, allow_nan=False)


def test_the_clinical_subjects_are_compared_as_one(folder: Path, tmp_path: Path) -> None:
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


def test_half_windows_are_other_requests_and_are_told(
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
