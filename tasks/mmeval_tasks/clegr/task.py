"""CLeGR as tasks: Facts and Reasoning, each as a careful variant and as published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from random import Random
from typing import Any, ClassVar, Literal

from mmeval.errors import UsageError
from mmeval.task import Baseline, Task
from mmeval.types import Ask, Generate, Generation, Graph, Outcome, Prompt, Response, Sample, SampleScore
from mmeval_tasks.clegr.context import PREFIX, STYLES, as_graph
from mmeval_tasks.clegr.forms import FORMS, REASONING, SETS, Form
from mmeval_tasks.clegr.generate import PRESETS
from mmeval_tasks.clegr.graph import VOCABULARY, Map
from mmeval_tasks.clegr.programs import label
from mmeval_tasks.clegr.questions import Question
from mmeval_tasks.clegr.records import Record
from mmeval_tasks.clegr.rules import MODES
from mmeval_tasks.clegr.scorers import OFFICIAL, find_answer
from mmeval_tasks.clegr.sets import GENERATOR_VERSION, SetSpec

MAJORITY_GRAPHS = 50
"""Maps of the set from which the majority baseline takes each form's most frequent label."""


class ClegrTask(Task):
    """One set of CLeGR questions, generated from a seed.

    `preset` sizes the maps; `graphs` and `questions_per_graph` size the set; `context` is one of the styles of
    `mmeval_tasks.clegr.context`; `prefix` is put before every question (`paper`) or only before facts, as the
    released code does (`code`). `max_tokens` bounds an answer.
    """

    version = GENERATOR_VERSION
    metrics = ("acc",)
    slices = ("form", "group", "subgroup", "scope")
    cluster = "graph"
    set_name: ClassVar[str]
    mode: ClassVar[str] = "corrected"
    default_tokens: ClassVar[int] = 128

    def __init__(
        self,
        preset: str = "small",
        graphs: int = 500,
        seed: int = 42,
        questions_per_graph: int = 2,
        context: str = "named",
        prefix: Literal["paper", "code"] = "paper",
        max_tokens: int | None = None,
    ) -> None:
        for name, value, known in (("preset", preset, PRESETS), ("context", context, STYLES)):
            if value not in known:
                raise UsageError(
                    f"task '{self.name}': {name} '{value}' is not known", hint=f"one of {', '.join(known)}"
                )
        self.spec = SetSpec(self.set_name, self.mode, preset, graphs, seed, questions_per_graph)
        self.context, self.prefix = context, prefix
        self.max_tokens = max_tokens or self.default_tokens
        self._shown: dict[int, Graph] = {}

    def config(self) -> Mapping[str, Any]:
        own = {"context": self.context, "prefix": self.prefix, "max_tokens": self.max_tokens}
        return {"task": self.name, **self.spec.to_json(), **own}

    def samples(self) -> Iterator[Sample]:
        for record in self.spec.records():
            graph = as_graph(record.world, self.context, MODES[self.mode])
            for question in record.questions:
                yield self._sample(record, question, graph)

    def _sample(self, record: Record, question: Question, graph: Graph) -> Sample:
        form = FORMS[question.form]
        sample_id = f"g{record.index:04}:{form.id:02}:{question.instance}"
        self._shown[record.index] = graph
        metadata = {
            "form": form.type_name(MODES[self.mode]),
            "group": form.group,
            "subgroup": form.subgroups,
            "scope": form.scope,
            "graph": record.id,
        }
        doc = {
            "graph": record.index,
            "form": form.id,
            "question": self._prefix(form) + question.english,
            "accepted": [label(value) for value in question.accepted],
            "known": sorted(known_labels(form, record.world)),
        }
        return Sample(sample_id, doc, question.label, metadata)

    def _prefix(self, form: Form) -> str:
        return "" if self.prefix == "code" and form.group == REASONING else PREFIX

    def requests(self, sample: Sample) -> Sequence[Ask]:
        prompt = Prompt.of(self._shown[sample.doc["graph"]], sample.doc["question"])
        return [Generate(prompt, max_tokens=self.max_tokens)]

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        response = responses[0]
        text = response.text if isinstance(response, Generation) else ""
        kind = FORMS[sample.doc["form"]].kind
        found = find_answer(kind, text, frozenset(sample.doc["known"]))
        if not found.found:
            return SampleScore(sample.sample_id, {}, Outcome.UNPARSED, reason=found.reason)
        return SampleScore(sample.sample_id, {"acc": self._accuracy(kind, found.answer, sample)}, answer=found.answer)

    def _accuracy(self, kind: str, answer: str, sample: Sample) -> float:
        return float(any(OFFICIAL[kind](answer, accepted) for accepted in sample.doc["accepted"]))

    def baselines(self) -> Mapping[str, Baseline]:
        return {"majority": self._majority, "random_valid": self._random, "oracle": lambda sample: sample.target}

    def _majority(self, sample: Sample) -> str:
        return self._most_frequent[sample.doc["form"]]

    @cached_property
    def _most_frequent(self) -> Mapping[int, str]:
        """Per form the most frequent label; of equals the first in the alphabet."""
        counts: dict[int, Counter[str]] = {form.id: Counter() for form in SETS[self.set_name]}
        for record in islice(self.spec.records(), MAJORITY_GRAPHS):
            for question in record.questions:
                counts[question.form][question.label] += 1
        return {form: min(of, key=lambda text: (-of[text], text), default="") for form, of in counts.items()}

    def _random(self, sample: Sample) -> str:
        """A label of the right kind, drawn by the sample's id."""
        rng = Random(f"{self.spec.seed}/{sample.sample_id}")
        kind = FORMS[sample.doc["form"]].kind
        if kind == "boolean":
            return rng.choice(("True", "False"))
        return str(rng.randint(0, 9)) if kind == "numeric" else rng.choice(sample.doc["known"])


def known_labels(form: Form, world: Map) -> frozenset[str]:
    """The labels that an exact or list answer of a form may be taken from: a vocabulary, or names on the map."""
    if form.vocabulary in VOCABULARY:
        return frozenset(VOCABULARY[form.vocabulary])
    if form.kind not in ("exact", "list"):
        return frozenset()
    names = {station.name for station in world.stations} | {line.name for line in world.lines}
    return frozenset(names)


class ClegrFacts(ClegrTask):
    """22 forms that look one thing up."""

    name = "clegr_facts"
    set_name = "facts"


class ClegrReasoning(ClegrTask):
    """34 forms that combine several facts."""

    name = "clegr_reasoning"
    set_name = "reasoning"


class _Official(ClegrTask):
    """As published: faithful answers, tables without line names, 32 tokens, whole-string scorers."""

    mode = "faithful"
    default_tokens = 32

    def __init__(
        self,
        preset: str = "small",
        graphs: int = 500,
        seed: int = 42,
        questions_per_graph: int = 2,
        context: str = "official",
        prefix: Literal["paper", "code"] = "paper",
        max_tokens: int | None = None,
    ) -> None:
        super().__init__(preset, graphs, seed, questions_per_graph, context, prefix, max_tokens)

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        response = responses[0]
        text = response.text.strip() if isinstance(response, Generation) else ""
        kind = FORMS[sample.doc["form"]].kind
        return SampleScore(sample.sample_id, {"acc": self._accuracy(kind, text, sample)}, answer=text)


class ClegrFactsOfficial(_Official):
    """Facts as published."""

    name = "clegr_facts_official"
    set_name = "facts"


class ClegrReasoningOfficial(_Official):
    """Reasoning as published."""

    name = "clegr_reasoning_official"
    set_name = "reasoning"
