"""`mmeval plugins` with hostile distributions beside good ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Mmeval, python


def distribution(folder: Path, name: str, entry_points: str, **modules: str) -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(entry_points, encoding="utf-8")
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text, encoding="utf-8")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    metric = "from statistics import fmean\nfrom mmeval import Metric\nm = Metric('m', aggregate=fmean)\n"
    distribution(tmp_path, "good", "[mmeval.metrics]\nm = good:m\n", good=f"print('hello')\n{metric}")
    distribution(tmp_path, "twin", "[mmeval.metrics]\nm = twin:m\n", twin=metric)
    distribution(tmp_path, "raising", "[mmeval.models]\nr = raising:M\n", raising="raise RuntimeError('broken')")
    distribution(tmp_path, "exiting", "[mmeval.models]\ne = exiting:M\n", exiting="raise SystemExit(3)")
    distribution(tmp_path, "wrong", "[mmeval.models]\nw = wrong:M\n", wrong="class M: pass")
    distribution(tmp_path, "absent", "[mmeval.task_packs]\na = absent_package\n")
    distribution(
        tmp_path,
        "hooked",
        "[mmeval]\nh = hooked\n",
        hooked="from mmeval import hookimpl\n\n@hookimpl\ndef mmeval_nothing():\n    pass\n",
    )
    distribution(tmp_path, "later", "[mmeval.api]\nversion = 99\n[mmeval.models]\nl = later:M\n")
    distribution(tmp_path, "unwanted", "[mmeval.models]\nu = unwanted:M\n")
    return tmp_path


def survey(folder: Path, **env: str) -> dict[str, dict[str, Any]]:
    ended = python("-m", "mmeval", "plugins", "--json", path=(folder,), env=env)
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    return {f"{report['distribution']}:{report['name']}": report for report in json.loads(ended.stdout)}


def test_every_fault_is_named_and_the_rest_is_shown(hostile: Path) -> None:
    reports = survey(hostile, MMEVAL_DISABLE_PLUGINS="unwanted")
    states = {name: report["state"] for name, report in reports.items()}
    assert states["mmeval-harness:dummy"] == "ok"
    wanted = {
        "good:m": "duplicate",
        "twin:m": "duplicate",
        "raising:r": "failed",
        "exiting:e": "failed",
        "wrong:w": "failed",
        "absent:a": "failed",
        "hooked:h": "failed",
        "later:": "left out",
        "unwanted:": "disabled",
    }
    assert {name: states[name] for name in wanted} == wanted
    causes = {name: report["cause"] for name, report in reports.items()}
    assert "RuntimeError: broken" in causes["raising:r"]
    assert "it exits (code 3)" in causes["exiting:e"]
    assert "must be a subclass of mmeval.Model" in causes["wrong:w"]
    assert "say good:m" in causes["good:m"]
    assert "plugin API 99" in causes["later:"]
    assert all(report["seconds"] >= 0 for report in reports.values() if report["kind"])


def test_other_commands_work_beside_them_and_warn_of_what_is_left_out(hostile: Path) -> None:
    ended = python("-m", "mmeval", "ls", "models", path=(hostile,))
    assert ended.returncode == 0
    assert {"dummy", "r", "e", "w", "u"} <= {line.split()[0] for line in ended.stdout.splitlines()}
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("warning: plugin distribution later is left out")


def test_names_claimed_twice_are_listed_with_their_long_form(hostile: Path) -> None:
    ended = python("-m", "mmeval", "ls", "metrics", "m", path=(hostile,))
    assert "say good:m" in ended.stdout
    assert "say twin:m" in ended.stdout


@pytest.mark.slow
def test_a_plugin_that_hangs_is_named(tmp_path: Path) -> None:
    distribution(tmp_path, "asleep", "[mmeval.models]\ns = asleep:M\n", asleep="import time\ntime.sleep(60)\n")
    reports = survey(tmp_path)
    assert reports["asleep:s"]["state"] == "hangs"
    assert reports["mmeval-harness:dummy"]["state"] == "ok"


def test_the_table_has_a_line_per_entry(mmeval: Mmeval) -> None:
    ended = mmeval("plugins")
    assert ended.code == 0
    head, *lines = ended.out.splitlines()
    assert head.split() == ["DISTRIBUTION", "KIND", "NAME", "STATE", "TIME"]
    assert any(line.split()[2:5] == ["models", "dummy", "ok"] for line in lines)
