"""What probes say about test samples, kept so small that every measure can be taken from it later."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mmeval.probing.features import Floats, Ints

Bools: TypeAlias = NDArray[np.bool_]
Doubles: TypeAlias = NDArray[np.float64]

_BINS = 15


@dataclass(frozen=True)
class Predictions:
    """Per layer and sample, shape (layers, samples): the predicted class and its probability, and of the true class
    the log-probability (nats) and the rank (0: predicted). `labels` are the true classes.
    """

    labels: Ints
    predicted: Ints
    confidence: Floats
    logprob: Floats
    rank: Ints

    @classmethod
    def join(cls, parts: list[Predictions]) -> Predictions:
        """Predictions of consecutive ranges of layers as one."""
        joined = {item.name: np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(cls)[1:]}
        return cls(parts[0].labels, **joined)

    @property
    def correct(self) -> Bools:
        """Which predictions are right."""
        right: Bools = self.predicted == self.labels
        return right

    @property
    def accuracy(self) -> Doubles:
        """The share of right predictions per layer."""
        return np.asarray(self.correct.mean(1))

    @property
    def top5(self) -> Doubles:
        """The share of samples whose true class is among the five most likely."""
        return np.asarray((self.rank < 5).mean(1))

    @property
    def macro_accuracy(self) -> Doubles:
        """The mean recall of the classes that occur."""
        recalls = [self.correct[:, self.labels == label].mean(1) for label in np.unique(self.labels)]
        return np.asarray(np.mean(recalls, axis=0))

    @property
    def nll(self) -> Doubles:
        """The mean negative log-likelihood (nats) of the true class."""
        return np.asarray(-self.logprob.mean(1, dtype=np.float64))

    @property
    def ece(self) -> Doubles:
        """The expected calibration error over 15 bins of equal width."""
        bins = np.minimum((self.confidence * _BINS).astype(int), _BINS - 1)
        errors = np.zeros(len(bins))
        for index in range(_BINS):
            inside = bins == index
            gap = (self.correct * inside).sum(1) - (self.confidence * inside).sum(1, dtype=np.float64)
            errors += np.abs(gap)
        return np.asarray(errors / bins.shape[1])
