"""What layer probes cost: states behind a shared prefix against one forward pass per prompt, and fits of all layers
against a loop over scikit-learn's.

python benchmarks/layer_probes.py [--prefix 576] [--prompts 12] [--samples 2000] [--layers 30]

CPU seconds of this process; the model is a random one of the given size, so that nothing is downloaded.
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from transformers import LlamaConfig, LlamaForCausalLM

from mmeval.probing.features import chunks
from mmeval.probing.linear import CHUNK_BYTES, COPIES
from mmeval.probing.solver import solve
from mmeval.serialize import content_hash
from mmeval.types import Represent, Request, RequestKey
from mmeval_models.hf.representing import StateReader, StateRow, Wanted

Result = TypeVar("Result")

SUFFIX = 24
"""Tokens of a question with the header behind it."""
GAP = 1e-4
"""Distance from the optimum at which both ways of fitting stop."""
TOLERANCES = (3e-4, 2e-4, 1e-4, 7e-5, 5e-5, 3e-5, 2e-5, 1e-5, 1e-6)
CHOOSING = 5
"""Layers on which the loosest sufficient tolerance is chosen."""


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """The result and the CPU seconds that it took."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def extraction(prefix: int, prompts: int, blocks: int, width: int) -> None:
    """Seconds per input, both ways, and how far the states are apart."""
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=width,
        intermediate_size=3 * width,
        num_hidden_layers=blocks,
        num_attention_heads=width // 64,
        vocab_size=1000,
        max_position_embeddings=4096,
    )
    model = LlamaForCausalLM(config).eval()
    with torch.no_grad():  # else attention is so even that nothing could go wrong
        for weight in model.parameters():
            weight.mul_(4 if weight.dim() > 1 else 1)
    random = np.random.default_rng(0)
    trunk = tuple(random.integers(1000, size=prefix).tolist())
    rests = [tuple(random.integers(1000, size=SUFFIX).tolist()) for _ in range(prompts)]
    ask = Represent((), (-1,))
    request = Request(RequestKey("bench", "0"), ask, content_hash(ask))
    row = StateRow(request, tuple(trunk + rest for rest in rests), tuple(range(prompts)), prefix)
    reader = StateReader(model, _Padding(), 4096)  # type: ignore[arg-type]
    wanted = Wanted((-1,), tuple(range(blocks + 2)), ())
    shared, fast = timed(lambda: reader.read([row], wanted, together=True)[0].states)
    whole, slow = timed(lambda: reader.read([row], wanted, together=False)[0].states)
    apart = float((shared - whole).norm() / whole.norm())
    print(f"states of {prompts} prompts, {prefix} shared tokens, {blocks} blocks of {width}:")
    print(f"  shared {fast:.2f} s, one pass per prompt {slow:.2f} s, ratio {slow / fast:.1f}, apart {apart:.1e}")


class _Padding:
    pad_id = 0


def fitting(layers: int, samples: int, width: int, classes: int, l2: float) -> None:
    """Seconds for all layers, both ways: at the default tolerances, and at equal distance from the optimum."""
    states, labels = _states(layers, samples, width, classes)
    probes = states[:: max(1, layers // CHOOSING)]
    best, _ = _ours(probes.astype(np.float64), labels, l2, 1e-6)
    print(f"fits of {layers} layers, {samples} samples of {width}, {classes} classes, l2 {l2}:")
    loosest = [
        next(tol for tol in TOLERANCES if (fit(probes, labels, l2, tol)[0] - best).max() <= GAP)
        for fit in (_ours, _theirs)
    ]
    for title, (our_tolerance, their_tolerance) in {"defaults": (3e-5, 1e-4), f"gap {GAP:.0e}": loosest}.items():
        ours, fast = _ours(states, labels, l2, our_tolerance)
        theirs, slow = _theirs(states, labels, l2, their_tolerance)
        print(
            f"  {title}: all layers {fast:.2f} s (tolerance {our_tolerance:.0e}), scikit-learn's loop {slow:.2f} s "
            f"({their_tolerance:.0e}), ratio {slow / fast:.1f}, objective worse by {(ours - theirs).max():.1e} at most"
        )


def _ours(states: np.ndarray, labels: np.ndarray, l2: float, tolerance: float) -> tuple[np.ndarray, float]:
    x, y = torch.from_numpy(states), torch.from_numpy(labels)
    parts, classes = list(chunks(states.shape, CHUNK_BYTES["cpu"], COPIES)), int(labels.max()) + 1
    found, seconds = timed(lambda: [solve(x[part], y, classes, l2, tolerance=tolerance) for part in parts])
    return torch.cat([part.objective for part in found]).numpy(), seconds


def _theirs(states: np.ndarray, labels: np.ndarray, l2: float, tolerance: float) -> tuple[np.ndarray, float]:
    found, seconds = timed(lambda: [_reference(layer, labels, l2, tolerance) for layer in states])
    return np.array(found), seconds


def _states(layers: int, samples: int, width: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Standardised states with the fast-falling spectrum of a network's, and classes that are not quite separable."""
    random = np.random.default_rng(0)
    labels = np.arange(samples) % classes
    mixing = random.standard_normal((width, width)) * (np.arange(1, width + 1) ** -1.0)[:, None]
    made = []
    for _ in range(layers):
        states = (
            random.standard_normal((samples, width)) + 0.6 * random.standard_normal((classes, width))[labels]
        ) @ mixing
        made.append((states - states.mean(0)) / states.std(0))
    return np.stack(made).astype(np.float32), labels.astype(np.int64)


def _reference(states: np.ndarray, labels: np.ndarray, l2: float, tolerance: float) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=1 / (l2 * len(labels)), tol=tolerance, max_iter=2000).fit(states, labels)
    logits = states.astype(np.float64) @ model.coef_.T.astype(np.float64) + model.intercept_
    logits -= logits.max(1, keepdims=True)
    logprobs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return float(
        -logprobs[np.arange(len(labels)), labels].mean() + l2 / 2 * (model.coef_.astype(np.float64) ** 2).sum()
    )


def main() -> None:
    """Print both tables and the peak of memory."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, default in (("prefix", 576), ("prompts", 12), ("blocks", 12), ("width", 512), ("layers", 30)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--states", type=int, default=576, help="width of the states that are fitted")
    parser.add_argument("--classes", type=int, default=20)
    arguments = parser.parse_args()
    extraction(arguments.prefix, arguments.prompts, arguments.blocks, arguments.width)
    for l2 in (1e-3, 1e-2, 1e-1):
        fitting(arguments.layers, arguments.samples, arguments.states, arguments.classes, l2)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()
