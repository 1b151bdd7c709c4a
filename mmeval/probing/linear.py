"""Fit linear probes of all layers on training states, and let them predict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mmeval.errors import MissingRequirementError
from mmeval.probing.features import Features, Floats, Ints, chunks
from mmeval.probing.predictions import Bools, Doubles, Predictions

if TYPE_CHECKING:
    from collections.abc import Iterator

Estimator = Literal["logistic", "paper_compat_reconstructed"]

L2_GRID = (1e-3, 1e-2, 1e-1, 1.0)
CHUNK_BYTES = {"cpu": 1 << 24}
ACCELERATOR_CHUNK_BYTES = 1 << 31
"""Of layers that are fitted together: what a CPU's caches nearly hold, and what keeps an accelerator busy."""
COPIES = 4
"""Of the training states: as read, standardised, in the solver, and what is being computed."""
_CONSTANT = 1e-6
"""Dimensions with a smaller standard deviation are not scaled."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How probes are fitted.

    `logistic` is multinomial logistic regression, mean cross-entropy + l2/2 ||W||² with free biases, on states that
    are standardised per dimension by training statistics. `paper_compat_reconstructed` is one linear layer on states
    as they are, trained by Adam (1e-3, batches of 256, 50 epochs, no decay) in an order drawn from `seed`.
    """

    estimator: Estimator = "logistic"
    l2: float = 0.1
    max_iterations: int = 300
    tolerance: float = 1e-5
    seed: int = 0
    device: str = "auto"


@dataclass(frozen=True)
class Labelled:
    """Features and the class of each sample."""

    features: Features
    labels: Ints


@dataclass(frozen=True)
class Probed:
    """Predictions per test set, and which layers' fits converged."""

    predictions: Mapping[str, Predictions]
    converged: Bools


def probe(train: Labelled, tests: Mapping[str, Labelled], classes: int, settings: Settings) -> Probed:
    """Fit one probe per layer on `train` and predict each of `tests`. Raises MissingRequirementError without torch."""
    if find_spec("torch") is None:
        raise MissingRequirementError("probes are fitted with torch", hint="pip install 'mmeval-harness[probes]'")
    predicted: dict[str, list[Predictions]] = {name: [] for name in tests}
    converged: list[Bools] = []
    most_bytes = CHUNK_BYTES.get(_device(settings.device), ACCELERATOR_CHUNK_BYTES)
    for layers in chunks(train.features.shape, most_bytes, COPIES):
        fitted = _fit(train.features[layers], train.labels, classes, settings)
        converged.append(fitted.converged)
        for name, test in tests.items():
            predicted[name].append(fitted.predict(test.features[layers], test.labels))
    return Probed({name: Predictions.join(parts) for name, parts in predicted.items()}, np.concatenate(converged))


def choose_l2(
    train: Labelled,
    validation: Labelled,
    classes: int,
    settings: Settings,
    grid: Sequence[float] = L2_GRID,
    fit: Callable[[Labelled, Mapping[str, Labelled], int, Settings], Probed] = probe,
) -> tuple[float, dict[float, Doubles]]:
    """The penalty with the best validation accuracy, mean over layers (of equals the larger), and all accuracies.

    One penalty for all layers: tuning each by itself would confound the curve over layers.
    """
    accuracies = {
        l2: fit(train, {"validation": validation}, classes, replace(settings, l2=l2)).predictions["validation"]
        for l2 in sorted(grid, reverse=True)
    }
    curves = {l2: predictions.accuracy for l2, predictions in accuracies.items()}
    return max(curves, key=lambda l2: float(curves[l2].mean())), curves


@dataclass(frozen=True)
class _Fitted:
    """Probes of a range of layers, as tensors: logits are (x - center) * scale @ weights + biases."""

    center: Any
    scale: Any
    weights: Any
    biases: Any
    converged: Bools

    def predict(self, states: Floats, labels: Ints) -> Predictions:
        import torch

        x = torch.from_numpy(states).to(self.weights.device)
        logprobs = torch.baddbmm(self.biases[:, None], (x - self.center) * self.scale, self.weights).log_softmax(-1)
        best, predicted = logprobs.max(-1)
        place = torch.from_numpy(np.ascontiguousarray(labels)).to(x.device)[None, :, None].expand(len(x), -1, 1)
        own = logprobs.gather(-1, place)
        # Of classes that are equally likely, as all are to an untrained probe, the first is predicted.
        before = torch.arange(logprobs.shape[-1], device=x.device) < place
        rank = ((logprobs > own) | ((logprobs == own) & before)).sum(-1)
        return Predictions(labels, *(_array(values) for values in (predicted, best.exp(), own[..., 0], rank)))


def _fit(states: Floats, labels: Ints, classes: int, settings: Settings) -> _Fitted:
    import torch

    x = torch.from_numpy(np.ascontiguousarray(states, dtype=np.float32)).to(_device(settings.device))
    y = torch.from_numpy(np.ascontiguousarray(labels)).to(x.device)
    if settings.estimator == "logistic":
        return _fit_logistic(x, y, classes, settings)
    weights, biases = _train_linear(x, y, classes, settings.seed)
    flat = torch.zeros((), device=x.device)
    return _Fitted(flat, flat + 1, weights, biases, np.ones(len(x), dtype=bool))


def _fit_logistic(x: Any, y: Any, classes: int, settings: Settings) -> _Fitted:
    import torch

    from mmeval.probing.solver import solve

    center = x.mean(1, keepdim=True)
    deviation = (x - center).square().mean(1, keepdim=True).sqrt()
    scale = torch.where(deviation < _CONSTANT, 1.0, 1 / deviation)
    found = solve(
        (x - center) * scale,
        y,
        classes,
        settings.l2,
        max_iterations=settings.max_iterations,
        tolerance=settings.tolerance,
    )
    return _Fitted(center, scale, found.weights, found.biases, _array(found.converged))


def _train_linear(x: Any, y: Any, classes: int, seed: int) -> tuple[Any, Any]:
    """`torch.nn.Linear` per layer, trained as `paper_compat_reconstructed` says."""
    import torch

    random = torch.Generator().manual_seed(seed)
    bound = x.shape[2] ** -0.5
    shapes = ((len(x), x.shape[2], classes), (len(x), 1, classes))
    parameters = [
        ((torch.rand(shape, generator=random) * 2 - 1) * bound).to(x.device).requires_grad_() for shape in shapes
    ]
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    for batch in _batches(x.shape[1], random):
        optimizer.zero_grad()
        logits = torch.baddbmm(parameters[1], x[:, batch], parameters[0])
        targets = y[batch].expand(len(x), -1)
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")
        (loss / len(batch)).backward()
        optimizer.step()
    weights, biases = (parameter.detach() for parameter in parameters)
    return weights, biases[:, 0]


def _batches(samples: int, random: Any) -> Iterator[Any]:
    import torch

    for _ in range(50):
        yield from torch.randperm(samples, generator=random).split(256)


def _device(name: str) -> str:
    import torch

    return ("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name


def _array(values: Any) -> Any:
    return values.cpu().numpy()
