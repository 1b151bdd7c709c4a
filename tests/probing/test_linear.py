from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmeval.probing import Labelled, Memo, Predictions, Settings, Shifted, Taken, choose_l2, mean_state, probe
from mmeval.probing.linear import CHUNK_BYTES
from tests.probing.made import labelled

pytest.importorskip("torch")

CLASSES = 4
TRAIN, TEST = labelled(3, 160, 12, CLASSES), labelled(3, 400, 12, CLASSES, seed=1)


def accuracy(train: Labelled, settings: Settings = Settings()) -> np.ndarray:  # noqa: B008  frozen
    return probe(train, {"test": TEST}, CLASSES, settings).predictions["test"].accuracy


def test_a_constant_layer_is_at_the_majority_and_others_above() -> None:
    found = accuracy(TRAIN)
    assert found[0] == pytest.approx(1 / CLASSES)
    assert (found[1:] > 0.6).all()


def test_layers_in_chunks_are_layers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = probe(TRAIN, {"test": TEST}, CLASSES, Settings()).predictions["test"]
    monkeypatch.setitem(CHUNK_BYTES, "cpu", 1)
    by_one = probe(TRAIN, {"test": TEST}, CLASSES, Settings()).predictions["test"]
    assert np.allclose(at_once.logprob, by_one.logprob, atol=1e-3)


def test_the_reconstructed_estimator_learns_and_follows_its_seed() -> None:
    settings = Settings("paper_compat_reconstructed")
    assert (accuracy(TRAIN, settings)[1:] > 1 / CLASSES + 0.1).all()
    assert np.array_equal(accuracy(TRAIN, settings), accuracy(TRAIN, settings))
    assert not np.array_equal(accuracy(TRAIN, settings), accuracy(TRAIN, replace(settings, seed=1)))


def test_one_penalty_is_chosen_for_all_layers() -> None:
    train, validation = (
        Labelled(Taken(TRAIN.features, rows), TRAIN.labels[rows]) for rows in (np.arange(120), np.arange(120, 160))
    )
    l2, curves = choose_l2(train, validation, CLASSES, Settings(), (1e-3, 1e-1, 1e3))
    means = {penalty: curve.mean() for penalty, curve in curves.items()}
    assert l2 == max(means, key=lambda penalty: means[penalty])
    assert l2 != 1e3


def test_a_shift_by_the_difference_of_means_undoes_a_translation() -> None:
    moved = Shifted(TEST.features, np.full((3, 12), 3.0, dtype=np.float32))
    back = Shifted(moved, mean_state(TEST.features) - mean_state(moved))
    tests = {"test": TEST, "moved": Labelled(moved, TEST.labels), "back": Labelled(back, TEST.labels)}
    found = {
        name: each.accuracy[1:].mean() for name, each in probe(TRAIN, tests, CLASSES, Settings()).predictions.items()
    }
    assert found["moved"] < found["test"] - 0.2
    assert found["back"] == pytest.approx(found["test"], abs=0.01)


def test_fits_are_made_once_per_content(tmp_path: Path) -> None:
    memo = Memo(tmp_path)
    first = memo.probe(TRAIN, {"test": TEST}, CLASSES, Settings())
    again = memo.probe(TRAIN, {"test": TEST}, CLASSES, Settings(device="cpu"))
    assert memo.fitted == 1
    assert np.array_equal(first.predictions["test"].logprob, again.predictions["test"].logprob)
    assert np.array_equal(first.converged, again.converged)


@pytest.mark.parametrize("changed", ["states", "labels", "settings", "test"])
def test_other_content_is_another_fit(tmp_path: Path, changed: str) -> None:
    memo = Memo(tmp_path)
    memo.probe(TRAIN, {"test": TEST}, CLASSES, Settings())
    states = np.asarray(TRAIN.features[:]).copy()
    states[2, 5, 1] += 1e-3
    train = {"states": Labelled(states, TRAIN.labels), "labels": Labelled(TRAIN.features, TRAIN.labels[::-1])}
    test = Labelled(Taken(TEST.features, np.arange(9)), TEST.labels[:9])
    memo.probe(
        train.get(changed, TRAIN),
        {"test": test if changed == "test" else TEST},
        CLASSES,
        Settings(l2=0.2) if changed == "settings" else Settings(),
    )
    assert memo.fitted == 2


def test_measures_of_predictions() -> None:
    predictions = Predictions(
        labels=np.array([0, 0, 1, 6]),
        predicted=np.array([[0, 1, 1, 1]]),
        confidence=np.array([[0.9, 0.6, 0.5, 0.7]], dtype=np.float32),
        logprob=np.log(np.array([[0.9, 0.4, 0.5, 0.01]], dtype=np.float32)),
        rank=np.array([[0, 1, 0, 6]]),
    )
    assert predictions.accuracy.tolist() == [0.5]
    assert predictions.top5.tolist() == [0.75]
    assert predictions.macro_accuracy.tolist() == [0.5]
    assert predictions.nll[0] == pytest.approx(-np.log([0.9, 0.4, 0.5, 0.01]).mean())
    assert predictions.ece[0] == pytest.approx((0.1 + 0.6 + 0.5 + 0.7) / 4)
