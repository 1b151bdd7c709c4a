"""vLLM's engine kept busy: work goes in while results come out, and no batch waits for its slowest member."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mmeval.local.tokens import TokenIds
from mmeval.types import EMPTY, RequestKey, Response

Answer: TypeAlias = tuple[RequestKey, Response]


@dataclass(frozen=True, slots=True)
class Work:
    """A prompt for the engine with its sampling parameters.

    `finish` makes answers of vLLM's RequestOutput, `refuse` of the reason why the engine did not take the prompt.
    `shown` is what vLLM has made of the prompt's images (its MultiModalInput, without the ids).
    """

    ids: TokenIds
    parameters: Mapping[str, Any]
    finish: Callable[[Any], Iterator[Answer]]
    refuse: Callable[[str], Iterator[Answer]]
    shown: Mapping[str, Any] = field(default_factory=lambda: EMPTY)


class Feeder:
    """Runs work on `engine`, an LLMEngine; `most` requests are in it at once, so that its scheduler has a choice."""

    def __init__(self, engine: Any, most: int, lora: Any = None) -> None:
        self._engine, self._most, self._lora = engine, most, lora
        self._under_way: dict[str, Work] = {}
        self._added = 0

    def run(self, items: Iterable[Work | Answer]) -> Iterator[Answer]:
        """The answers among `items` at once, those of work as the engine finishes it.

        What is under way is dropped when the caller stops asking.
        """
        try:
            for item in items:
                if isinstance(item, Work):
                    yield from self._add(item)
                else:
                    yield item
                while len(self._under_way) >= self._most:
                    yield from self._step()
            while self._under_way:
                yield from self._step()
        finally:
            self._engine.abort_request(list(self._under_way))
            self._under_way.clear()

    def _add(self, work: Work) -> Iterator[Answer]:
        from vllm import SamplingParams
        from vllm.exceptions import VLLMValidationError
        from vllm.sampling_params import RequestOutputKind

        name = str(self._added)
        self._added += 1
        try:
            parameters = SamplingParams(**work.parameters, output_kind=RequestOutputKind.FINAL_ONLY)
            prompt = {**work.shown, "prompt_token_ids": list(work.ids)}
            self._engine.add_request(name, prompt, parameters, lora_request=self._lora)
        except (ValueError, VLLMValidationError) as error:
            yield from work.refuse(" ".join(str(error).split()))
        else:
            self._under_way[name] = work

    def _step(self) -> Iterator[Answer]:
        for output in self._engine.step():
            if output.finished:
                yield from self._under_way.pop(output.request_id).finish(output)
