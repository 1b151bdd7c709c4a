from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from mmeval import plugins
from mmeval.errors import PluginError
from mmeval.metadata import OWN_DISTRIBUTION
from mmeval.plugins import API_VERSION, Entry, Installed, installed, way_out

from .plugins.distributions import install


def of(found: Installed, distribution: str) -> list[tuple[str, str]]:
    return [(entry.group, entry.name) for entry in found.entries if entry.distribution == distribution]


def problem(found: Installed, word: str) -> str:
    (line,) = [str(each) for each in found.problems if word in str(each)]
    return line


def test_entries_come_from_metadata_and_nothing_is_imported(site: Path) -> None:
    groups = {"mmeval.tasks": {"one": "noisy:one", "two": "noisy:two"}, "console_scripts": {"three": "noisy:three"}}
    install(site, "mmeval-noisy", groups, {"noisy.py": "raise RuntimeError"}, version="2.5")
    found = installed()
    assert of(found, "mmeval-noisy") == [("mmeval.tasks", "one"), ("mmeval.tasks", "two")]
    assert found.versions["mmeval-noisy"] == "2.5"
    assert "noisy" not in sys.modules
    assert not found.problems


def test_metadata_is_read_once(site: Path) -> None:
    first = installed()
    install(site, "mmeval-late", {"mmeval.tasks": {"late": "late:late"}})
    assert installed() is first


def test_entries_are_in_order_of_distribution_name(site: Path) -> None:
    for name in ("zz-last", "aa-first", "mm-middle"):
        install(site, name, {"mmeval": {"hooks": "x"}})
    names = [entry.distribution for entry in installed().by_group["mmeval"]]
    assert names == sorted(names)
    assert {"zz-last", "aa-first", "mm-middle"} <= set(names)


def test_of_two_copies_of_a_distribution_the_first_on_the_path_counts(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(site, "mmeval-twice", {"mmeval.tasks": {"old": "x:y"}}, version="1.0")
    install(tmp_path / "front", "mmeval-twice", {"mmeval.tasks": {"new": "x:y"}}, version="2.0")
    monkeypatch.syspath_prepend(str(tmp_path / "front"))
    assert of(installed(), "mmeval-twice") == [("mmeval.tasks", "new")]


@pytest.mark.parametrize(
    ("only", "never", "used"),
    [
        (None, None, {"mmeval-a", "mmeval-b"}),
        ("mmeval-a", None, {"mmeval-a"}),
        ("", None, set()),
        (None, "mmeval-a", {"mmeval-b"}),
        (None, "mmeval-a, mmeval-b", set()),
        ("mmeval-a,mmeval-b", "mmeval-b", {"mmeval-a"}),
        (None, "mmeval_a", {"mmeval-b"}),
        ("Mmeval.B", None, {"mmeval-b"}),
    ],
)
def test_variables_select_distributions(
    only: str | None, never: str | None, used: set[str], site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mmeval-a", "mmeval-b"):
        install(site, name, {"mmeval.tasks": {"task": "x:y"}})
    for variable, value in (("MMEVAL_PLUGINS", only), ("MMEVAL_DISABLE_PLUGINS", never)):
        if value is not None:
            monkeypatch.setenv(variable, value)
    found = installed()
    both = {"mmeval-a", "mmeval-b"}
    assert {entry.distribution for entry in found.entries} & both == used
    assert set(found.disabled) & both == both - used
    assert any(entry.distribution == OWN_DISTRIBUTION for entry in found.entries)


def test_what_ships_with_mmeval_cannot_be_disabled(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMEVAL_DISABLE_PLUGINS", OWN_DISTRIBUTION)
    assert of(installed(), OWN_DISTRIBUTION)


@pytest.mark.parametrize(("declared", "used"), [(str(API_VERSION), True), (str(API_VERSION + 1), False), ("x", False)])
def test_a_declared_api_version_must_be_ours(declared: str, used: bool, site: Path) -> None:
    install(site, "mmeval-dated", {"mmeval.api": {"version": declared}, "mmeval.tasks": {"dated": "x:y"}})
    found = installed()
    assert of(found, "mmeval-dated") == ([("mmeval.tasks", "dated")] if used else [])
    if not used:
        line = problem(found, "mmeval-dated")
        assert f"plugin API {declared}, this mmeval has {API_VERSION}" in line
        assert way_out("mmeval-dated") in line


@pytest.mark.parametrize(
    ("entry_points", "metadata", "word"),
    [
        ("[mmeval.tasks]\nno equals sign\n", None, "mmeval-broken"),
        (b"[mmeval.tasks]\n\xff = x:y\n", None, "mmeval-broken"),
        ("[mmeval.tasks]\na = x:y\n", "", "mmeval_broken-1.0.dist-info"),
        ("[mmeval.tasks]\na = x:y\n", "Version: 1\n", "mmeval_broken-1.0.dist-info"),
    ],
)
def test_broken_metadata_leaves_its_distribution_out(
    entry_points: str | bytes, metadata: str | None, word: str, site: Path
) -> None:
    install(site, "mmeval-broken", entry_points, metadata=metadata)
    install(site, "mmeval-fine", {"mmeval.tasks": {"fine": "x:y"}})
    found = installed()
    assert of(found, "mmeval-fine")
    assert "broken metadata" in problem(found, word)


def test_another_project_with_our_import_name_is_a_problem(site: Path) -> None:
    install(site, "mmeval", "", version="1.2")
    assert "pip install --force-reinstall mmeval-harness" in problem(installed(), "another project")


# ---------------------------------------------------------------- loading


def entry(site: Path, source: str, value: str = "loaded_one:thing") -> Entry:
    (site / f"{value.partition(':')[0]}.py").write_text(source)
    return Entry("mmeval.tasks", "thing", value, "mmeval-x", "1.0")


def test_loading_gives_the_object(site: Path) -> None:
    assert entry(site, "thing = 7").load() == 7


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("raise ValueError('one\\ntwo')", "ValueError: one two"),
        ("import sys; sys.exit(4)", "it exits"),
        ("class Odd(BaseException): pass\nraise Odd('stop')", "Odd: stop"),
        ("import a_module_that_is_not_there", "No module named 'a_module_that_is_not_there'"),
        ("other = 1", "has no attribute 'thing'"),
        ("thing = (", "SyntaxError"),
    ],
)
def test_whatever_a_plugin_does_is_one_error_in_one_line(source: str, cause: str, site: Path) -> None:
    with pytest.raises(PluginError) as caught:
        entry(site, source).load()
    assert str(caught.value).startswith("plugin 'thing' of mmeval-x 1.0 cannot be loaded: ")
    assert cause in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (caught.value.distribution, caught.value.hint) == ("mmeval-x", way_out("mmeval-x"))


def test_a_value_that_names_nothing_is_an_error(site: Path) -> None:
    with pytest.raises(PluginError):
        Entry("mmeval.tasks", "thing", "not a module!", "mmeval-x", "1.0").load()


def test_ctrl_c_is_not_the_plugins(site: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        entry(site, "raise KeyboardInterrupt").load()


def test_a_plugin_that_hangs_is_named(
    site: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(plugins, "SLOW_SECONDS", 0.05)
    assert entry(site, "import time; time.sleep(0.3)\nthing = 7").load() == 7
    line = capfd.readouterr().err
    assert "plugin 'thing' of mmeval-x 1.0 has been loading" in line
    assert way_out("mmeval-x") in line
    time.sleep(0.1)
    assert not capfd.readouterr().err, "a plugin that has loaded is not named again"


def test_the_environment_is_left_alone() -> None:
    assert "MMEVAL_PLUGINS" not in os.environ
