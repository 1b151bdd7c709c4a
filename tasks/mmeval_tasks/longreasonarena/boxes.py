"""What the two sub-benchmarks share: one boxed structure per answer, a strict and an official score."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from mmeval.data import DataOptions, Declared, resolve
from mmeval.errors import SpecError
from mmeval.extract.boxed import boxed
from mmeval.metrics.aggregations import mean
from mmeval.task import Task
from mmeval.types import Ask, Extraction, Generate, Generation, Metric, Outcome, Response, Sample, SampleScore
from mmeval_tasks.longreasonarena.expression import RejectedExpression, evaluate
from mmeval_tasks.longreasonarena.extraction import box_of_whole_text
from mmeval_tasks.longreasonarena.prompts import Style, budget, prompt, prompt_text
from mmeval_tasks.longreasonarena.responses import answered

_METRICS = (
    Metric("acc", mean, range=(0, 1)),
    Metric("acc_official", mean, range=(0, 1)),
    Metric("format_error_rate", mean, higher_is_better=False, worst=1.0, range=(0, 1)),
)


class BoxedStructureTask(Task):
    """Instances made from a seed, or read from a JSONL file (`dataset`); a boxed structure is the answer.

    `acc` is strict and reads the answer as the levels do; `acc_official` is the authors' laxer rule on the last box
    of the whole text, where an answer that would stop their script scores 0.
    """

    version = 1
    metrics = _METRICS
    inputs: ClassVar[frozenset[str]]

    def __init__(
        self,
        *,
        dataset: str | None = None,
        prompt: Style = "reasoning",
        max_tokens: int | None = None,
        temperature: float = 0.6,
        top_p: float = 0.95,
        top_k: int = 20,
    ) -> None:
        self.budget = budget(prompt, max_tokens)
        self._dataset, self._style, self._temperature = dataset, prompt, temperature
        self._sampling = {"top_p": top_p, "top_k": top_k}

    @abstractmethod
    def instances(self) -> Iterable[Mapping[str, Any]]:
        """The rows that a seed makes."""

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """All rows: those of the file, where one is given. Raises SpecError for one that is no instance."""
        if self._dataset is None:
            return list(self.instances())
        rows = resolve(self.name, Declared(), DataOptions(overrides={self.name: self._dataset})).rows("test")
        for number, row in enumerate(rows, start=1):
            given = row.get("input")
            if row.get("problem") is None or not isinstance(given, Mapping) or self.inputs - given.keys():
                lacking = f"the row has no 'problem', or no 'input' with {' and '.join(sorted(self.inputs))}"
                raise SpecError(lacking, file=self._dataset, line=number)
        return rows

    @abstractmethod
    def right(self, answer: Any, doc: Mapping[str, Any]) -> bool:
        """The strict rule. May raise TypeError for an answer of another shape."""

    @abstractmethod
    def officially_right(self, answer: Any, doc: Mapping[str, Any]) -> bool:
        """The authors' rule. May raise TypeError, IndexError or ValueError where their script would stop."""

    def requests(self, sample: Sample) -> Sequence[Ask]:
        text = prompt_text(sample.doc["problem"], sample.doc["input"])
        options = self._sampling if self._temperature > 0 else {}
        return (
            Generate(
                prompt(text, self._style),
                max_tokens=self.budget,
                temperature=self._temperature,
                options=options,
                keep_prompt=True,
            ),
        )

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        generation = responses[0]
        if not isinstance(generation, Generation):
            raise TypeError(f"{type(generation).__name__} is no generation")
        return self.judge(sample, generation.text)

    def judge(self, sample: Sample, text: str) -> SampleScore:
        """Both scores of a raw response."""
        found = boxed(text, booleans=True)
        values = {
            "acc": float(_holds(self.right, found, sample.doc)),
            "acc_official": float(_holds(self.officially_right, box_of_whole_text(text), sample.doc)),
            "format_error_rate": float(not found.found),
        }
        outcome = Outcome.SCORED if found.found else Outcome.UNPARSED
        return SampleScore(sample.sample_id, values, outcome, found.answer, found.reason, rule=found.rule)

    def score_file(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """Both scores of responses made elsewhere: rows with `response` and `sample_id` or `sample_index` (from 0)."""
        for sample, text in answered(rows, list(self.samples()), "sample_index"):
            scored = self.judge(sample, text)
            yield {
                "sample_id": sample.sample_id,
                "verdict": "correct" if scored.values["acc"] else "invalid" if scored.answer is None else "wrong",
                "reason": scored.reason,
                "answer": scored.answer,
                "acc": scored.values["acc"],
                "acc_official": scored.values["acc_official"],
            }

    def config(self) -> Mapping[str, Any]:
        return {"prompt": self._style, "budget": self.budget, "temperature": self._temperature, **self._sampling}


def _holds(rule: Callable[[Any, Mapping[str, Any]], bool], found: Extraction, doc: Mapping[str, Any]) -> bool:
    if not found.found:
        return False
    try:
        return rule(evaluate(found.answer), doc)
    except (RejectedExpression, TypeError, ValueError, IndexError, KeyError, ArithmeticError):
        return False
