"""Hidden states of prompts with pictures: what a request's prompts share, pictures included, is read once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch

from mmeval.data.images import ImageError
from mmeval.errors import UsageError
from mmeval.local.tokens import TokenIds
from mmeval.types import Prompt, Represent, Request
from mmeval_models.hf.blocks import captured
from mmeval_models.hf.representing import NOBODY, StateReader, StateRow, States, Wanted, relative_distance
from mmeval_models.hf_vlm.inputs import Shown, collated
from mmeval_models.hf_vlm.preparing import Preparer
from mmeval_models.hf_vlm.trunks import Trunks, hides, made_up


@dataclass(frozen=True)
class ShownRow(StateRow):
    """A request whose prompts show the same pictures: `shown` are its distinct prompts, the first with pixels."""

    shown: tuple[Shown, ...]


@dataclass
class VisionStateReader(StateReader):
    """Reads states of prompts with pictures, one request at a time: pictures differ in their number of tokens."""

    preparer: Preparer | None = None
    image_token: int = -1

    def _planned(self, request: Request) -> tuple[Wanted, StateRow]:
        ask = request.ask
        if not isinstance(ask, Represent):
            raise UsageError(f"not a request for hidden states: {type(ask).__name__}")
        if len({prompt.images for prompt in ask.prompts + ask.beside}) > 1:
            raise UsageError("the prompts of a request for hidden states must show the same images")
        shown = {prompt: self._show(prompt) for prompt in dict.fromkeys((*ask.prompts, *ask.beside))}
        prompts, beside = ([shown[prompt].ids for prompt in each] for each in (ask.prompts, ask.beside))
        wanted = self._wanted(ask, prompts)
        row = self._row(request, prompts, beside, wanted)
        return wanted, self._shown_row(row, [shown[prompt] for prompt in ask.prompts])

    def _wanted(self, ask: Represent, prompts: Sequence[TokenIds]) -> Wanted:
        tokens = replace(ask, positions=tuple(each for each in ask.positions if each != "image_mean"))
        means = tuple(place for place, each in enumerate(ask.positions) if each == "image_mean")
        return super()._wanted(tokens, prompts)._replace(means=means)

    def _show(self, prompt: Prompt) -> Shown:
        assert self.preparer is not None  # noqa: S101  a dataclass's field after those with defaults
        try:
            return self.preparer.show(prompt)
        except (ImageError, ValueError) as error:
            raise UsageError(" ".join(str(error).split())) from error

    def _shown_row(self, row: StateRow, shown: Sequence[Shown]) -> ShownRow:
        """`row` with its inputs. What is shared must hold all pictures, else every prompt is read whole."""
        by_ids = {each.ids: each for each in reversed(shown)}
        pixels = shown[0].pixels
        inputs = tuple(replace(by_ids[ids], pixels=pixels) for ids in row.prompts)
        whole = hides(row.prompts, row.shared, self.image_token)
        return ShownRow(row.request, row.prompts, row.places, row.shared if whole else 0, inputs)

    def _together(self, row: StateRow) -> bool:
        return super()._together(row) and row.shared > 0

    # ------------------------------------------------------------ forward passes

    def _read_alone(self, rows: Sequence[StateRow], wanted: Wanted) -> Iterator[States]:
        for shown in (shown for row in rows for shown in _inputs(row)):
            inputs = collated([shown], self.tokenizer.pad_id, self.model)
            with self._means(shown.ids) as means:
                found = list(self._forward({**inputs, "use_cache": False}, [len(shown.ids)], wanted))
            yield from _with_means(found, means, wanted)

    def _read_together(self, rows: Sequence[StateRow], wanted: Wanted) -> Iterator[States]:
        for row in rows:
            yield from self._read_row(row, wanted)

    def _read_row(self, row: StateRow, wanted: Wanted) -> Iterator[States]:
        """The trunk with the pictures, then all rests in one pass behind copies of its cache."""
        shown = _inputs(row)
        trunk = self._trunks.trunk(shown[0], row.shared)
        with self._means(shown[0].ids[: row.shared]) as means:
            self._keep_one(**trunk)
        rests = self._trunks.rests(trunk["past_key_values"], shown, row.shared)
        yield from _with_means(list(self._forward(rests, [len(each.ids) for each in shown], wanted)), means, wanted)

    @cached_property
    def _trunks(self) -> Trunks:
        return Trunks(self.model, self.tokenizer.pad_id)

    def _means(self, ids: TokenIds) -> Any:
        columns = [place for place, token in enumerate(ids) if token == self.image_token]
        return captured(self.blocks, lambda states: states[:, columns].mean(1))

    # ------------------------------------------------------------ is sharing exact?

    def _apart(self) -> float:
        rows, wanted = self._made_up(), Wanted((-1,), tuple(range(self.blocks.layers)), ())
        return relative_distance(*(self.read(rows, wanted, together=way) for way in (False, True)))

    def _made_up(self) -> list[ShownRow]:
        """Prompts about two pictures of noise."""
        assert self.preparer is not None  # noqa: S101  a dataclass's field after those with defaults
        rows = []
        for shown in made_up(self.preparer):
            row = self._row(NOBODY, [each.ids for each in shown], (), Wanted((-1,), (), ()), tried=False)
            rows.append(self._shown_row(row, shown))
        if not all(row.shared for row in rows):
            raise ValueError("pictures do not stand before the text")
        return rows


def _inputs(row: StateRow) -> tuple[Shown, ...]:
    if not isinstance(row, ShownRow):
        raise TypeError(f"no inputs with pictures: {type(row).__name__}")
    return row.shown


def _with_means(found: Sequence[States], means: Mapping[int, Any], wanted: Wanted) -> Iterator[States]:
    """`found` with the pictures' mean where it is wanted."""
    if not wanted.means:
        yield from found
        return
    mean = torch.stack([means[layer] for layer in wanted.layers], 1)[:, None].cpu()
    for each in found:
        states = list(each.states.split(1, 1))
        for place in wanted.means:
            states.insert(place, mean)
        yield each._replace(states=torch.cat(states, 1))
