"""Two-sum over long arrays: find the one pair that adds up to the target (facts sheet, 6.1)."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mmeval.types import Sample
from mmeval_tasks.longreasonarena.boxes import BoxedStructureTask
from mmeval_tasks.longreasonarena.prompts import Style

STATEMENT = (
    "Given an array of integers nums and an integer target, return indices of the two numbers such that they add up to "
    "target.\n"
    "You may assume that each input would have exactly one solution, and you may not use the same element twice.\n"
    "You can return the answer in any order."
)
LENGTHS = (40, 100, 200, 400, 1000)
RANGES = (10**5, 10**6, 10**7, 10**8, 10**9)
REPEATS = 20
SEED = 42


def instances(in_range: bool = False) -> Iterator[dict[str, Any]]:
    """All 500 instances, by length, range and repeat: the authors' numbers, drawn in their order.

    In 143 of them the planted number lies outside the range of the others; `in_range` draws such targets again,
    which makes another data set.
    """
    draw = random.Random(SEED)
    places = {length: [draw.sample(range(length), 2) for _ in range(REPEATS)] for length in LENGTHS}
    for length in LENGTHS:
        for span in RANGES:
            for place in places[length]:
                yield _instance(draw, length, span, place, in_range)


def _instance(draw: random.Random, length: int, span: int, place: Sequence[int], in_range: bool) -> dict[str, Any]:
    half = span // 2
    while True:
        target = draw.randint(-half, half)
        nums: list[int] = []
        taken: set[int] = set()
        while len(nums) < length:
            number = draw.randint(-half, half)
            if target - number not in taken and number not in taken:
                nums.append(number)
                taken.add(number)
        nums[place[1]] = target - nums[place[0]]
        if not in_range or -half <= nums[place[1]] <= half:
            return {"problem": STATEMENT, "input": {"nums": nums, "target": target}, "output": sorted(place)}


class Retrieval(BoxedStructureTask):
    """Which two of 40 to 1,000 numbers add up to the target; `in_range` keeps all numbers within their range."""

    slices = ("array_length", "value_range", "cell")
    inputs = frozenset({"nums", "target"})

    def __init__(
        self,
        *,
        dataset: str | None = None,
        prompt: Style = "reasoning",
        max_tokens: int | None = None,
        temperature: float = 0.6,
        top_p: float = 0.95,
        top_k: int = 20,
        in_range: bool = False,
    ) -> None:
        super().__init__(
            dataset=dataset,
            prompt=prompt,
            max_tokens=max_tokens,
            temperature=temperature,
            top_p=top_p,
            top_k=top_k,
        )
        self._in_range = in_range

    def samples(self) -> Iterator[Sample]:
        for index, row in enumerate(self.rows):
            length, span = len(row["input"]["nums"]), row.get("value_range")
            facts = {"array_length": length, "value_range": span, "cell": span and f"{length} x {span}"}
            doc = {key: row.get(key) for key in ("problem", "input", "output")}
            yield Sample(f"retrieval:{index}", doc, row.get("output"), facts)

    def instances(self) -> Iterator[Mapping[str, Any]]:
        spans = [span for _ in LENGTHS for span in RANGES for _ in range(REPEATS)]
        for span, row in zip(spans, instances(self._in_range), strict=True):
            yield {**row, "value_range": span}

    def right(self, answer: Any, doc: Mapping[str, Any]) -> bool:
        return len(answer) == 2 and set(answer) == set(doc["output"])

    def officially_right(self, answer: Any, doc: Mapping[str, Any]) -> bool:
        return set(answer) == set(doc["output"])

    def config(self) -> Mapping[str, Any]:
        return {**super().config(), "in_range": self._in_range}
