"""Five pictures, each as PNG and SVG. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

Report: TypeAlias = Mapping[str, Any]

_COLOURS = {
    "anchor": "#000000",
    "null": "#999999",
    "lexical": "#0072B2",
    "concept": "#56B4E9",
    "negation": "#D55E00",
    "format": "#009E73",
    "crossed": "#CC79A7",
}
_STAGES = ("#F0F0F0", "#CFE2F1", "#F7D3BF", "#C7E6DB")
"""Colours after Okabe and Ito, which do not rest on telling red from green."""


_NAMED = 0.1
"""Least share of depth at which a bar has room for its stage's name."""


def draw(report: Report, beside: Sequence[Report], folder: Path) -> None:
    """Accuracy, relative drops, drops beside their controls, stages, and the anchor's controls."""
    with mpl.rc_context({"svg.hashsalt": "mmeval", "svg.fonttype": "none"}):
        _save(folder / "accuracy", lambda axes: _accuracy(axes[0], report), 1)
        _save(folder / "relative_drop", lambda axes: _heat(axes[0], report), 1)
        _save(folder / "drops", lambda axes: _drops(axes, report), 3)
        _save(folder / "stages", lambda axes: _stages(axes[0], [report, *beside]), 1)
        _save(folder / "anchor", lambda axes: _anchor(axes, report), 2)


def _save(path: Path, paint: Callable[[Sequence[Axes]], None], panels: int) -> None:
    figure = Figure(figsize=(7 if panels == 1 else 5 * panels, 4), layout="constrained")
    FigureCanvasAgg(figure)
    paint(figure.subplots(1, panels, squeeze=False)[0])
    figure.savefig(path.with_suffix(".png"), dpi=120)
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]


def _layers(report: Report) -> list[int]:
    return list(range(len(report["layers"])))


