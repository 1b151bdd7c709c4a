"""How rows choose their tokens; and the plain way to generate, for models that do not share prefixes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from transformers import GenerationConfig
from transformers.generation import (
    LogitsProcessorList,
    MinPLogitsWarper,
    NoRepeatNGramLogitsProcessor,
    RepetitionPenaltyLogitsProcessor,
    StoppingCriteriaList,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
    TypicalLogitsWarper,
)

from mmeval.errors import UsageError
from mmeval.local import Generated, GenerationRow, StopCheck
from mmeval.types import FinishReason, Generate, Timing
from mmeval_models.hf.tokenizer import HFTokenizer

_PENALTIES: Mapping[str, Callable[[Any], Any]] = {
    "repetition_penalty": RepetitionPenaltyLogitsProcessor,
    "no_repeat_ngram_size": NoRepeatNGramLogitsProcessor,
}
_FILTERS: Mapping[str, Callable[[Any], Any]] = {
    "top_k": TopKLogitsWarper,
    "top_p": TopPLogitsWarper,
    "min_p": MinPLogitsWarper,
    "typical_p": TypicalLogitsWarper,
}
_OFF: Mapping[str, Any] = {"top_k": 0, "no_repeat_ngram_size": 0}
"""Values by which transformers means that there is no such step; the steps themselves refuse them."""


def generate_rows(
    model: Any, rows: Sequence[GenerationRow], tokenizer: HFTokenizer, end_ids: frozenset[int]
) -> list[Generated]:
    """New tokens of each row. transformers' greedy search runs the batch; what differs by row is decided here.

    Rows are padded on the left and masked. A row that has ended is carried along until the last one ends, and
    what it would write then is not kept.
    """
    width = max(len(row.ids) for row in rows)
    ids = torch.full((len(rows), width), tokenizer.pad_id, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for line, row in enumerate(rows):
        ids[line, width - len(row.ids) :] = torch.tensor(row.ids)
        mask[line, width - len(row.ids) :] = 1
    progress = _Progress(rows, tokenizer, end_ids)
    longest = max(row.ask.max_tokens for row in rows)
    with torch.inference_mode():
        model.generate(
            input_ids=ids.to(model.device),
            attention_mask=mask.to(model.device),
            generation_config=GenerationConfig(
                max_new_tokens=longest, do_sample=False, use_cache=True, pad_token_id=tokenizer.pad_id
            ),
            logits_processor=LogitsProcessorList([_Choices(rows, width, progress)]),
            stopping_criteria=StoppingCriteriaList([progress]),
        )
    return [Generated(tuple(row.ids), row.finish, row.timing) for row in progress.rows]


class _RowProgress:
    """What a row has written, and whether it has ended."""

    def __init__(self, row: GenerationRow, tokenizer: HFTokenizer, end_ids: frozenset[int]) -> None:
        self.ids: list[int] = []
        self.ended = False
        self.timing = Timing()
        self.finish: FinishReason = "length"
        self._budget, self._end_ids = row.ask.max_tokens, end_ids
        self._stops = StopCheck(lambda ids: tokenizer.decode(ids, special=True), row.stops)

    def add(self, token: int) -> None:
        if self.ended:
            return
        self.ids.append(token)
        if token in self._end_ids or self._stops.reached(self.ids):
            self.ended, self.finish = True, "stop"
        elif len(self.ids) >= self._budget:
            self.ended = True


class _Progress:
    """A stopping criterion that follows each row by itself. Reading the prompts begins when it is made."""

    def __init__(self, rows: Sequence[GenerationRow], tokenizer: HFTokenizer, end_ids: frozenset[int]) -> None:
        self.rows = [_RowProgress(row, tokenizer, end_ids) for row in rows]
        self._began = time.perf_counter()
        self._total = self._first = self._decode = 0.0

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        tokens = input_ids[:, -1].tolist()
        running = [row for row in self.rows if not row.ended]
        self._share(len(running))
        for row, token in zip(self.rows, tokens, strict=True):
            row.add(token)
        for row in running:
            row.timing = Timing(self._total, self._first, self._first / len(self.rows), self._decode)
        return torch.tensor([row.ended for row in self.rows], device=input_ids.device)

    def _share(self, running: int) -> None:
        """What the last step took goes to the rows that were running."""
        before, self._total = self._total, time.perf_counter() - self._began
        if before:
            self._decode += (self._total - before) / running
        else:
            self._first = self._total


class _Choices:
    """A logits processor that applies each row's own choice.

    Padding is not shown to the choices: a row's numbers are those that it would get alone.
    """

    def __init__(self, rows: Sequence[GenerationRow], width: int, progress: _Progress) -> None:
        self._progress = progress
        self._starts = [width - len(row.ids) for row in rows]
        choices = [Choice(row) for row in rows]
        self._lines = {line: choice for line, choice in enumerate(choices) if not choice.greedy}

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        for line, choice in self._lines.items():
            if not self._progress.rows[line].ended:
                written = input_ids[line : line + 1, self._starts[line] :]
                scores[line] = choice(written, scores[line : line + 1])
        return scores


class Choice:
    """How a row chooses its next token: its options, and the random numbers of a sampled one."""

    def __init__(self, row: GenerationRow) -> None:
        self._processors, self._generator = _processors(row.ask), _generator(row)
        self.greedy = not self._processors and self._generator is None

    def __call__(self, written: Any, scores: Any) -> Any:
        """`scores` (1, vocabulary) behind the tokens `written` (1, tokens), as options leave them, by token.

        The drawn token of a sampled row is left as the only possible one.
        """
        for processor in self._processors:
            scores = processor(written, scores)
        if self._generator is None:
            return scores[0]
        token = torch.multinomial(scores[0].softmax(-1).cpu(), 1, generator=self._generator)
        only = torch.full_like(scores[0], -torch.inf)
        only[token] = 0
        return only


def _generator(row: GenerationRow) -> Any:
    if not row.ask.sampled:
        return None
    if row.request.seed is None:
        raise UsageError(f"the sampled request {row.request.key} has no seed")
    return torch.Generator().manual_seed(row.request.seed)


def _processors(ask: Generate) -> list[Any]:
    """The ask's options as processors, in transformers' order; filters matter to sampled asks only."""
    steps = dict(_PENALTIES)
    if ask.sampled:
        steps |= {"temperature": TemperatureLogitsWarper, **_FILTERS}
    values = {**ask.options, "temperature": float(ask.temperature)}
    return [
        _made(make, name, values[name])
        for name, make in steps.items()
        if values.get(name) not in (None, _OFF.get(name))
    ]


def _made(make: Callable[[Any], Any], name: str, value: Any) -> Any:
    try:
        return make(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"generation option {name}={value!r}: {error}") from error
