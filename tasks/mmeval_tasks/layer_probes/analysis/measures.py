"""Numbers per layer and prompt: accuracy, what an edit of the prompt costs, geometry, behaviour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mmeval.metrics.paired import holm, mcnemar
from mmeval.probing import Features, Ints, Predictions, accuracy_draws

Doubles: TypeAlias = NDArray[np.float64]

_CLIP = (-0.5, 1.5)
_DECODABLE = 3.0
"""Standard errors that the anchor's accuracy must be above chance for a relative drop to mean something."""


@dataclass(frozen=True)
class Curves:
    """Accuracies of prompts, the anchor first, with paired bootstrap draws over test inputs.

    `seeds` has shape (seeds, prompts, layers, inputs) of right (1) and wrong (0).
    """

    seeds: NDArray[np.bool_]
    labels: Ints
    classes: int
    draws: int

    @cached_property
    def accuracy(self) -> Doubles:
        """Mean over seeds and inputs, shape (prompts, layers)."""
        return np.asarray(self.seeds.mean((0, 3)))

    @cached_property
    def seed_sd(self) -> Doubles:
        """Standard deviation over seeds; 0 for one seed."""
        means = self.seeds.mean(3)
        return np.asarray(means.std(0, ddof=1) if len(means) > 1 else np.zeros(means.shape[1:]))

    @cached_property
    def replicates(self) -> Doubles:
        """Accuracies of bootstrap draws, shape (draws, prompts, layers)."""
        return accuracy_draws(self.seeds.mean(0), self.labels, self.draws, seed=0)

    @cached_property
    def relative_drop(self) -> Doubles:
        """Shape (variants, layers); NaN where the anchor is not decodable."""
        return np.asarray(self._relative(self.accuracy[None])[0])

    @cached_property
    def relative_drop_draws(self) -> Doubles:
        """Shape (draws, variants, layers)."""
        return self._relative(self.replicates)

    def _relative(self, accuracy: Doubles) -> Doubles:
        anchor, chance = accuracy[:, :1], 1 / self.classes
        error = np.sqrt(anchor * (1 - anchor) / len(self.labels))
        decodable = anchor - chance > _DECODABLE * error
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.clip((anchor - accuracy[:, 1:]) / (anchor - chance), *_CLIP)
        return np.asarray(np.where(decodable, relative, np.nan))


def interval(replicates: Doubles) -> tuple[Doubles, Doubles]:
    """The middle 95 % along the first axis; NaN where no draw has a value."""
    undefined = np.isnan(replicates).all(0)
    filled = np.where(undefined, 0.0, replicates)
    low, high = np.nanquantile(filled, (0.025, 0.975), axis=0)
    return np.where(undefined, np.nan, low), np.where(undefined, np.nan, high)


def mean_over(curves: Doubles, places: Sequence[int]) -> Doubles:
    """The mean of some variants' curves, of (..., variants, layers); NaN where all are, or where there are none."""
    if not places:
        return np.full((*curves.shape[:-2], curves.shape[-1]), np.nan)
    return np.asarray(curves[..., list(places), :].mean(-2))


def nan_mean(values: Doubles) -> Doubles:
    """The mean along the last axis of what is a number; NaN where nothing is."""
    known = ~np.isnan(values)
    counts = known.sum(-1)
    total = np.where(known, values, 0.0).sum(-1)
    return np.asarray(np.where(counts > 0, total / np.maximum(counts, 1), np.nan))


def factor_effects(relative: Doubles, factors: NDArray[np.float64]) -> Doubles:
    """Least squares of relative drops (..., variants, layers) on factors (variants, 4): shape (..., 4, layers)."""
    return np.asarray(np.linalg.pinv(factors) @ relative)


def flips(anchor: Predictions, variant: Predictions) -> Doubles:
    """Share of inputs whose predicted class differs."""
    return np.asarray((anchor.predicted != variant.predicted).mean(1))


def agreement(anchor: Predictions, variant: Predictions) -> Doubles:
    """Share of inputs that are right under both."""
    return np.asarray((anchor.correct & variant.correct).mean(1))


def mcnemar_holm(anchor: Predictions, variants: Sequence[Predictions]) -> Doubles:
    """Exact paired p-values, shape (variants, layers), corrected over all of them."""
    lost = [(anchor.correct & ~each.correct).sum(1) for each in variants]
    won = [(~anchor.correct & each.correct).sum(1) for each in variants]
    raw = [mcnemar(int(one), int(other)) for one, other in zip(np.ravel(lost), np.ravel(won), strict=True)]
    return np.reshape(holm(raw), np.shape(lost))


@dataclass(frozen=True)
class Geometry:
    """How states under a variant lie to those under the anchor, per layer."""

    cosine: Doubles
    shift: Doubles
    """Norm of the mean shift in standard deviations within classes."""
    cka: Doubles


def geometry(anchor: Features, variant: Features, labels: Ints) -> Geometry:
    """Layer by layer."""
    rows = [
        _layer(anchor[slice(at, at + 1)][0], variant[slice(at, at + 1)][0], labels) for at in range(anchor.shape[0])
    ]
    cosine, shift, cka = np.array(rows, dtype=np.float64).T
    return Geometry(cosine, shift, cka)


def _layer(one: Any, other: Any, labels: Ints) -> tuple[float, float, float]:
    x, y = one.astype(np.float64), other.astype(np.float64)
    norms = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    cosine = ((x * y).sum(1) / np.where(norms > 0, norms, 1)).mean()
    within = np.concatenate([x[labels == label] - x[labels == label].mean(0) for label in np.unique(labels)])
    spread = np.sqrt((within**2).sum(1).mean())
    shift = np.linalg.norm((y - x).mean(0))
    return cosine, shift / spread if spread > 0 else np.nan, _cka(x - x.mean(0), y - y.mean(0))


def _cka(x: Doubles, y: Doubles) -> float:
    """Linear centred kernel alignment, by the smaller of the two Gram forms."""
    if len(x) < x.shape[1]:
        one, other = x @ x.T, y @ y.T
        product, sizes = (one * other).sum(), np.linalg.norm(one) * np.linalg.norm(other)
    else:
        product, sizes = (np.linalg.norm(y.T @ x) ** 2), np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
    return float(product / sizes) if sizes > 0 else float("nan")


def spearman(values: Doubles, others: Doubles) -> float:
    """Rank correlation with ties at their mean rank; NaN where one side does not vary."""
    one, other = _ranks(values), _ranks(others)
    one, other = one - one.mean(), other - other.mean()
    size = np.sqrt((one**2).sum() * (other**2).sum())
    return float((one * other).sum() / size) if size > 0 else float("nan")


def _ranks(values: Doubles) -> Doubles:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = counts.cumsum()
    return np.asarray((ends - (counts - 1) / 2)[inverse])