def _label(axes: Axes, report: Report, ylabel: str) -> None:
    places = _layers(report)
    step = max(1, len(places) // 12)
    ticks = [*(place for place in places[::step] if place < places[-1] - 1), places[-1]]
    axes.set_xticks(ticks, [str(report["layers"][tick]) for tick in ticks])
    axes.set(xlabel="layer", ylabel=ylabel)


def _shade(axes: Axes, report: Report) -> None:
    """Stages by rule T behind the curves."""
    blocks = report["model"]["n_blocks"]
    edges = [1, *report["stages"]["rule_T"]["boundaries"].values(), blocks + 1]
    for colour, start, end in zip(_STAGES, edges, edges[1:], strict=False):
        axes.axvspan(start - 0.5, end - 0.5, color=colour, lw=0, zorder=0)


def _accuracy(axes: Axes, report: Report) -> None:
    _shade(axes, report)
    shown: set[str] = set()
    for prompt in report["prompts"]:
        curve, colour = report["metrics"]["acc"][prompt["id"]], _COLOURS[prompt["family"]]
        label = prompt["family"] if prompt["family"] not in shown else None
        shown.add(prompt["family"])
        axes.plot(_layers(report), _numbers(curve["mean"]), color=colour, label=label, lw=1.2)
        low, high = _numbers(curve["ci_lo"]), _numbers(curve["ci_hi"])
        axes.fill_between(_layers(report), low, high, color=colour, alpha=0.12, lw=0)
    axes.axhline(report["controls"]["chance"], color="#666666", ls=":", lw=1, label="chance")
    axes.legend(fontsize=7)
    _label(axes, report, "probe accuracy")
    axes.set_title(f"{report['model']['id']}: accuracy under the anchor's probes", fontsize=9)


def _heat(axes: Axes, report: Report) -> None:
    drops = report["metrics"]["rel_drop"]
    image = axes.imshow(
        [_numbers(each["mean"]) for each in drops.values()], aspect="auto", cmap="cividis", vmin=-0.5, vmax=1.5
    )
    for row, name in enumerate(drops):
        for layer, p in enumerate(report["metrics"]["mcnemar_p_holm"][name]):
            if p is not None and p < 0.05:
                axes.text(layer, row, "★", ha="center", va="center", fontsize=6, color="white")
    axes.set_yticks(range(len(drops)), list(drops), fontsize=7)
    axes.figure.colorbar(image, ax=axes, label="relative drop")
    _label(axes, report, "")
    axes.set_title("relative drop (★: McNemar p < 0.05 after Holm; empty: not decodable)", fontsize=8)


def _drops(axes: Sequence[Axes], report: Report) -> None:
    """Raw, after re-centring, and of the untrained twin: a drop alone proves nothing."""
    metrics, anchor = report["metrics"], _numbers(report["metrics"]["acc"][report["prompts"][0]["id"]]["mean"])
    recentred = {
        name: [one - other for one, other in zip(anchor, _numbers(values), strict=True)]
        for name, values in metrics.get("recentred_acc", {}).items()
    }
    panels = {
        "raw": metrics["drop"],
        "re-centred": recentred,
        "untrained twin": report["controls"].get("untrained_drop", {}),
    }
    for each, (title, drops) in zip(axes, panels.items(), strict=True):
        for prompt in report["prompts"]:
            if prompt["id"] in drops:
                values = _numbers(drops[prompt["id"]])
                each.plot(range(len(values)), values, color=_COLOURS[prompt["family"]], lw=1.2, label=prompt["id"])
        each.axhline(0, color="#666666", lw=0.8)
        each.set_title(title if drops else f"{title}: not measured", fontsize=9)
        each.set_ylim(-0.25, 1)
        _label(each, report, "accuracy drop")
    axes[0].legend(fontsize=6)


def _stages(axes: Axes, reports: Sequence[Report]) -> None:
    """Stage bars on a common axis of depth, with the boundaries' intervals."""
    for row, report in enumerate(reports):
        blocks, t = report["model"]["n_blocks"], report["stages"]["rule_T"]
        for colour, name, start, end in _bars(report):
            axes.barh(row, (end - start) / blocks, 0.5, left=start / blocks, color=colour, edgecolor="#666666", lw=0.5)
            if end - start >= _NAMED * blocks:
                axes.text(
                    (start + end) / 2 / blocks, row, name.replace("_", "\n"), ha="center", va="center", fontsize=6
                )
        for start, (low, high) in zip(t["boundaries"].values(), t["ci"], strict=True):
            if start <= blocks:
                ends = [[(start - low) / blocks], [(high - start) / blocks]]
                axes.errorbar(
                    (start - 1) / blocks, row + 0.33, xerr=[[max(0, e[0])] for e in ends], color="black", capsize=2
                )
    axes.set_yticks(range(len(reports)), [_name(report) for report in reports], fontsize=7)
    axes.set(xlabel="depth (share of blocks)", xlim=(0, 1), ylim=(-0.6, len(reports) - 0.3))


def _name(report: Report) -> str:
    model = report["model"]
    return f"{model['id']}\nuntrained" if model["init"] == "random" else str(model["id"])


def _bars(report: Report) -> Iterator[tuple[str, str, int, int]]:
    widths = report["stages"]["rule_T"]["widths"]
    start = 0
    for colour, (name, width) in zip(_STAGES, widths.items(), strict=True):
        yield colour, name, start, start + width
        start += width


def _anchor(axes: Sequence[Axes], report: Report) -> None:
    accuracy, controls = report["metrics"]["acc"][report["prompts"][0]["id"]], report["controls"]
    axes[0].plot(_layers(report), _numbers(accuracy["mean"]), color="black", label="anchor")
    axes[0].fill_between(_layers(report), _numbers(accuracy["ci_lo"]), _numbers(accuracy["ci_hi"]), alpha=0.2)
    for name, style in (("random_label_acc", "--"), ("control_task_acc", ":")):
        if name in controls:
            axes[0].plot(_layers(report), _numbers(controls[name]), color="#D55E00", ls=style, label=name)
    for name in ("bag_of_words_acc", "length_only_acc", "vision_only_acc", "chance"):
        if name in controls:
            axes[0].axhline(controls[name], ls="-.", lw=0.8, color="#666666")
            axes[0].text(0, controls[name], name, fontsize=6, va="bottom")
    axes[0].legend(fontsize=7)
    _label(axes[0], report, "probe accuracy")
    for name, colour in (("selectivity", "#0072B2"), ("mdl_compression", "#009E73")):
        if name in controls:
            axes[1].plot(_layers(report), _numbers(controls[name]), color=colour, label=name)
    axes[1].legend(fontsize=7)
    _label(axes[1], report, "selectivity; compression")
