"""Every metric of lm-eval's registry: on random rows and answers the values and their aggregate are lm-eval's own."""

from __future__ import annotations

import json
import math
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import datasets
import lm_eval.api.metrics as lm_eval_metrics  # type: ignore[import-not-found, unused-ignore]
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lm_eval.api.registry import METRIC_REGISTRY  # type: ignore[import-not-found, unused-ignore]

from mmeval.prompt.style import PromptStyle, resolve
from mmeval.registry import METRICS
from mmeval.task import Answered
from mmeval.types import (
    Ask,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
)
from mmeval.yaml_task.load import TaskOptions, load_task
from tests.lm_eval import reference
from tests.lm_eval.compare import close
from tests.yaml_task import parity

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # of scikit-learn and sacrebleu, on few rows

_CHOICE = {"output_type": "multiple_choice", "doc_to_text": "{{q}}", "doc_to_choice": "opts", "doc_to_target": "gold"}
_WRITES = {"output_type": "generate_until", "doc_to_text": "{{q}}: {{answer}}", "doc_to_target": "answer"}
_OF_CHOICE = ("acc", "acc_norm", "acc_bytes", "exact_match", "mcc", "brier_score", "likelihood")
KINDS: Mapping[str, tuple[Mapping[str, Any], Sequence[str]]] = {
    "choice": (_CHOICE, _OF_CHOICE),
    "binary": (_CHOICE, ("f1", "mcc")),
    "several": ({**_CHOICE, "doc_to_target": "golds"}, ("acc", "acc_norm", "acc_bytes", "exact_match")),
    "informed": (_CHOICE, ("acc", "acc_mutual_info")),
    "likelihood": (
        {"output_type": "loglikelihood", "doc_to_text": "{{q}}", "doc_to_target": " {{answer}}"},
        ("perplexity", "acc"),
    ),
    "rolling": (
        {"output_type": "loglikelihood_rolling", "doc_to_text": "", "doc_to_target": "{{q}} {{answer}}"},
        ("word_perplexity", "byte_perplexity", "bits_per_byte"),
    ),
    "writes": (_WRITES, ("exact_match", "bleu", "chrf", "chrf++", "ter")),
    "collects": (_WRITES, ("bypass",)),
    "writes one of several": ({**_WRITES, "doc_to_target": "answers"}, ("exact_match",)),
}
"""Task files by what is asked, and the metrics of each."""

WORDS = ("plain", "größer", "Two", "42", "ノート", "it's", "rain.", "North\n", "\u00a0x")
FLAGS = ("ignore_case", "ignore_punctuation", "ignore_numbers")
OPTIONS = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys(FLAGS, st.booleans()), "regexes_to_ignore": st.just(["t", "[.']"])}
)
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join).map(str.strip)


@st.composite
def rows(draw: st.DrawFn, kind: str) -> list[dict[str, Any]]:
    """Documents with as many options each."""
    size = 2 if kind == "binary" else draw(st.integers(2, 5))
    places = st.integers(0, size - 1)
    return [
        {
            "q": f"{number} {draw(TEXTS)}",
            "opts": draw(st.lists(TEXTS, min_size=size, max_size=size, unique=True)),
            "gold": draw(places),
            "golds": draw(st.lists(places, min_size=1, max_size=3, unique=True)),
            "answer": draw(TEXTS),
            "answers": draw(st.lists(TEXTS, min_size=1, max_size=3)),
        }
        for number in range(draw(st.integers(1, 8)))
    ]


def _answer(seed: int, kind: str, *arguments: str) -> Any:
    """By the request alone, and the seed; what is written is like the answer that the prompt ends in."""
    rng = random.Random(f"{seed} {kind} {arguments}")
    if kind == "loglikelihood":
        return -rng.randrange(1, 400) / 8, rng.random() < 0.4
    if kind == "loglikelihood_rolling":
        return -rng.randrange(1, 4000) / 8
    wanted = arguments[0].partition(": ")[2]
    said = rng.sample(words := wanted.split(), rng.randint(0, len(words)))
    return rng.choice([wanted, wanted.upper(), f"{wanted}!", f"{wanted} 7", " ".join(said)])


def _response(seed: int, ask: Ask) -> Response:
    if isinstance(ask, Loglikelihood):
        answers = [_answer(seed, "loglikelihood", ask.prompt.text, one) for one in ask.continuations]
        logprobs, greedy = zip(*answers, strict=True)
        return Likelihoods(logprobs, greedy)
    if isinstance(ask, RollingLoglikelihood):
        return RollingLikelihood(_answer(seed, "loglikelihood_rolling", ask.text))
    assert isinstance(ask, Generate)
    return Generation(_answer(seed, "generate_until", ask.prompt.text))


