"""Where stages begin: onsets (rule T) and change points (rule D) of sensitivity curves over layers.

Curves have shape (draws, layers), one column per decoder block; boundaries are 1-based blocks, L + 1 where a stage
never begins. The source gives the stages' meanings and no numeric rule: the thresholds are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Curves: TypeAlias = NDArray[np.float64]
Bounds: TypeAlias = NDArray[np.int64]

MOST_BREAKS = 5
_BREAKS = 3


@dataclass(frozen=True)
class Channels:
    """What the rules look at: `any_edit`, curves of which any reacting ends grounding; `meaning` begins semantic
    reasoning, `format` answer decoding; `wording` is what rule D fits beside the two.
    """

    any_edit: tuple[Curves, ...]
    wording: Curves
    meaning: Curves
    format: Curves

    @property
    def layers(self) -> int:
        return int(self.wording.shape[-1])

    @classmethod
    def of_families(cls, lexical: Curves, negation: Curves, fmt: Curves) -> Channels:
        """Relative drops by family: what negation and format lose beyond a mere change of words."""
        lexical, negation, fmt = (np.nan_to_num(curve, nan=0.0) for curve in (lexical, negation, fmt))
        return cls((lexical, negation, fmt), lexical, negation - lexical, fmt - lexical)

    @classmethod
    def of_effects(cls, surface: Curves, negated: Curves, output: Curves) -> Channels:
        """Factor effects, which are free of one another already."""
        surface, negated, output = (np.nan_to_num(curve, nan=0.0) for curve in (surface, negated, output))
        return cls((surface, negated, output), surface, negated, output)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Least sensitivities at which stages begin, and on how many consecutive layers."""

    any_edit: float = 0.15
    meaning: float = 0.15
    format: float = 0.15
    run: int = 2


def onset(curves: Curves, threshold: float, run: int, start: Bounds | int = 1) -> Bounds:
    """The first layer from `start` on with `run` consecutive values of at least `threshold` (fewer at the end)."""
    layers = curves.shape[-1]
    reached = curves >= threshold
    held = reached.copy()
    for ahead in range(1, run):
        held[..., : layers - ahead] &= reached[..., ahead:]
    held &= np.arange(1, layers + 1) >= np.asarray(start)[..., None]
    found: Bounds = np.where(held.any(-1), held.argmax(-1) + 1, layers + 1)
    return found


def rule_t(channels: Channels, thresholds: Thresholds) -> Bounds:
    """Boundaries (draws, 3) by onsets; each stage begins no sooner than the one before it."""
    first = np.min([onset(curve, thresholds.any_edit, thresholds.run) for curve in channels.any_edit], axis=0)
    second = onset(channels.meaning, thresholds.meaning, thresholds.run, first)
    third = onset(channels.format, thresholds.format, thresholds.run, second)
    return np.stack([first, second, third], -1)


def rule_d(channels: Channels, scale: NDArray[np.float64]) -> Bounds:
    """Boundaries (draws, 3): the least-squares piecewise-constant fit with three breaks. `scale` divides channels."""
    signal = _signal(channels, scale)
    if signal.shape[1] <= _BREAKS:
        return np.full((len(signal), _BREAKS), signal.shape[1] + 1)
    return _dynamic(signal, _BREAKS)[1]


def breaks_by_bic(channels: Channels, scale: NDArray[np.float64]) -> int:
    """How many breaks, up to five, the Bayesian information criterion chooses for the first draw."""
    signal = _signal(channels, scale)[:1]
    _, layers, width = signal.shape
    count = layers * width
    scores = []
    for breaks in range(min(MOST_BREAKS, layers - 1) + 1):
        residual = max(float(_dynamic(signal, breaks)[0][0]), 1e-12)
        scores.append(count * np.log(residual / count) + (breaks + width * (breaks + 1)) * np.log(count))
    return int(np.argmin(scores))


def _signal(channels: Channels, scale: NDArray[np.float64]) -> Curves:
    stacked = np.stack(np.broadcast_arrays(channels.wording, channels.meaning, channels.format), -1)
    return stacked / np.where(scale > 1e-9, scale, 1.0)


def _dynamic(signal: Curves, breaks: int) -> tuple[NDArray[np.float64], Bounds]:
    """The least cost of `breaks` breaks, and the 1-based layers before which they are, shapes (draws,), (draws, K)."""
    cost = _costs(signal)
    draws, layers = signal.shape[:2]
    best = cost[:, 0, :]  # of the first `end + 1` layers, in one piece
    chosen = []
    for _ in range(breaks):
        total = np.full((draws, layers, layers), np.inf)  # [draw, end, first layer of the last piece]
        for end in range(layers):
            total[:, end, 1 : end + 1] = best[:, :end] + cost[:, 1 : end + 1, end]
        chosen.append(total.argmin(2))
        best = total.min(2)
    last: Bounds = np.full(draws, layers - 1)
    found = []
    for starts in reversed(chosen):
        start = starts[np.arange(draws), last]
        found.append(start + 1)
        last = start - 1
    return best[:, -1], np.stack(found[::-1], -1) if found else np.empty((draws, 0), dtype=np.int64)


def _costs(signal: Curves) -> NDArray[np.float64]:
    """Squared distance from its mean of each piece: [draw, first layer, last layer]; infinite where they cross."""
    zero = np.zeros((len(signal), 1, signal.shape[2]))
    sums = np.concatenate([zero, signal.cumsum(1)], 1)
    squares = np.concatenate([zero, (signal**2).cumsum(1)], 1)
    layers = signal.shape[1]
    first, last = np.triu_indices(layers)
    size = (last - first + 1)[:, None]
    total, square = sums[:, last + 1] - sums[:, first], squares[:, last + 1] - squares[:, first]
    cost = np.full((len(signal), layers, layers), np.inf)
    cost[:, first, last] = np.maximum((square - total**2 / size).sum(-1), 0.0)
    return cost
