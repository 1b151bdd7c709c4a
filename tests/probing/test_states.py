from __future__ import annotations

from pathlib import Path

import numpy as np

from mmeval.probing import RunStates, digest
from mmeval.types import ArrayRef


def test_states_of_a_run_are_features(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).standard_normal((5, 2, 1, 3, 4)).astype("<f4")
    np.save(tmp_path / "a.npy", rows)
    refs = tuple(ArrayRef("a.npy", row, (2, 1, 3, 4), "float32") for row in (4, 0, 2))
    states = RunStates(tmp_path, refs, prompt=1)
    assert states.shape == (3, 3, 4)
    assert np.array_equal(states[1:3], rows[[4, 0, 2], 1, 0, 1:3].swapaxes(0, 1))
    assert digest(states) == digest(np.asarray(states[:]))
    assert digest(states) != digest(RunStates(tmp_path, refs, prompt=0))
