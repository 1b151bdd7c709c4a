"""Hooks of plugins: called in order, each behind a guard."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from mmeval.hooks import Hooks
from mmeval.hookspecs import hookimpl
from mmeval.plugins import Entry, way_out

from .plugins.distributions import install


def hooks(site: Path, **sources: str) -> tuple[Hooks, list[str]]:
    """Hook modules by name, and the warnings so far."""
    entries = []
    for name, source in sources.items():
        (site / f"{name}.py").write_text(f"from mmeval import hookimpl\n{source}\n")
        entries.append(Entry("mmeval", name, name, f"mmeval-{name}", "1.0"))
    warnings: list[str] = []
    return Hooks(warnings.append, tuple(entries)), warnings


SECTION = "@hookimpl\ndef mmeval_report_section({}):\n    return {}"


def test_hooks_take_the_arguments_they_want_and_results_come_in_order(site: Path) -> None:
    called, warnings = hooks(
        site,
        hook_a=SECTION.format("results", "results['a']"),
        hook_b=SECTION.format("directory", "str(directory)"),
        hook_c=SECTION.format("", "None"),
    )
    assert called.call("mmeval_report_section", results={"a": "one"}, directory=Path("two")) == ["one", "two"]
    assert not warnings


def test_a_hook_that_fails_stops_no_other(site: Path) -> None:
    called, warnings = hooks(
        site,
        hook_d=SECTION.format("", "1 / 0"),
        hook_e="import sys\n" + SECTION.format("", "sys.exit(3)"),
        hook_f=SECTION.format("", "'fine'"),
    )
    assert called.call("mmeval_report_section", results={}, directory=Path()) == ["fine"]
    assert len(warnings) == 2
    assert "hook mmeval_report_section of plugin mmeval-hook_d" in warnings[0]
    assert "ZeroDivisionError: division by zero" in warnings[0]
    assert way_out("mmeval-hook_e") in warnings[1]


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("@hookimpl\ndef mmeval_no_such_hook(): pass", "mmeval_no_such_hook"),
        ("@hookimpl\ndef mmeval_run_end(result): pass", "result"),
        ("raise OSError('one\\ntwo')", "OSError: one two"),
    ],
)
def test_a_plugin_that_does_not_fit_is_left_out_and_named(source: str, cause: str, site: Path) -> None:
    called, warnings = hooks(site, hook_g=source, hook_h=SECTION.format("", "'fine'"))
    assert called.call("mmeval_report_section", results={}, directory=Path()) == ["fine"]
    (line,) = warnings
    assert "of mmeval-hook_g 1.0" in line
    assert cause in line
    assert way_out("mmeval-hook_g") in line
    assert "\n" not in line
    del sys.modules["hook_h"]


def test_a_module_that_two_entries_name_is_one_plugin(site: Path) -> None:
    (site / "hook_i.py").write_text(f"from mmeval import hookimpl\n{SECTION.format('', repr('once'))}\n")
    entries = tuple(Entry("mmeval", name, "hook_i", "mmeval-i", "1.0") for name in ("one", "two"))
    assert Hooks(print, entries).call("mmeval_report_section", results={}, directory=Path()) == ["once"]


def test_hooks_of_installed_distributions_are_found(site: Path) -> None:
    module = ModuleType("hook_j")
    module.mmeval_report_section = hookimpl(lambda results: "found")  # type: ignore[attr-defined]
    sys.modules["hook_j"] = module
    install(site, "mmeval-j", {"mmeval": {"hooks": "hook_j"}})
    assert "found" in Hooks(print).call("mmeval_report_section", results={}, directory=Path())
    del sys.modules["hook_j"]
