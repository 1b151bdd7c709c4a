"""Running the command line in this process and in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from mmeval.cli.main import execute

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str


Mmeval: TypeAlias = Callable[..., Ended]


@pytest.fixture
def mmeval(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mmeval:
    """Run `mmeval ARGUMENTS` here, in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Ended:
        capsys.readouterr()
        code = execute([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return run


def python(
    *arguments: str, path: tuple[Path, ...] = (), env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own; `path` goes before the modules of this checkout."""
    found = os.pathsep.join(str(folder) for folder in (*path, ROOT, ROOT / "tasks", ROOT / "models"))
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": found, **(env or {})},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def quiz(tmp_path: Path) -> Path:
    """A small task file of this test's own."""
    (tmp_path / "rows.jsonl").write_text(
        '{"q": "one", "a": 0}\n{"q": "two", "a": 1}\n{"q": "three", "a": 0}\n', encoding="utf-8"
    )
    file = tmp_path / "quiz.yaml"
    file.write_text(
        "task: quiz\ndataset_path: rows.jsonl\ntest_split: test\noutput_type: multiple_choice\n"
        'doc_to_text: "{{q}}?"\ndoc_to_choice: ["yes", "no"]\ndoc_to_target: a\nmetric_list:\n  - metric: acc\n',
        encoding="utf-8",
    )
    return file
