"""Small tasks and models for the engine's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mmeval.engine.plan import Plan, PlannedTask, plan
from mmeval.engine.progress import Silent
from mmeval.model import Model
from mmeval.task import Task
from mmeval.types import (
    Ask,
    Generate,
    Generation,
    Prompt,
    Request,
    RequestKey,
    Response,
    Sample,
    SampleScore,
)


@dataclass
class Words(Task):
    """Asks for each word of `words`; an answer is right when it equals the word in upper case."""

    words: Sequence[str] = ("a", "b", "c")
    name: str = "words"
    temperature: float = 0.0
    follow: Callable[[Sequence[Response]], Sequence[Ask]] = lambda responses: ()

    def samples(self) -> Iterator[Sample]:
        for row, word in enumerate(self.words):
            yield Sample(f"test:{row}", {"word": word}, word.upper())

    def requests(self, sample: Sample) -> Sequence[Ask]:
        return [Generate(Prompt.of(sample.doc["word"]), temperature=self.temperature)]

    def follow_up(self, sample: Sample, responses: Sequence[Response]) -> Sequence[Ask]:
        return self.follow(responses)

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        text = responses[-1].text  # type: ignore[union-attr]
        return SampleScore(sample.sample_id, {"acc": float(text == sample.target)}, answer=text)


@dataclass
class Upper(Model):
    """Answers in upper case, newest request first, and remembers what it was asked."""

    kinds = frozenset({Generate})
    asked: list[RequestKey] = field(default_factory=list)
    seeds: list[int | None] = field(default_factory=list)
    stop_after: int | None = None

    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        for request in reversed(list(requests)):
            if self.stop_after is not None and len(self.asked) >= self.stop_after:
                raise KeyboardInterrupt
            self.asked.append(request.key)
            self.seeds.append(request.seed)
            yield request.key, Generation(request.ask.prompt.text.upper())


def planned(task: Task, *, repeats: int = 1, seed: int = 1) -> Plan:
    """A plan over all samples of one task, asks left as they are."""
    return plan([PlannedTask(task.name, task, list(task.samples()), lambda _, ask: ask, repeats, None)], seed, Silent())