def _ours(config: Mapping[str, Any], folder: Path, docs: Sequence[Any], seed: int) -> dict[str, list[Any]]:
    """Each document's values by metric, and last what they come to."""
    (folder / "rows.jsonl").write_text("".join(json.dumps(doc) + "\n" for doc in docs), encoding="utf-8")
    file = folder / "case.yaml"
    data = {"dataset_path": "rows.jsonl", "dataset_kwargs": None}
    file.write_text(yaml.safe_dump({**config, **data}, allow_unicode=True), encoding="utf-8")
    task = load_task(file, TaskOptions(num_fewshot=0))
    answered = []
    for sample in task.samples():
        asks = [resolve(ask, PromptStyle()) for ask in task.requests(sample)]
        answered.append(Answered(sample, [[_response(seed, ask) for ask in asks]]))
    scores = list(task.score_all(answered))
    values = {metric.name: [score.values[metric.name] for score in scores] for metric in task.metrics}
    return {metric.name: [*values[metric.name], metric.aggregate(values[metric.name])] for metric in task.metrics}


def _theirs(
    config: Mapping[str, Any], docs: Sequence[Any], seed: int, tables: reference.Tables
) -> dict[str, list[Any]]:
    tables.clear()
    tables["test"] = list(docs)
    task = reference.task_of(config, 0)
    by_doc: dict[int, list[Any]] = defaultdict(list)
    for one in task.instances:
        arguments = [part for part in one.args if isinstance(part, str)]
        one.resps = [_answer(seed, one.request_type, *arguments)]
        by_doc[one.doc_id].append(one)
    task.apply_filters()
    found: dict[str, list[Any]] = defaultdict(list)
    for ones in by_doc.values():
        given = task.process_results(ones[0].doc, [one.filtered_resps["none"] for one in ones])
        for name, value in given.items():
            found[name].append(value)
    return {name: [*values, _total(task, name, values)] for name, values in found.items()}


def _total(task: Any, name: str, values: Sequence[Any]) -> float:
    if name == "likelihood":  # lm-eval takes the mean of pairs, which is an error
        return math.fsum(logprobs[gold] for gold, logprobs in values) / len(values)
    return float(task.aggregation()[name](values))


@pytest.fixture(scope="module")
def tables() -> Iterator[reference.Tables]:
    made = reference.Tables()
    reference.prepare()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(datasets, "load_dataset", made.load_dataset)
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("metrics")


@pytest.mark.parametrize("kind", list(KINDS))
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_values_and_aggregates(
    kind: str, folder: Path, tables: reference.Tables, data: st.DataObject, seed: int
) -> None:
    keys, metrics = KINDS[kind]
    docs = data.draw(rows(kind))
    options = {"exact_match": data.draw(OPTIONS)} if keys["output_type"] == "generate_until" else {}
    listed = [{"metric": name, **options.get(name, {})} for name in metrics]
    config = {"task": "case", "test_split": "test", **keys, "metric_list": listed}
    ours = _ours(config, folder, docs, seed)
    theirs = _theirs({**config, "dataset_path": "json"}, docs, seed, tables)
    assert ours.keys() == theirs.keys() == set(metrics)
    for name in metrics:
        assert close(ours[name][-1], theirs[name][-1]), name
        if name != "bypass":  # lm-eval's values are None
            assert parity.plain(ours[name][:-1]) == parity.plain(theirs[name][:-1]), name


PARTS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.booleans(), st.booleans()), min_size=1, max_size=12)


@settings(deadline=None, max_examples=50)
@given(PARTS)
def test_acc_all(parts: list[tuple[int, int, bool, bool]]) -> None:
    """Of tasks that find out themselves whether all parts of a question are right."""
    docs = [{"idx": {"paragraph": place, "question": asked}, "label": int(gold)} for place, asked, gold, _ in parts]
    theirs = lm_eval_metrics.acc_all([(said, doc) for doc, (*_, said) in zip(docs, parts, strict=True)])
    questions: dict[tuple[int, int], list[bool]] = defaultdict(list)
    for place, asked, gold, said in parts:
        questions[place, asked].append(gold == said)
    assert METRICS.get("acc_all").aggregate([float(all(right)) for right in questions.values()]) == pytest.approx(
        theirs
    )


def test_every_metric_of_lm_evals_is_compared() -> None:
    assert {"acc_all", *(name for _, names in KINDS.values() for name in names)} == set(METRIC_REGISTRY)
