"""A task: how many letters has a word?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from mmeval import Generate, Generation, Outcome, Prompt, Response, Sample, SampleScore, Task
from mmeval_example.extractor import last_number

WORDS = ("graph", "node", "edge", "path", "tree", "cycle", "degree", "clique", "matching", "component")


class LetterCounts(Task):
    """Asks for the number of letters of each word. `shout` asks in capitals (`--task_args shout=true`)."""

    name = "example_task"
    version = 1
    metrics = ("exact_match", "example_distance")  # names: mmeval's own, and one of this package
    slices = ("length",)

    def __init__(self, shout: bool = False) -> None:
        self.shout = shout

    def samples(self) -> Iterator[Sample]:
        for row, word in enumerate(WORDS):
            length = "short" if len(word) < 6 else "long"
            yield Sample(f"test:{row}", {"word": word}, str(len(word)), {"length": length})

    def requests(self, sample: Sample) -> Sequence[Generate]:
        word = sample.doc["word"].upper() if self.shout else sample.doc["word"]
        return [Generate(Prompt.of(f"How many letters has the word '{word}'? Answer: "), max_tokens=8, stop=("\n",))]

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        found = last_number(responses[0].text if isinstance(responses[0], Generation) else "")
        if not found.found:  # no value: each metric counts its worst
            return SampleScore(sample.sample_id, {}, Outcome.UNPARSED, reason=found.reason)
        values = {
            "exact_match": float(found.answer == sample.target),
            "example_distance": min(abs(float(found.answer) - float(sample.target)), 10.0),
        }
        return SampleScore(sample.sample_id, values, answer=found.answer)

    def baselines(self) -> Mapping[str, Callable[[Sample], str]]:
        return {"always five": lambda sample: "5"}
