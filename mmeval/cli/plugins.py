"""`mmeval plugins`."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass

import click

from mmeval.cli.ls import aligned
from mmeval.cli.options import verbosity
from mmeval.console import Console, one_line
from mmeval.errors import MmevalError
from mmeval.hooks import Hooks
from mmeval.plugins import SLOW_SECONDS, Entry, Installed, installed, package_folder
from mmeval.registry import REGISTRIES

_REGISTRIES = {registry.group: registry for registry in REGISTRIES.values()}


@dataclass(frozen=True)
class Report:
    """What is known of one entry, or of a distribution that is not used (then `kind` and `name` are empty).

    `state` is ok, failed, hangs, duplicate, disabled or left out; `seconds` is the time that loading took.
    """

    distribution: str
    version: str
    kind: str
    name: str
    object: str
    state: str
    seconds: float | None = None
    cause: str = ""


@click.command("plugins", params=[verbosity()])
@click.option("--json", "as_json", is_flag=True, help="A JSON list, for programs.")
@click.pass_obj
def command(console: Console, /, as_json: bool) -> int:
    """Show installed plugins and whether they work.

    Everything is loaded, one by one and guarded: what raises, exits or hangs is named and the rest is shown.
    """
    # The way a plugin greets on import must not end up between the lines of --json.
    with redirect_stdout(sys.stderr):
        reports = survey(installed())
    if as_json:
        console.out(json.dumps([asdict(report) for report in reports], indent=2, ensure_ascii=False))
    else:
        console.out(aligned([("DISTRIBUTION", "KIND", "NAME", "STATE", "TIME", ""), *map(_row, reports)]))
    return 0


def survey(found: Installed) -> list[Report]:
    """Load every entry; add what is disabled or left out."""
    reports = [_load(entry, found.by_group[entry.group]) for entry in found.entries]
    reports += [
        Report(name, "", "", "", "", "disabled", cause="MMEVAL_PLUGINS, MMEVAL_DISABLE_PLUGINS")
        for name in found.disabled
    ]
    reports += [
        Report(problem.distribution, "", "", "", "", "left out", cause=problem.cause) for problem in found.problems
    ]
    return reports


def _row(report: Report) -> tuple[str, ...]:
    seconds = "" if report.seconds is None else f"{report.seconds * 1000:.0f} ms"
    distribution = f"{report.distribution} {report.version}".rstrip()
    return distribution, report.kind, report.name, report.state, seconds, one_line(report.cause)


def _load(entry: Entry, group: Sequence[Entry]) -> Report:
    """Load one entry in a thread that may be left behind."""
    causes: list[str] = []
    thread = threading.Thread(target=lambda: causes.extend(_causes(entry)), daemon=True)
    began = time.perf_counter()
    thread.start()
    thread.join(SLOW_SECONDS)
    seconds = round(time.perf_counter() - began, 4)
    others = [other.distribution for other in group if other.name == entry.name and other is not entry]
    state, cause = "ok", ""
    if thread.is_alive():
        state, cause = "hangs", f"not loaded after {SLOW_SECONDS:.0f} s"
    elif causes:
        state, cause = "failed", causes[0]
    elif others:
        state, cause = "duplicate", f"also in {', '.join(others)}; say {entry.distribution}:{entry.name}"
    kind = entry.group.removeprefix("mmeval").removeprefix(".") or "hooks"
    return Report(entry.distribution, entry.version, kind, entry.name, entry.value, state, seconds, cause)


def _causes(entry: Entry) -> list[str]:
    """Load it the way it would be used; why that fails, if it does."""
    try:
        if entry.group in _REGISTRIES:
            _REGISTRIES[entry.group].get(f"{entry.distribution}:{entry.name}")
        elif entry.group == "mmeval":
            causes: list[str] = []
            Hooks(causes.append, (entry,))
            return causes
        elif entry.group == "mmeval.task_packs":
            package_folder(entry)
    except MmevalError as error:
        return [str(error)]
    return []
