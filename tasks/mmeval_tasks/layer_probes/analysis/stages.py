"""The stages of a run, how sure they are, and what to distrust."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from mmeval_tasks.layer_probes.analysis.measures import Curves, Doubles, factor_effects, mean_over
from mmeval_tasks.layer_probes.analysis.segmentation import (
    Channels,
    Thresholds,
    breaks_by_bic,
    rule_d,
    rule_t,
)
from mmeval_tasks.layer_probes.prompts import PromptSet

LATER_STAGES = ("lexical_integration", "semantic_reasoning", "answer_decoding")
FACTORS = ("S", "C", "N", "O")
FAMILIES = ("lexical", "negation", "format")
SWEEP = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
_FEWEST_FOR_EFFECTS = 8
"""Variants from which factors are told apart by least squares, not by families."""
_APART, _WIDE = 2, 4
"""Layers by which the rules may differ, and that an interval may span, before a boundary is called unstable."""


def stages(curves: Curves, prompts: PromptSet, thresholds: Thresholds, first_stage: str) -> dict[str, Any]:
    """Both rules with 95 % intervals over bootstrap draws, a sweep of thresholds, names and flags."""
    blocks = slice(1, -1)
    point = channels(curves.relative_drop[None, :, blocks], prompts)
    drawn = channels(curves.relative_drop_draws[..., blocks], prompts)
    scale = np.array([np.sqrt(np.square(each.std(0)).mean()) for each in (drawn.wording, drawn.meaning, drawn.format)])
    layers, names = point.layers, (first_stage, *LATER_STAGES)
    t = _rule(rule_t(point, thresholds)[0], rule_t(drawn, thresholds), layers, names)
    d = _rule(rule_d(point, scale)[0], rule_d(drawn, scale), layers, names)
    return {
        "channels": "factor_effects" if uses_effects(prompts) else "families",
        "rule_T": {**t, "tau": [thresholds.any_edit, thresholds.meaning, thresholds.format], "k": thresholds.run},
        "rule_D": {**d, "k_bic": breaks_by_bic(point, scale)},
        "sweep": {str(tau): rule_t(point, _at(thresholds, tau))[0].tolist() for tau in SWEEP},
        "labels": _labels(t["boundaries"], layers, names),
        "flags": _flags(t, d, layers),
    }


def uses_effects(prompts: PromptSet) -> bool:
    """Whether the set can tell the factors apart."""
    table = factors(prompts)
    return len(table) >= _FEWEST_FOR_EFFECTS and bool(np.linalg.matrix_rank(table) == len(FACTORS))


def factors(prompts: PromptSet) -> Doubles:
    """The factor codes of the variants that change something, shape (variants, 4)."""
    return np.array([each.factors for each in prompts.variants if each.family != "null"], dtype=np.float64).reshape(
        -1, 4
    )


def effects(relative: Doubles, prompts: PromptSet) -> Doubles:
    """Factor effects of relative drops (..., variants, layers)."""
    changed = [place for place, each in enumerate(prompts.variants) if each.family != "null"]
    return factor_effects(relative[..., changed, :], factors(prompts))


def channels(relative: Doubles, prompts: PromptSet) -> Channels:
    """What the rules look at, of relative drops (draws, variants, layers)."""
    if uses_effects(prompts):
        found = effects(relative, prompts)
        return Channels.of_effects(*(found[:, FACTORS.index(name)] for name in "SNO"))
    return Channels.of_families(*(mean_over(relative, family(prompts, name)) for name in FAMILIES))


def family(prompts: PromptSet, name: str) -> list[int]:
    """Positions of a family among the variants."""
    return [place for place, each in enumerate(prompts.variants) if each.family == name]


def _at(thresholds: Thresholds, tau: float) -> Thresholds:
    return replace(thresholds, any_edit=tau, meaning=tau, format=tau)


def _rule(point: Any, drawn: Any, layers: int, names: Sequence[str]) -> dict[str, Any]:
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    widths = np.diff(np.concatenate([np.ones((len(drawn), 1)), drawn, np.full((len(drawn), 1), layers + 1)], 1), axis=1)
    return {
        "boundaries": dict(zip(("b1", "b2", "b3"), point.tolist(), strict=True)),
        "median": np.median(drawn, axis=0).tolist(),
        "ci": [[float(one), float(other)] for one, other in zip(low, high, strict=True)],
        "fractions": (point / layers).tolist(),
        "non_empty": dict(zip(names, (widths > 0).mean(0).tolist(), strict=True)),
        "widths": dict(zip(names, _widths(point, layers), strict=True)),
    }


def _widths(point: Any, layers: int) -> list[int]:
    edges = [1, *point.tolist(), layers + 1]
    return [after - before for before, after in pairwise(edges)]


def _labels(boundaries: Mapping[str, int], layers: int, names: Sequence[str]) -> list[str]:
    """The stage of every block."""
    starts = list(boundaries.values())
    return [names[sum(layer >= start for start in starts)] for layer in range(1, layers + 1)]


def _flags(t: Mapping[str, Any], d: Mapping[str, Any], layers: int) -> list[str]:
    flags = ["no_stage_change"] if all(start > layers for start in t["boundaries"].values()) else []
    for place, name in enumerate(t["boundaries"]):
        low, high = t["ci"][place]
        apart = abs(t["boundaries"][name] - d["boundaries"][name])
        if apart > _APART or high - low > _WIDE:
            flags.append(f"boundary_unstable:{name}")
    return flags
