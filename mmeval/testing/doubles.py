"""A model with written answers and a task made of a list: the smallest real parts of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from mmeval.model import Model
from mmeval.task import Task
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Metric,
    Prompt,
    Request,
    RequestKey,
    Response,
    RollingLoglikelihood,
    Sample,
    SampleScore,
)

Script: TypeAlias = "Mapping[str, str | Response] | Callable[[Ask], str | Response]"


class ScriptedModel(Model):
    """Answers from a mapping by the prompt's plain text, or from a function of the ask; remembers what it was asked.

    A string is the text of a generation, or the continuation that is the likeliest. What the mapping lacks is a
    failure. An exception of the function ends the run, as one of a real engine would.
    """

    kinds = frozenset({Generate, Loglikelihood, RollingLoglikelihood})
    modalities = frozenset({"text", "image", "graph"})

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Request] = []

    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        for request in requests:
            self.asked.append(request)
            yield request.key, _response(request.ask, self._look_up(request.ask))

    def _look_up(self, ask: Ask) -> str | Response:
        if isinstance(self.script, Mapping):
            return self.script.get(ask.prompt.text, Failure("the script has no answer to this prompt"))
        return self.script(ask)


def _response(ask: Ask, answer: str | Response) -> Response:
    if not isinstance(answer, str):
        return answer
    if isinstance(ask, Loglikelihood):
        chosen = tuple(continuation.strip() == answer.strip() for continuation in ask.continuations)
        return Likelihoods(tuple(-1.0 if right else -9.0 for right in chosen), chosen)
    return Generation(answer)


class ListTask(Task):
    """Asks each question of (question, answer) pairs; right where the model says the answer.

    With `choices` each question is one likelihood request over them, else a greedy generation. Metric: `acc`.
    """

    metrics: Sequence[str | Metric] = ("acc",)

    def __init__(self, pairs: Sequence[tuple[str, str]], name: str = "list", choices: Sequence[str] = ()) -> None:
        self.pairs, self.name, self.choices = pairs, name, tuple(choices)

    def size(self) -> int:
        return len(self.pairs)

    def samples(self) -> Iterator[Sample]:
        for row, (question, answer) in enumerate(self.pairs):
            yield Sample(f"test:{row}", {"question": question}, answer)

    def requests(self, sample: Sample) -> Sequence[Ask]:
        prompt = Prompt.of(sample.doc["question"])
        return [Loglikelihood(prompt, self.choices, " ")] if self.choices else [Generate(prompt, max_tokens=32)]

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        answer = self._answer(responses[0])
        return SampleScore(sample.sample_id, {"acc": float(answer == sample.target)}, answer=answer)

    def _answer(self, response: Response) -> str:
        if isinstance(response, Likelihoods):
            return self.choices[response.logprobs.index(max(response.logprobs))]
        if isinstance(response, Generation):
            return response.text.strip()
        raise TypeError(f"neither a generation nor likelihoods: {response}")
