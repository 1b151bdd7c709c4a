"""What the pictures of a comparison have in common: how each run looks, the key above the axes, the files."""

from __future__ import annotations

import io
import math
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

P = ParamSpec("P")
T = TypeVar("T")

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito's palette, told apart by all common kinds of sight; markers and hatches differ as well."""
MARKERS = "osD^vPX"
_HATCHES = ("", "////", "xxxx", "----", "\\\\\\\\", "||||", "++++")
"""Of lines alone: those of dots make an SVG file twenty times as large."""
_LINES = ("solid", "dashed", "dashdot", "dotted")
_LONGEST = 44
_LETTER, _LINE = 0.075, 0.2
"""Width of a letter and height of a line of the key, in inches."""
_DPI, _MOST_PIXELS = 150, 32_000
_STYLE = {
    "font.size": 9.0,
    "svg.hashsalt": "mmeval",
    "svg.fonttype": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.fontsize": 9.0,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "axes.labelsize": 9.0,
    "hatch.linewidth": 0.7,
}


@dataclass(frozen=True, slots=True)
class Look:
    """How a run is drawn, the same in every picture."""

    color: str
    marker: str
    hatch: str
    line: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture as the text of an `<svg>` element and as the content of a PNG file."""

    svg: str
    png: bytes


def look(number: int) -> Look:
    """That of a run by its number. After seven runs colors come again, with other markers, hatches and lines."""
    cycle, place = divmod(number, len(COLORS))
    other = (place + cycle) % len(COLORS)
    return Look(COLORS[place], MARKERS[other], _HATCHES[other], _LINES[cycle % len(_LINES)])


def styled(draw: Callable[P, T]) -> Callable[P, T]:
    """Draw in the style that all pictures have, whatever matplotlib is set to."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> T:
        import matplotlib as mpl

        with mpl.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return drawn


def figure_with_axes(width: float, height: float, count: int = 1, polar: bool = False) -> tuple[Figure, Sequence[Any]]:
    """A figure of a size in inches with axes side by side. `keyed` adds the key, and its height."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    kind = {"projection": "polar" if polar else None}
    return figure, figure.subplots(1, count, squeeze=False, sharey=True, subplot_kw=kind)[0]


def keyed(figure: Figure, handles: Sequence[Any]) -> Figure:
    """The figure with a key above its axes, in as many columns as its width holds."""
    labels = [handle.get_label().split("\n") for handle in handles]
    longest = max(len(line) for lines in labels for line in lines) + 6
    columns = max(1, min(4, len(handles), int(figure.get_figwidth() / _LETTER / longest)))
    lines = math.ceil(len(handles) / columns) * max(map(len, labels)) + 2
    figure.set_figheight(figure.get_figheight() + _LINE * lines)
    figure.legend(
        handles=handles, loc="outside upper left", ncols=columns, frameon=False, alignment="left", handlelength=2.8
    )
    return figure


def mark(number: int, label: str, hollow: bool = False, line: bool = False) -> Line2D:
    """A run's entry of the key."""
    from matplotlib.lines import Line2D

    return Line2D([], [], **point(number, hollow), linestyle=look(number).line if line else "none", label=label)


def point(number: int, hollow: bool = False) -> dict[str, Any]:
    """A run's marker. Nothing cuts it off at the end of an axis."""
    own = look(number)
    face = "white" if hollow else own.color
    return {"color": own.color, "marker": own.marker, "markerfacecolor": face, "clip_on": False}


def halo() -> list[Any]:
    """What keeps a black line visible on a dark bar."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=2.4, foreground="white", alpha=0.8)]


def short(name: str) -> str:
    """A name of at most 44 characters; the end of a longer one tells more than its beginning."""
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST // 3]}…{name[-(_LONGEST - _LONGEST // 3 - 1) :]}"
    return plain(name)


def wrapped(name: str, width: int = 30) -> str:
    """A name in lines, broken after its separators."""
    lines = [""]
    for part in re.split(r"(?<=[_/. -])", name):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] += part
    return plain("\n".join(lines))


def plain(text: str) -> str:
    """Text between dollar signs would be set as a formula."""
    return text.replace("$", r"\$")


@styled
def rendered(figure: Figure, title: str) -> Drawing:
    """The figure under a title."""
    from matplotlib.font_manager import FontProperties

    width, height = figure.get_size_inches()
    lines = textwrap.wrap(plain(title), int(width / _LETTER))
    figure.legends[0].set_title("\n".join(lines), FontProperties(size=11, weight="bold"))
    svg, png = io.StringIO(), io.BytesIO()
    figure.savefig(svg, format="svg", bbox_inches="tight", metadata={"Date": None, "Title": title})
    figure.savefig(png, format="png", bbox_inches="tight", dpi=min(_DPI, _MOST_PIXELS / height))
    return Drawing(svg.getvalue()[svg.getvalue().index("<svg") :], png.getvalue())
