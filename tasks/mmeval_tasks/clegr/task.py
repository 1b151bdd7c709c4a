"""CLeGR as tasks: Facts and Reasoning, each with careful answers and as published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from random import Random
from typing import Any, ClassVar, Literal

from mmeval.errors import UsageError, nearest_names
from mmeval.task import Artifacts, Baseline, Task
from mmeval.types import (
    Ask,
    Generate,
    Generation,
    Graph,
    Outcome,
    Prompt,
    Response,
    Sample,
    SampleScore,
    TaskResult,
)
from mmeval_tasks.clegr import cache
from mmeval_tasks.clegr.context import PREFIX, STYLES, as_graph
from mmeval_tasks.clegr.forms import FORMS, SETS, Form
from mmeval_tasks.clegr.generate import PRESETS
from mmeval_tasks.clegr.records import Record
from mmeval_tasks.clegr.report import Row, macro_accuracy, report
from mmeval_tasks.clegr.rules import MODES
from mmeval_tasks.clegr.samples import as_sample
from mmeval_tasks.clegr.scorers import SCORERS, Read, agrees, read
from mmeval_tasks.clegr.selection import select
from mmeval_tasks.clegr.sets import SetSpec
from mmeval_tasks.clegr.split import PARTS, split_of

MAJORITY_GRAPHS = 100
"""Maps from whose labels the majority and random baselines know what is frequent and possible."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a mode asks and scores where nothing else is said."""

    context: str
    max_tokens: int
    scorer: str


PROTOCOLS = {
    "faithful": Protocol("official", 32, "official"),
    "corrected": Protocol("named", 128, "lenient"),
}


class ClegrTask(Task):
    """Questions about generated subway maps. Maps are made as they are asked for, and kept in a local cache.

    `context` is one of `STYLES`; None takes the mode's own, as does `max_tokens`. `prefix` puts the published
    sentences before every question (`paper`) or not before Reasoning (`code`). `forms` selects ids (`12+16-20`);
    `subgroup`, `scope` and `type_prefix` narrow them. `split` cuts the maps by `split_seed`. Raises UsageError for
    other values, and where nothing is selected.
    """

    metrics = ("acc",)
    slices = ("form", "group", "subgroup", "scope")
    cluster = "graph"
    version = 1

    set_name: ClassVar[str]
    mode: ClassVar[str]

    def __init__(
        self,
        *,
        preset: Literal["small", "medium", "large"] = "small",
        graphs: int = 500,
        seed: int = 42,
        questions_per_graph: int = 2,
        context: str | None = None,
        prefix: Literal["paper", "code"] = "paper",
        max_tokens: int | None = None,
        forms: str = "",
        subgroup: str = "",
        scope: str = "",
        type_prefix: str = "",
        split: Literal["all", "train", "validation", "test"] = "all",
        split_seed: int = 0,
    ) -> None:
        protocol = PROTOCOLS[self.mode]
        self.rules = MODES[self.mode]
        self.context = _one_of("context", context or protocol.context, STYLES)
        self.prefix = _one_of("prefix", prefix, ("paper", "code"))
        self.max_tokens = _positive("max_tokens", protocol.max_tokens if max_tokens is None else max_tokens)
        self.scorer = protocol.scorer
        self.split, self.split_seed = _one_of("split", split, ("all", *PARTS)), split_seed
        self.spec = SetSpec(
            self.set_name,
            self.mode,
            _one_of("preset", preset, PRESETS),
            _positive("graphs", graphs),
            seed,
            _positive("questions_per_graph", questions_per_graph),
        )
        self.forms = select(SETS[self.set_name], self.rules, forms, subgroup, scope, type_prefix)
        self._graphs: dict[int, Graph] = {}

    def samples(self) -> Iterator[Sample]:
        """Map by map, each map's questions in the order of the forms, repetition by repetition."""
        chosen = {form.id for form in self.forms}
        prefix = PREFIX if self.prefix == "paper" or self.set_name != "reasoning" else ""
        for record in self._records():
            graph = self._graph(record)
            for question in record.questions:
                if question.form in chosen:
                    yield as_sample(
                        record.index, record.world, question, context=graph.text, prefix=prefix, rules=self.rules
                    )

    def _records(self) -> Iterator[Record]:
        records = cache.records(self.spec)
        if self.split == "all":
            return records
        part = set(split_of(self.spec.graph_ids(), self.split_seed)[self.split])
        return (record for record in records if record.id in part)

    def _graph(self, record: Record) -> Graph:
        if record.index not in self._graphs:
            self._graphs[record.index] = as_graph(record.world, self.context, self.rules)
        return self._graphs[record.index]

    def requests(self, sample: Sample) -> Sequence[Ask]:
        index = sample.doc["graph"]
        graph = self._graphs.get(index) or self._graph(self.spec.record(index))
        return (Generate(Prompt.of(graph, sample.doc["question"]), max_tokens=self.max_tokens),)

    # ---------------------------------------------------------------- scores

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        text = responses[0].text.strip() if isinstance(responses[0], Generation) else ""
        kind = FORMS[sample.doc["form"]].kind
        found = SCORERS[self.scorer](kind, text, sample.doc["candidates"])
        if not found.found:
            return SampleScore(sample.sample_id, {}, Outcome.UNPARSED, reason=found.reason)
        correct = any(agrees(kind, found.answer, accepted) for accepted in sample.doc["accepted"])
        answer = sorted(found.answer) if isinstance(found.answer, frozenset) else found.answer
        return SampleScore(sample.sample_id, {"acc": float(correct)}, answer=answer)

    def aggregate(self, scored: Sequence[SampleScore], artifacts: Artifacts) -> TaskResult:
        """The metrics' rows, and as details the official evaluator's figures and what the majority answer gets."""
        samples = artifacts.samples
        counted = [score for score in scored if score.outcome not in (Outcome.ERROR, Outcome.SKIPPED)]
        rows = [_row(samples[score.sample_id], score) for score in counted]
        details = {**self.config(), **report(rows), "majority": self._majority_figures(samples, counted)}
        result = replace(artifacts.summarize(scored), details=details)
        macro = macro_accuracy(rows)
        if self.mode == "faithful" or macro is None:
            return result
        over_types = replace(
            result.metrics[0], metric="acc_macro", value=macro, stderr=None, interval=None, bounds=None
        )
        return replace(result, metrics=(*result.metrics, over_types))

    def _majority_figures(self, samples: Mapping[str, Sample], counted: Sequence[SampleScore]) -> dict[str, Any]:
        asked = [samples[sample_id] for sample_id in dict.fromkeys(score.sample_id for score in counted)]
        rows = [_row(sample, self.score(sample, [Generation(self._majority(sample))])) for sample in asked]
        figures = report(rows)
        return {"accuracy": figures["overall"]["accuracy"], "macro_accuracy": figures["macro_accuracy"]}

    # ---------------------------------------------------------------- baselines

    def baselines(self) -> Mapping[str, Baseline]:
        """The form's most frequent label, a random answer of the right kind, and the right answer."""
        return {
            "majority": self._majority,
            "random_valid": self._random_valid,
            "oracle": lambda sample: str(sample.target),
        }

    @cached_property
    def _labels(self) -> Mapping[int, Counter[str]]:
        """How often each form has each label, over the first maps of the set."""
        labels: dict[int, Counter[str]] = {form.id: Counter() for form in self.forms}
        for record in islice(cache.records(self.spec), MAJORITY_GRAPHS):
            for question in record.questions:
                if question.form in labels:
                    labels[question.form][question.label] += 1
        return labels

    def _majority(self, sample: Sample) -> str:
        most = self._labels[sample.doc["form"]].most_common(1)
        return most[0][0] if most else ""

    def _random_valid(self, sample: Sample) -> str:
        rng = Random(f"{self.spec.seed}/{sample.sample_id}")
        form, possible = FORMS[sample.doc["form"]], sample.doc["candidates"]
        if form.kind == "list":
            return ", ".join(rng.sample(possible, rng.randint(1, len(possible))))
        if form.kind == "boolean":
            possible = ["True", "False"]
        elif form.kind == "numeric":
            possible = sorted(self._labels[form.id]) or ["0"]
        return str(rng.choice(possible))

    def config(self) -> Mapping[str, Any]:
        return {
            "set": self.spec.to_json(),
            "context": self.context,
            "prefix": self.prefix,
            "max_tokens": self.max_tokens,
            "scorer": self.scorer,
            "forms": [form.id for form in self.forms],
            "split": self.split,
            "split_seed": self.split_seed,
        }


