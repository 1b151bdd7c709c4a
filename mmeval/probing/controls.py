"""Reference levels for probes: what accuracy is worth nothing, and how easily a probe gets its own."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from mmeval.probing.features import Ints, Taken
from mmeval.probing.linear import Labelled, Settings
from mmeval.probing.memo import Memo
from mmeval.probing.predictions import Doubles

MDL_SHARES = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.0625, 0.125, 0.25, 0.5, 1.0)
"""Ends of the online code's blocks, as shares of the training set (Voita and Titov 2020)."""
_FIRST_BLOCK = 4
"""Least size of the first block per class: from fewer samples, a free bias learns that a class never occurs."""


def random_labels(labels: Ints, seed: int) -> Ints:
    """The labels, permuted: a probe that is trained on them can but memorise, and must be at chance on a test set."""
    return np.random.default_rng(seed).permutation(labels)


def random_types(types: Sequence[Hashable], classes: int, seed: int) -> Ints:
    """Per sample the random class of its type, the same for equal types (Hewitt and Liang 2019)."""
    known = sorted(set(types), key=str)
    drawn = dict(zip(known, np.random.default_rng(seed).integers(classes, size=len(known)), strict=True))
    return np.array([drawn[each] for each in types], dtype=np.int64)


def grouped_classes(classes: int, groups: int, seed: int) -> tuple[Ints, Ints]:
    """A random group per class (groups of nearly equal size), and the classes, half of each group, to train on.

    A probe that is trained to tell the groups of those classes learns nothing about the others': only what it
    memorises can help, and on classes held out it is expected at chance.
    """
    random = np.random.default_rng(seed)
    order = random.permutation(classes)
    group = np.empty(classes, dtype=np.int64)
    group[order] = np.arange(classes) % groups
    position = np.empty(classes, dtype=np.int64)
    position[order] = np.arange(classes) // groups
    return group, np.flatnonzero(position % 2 == 0)


def codelength(data: Labelled, classes: int, settings: Settings, memo: Memo) -> Doubles:
    """Bits of the online code of the labels per layer: each block is coded by probes that are fitted on what comes
    before it, the first block uniformly.

    The data should be in random order: blocks are taken as they come.
    """
    total = len(data.labels)
    ends = sorted({min(total, max(_FIRST_BLOCK * classes, math.ceil(share * total))) for share in MDL_SHARES})
    bits = np.full(data.features.shape[0], ends[0] * math.log2(classes))
    for start, end in pairwise(ends):
        before, block = _rows(data, 0, start), _rows(data, start, end)
        # The penalty is a prior of fixed weight: on fewer samples it counts for more of the mean.
        fitted = memo.probe(before, {"block": block}, classes, replace(settings, l2=settings.l2 * total / start))
        bits += -fitted.predictions["block"].logprob.sum(1, dtype=np.float64) / math.log(2)
    return bits


def _rows(data: Labelled, start: int, end: int) -> Labelled:
    rows = np.arange(start, end)
    return Labelled(Taken(data.features, rows), data.labels[rows])
