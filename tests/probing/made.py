"""States that are made up, with a known share of class in them."""

from __future__ import annotations

import numpy as np

from mmeval.probing import Labelled


def labelled(
    layers: int, samples: int, width: int, classes: int, *, signal: float = 1.0, seed: int = 0, means: int = 7
) -> Labelled:
    """Anisotropic noise around class means that are the same for equal `means`; layer 0 is one constant state."""
    random = np.random.default_rng(seed)
    centers = np.random.default_rng(means).standard_normal((layers, classes, width))
    labels = np.arange(samples) % classes
    spread = np.arange(1, width + 1) ** -0.5
    states = random.standard_normal((layers, samples, width)) * spread + signal * spread * centers[:, labels]
    states[0] = centers[0, 0]
    return Labelled(states.astype(np.float32), labels.astype(np.int64))
