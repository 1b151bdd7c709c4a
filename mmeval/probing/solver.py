"""Multinomial logistic regressions, many at once: L-BFGS in which each problem has its own steps and history.

The objective of each problem is scikit-learn's over N: mean cross-entropy + l2/2 ||W||², biases unpenalised, so that
l2 = 1 / (C N). The first guess of the inverse Hessian is exact at W = 0, where the Hessian is (XᵀX/N) / classes + l2
for each direction among classes, and follows the mean of p (1 - p) as probabilities sharpen; it makes tens of
iterations out of hundreds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import torch

HISTORY = 10
REFRESH = 8
"""Iterations after which the approximation of the Hessian is made anew."""
_SUFFICIENT = 1e-4
_HALVINGS = 20


@dataclass(frozen=True)
class Solution:
    """Weights (problems, width, classes), biases (problems, classes), and per problem how the search ended."""

    weights: Any
    biases: Any
    objective: Any
    iterations: Any
    converged: Any


def solve(
    features: Any, labels: Any, classes: int, l2: float, *, max_iterations: int = 300, tolerance: float = 1e-5
) -> Solution:
    """Minimise every problem. `features` has shape (problems, samples, width), `labels` (samples,).

    A problem has converged where no component of its gradient exceeds `tolerance`. With fewer samples than
    dimensions the problem is solved in the span of the samples, where its optimum lies.
    """
    basis = None
    if features.shape[1] < features.shape[2]:
        basis, triangle = torch.linalg.qr(features.mT)
        features = triangle.mT
    ones = features.new_ones((*features.shape[:2], 1))
    search = _Search(torch.cat([features, ones], -1), labels, classes, l2, tolerance)
    search.run(max_iterations)
    weights = search.best[:, :-1]
    return Solution(
        weights if basis is None else basis @ weights,
        search.best[:, -1],
        search.objective,
        search.iterations,
        search.converged,
    )


class _Search:
    """The state of the search. The working tensors hold the unfinished problems `active` only."""

    def __init__(self, features: Any, labels: Any, classes: int, l2: float, tolerance: float) -> None:
        count, samples, width = features.shape
        self._x, self._labels, self._tolerance = features, labels, tolerance
        self._penalty = features.new_full((width, 1), l2)
        self._penalty[-1] = 0
        self._gram = features.mT @ features / samples
        self._spread = features.new_full((count,), 1 / classes)
        self._factor = self._factored()
        self._w = features.new_zeros((count, width, classes))
        self._pairs: deque[tuple[Any, ...]] = deque(maxlen=HISTORY)
        self._active = torch.arange(count, device=features.device)
        self.best = self._w.clone()
        self.objective = features.new_zeros(count)
        self.iterations = torch.zeros(count, dtype=torch.long, device=features.device)
        self.converged = torch.zeros(count, dtype=torch.bool, device=features.device)

    def run(self, max_iterations: int) -> None:
        value, gradient = self._evaluate(self._w)
        for iteration in range(max_iterations):
            if iteration % REFRESH == REFRESH - 1:
                self._refresh()
            small = gradient.abs().amax((1, 2)) <= self._tolerance
            value, gradient = self._retire(small, value, gradient, converged=True)
            if not len(self._active):
                return
            direction = self._direction(gradient)
            step, value, new_gradient = self._line_search(direction, value, gradient)
            moved = step[:, None, None] * direction
            self._remember(moved, new_gradient - gradient)
            self._w, gradient = self._w + moved, new_gradient
            self.iterations[self._active] += 1
            value, gradient = self._retire(step == 0, value, gradient, converged=False)
        self._retire(torch.ones_like(self._active, dtype=torch.bool), value, gradient, converged=False)

    def _evaluate(self, w: Any) -> tuple[Any, Any]:
        """Objective (problems,) and gradient at `w`."""
        samples = self._x.shape[1]
        logits = self._x @ w
        normalizer = logits.logsumexp(-1, keepdim=True)
        place = self._labels[None, :, None].expand(len(w), -1, -1)
        loss = (normalizer - logits.gather(-1, place)).mean((1, 2))
        errors = (logits - normalizer).exp_()
        errors.scatter_add_(-1, place, errors.new_full(place.shape, -1.0))
        penalised = self._penalty * w
        return loss + (penalised * w).sum((1, 2)) / 2, self._x.mT @ errors / samples + penalised

    def _factored(self) -> Any:
        """Cholesky factors of the Hessians' approximations."""
        hessian = self._gram * self._spread[:, None, None] + torch.diag(self._penalty[:, 0])
        return torch.linalg.cholesky(_regular(hessian))

    def _refresh(self) -> None:
        """Take the present mean of p (1 - p) over samples and classes for that at W = 0."""
        probabilities = (self._x @ self._w).softmax(-1)
        self._spread = (probabilities - probabilities.square()).mean((1, 2))
        self._factor = self._factored()

    def _precondition(self, gradient: Any) -> Any:
        return torch.cholesky_solve(gradient, self._factor)

    def _direction(self, gradient: Any) -> Any:
        """Two-loop recursion, each problem by itself; a pair without curvature has weight 0."""
        q, alphas = gradient, []
        for s, y, rho, _ in reversed(self._pairs):
            alpha = rho * _dot(s, q)
            q = q - alpha * y
            alphas.append(alpha)
        direction = self._precondition(q)
        if self._pairs:
            direction = direction * self._pairs[-1][3]
        for (s, y, rho, _), alpha in zip(self._pairs, reversed(alphas), strict=True):
            direction = direction + s * (alpha - rho * _dot(y, direction))
        return -direction

    def _line_search(self, direction: Any, value: Any, gradient: Any) -> tuple[Any, Any, Any]:
        """Halve each problem's step until its objective falls enough; 0 where it never does."""
        slope = _dot(gradient, direction)[:, 0, 0]
        step = torch.ones_like(value)
        for _ in range(_HALVINGS):
            new_value, new_gradient = self._evaluate(self._w + step[:, None, None] * direction)
            short = new_value > value + _SUFFICIENT * step * slope
            if not short.any():
                return step, new_value, new_gradient
            step = torch.where(short, step / 2, step)
        step = torch.where(short, 0.0, step)
        return step, *self._evaluate(self._w + step[:, None, None] * direction)

    def _remember(self, s: Any, y: Any) -> None:
        curvature = _dot(s, y)
        known = curvature > torch.finfo(s.dtype).tiny
        rho = torch.where(known, 1 / curvature, 0.0)
        scale = torch.where(known, curvature / _dot(y, self._precondition(y)), 1.0)
        self._pairs.append((s, y, rho, scale))

    def _retire(self, done: Any, value: Any, gradient: Any, *, converged: bool) -> tuple[Any, Any]:
        """Keep the results of finished problems and take them out of the batch."""
        if not done.any():
            return value, gradient
        places, going = self._active[done], ~done
        self.best[places], self.objective[places], self.converged[places] = self._w[done], value[done], converged
        self._active, self._w, self._x = self._active[going], self._w[going], self._x[going]
        self._factor, self._gram, self._spread = self._factor[going], self._gram[going], self._spread[going]
        kept = (tuple(each[going] for each in pair) for pair in self._pairs)
        self._pairs = deque(kept, maxlen=HISTORY)
        return value[going], gradient[going]


def _dot(one: Any, other: Any) -> Any:
    return (one * other).sum((1, 2), keepdim=True)


def _regular(hessian: Any) -> Any:
    """`hessian` with a trace of itself on the diagonal: a factor must exist, it need not be exact."""
    mean = hessian.diagonal(dim1=1, dim2=2).mean(1)[:, None, None]
    return hessian + 1e-5 * mean * torch.eye(hessian.shape[-1], dtype=hessian.dtype, device=hessian.device)
