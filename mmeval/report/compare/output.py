"""A comparison as files: everything as JSON, the rows as CSV, the tables as Markdown, tables and pictures as a page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from mmeval.report.compare.canvas import Drawing
from mmeval.report.compare.comparison import Comparison
from mmeval.report.compare.domains import DomainGain, by_domain, on_and_off
from mmeval.report.compare.evidence import Evidence
from mmeval.report.compare.page import sheets
from mmeval.report.compare.pictures import Picture, can_draw, is_of_picture, pictures
from mmeval.report.compare.published import Beside, beside
from mmeval.report.compare.rows import Row
from mmeval.report.compare.runs import Run
from mmeval.report.compare.tables import (
    LETTERS,
    alone,
    comparison_table,
    domain_table,
    efficiency_table,
    names,
    published_table,
    refusals,
)
from mmeval.report.files import write_bytes, write_json, write_text
from mmeval.report.table import Table, markdown

FORMAT = 1
NO_PLOTS = "pictures are left out; they need: pip install 'mmeval-harness[report]'"
_PAIRS = ("interval", "discordant")
"""Keys of two numbers, or none."""
FOOTNOTES = (
    "A is compared with each other run over the samples that both answered. Intervals of a difference are percentile "
    "bootstrap intervals over samples, or over whole clusters; p-values are of exact McNemar tests where samples are "
    "right or wrong and independent, else of paired permutation tests; Holm's correction is over the tests of one "
    "comparison. The tasks of a pooled group are tested as one. The mean of another group has no test: its interval "
    "resamples tasks and samples, its verdict is what the interval leaves no doubt of.",
    "Can show: the smallest difference that as many samples show in 80 % of all repetitions. Effect: Cohen's h of "
    "shares, d of other means. Underpowered: the difference is not known to within 5 points.",
    "Over chance: (score - chance) / (1 - chance). Gains are means over tasks, above 0 where the other run is "
    "better; their intervals resample tasks and samples. A specialization is worth it where a gain on its domain is "
    "shown; what it costs off the domain stands beside it and is never subtracted.",
    "Published scores come from other evaluations: no test is made against them.",
    "Efficiency is comparable where device, batch size, precision and prompts are equal. Rates and latencies leave the "
    "first batches out where that can be told; a latency is from when the model takes a request to its answer; where "
    "it works at many, with the wait for its turn.",
)


@dataclass(frozen=True)
class Compared:
    """Runs against the first, and the gains of each by domain, with its letter."""

    comparisons: Sequence[Comparison]
    gains: Sequence[tuple[str, DomainGain]]
    published: Sequence[Beside]

    @classmethod
    def of(cls, comparisons: Sequence[Comparison], specialized_in: str = "", published: Sequence[str] = ()) -> Compared:
        """`specialized_in` splits the tasks into those of that domain and all others, by default that of the other
        model's card; `published` names sources of published scores.
        """
        domains = [specialized_in or comparison.other.specialized_in for comparison in comparisons]
        gains = [
            (letter, gain)
            for letter, comparison, domain in zip(LETTERS[1:], comparisons, domains, strict=False)
            for gain in (*(on_and_off(comparison.rows, domain) if domain else ()), *by_domain(comparison.rows))
        ]
        runs = [comparisons[0].one, *(each.other for each in comparisons)]
        shown = gains if any(domains) or len(gains) > len(comparisons) else ()
        return cls(comparisons, shown, beside(runs, published))

    @property
    def tables(self) -> list[tuple[str, Table]]:
        """Titles and tables; those without rows are left out, and all where everything was refused."""
        if not any(comparison.rows for comparison in self.comparisons):
            return []
        tables = [
            ("Comparison", comparison_table(self.comparisons)),
            ("Gain by domain", domain_table(self.gains)),
            ("Published scores", published_table(self.published)),
            ("Efficiency", efficiency_table(self.comparisons)),
        ]
        return [(title, table) for title, table in tables if table.rows]

    @cached_property
    def pictures(self) -> list[Picture]:
        """What there is to draw."""
        return pictures(self.comparisons)

    @cached_property
    def drawn(self) -> list[tuple[Picture, Drawing]]:
        """The pictures as they are drawn; empty where nothing can draw them."""
        drawn = [(picture, picture.drawn()) for picture in self.pictures] if can_draw() else []
        return [(picture, drawing) for picture, drawing in drawn if drawing]

    @property
    def letters(self) -> list[str]:
        """A line for each run: its letter, model and directory."""
        return [f"{letter}: {name}" for letter, name in names(self.comparisons)]

    @property
    def refusals(self) -> list[str]:
        """A line for each common task that cannot be compared."""
        return refusals(self.comparisons)

    @property
    def alone(self) -> list[str]:
        """A line for the tasks of one run only."""
        return alone(self.comparisons)


def write(compared: Compared, directory: Path) -> list[Path]:
    """Write `comparison.json`, `.csv`, `.md` and `.html` into a folder, which is made; `figures/` holds each picture
    and its numbers, and none of an earlier comparison.
    """
    (directory / "figures").mkdir(parents=True, exist_ok=True)
    texts = {f"{picture.name}.csv": _csv(picture.rows) for picture in compared.pictures}
    texts |= {f"{picture.name}.svg": drawing.svg for picture, drawing in compared.drawn}
    images = {f"{picture.name}.png": drawing.png for picture, drawing in compared.drawn}
    for path in (directory / "figures").iterdir():
        if is_of_picture(path.name) and path.name not in texts and path.name not in images:
            path.unlink()
    return [
        write_json(directory / "comparison.json", as_json(compared)),
        write_text(directory / "comparison.csv", _csv(_flat_rows(compared))),
        write_text(directory / "comparison.md", _markdown(compared)),
        write_text(directory / "comparison.html", page(compared)),
        *(write_text(directory / "figures" / name, text) for name, text in texts.items()),
        *(write_bytes(directory / "figures" / name, content) for name, content in images.items()),
    ]


def as_json(compared: Compared) -> dict[str, Any]:
    """All numbers of a comparison."""
    runs = [compared.comparisons[0].one, *(each.other for each in compared.comparisons)]
    return {
        "format": FORMAT,
        "runs": {letter: _run(run) for letter, run in zip(LETTERS, runs, strict=False)},
        "comparisons": [
            {
                "runs": ["A", letter],
                "rows": [_row(row) for row in comparison.rows],
                "groups": [_row(row) for row in comparison.groups],
                "refused": dict(comparison.refused),
                "alone": [list(tasks) for tasks in comparison.alone],
            }
            for letter, comparison in zip(LETTERS[1:], compared.comparisons, strict=False)
        ],
        "gains": [{"run": letter, **asdict(gain), "verdict": gain.verdict} for letter, gain in compared.gains],
        "figures": {picture.name: picture.rows for picture in compared.pictures},
        "published": [
            {"task": each.task, **each.reference.model_dump(), "values": each.values, "notes": each.notes}
            for each in compared.published
        ],
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "directory": str(run.directory),
        "model": run.model,
        "config": run.data["config"],
        "efficiency": run.data.get("efficiency"),
    }


def _row(row: Row) -> dict[str, Any]:
    data = asdict(row)
    for name, side in (("one", row.one), ("other", row.other)):
        data[name]["over_chance"] = row.over_chance(side)
    if row.tested is not None:
        del data["tested"]["replicates"]
    return {**data, "verdict": row.verdict, "adjusted": row.adjusted}


def _flat_rows(compared: Compared) -> list[dict[str, Any]]:
    """The rows of tasks and groups, each with all columns: one for each number, and for each baseline of any row."""
    rows = [
        (letter, kind, row)
        for letter, comparison in zip(LETTERS[1:], compared.comparisons, strict=False)
        for kind, rows in (("task", comparison.rows), ("group", comparison.groups))
        for row in rows
    ]
    baselines = dict.fromkeys(name for _, _, row in rows for name in row.baselines)
    return [{"run": letter, "kind": kind, **_flat_row(row, baselines)} for letter, kind, row in rows]


def _flat_row(row: Row, baselines: Iterable[str]) -> dict[str, Any]:
    data = _row(row)
    data["tested"] = data["tested"] or {each.name: None for each in fields(Evidence) if each.name != "replicates"}
    data["baselines"] = {name: row.baselines.get(name) for name in baselines}
    return _flat(data)


def _flat(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in data.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{name}_")
        elif key in _PAIRS:
            flat |= {f"{name}_{place}": each for place, each in enumerate(value or (None, None))}
        else:
            flat[name] = "; ".join(map(str, value)) if isinstance(value, tuple | list) else value
    return flat


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def page(compared: Compared) -> str:
    """The comparison as one HTML file that needs no other."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("mmeval.report.compare", "."), autoescape=True)
    return environment.get_template("page.html.j2").render(
        compared=compared,
        sheets=sheets(compared.tables, compared.comparisons),
        footnotes=FOOTNOTES,
        no_plots="" if can_draw() else NO_PLOTS,
    )


def _markdown(compared: Compared) -> str:
    parts = ["\n".join(f"- {line}" for line in compared.letters)]
    parts += [f"## {title}\n\n{markdown(table)}" for title, table in compared.tables]
    left_out = [*(f"refused: {line}" for line in compared.refusals), *compared.alone]
    if left_out:
        parts.append("## Not compared\n\n" + "\n".join(f"- {line}" for line in left_out))
    return "# Comparison\n\n" + "\n\n".join((*parts, *FOOTNOTES)) + "\n"