class ClegrFacts(ClegrTask):
    """Forms 0-21: what the text says of one station, segment or pair."""

    name, set_name, mode = "clegr_facts", "facts", "corrected"


class ClegrReasoning(ClegrTask):
    """Forms 22-55: counts, filters, paths and topology."""

    name, set_name, mode = "clegr_reasoning", "reasoning", "corrected"


class ClegrFactsOfficial(ClegrTask):
    """Facts as published."""

    name, set_name, mode = "clegr_facts_official", "facts", "faithful"


class ClegrReasoningOfficial(ClegrTask):
    """Reasoning as published."""

    name, set_name, mode = "clegr_reasoning_official", "reasoning", "faithful"


def _row(sample: Sample, score: SampleScore) -> Row:
    form: Form = FORMS[sample.doc["form"]]
    said: Read | None = frozenset(score.answer) if isinstance(score.answer, list) else score.answer
    accepted = sample.doc["accepted"]
    meant = next((label for label in accepted if agrees(form.kind, said, label)), accepted[0])
    return Row(
        type_string=sample.metadata["form"],
        kind=form.kind,
        group=form.group,
        subgroups=form.subgroups,
        scope=form.scope,
        correct=score.values.get("acc") == 1.0,
        said=said,
        wanted=read(form.kind, meant),
    )


def _one_of(name: str, value: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    if value in known:
        return value
    nearest = nearest_names(str(value), known)
    hint = f"did you mean {nearest[0]}?" if nearest else f"one of {', '.join(known)}"
    raise UsageError(f"clegr: argument '{name}' cannot be {value!r}", hint=hint)


def _positive(name: str, value: int) -> int:
    if value < 1:
        raise UsageError(f"clegr: argument '{name}' must be at least 1, got {value}")
    return value
