"""Hidden states as probes read them: a few layers at a time, never all of a large run at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int64]

_HASHED_AT_ONCE = 1 << 28


class Features(Protocol):
    """States of samples: shape (layers, samples, width), read by ranges of layers as float32. An array is one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(layers, samples, width)."""

    def __getitem__(self, layers: slice, /) -> Floats:
        """The states of a range of layers."""


@dataclass(frozen=True)
class Taken:
    """The states of some of the samples, in the order of `rows`."""

    features: Features
    rows: Ints

    @property
    def shape(self) -> tuple[int, ...]:
        layers, _, width = self.features.shape
        return layers, len(self.rows), width

    def __getitem__(self, layers: slice, /) -> Floats:
        taken: Floats = self.features[layers][:, self.rows]
        return taken


@dataclass(frozen=True)
class Shifted:
    """States moved by one vector per layer: `shift` has shape (layers, width)."""

    features: Features
    shift: Floats

    @property
    def shape(self) -> tuple[int, ...]:
        return self.features.shape

    def __getitem__(self, layers: slice, /) -> Floats:
        moved: Floats = self.features[layers] + self.shift[layers, None]
        return moved


@dataclass(frozen=True)
class Hashed:
    """Features that keep the hash of their content."""

    features: Features

    @property
    def shape(self) -> tuple[int, ...]:
        return self.features.shape

    def __getitem__(self, layers: slice, /) -> Floats:
        return self.features[layers]

    @cached_property
    def digest(self) -> str:
        """BLAKE2 (hex) of shape and values."""
        found = hashlib.blake2b(repr(tuple(self.shape)).encode(), digest_size=20)
        for layers in chunks(self.shape, _HASHED_AT_ONCE):
            found.update(np.ascontiguousarray(self.features[layers], dtype=np.float32).data)
        return found.hexdigest()


def digest(features: Features) -> str:
    """A hash of what the features hold; of a selection or a shift, of its source's hash and what is done to it."""
    if isinstance(features, Hashed):
        return features.digest
    if isinstance(features, Taken):
        return _joined(digest(features.features), features.rows)
    if isinstance(features, Shifted):
        return _joined(digest(features.features), features.shift)
    return Hashed(features).digest


def _joined(source: str, values: NDArray[np.generic]) -> str:
    found = hashlib.blake2b(f"{source} {values.dtype} {values.shape}".encode(), digest_size=20)
    found.update(np.ascontiguousarray(values).data)
    return found.hexdigest()


def chunks(shape: tuple[int, ...], most_bytes: int, copies: int = 1) -> Iterator[slice]:
    """Ranges of layers whose float32 states, `copies` times, take at most `most_bytes`; one layer at the least."""
    layers, samples, width = shape
    step = max(1, most_bytes // max(1, copies * samples * width * 4))
    for start in range(0, layers, step):
        yield slice(start, min(start + step, layers))


def mean_state(features: Features) -> Floats:
    """The mean over samples, shape (layers, width)."""
    parts = [features[layers].mean(1, dtype=np.float64) for layers in chunks(features.shape, _HASHED_AT_ONCE)]
    return np.concatenate(parts).astype(np.float32)
