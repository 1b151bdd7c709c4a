"""Hidden states of prompts: what the prompts of a request share is read once, and each rest behind it.

Rests are padded on the left, between the shared tokens and themselves, and masked: so the last token of every row is
in the last column. Whether that gives the numbers of reading each prompt alone and whole is tried out at the start.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Any, NamedTuple

import torch
from jinja2 import TemplateError
from transformers import DynamicCache

from mmeval.errors import UsageError
from mmeval.local.batches import Budget, in_batches
from mmeval.local.chat import PromptRenderer
from mmeval.local.planning import Answer
from mmeval.local.tokens import TokenIds, encode
from mmeval.types import ArrayData, Failure, Position, Prompt, Represent, Representation, Request, RequestKey, Response
from mmeval_models.hf.blocks import Blocks, captured, decoder_blocks
from mmeval_models.hf.memory import out_of_memory
from mmeval_models.hf.sharing import window
from mmeval_models.hf.tokenizer import HFTokenizer
from mmeval_models.hf.trial import refusal

TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-4, torch.float16: 0.01, torch.bfloat16: 0.02}
"""Relative distance (L2) by which sharing and padding may change the states of made-up prompts."""
_STORED = {torch.float16: "float16", torch.bfloat16: "bfloat16"}

_log = logging.getLogger(__name__)


class Wanted(NamedTuple):
    """What is read of every prompt: requests that want the same go through one batch."""

    positions: tuple[int, ...]
    layers: tuple[int, ...]
    answers: tuple[tuple[int, ...], ...]
    means: tuple[int, ...] = ()
    """Places among the positions at which a mean over the tokens of pictures is put in."""


@dataclass(frozen=True)
class StateRow:
    """A request as token ids: its distinct prompts, which of them each prompt is, and how many tokens they share."""

    request: Request
    prompts: tuple[TokenIds, ...]
    places: tuple[int, ...]
    shared: int

    @property
    def length(self) -> int:
        """Tokens that are read."""
        return self.shared + sum(len(ids) - self.shared for ids in self.prompts)


class States(NamedTuple):
    """Of one row: states (prompts, positions, layers, width), log-probabilities of the answers, likeliest tokens."""

    states: Any
    answers: list[list[float | None]]
    first: list[int]


@dataclass
class StateReader:
    """Reads hidden states from `model`. `share` is switched off where it changes them."""

    model: Any
    tokenizer: HFTokenizer
    max_length: int
    blocks_path: str | None = None
    share: bool = True
    _sets: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @cached_property
    def blocks(self) -> Blocks:
        return decoder_blocks(self.model, self.blocks_path)

    @cached_property
    def shares(self) -> bool:
        """Whether prompts are read together; a warning says why not."""
        if not self.share:
            return False
        reason = refusal(
            self._apart, TOLERANCE.get(self.model.dtype, 0.0), "that changes its states by {:.2g} of their size"
        )
        if reason:
            _log.warning("%s reads every prompt whole and alone: %s", type(self.model).__name__, reason)
        return not reason

    def answer(self, requests: Sequence[Request], budget: Budget) -> Iterator[Answer]:
        """The states of each request; a request that cannot be answered is a failure."""
        groups: dict[tuple[Wanted, bool], list[StateRow]] = {}
        for request in requests:
            try:
                wanted, row = self._planned(request)
            except (UsageError, TemplateError) as error:
                yield request.key, Failure(" ".join(str(error).split()))
            else:
                groups.setdefault((wanted, self._together(row)), []).append(row)
        for (wanted, together), rows in groups.items():
            yield from self._answer(rows, wanted, budget, together=together)

    def read(self, rows: Sequence[StateRow], wanted: Wanted, *, together: bool) -> list[States]:
        """The states of each row's distinct prompts."""
        with out_of_memory(), torch.inference_mode():
            found = list(self._read_together(rows, wanted) if together else self._read_alone(rows, wanted))
        prompts = iter(found)
        return [_joined([next(prompts) for _ in row.prompts]) for row in rows]

    # ------------------------------------------------------------ requests

    def _planned(self, request: Request) -> tuple[Wanted, StateRow]:
        ask = request.ask
        if not isinstance(ask, Represent):
            raise UsageError(f"not a request for hidden states: {type(ask).__name__}")
        prompts, beside = ([self._ids(prompt) for prompt in each] for each in (ask.prompts, ask.beside))
        wanted = self._wanted(ask, prompts)
        return wanted, self._row(request, prompts, beside, wanted)

    def _ids(self, prompt: Prompt) -> TokenIds:
        text = self._renderer.text(prompt)
        return encode(self.tokenizer, [text])[text]

    @cached_property
    def _renderer(self) -> PromptRenderer:
        return PromptRenderer(self.tokenizer)

    def _wanted(self, ask: Represent, prompts: Sequence[TokenIds]) -> Wanted:
        longest, shortest = max(map(len, prompts)), min(map(len, prompts))
        if longest > self.max_length:
            raise UsageError(f"a prompt has {longest} tokens, the model reads {self.max_length}")
        positions = tuple(_index(position, shortest) for position in ask.positions)
        return Wanted(positions, self._layers(ask.layers), tuple(map(self._single_tokens, ask.answer_sets)))

    def _layers(self, layers: Sequence[int]) -> tuple[int, ...]:
        count = self.blocks.layers
        for layer in layers:
            if not -count <= layer < count:
                raise UsageError(f"there is no layer {layer}: they go from 0 to {count - 1}, behind the final norm")
        return tuple(layer % count for layer in layers) or tuple(range(count))

    def _single_tokens(self, spellings: Sequence[str]) -> tuple[int, ...]:
        for text in spellings:
            if text not in self._sets:
                self._sets[text] = tuple(self.tokenizer.encode([text], special=False)[0])
        ids = (self._sets[text] for text in spellings)
        return tuple(dict.fromkeys(token[0] for token in ids if len(token) == 1))

    def _row(
        self,
        request: Request,
        prompts: Sequence[TokenIds],
        beside: Sequence[TokenIds],
        wanted: Wanted,
        *,
        tried: bool = True,
    ) -> StateRow:
        """The prompts as a row; nothing is shared where that was `tried` and changes the states."""
        distinct = list(dict.fromkeys(prompts))
        places = tuple(distinct.index(ids) for ids in prompts)
        first_wanted = min((position % len(ids) for ids in distinct for position in wanted.positions), default=0)
        everything = [*distinct, *beside]
        shared = min(common_length(everything), first_wanted) if len(set(everything)) > 1 else 0
        return StateRow(request, tuple(distinct), places, shared if not tried or self.shares else 0)

    def _together(self, row: StateRow) -> bool:
        return self.shares and max(map(len, row.prompts)) <= self._window

    @cached_property
    def _window(self) -> int:
        return window(self.model.config.get_text_config())

    def _answer(self, rows: Sequence[StateRow], wanted: Wanted, budget: Budget, *, together: bool) -> Iterator[Answer]:
        def compute(batch: Sequence[StateRow]) -> list[States]:
            return self.read(batch, wanted, together=together)

        for row, states in in_batches(rows, lambda row: row.length, compute, budget):
            if states is None:
                yield row.request.key, Failure(f"prompts of {row.length} tokens do not fit into memory")
            else:
                yield row.request.key, self._response(row, states, shared=row.shared if together else 0)

    def _response(self, row: StateRow, found: States, shared: int) -> Response:
        if not torch.isfinite(found.states).all():
            return Failure(
                "hidden states are not finite: they exceed the range of their dtype (use bfloat16 or float32)"
            )
        return Representation(
            _data(found.states[list(row.places)]),
            tuple(tuple(found.answers[place]) for place in row.places),
            tuple(self.tokenizer.decode([found.first[place]], special=True) for place in row.places),
            prompt_tokens=sum(len(row.prompts[place]) for place in row.places),
            shared_tokens=shared,
        )

    # ------------------------------------------------------------ forward passes

    def _read_alone(self, rows: Sequence[StateRow], wanted: Wanted) -> Iterator[States]:
        for ids in (ids for row in rows for ids in row.prompts):
            inputs = {"input_ids": self._tensor([ids]), "use_cache": False}
            yield from self._forward(inputs, [len(ids)], wanted)

    def _read_together(self, rows: Sequence[StateRow], wanted: Wanted) -> Iterator[States]:
        """All prompts of the rows in one pass, after one over what each row's prompts share."""
        rests = [(place, ids[row.shared :]) for place, row in enumerate(rows) for ids in row.prompts]
        lengths = [len(ids) for row in rows for ids in row.prompts]
        tokens, mask = self._padded([ids for _, ids in rests])
        starts = torch.tensor([rows[place].shared for place, _ in rests], device=tokens.device)
        inputs: dict[str, Any] = {"input_ids": tokens, "use_cache": False}
        if any(row.shared for row in rows):
            cache, trunk_mask = self._read_trunks([row.prompts[0][: row.shared] for row in rows])
            owners = torch.tensor([place for place, _ in rests], device=tokens.device)
            for layer in cache.layers:
                layer.keys, layer.values = layer.keys[owners], layer.values[owners]
            inputs |= {"past_key_values": cache, "use_cache": True}
            mask = torch.cat([trunk_mask[owners], mask], 1)
        inputs |= self._positions(mask[:, -tokens.shape[1] :], starts)
        return self._forward({**inputs, "attention_mask": mask}, lengths, wanted)

    def _read_trunks(self, trunks: Sequence[TokenIds]) -> tuple[Any, Any]:
        """A key-value cache of the trunks, padded on the left, and its mask."""
        cache = DynamicCache()  # without a configuration: a sliding layer would drop what rests still see
        tokens, mask = self._padded(trunks)
        positions = self._positions(mask, torch.zeros(len(trunks), dtype=torch.long, device=tokens.device))
        self._keep_one(input_ids=tokens, attention_mask=mask, past_key_values=cache, use_cache=True, **positions)
        return cache, mask

    def _forward(self, inputs: Mapping[str, Any], lengths: Sequence[int], wanted: Wanted) -> Iterator[States]:
        """`lengths` are the prompts' own; the last token of each is in the last column."""
        width = inputs["input_ids"].shape[1]
        columns = [
            [width + (place if place < 0 else place - length) for place in wanted.positions] for length in lengths
        ]
        where = torch.tensor(columns, device=self.model.device)
        line = torch.arange(len(lengths), device=self.model.device)[:, None]
        with captured(self.blocks, lambda states: states[line, where]) as found:
            logits = self._keep_one(**inputs).logits[:, -1]
        states = torch.stack([found[layer] for layer in wanted.layers], 2).cpu()
        logprobs = logits.float().log_softmax(-1)
        answers = [_log_sum(logprobs, ids) for ids in wanted.answers]
        for row, first in enumerate(logprobs.argmax(-1).tolist()):
            yield States(states[row : row + 1], [[values[row] for values in answers]], [first])

    def _keep_one(self, **inputs: Any) -> Any:
        kept = {"logits_to_keep": 1} if "logits_to_keep" in self._takes else {}
        return self.model(**inputs, **kept)

    @cached_property
    def _takes(self) -> frozenset[str]:
        return frozenset(inspect.signature(self.model.forward).parameters)

    def _positions(self, mask: Any, starts: Any) -> dict[str, Any]:
        return counted_positions(mask, starts[:, None]) if "position_ids" in self._takes else {}

    def _padded(self, rows: Sequence[TokenIds]) -> tuple[Any, Any]:
        """Token ids and mask, padded on the left."""
        width = max(map(len, rows))
        tokens = [(self.tokenizer.pad_id,) * (width - len(ids)) + ids for ids in rows]
        mask = [[0] * (width - len(ids)) + [1] * len(ids) for ids in rows]
        return self._tensor(tokens), self._tensor(mask)

    def _tensor(self, rows: Any) -> Any:
        return torch.tensor(rows, dtype=torch.long, device=self.model.device)

    # ------------------------------------------------------------ is sharing exact?

    def _apart(self) -> float:
        """How far made-up prompts that are read together are from themselves read alone, relative to their size."""
        wanted = Wanted((-1, -2), tuple(range(self.blocks.layers)), ())
        rows = _sample_rows(self.model.config.get_text_config().vocab_size, min(self.max_length, self._window))
        return relative_distance(*(self.read(rows, wanted, together=way) for way in (False, True)))


