"""The example distributions as a user has them: wheels, in an environment with nothing but mmeval's base."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ("mmeval-example", "mmeval-yaml-pack")
CONSTRAINTS = ROOT / "constraints.txt"

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Environment:
    """A virtual environment, and a folder to work in."""

    folder: Path
    work: Path

    def run(self, script: str, *arguments: str, code: int = 0) -> str:
        """Run a script of the environment in the work folder; what it printed."""
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        variables["PATH"] = os.pathsep.join((str(self.folder / "bin"), variables["PATH"]))
        command = [str(self.folder / "bin" / script), *arguments]
        done = subprocess.run(command, cwd=self.work, env=variables, capture_output=True, text=True, timeout=600)
        assert done.returncode == code, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def pip(self, *arguments: str) -> str:
        return self.run("python", "-m", "pip", "--disable-pip-version-check", *arguments)


def wheel(project: Path, into: Path) -> Path:
    """Build the wheel of a project folder, with the build backend of this environment."""
    into.mkdir()
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*command, "--no-build-isolation", "--wheel-dir", str(into), str(project)], check=True)
    (built,) = into.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """mmeval and both examples from their wheels, with pytest and hypothesis."""
    folder = tmp_path_factory.mktemp("installed")
    environment = Environment(folder / "venv", folder / "work")
    environment.work.mkdir()
    venv.create(environment.folder, with_pip=True)
    constraints = ("--constraint", str(CONSTRAINTS)) if CONSTRAINTS.is_file() else ()
    mmeval = wheel(ROOT, folder / "mmeval")
    environment.pip("install", "--quiet", *constraints, str(mmeval), "pytest", "hypothesis")
    for name in PLUGINS:
        shutil.copytree(ROOT / "plugins" / name, environment.work / name)
        environment.pip("install", "--quiet", "--no-index", str(wheel(environment.work / name, folder / name)))
    return environment


def test_the_base_is_small(installed: Environment) -> None:
    names = {line.partition("==")[0].lower() for line in installed.pip("freeze", "--all").splitlines() if "==" in line}
    test_tools = {"pytest", "hypothesis", "iniconfig", "packaging", "pygments", "sortedcontainers", "pip", "setuptools"}
    assert not names & {"torch", "transformers", "datasets", "evaluate", "pandas", "scikit-learn"}
    assert len(names - test_tools) < 25


@pytest.mark.parametrize("name", PLUGINS)
def test_its_own_tests_pass(name: str, installed: Environment) -> None:
    installed.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(installed.work / name))


def test_it_is_mmeval_from_the_wheel(installed: Environment) -> None:
    for module in ("mmeval", "mmeval_tasks", "mmeval_models"):
        place = installed.run("python", "-c", f"import {module}; print({module}.__file__)")
        assert str(installed.folder) in place


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("tasks", ["example_task", "pack_capitals", "pack_capitals_open", "pack"]),
        ("models", ["example_model"]),
        ("metrics", ["example_distance"]),
        ("extractors", ["example_number"]),
        ("reporters", ["example_csv"]),
        ("commands", ["example_wrong"]),
    ],
)
def test_what_it_adds_is_listed(kind: str, names: list[str], installed: Environment) -> None:
    listed = [line.split()[0] for line in installed.run("mmeval", "ls", kind).splitlines() if line.strip()]
    assert set(names) <= set(listed)


def test_every_plugin_loads(installed: Environment) -> None:
    lines = [line for line in installed.run("mmeval", "plugins").splitlines() if line.startswith(PLUGINS)]
    assert len(lines) == 8
    assert not [line for line in lines if " ok " not in line]


def test_a_run_with_task_model_reporter_hook_and_command(installed: Environment) -> None:
    run = ("--tasks", "example_task", "--model", "example_model", "--output_path", "runs", "--report", "example_csv")
    told = installed.run("mmeval", *run, "--model_args", "off_by=1", "--limit", "3")
    assert "example_distance" in told
    (directory,) = (installed.work / "runs").glob("*/*")
    assert (
        (directory / "results.csv").read_text().startswith("task,metric,value,stderr,n\nexample_task,exact_match,0.0")
    )
    wrong = installed.run("mmeval", "example_wrong", str(directory)).splitlines()
    assert len(wrong) == 3
    assert "mmeval-example" in (directory / "run.json").read_text()


def test_a_run_of_the_yaml_pack(installed: Environment) -> None:
    told = installed.run("mmeval", "--tasks", "pack", "--model", "dummy")
    assert "pack_capitals_open" in told


def test_a_missing_extra_is_told_before_anything_is_loaded(installed: Environment) -> None:
    model = ("--model", "hf", "--model_args", "pretrained=some/where")
    told = installed.run("mmeval", "--tasks", "example_task", *model, code=3)
    assert "pip install 'mmeval-harness[hf]'" in told


def test_when_uninstalled_all_of_it_is_gone(installed: Environment) -> None:
    installed.pip("uninstall", "--yes", *PLUGINS)
    for kind in ("tasks", "models", "reporters", "commands"):
        listed = installed.run("mmeval", "ls", kind)
        assert "example" not in listed
        assert "pack_capitals" not in listed
    assert "unknown task 'example_task'" in installed.run(
        "mmeval", "--tasks", "example_task", "--model", "dummy", code=2
    )
    installed.run("mmeval", "demo")
