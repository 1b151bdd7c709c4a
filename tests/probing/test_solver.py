from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from mmeval.probing import Labelled
from tests.probing.made import labelled

torch = pytest.importorskip("torch")

from mmeval.probing.solver import Solution, solve  # noqa: E402


def standardized(data: Labelled) -> np.ndarray:
    states = np.asarray(data.features[:])
    deviation = states.std(1, keepdims=True)
    return (states - states.mean(1, keepdims=True)) / np.where(deviation < 1e-6, 1, deviation)


def solved(states: np.ndarray, labels: np.ndarray, classes: int, l2: float, **options: float) -> Solution:
    return solve(torch.from_numpy(states), torch.from_numpy(labels), classes, l2, **options)


def reference(states: np.ndarray, labels: np.ndarray, l2: float) -> LogisticRegression:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=1 / (l2 * len(labels)), tol=1e-6, max_iter=5000)
        return model.fit(states.astype(np.float64), labels)


def objective(model: LogisticRegression, states: np.ndarray, labels: np.ndarray, l2: float) -> float:
    logprobs = model.predict_log_proba(states.astype(np.float64))
    return float(-logprobs[np.arange(len(labels)), labels].mean() + l2 / 2 * (model.coef_**2).sum())


@pytest.mark.parametrize("l2", [1e-3, 1e-2, 1e-1, 1.0])
@pytest.mark.parametrize(("samples", "width"), [(240, 24), (60, 90)], ids=["many samples", "many dimensions"])
def test_agrees_with_scikit_learn(l2: float, samples: int, width: int) -> None:
    data = labelled(3, samples, width, 5, signal=0.6)
    states = standardized(data)
    found = solved(states, data.labels, 5, l2, tolerance=2e-6)
    for layer in (1, 2):
        model = reference(states[layer], data.labels, l2)
        weights = found.weights[layer].numpy().T
        assert np.linalg.norm(weights - model.coef_) <= 0.01 * np.linalg.norm(model.coef_)
        assert found.objective[layer].item() == pytest.approx(
            objective(model, states[layer], data.labels, l2), abs=2e-6
        )
        agreement = (states[layer] @ weights.T + found.biases[layer].numpy()).argmax(1) == model.predict(states[layer])
        assert agreement.mean() >= 0.99


def test_problems_do_not_depend_on_their_neighbours() -> None:
    data = labelled(4, 120, 16, 3, signal=0.4)
    states = standardized(data)
    together = solved(states, data.labels, 3, 0.01, tolerance=1e-6)
    for layer in range(4):
        alone = solved(states[layer : layer + 1], data.labels, 3, 0.01, tolerance=1e-6)
        assert torch.allclose(together.weights[layer], alone.weights[0], atol=2e-4)


def test_a_constant_layer_gives_the_class_shares() -> None:
    labels = np.array([0] * 30 + [1] * 10, dtype=np.int64)
    found = solved(np.zeros((1, 40, 4), dtype=np.float32), labels, 2, 0.1)
    assert torch.softmax(found.biases[0], 0)[0].item() == pytest.approx(0.75, abs=1e-3)
    assert found.weights.abs().max() == 0


def test_says_which_problems_did_not_converge() -> None:
    data = labelled(2, 120, 16, 3, signal=0.4)
    found = solved(standardized(data), data.labels, 3, 1e-3, max_iterations=2)
    assert found.converged.tolist() == [True, False]  # the constant layer is at its optimum at once
