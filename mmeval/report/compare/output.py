"""A comparison as files: everything as JSON, the rows as CSV, the tables as Markdown, tables and pictures as a page."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmeval.report.compare.compared import Compared
from mmeval.report.compare.numbers import as_json, flat_rows
from mmeval.report.compare.page import sheets
from mmeval.report.compare.pictures import can_draw, is_of_picture
from mmeval.report.compare.tables import rows_in_order
from mmeval.report.files import write_bytes, write_json, write_text
from mmeval.report.table import markdown

NO_PLOTS = "pictures are left out; they need: pip install 'mmeval-harness[report]'"
FOOTNOTES = (
    "A is compared with each other run over the samples that both answered. Intervals of a difference are percentile "
    "bootstrap intervals over samples, or over whole clusters (of fewer than ten, Student's t; where nothing varied, "
    "what may have been missed); p-values are of exact McNemar tests where samples are right or wrong and independent, "
    "else of paired permutation tests; Holm's correction is over the tests of one comparison. The tasks of a pooled "
    "group are tested as one. The mean of another group has no test: its interval is Student's t over its tasks, its "
    "verdict is what the interval leaves no doubt of.",
    "Can show: the smallest difference that as many samples show in 80 % of all repetitions; none where it is beyond "
    "the metric's range. Effect: Cohen's h of shares, d of other means. Underpowered: the difference is not known to "
    "within 5 points.",
    "Over chance: (score - chance) / (1 - chance). Gains are means of it over tasks (a pooled group is one), above 0 "
    "where the other run is better; tasks without a chance level of their metric, or without a test, are left out. "
    "Intervals of gains are Student's t over tasks, and never narrower than the tasks' own. A specialization is worth "
    "it where a gain on its domain (G_on) is shown; what it costs off it (G_off) is never subtracted.",
    "Published scores come from other evaluations: no test is made against them.",
    "Efficiency is comparable where device, batch size, precision and prompts are known to be equal; other rows are "
    "grey. Rates and latencies leave a warm-up of three batches out, or say that it is in them. Tokens/s are those "
    "written, of log-likelihoods those read, over all of the model's time; prefill and decode are over the part of it "
    "in which the model read and wrote. A latency is from beginning at a request to its answer, together with "
    "its batch; from sending it, to a server; of models that do not tell, from taking it, with the wait for its turn.",
)


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
        write_text(directory / "comparison.csv", _csv(flat_rows(compared))),
        write_text(directory / "comparison.md", _markdown(compared)),
        write_text(directory / "comparison.html", page(compared)),
        *(write_text(directory / "figures" / name, text) for name, text in texts.items()),
        *(write_bytes(directory / "figures" / name, content) for name, content in images.items()),
    ]


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(max(rows, key=len, default=())), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def page(compared: Compared) -> str:
    """The comparison as one HTML file that needs no other."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("mmeval.report.compare", "."), autoescape=True)
    return environment.get_template("page.html.j2").render(
        compared=compared,
        sheets=sheets(compared.tables, [row for row, _ in rows_in_order(compared.comparisons, compared.by_domain)]),
        footnotes=(*compared.remarks, *FOOTNOTES),
        no_plots="" if can_draw() else NO_PLOTS,
    )


def _markdown(compared: Compared) -> str:
    parts = ["\n".join(f"- {line}" for line in (*compared.letters, *compared.remarks))]
    parts += [f"## {title}\n\n{markdown(table)}" for title, table in compared.tables]
    left_out = [*(f"refused: {line}" for line in compared.refusals), *compared.alone]
    if left_out:
        parts.append("## Not compared\n\n" + "\n".join(f"- {line}" for line in left_out))
    return "# Comparison\n\n" + "\n\n".join((*parts, *FOOTNOTES)) + "\n"