def counted_positions(mask: Any, starts: Any) -> dict[str, Any]:
    """Positions of tokens that are padded on the left, from `starts` on."""
    return {"position_ids": (mask.cumsum(1) - 1).clamp(min=0) + starts}


def relative_distance(ones: Sequence[States], others: Sequence[States]) -> float:
    """The largest distance (L2) of a layer's states, relative to the size of the ones."""
    distances = [_size(one.states - other.states) / _size(one.states) for one, other in zip(ones, others, strict=True)]
    return float(torch.stack(distances).max())


def _size(states: Any) -> Any:
    """The L2 norm of each layer's states."""
    return torch.linalg.vector_norm(states.double(), dim=(0, 1, 3))


def _sample_rows(vocabulary: int, longest: int) -> list[StateRow]:
    random = Random(0)

    def ids(count: int) -> TokenIds:
        return tuple(random.randrange(vocabulary) for _ in range(count))

    rows = []
    for trunk, rests in ((12, (4, 9, 6)), (17, (5, 3, 7))):
        shared = ids(min(trunk, longest - 9))
        rows.append(StateRow(NOBODY, tuple(shared + ids(rest) for rest in rests), (0, 1, 2), len(shared)))
    return rows


NOBODY = Request(RequestKey("", ""), Represent((), ()), "")


def common_length(rows: Sequence[TokenIds]) -> int:
    """The length of the longest common prefix: that of the first and the last in order."""
    first, last = min(rows), max(rows)
    apart = (place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return next(apart, min(len(first), len(last)))


def _index(position: Position, shortest: int) -> int:
    if isinstance(position, str):
        raise UsageError(f"a text model has no position '{position}'")
    if not -shortest <= position < shortest:
        raise UsageError(f"there is no position {position} in a prompt of {shortest} tokens")
    return position


def _joined(prompts: Sequence[States]) -> States:
    states = torch.cat([each.states for each in prompts])
    return States(states, [each.answers[0] for each in prompts], [each.first[0] for each in prompts])


def _log_sum(logprobs: Any, ids: Sequence[int]) -> list[float | None]:
    """Per row the log-probability that the next token is one of `ids`."""
    if not ids:
        return [None] * len(logprobs)
    values: list[float | None] = logprobs[:, list(ids)].logsumexp(-1).tolist()
    return values


def _data(states: Any) -> ArrayData:
    dtype = _STORED.get(states.dtype, "float32")
    values = states if states.dtype in _STORED else states.float()
    return ArrayData(values.contiguous().view(torch.uint8).numpy().tobytes(), tuple(values.shape), dtype)
