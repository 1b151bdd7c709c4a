"""The hooks: functions that a plugin module may define to watch a run or to add names to it.

A plugin is a module named in the entry-point group `mmeval`; it implements any of these with `mmeval.hookimpl`
and takes only the arguments it needs. All hooks are called in the coordinating process, one plugin at a time
in order of distribution name. A hook that raises is named in a warning and changes nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from mmeval.types import TaskResult

if TYPE_CHECKING:
    from collections.abc import Mapping

hookspec = pluggy.HookspecMarker("mmeval")
hookimpl = pluggy.HookimplMarker("mmeval")


@hookspec
def mmeval_register(register: Callable[[str, str, Any], None]) -> None:
    """Add names that are only known at run time: `register("task", "my_name", object)`.

    Called once, before the first name is looked up that package metadata does not list. The kinds are those of
    the entry-point groups, in the singular (`task`, `model`, `metric`, ...). Results are ignored.
    """


@hookspec
def mmeval_configure(config: dict[str, Any]) -> None:
    """Look at, or change in place, a new run's configuration (the `config` of `run.json`).

    Called once per new run, before anything is planned; not called on resume. Results are ignored.
    """


@hookspec
def mmeval_run_start(directory: Path, manifest: Mapping[str, Any]) -> None:
    """A run is planned and its directory exists; no request has been sent. Results are ignored."""


@hookspec
def mmeval_task_end(task: str, result: TaskResult) -> None:
    """A task has been scored. Called in the order of the results, also by `mmeval score`. Results are ignored."""


@hookspec
def mmeval_run_end(directory: Path, results: Mapping[str, Any]) -> None:
    """All tasks are scored and `results.json` is written. Results are ignored."""


@hookspec
def mmeval_report_section(results: Mapping[str, Any], directory: Path) -> str:  # type: ignore[empty-body]
    """A section of plain text to print below the result table; sections of all plugins are shown in turn."""
