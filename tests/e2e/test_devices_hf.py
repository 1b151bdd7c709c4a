"""The real SmolLM2 in float32 in two processes: as one, and with one of the processes killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.runs import assert_same, command, lines, wait_for

ROOT = Path(__file__).parents[2]
TWO = ("--devices", "cpu,cpu")
SAMPLES = 24
PROC = Path("/proc")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not PROC.is_dir(), reason="processes are looked up in /proc")]


@pytest.fixture(scope="module")
def arguments(shared: Path, smollm2: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Generations and log-likelihoods with short prompts."""
    folder = tmp_path_factory.mktemp("sums")
    rows = [json.dumps({"q": f"What is {row} plus {row + 1}?", "a": str(2 * row + 1)}) for row in range(SAMPLES)]
    (folder / "rows.jsonl").write_text("\n".join(rows), encoding="utf-8")
    sums = folder / "sums.yaml"
    sums.write_text(
        "task: sums\ndataset_path: rows.jsonl\ntest_split: test\noutput_type: generate_until\n"
        'doc_to_text: "{{q}}"\ndoc_to_target: "{{a}}"\nmetric_list:\n  - metric: exact_match\n',
        encoding="utf-8",
    )
    return [
        *smollm2,
        *("--tasks", f"{sums},{ROOT / 'examples' / 'medmcqa.yaml'}", "--limit", str(SAMPLES)),
        *("--dataset_override", f"medmcqa={shared / 'data' / 'domains' / 'medmcqa.jsonl'}"),
        *("--gen_kwargs", "max_gen_toks=16"),
    ]


@pytest.fixture(scope="module")
def alone(arguments: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of the same run in one process."""
    output = tmp_path_factory.mktemp("alone")
    subprocess.run(command(*arguments, "--device", "cpu", "--output_path", str(output)), check=True)
    return output


Begin = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Start `mmeval ARGUMENTS` like a terminal does: in a group of its own, which ends with the test."""
    started: list[subprocess.Popen[str]] = []

    def one(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(command(*arguments), stderr=subprocess.PIPE, text=True, start_new_session=True)
        started.append(process)
        return process

    yield one
    for process in started:
        if members(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        with process:
            pass


def members(group: int) -> list[int]:
    """The living processes of a group, its first apart."""
    found = []
    for folder in PROC.glob("[0-9]*"):
        try:
            state, _, owner = (folder / "stat").read_text(encoding="utf-8").rpartition(") ")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(owner) == group and state != "Z" and int(folder.name) != group:
            found.append(int(folder.name))
    return found


def workers(process: subprocess.Popen[Any]) -> list[int]:
    """The processes with a model each, the elder first."""
    return sorted(pid for pid in members(process.pid) if b"spawn_main" in (PROC / str(pid) / "cmdline").read_bytes())


def assert_all_ended(process: subprocess.Popen[Any]) -> None:
    until = time.monotonic() + 10
    while members(process.pid):
        assert time.monotonic() < until, "workers outlive the run"
        time.sleep(0.05)


def test_a_killed_worker_loses_nothing_and_answers_are_those_of_one_process(
    arguments: list[str], alone: Path, begin: Begin, tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert begin(*arguments, *TWO, "--output_path", str(whole)).wait() == 0
    assert_same(whole, alone)

    process = begin(*arguments, *TWO, "--output_path", str(killed))
    wait_for(killed, 2, process)
    victim, _ = workers(process)
    os.kill(victim, signal.SIGKILL)
    assert lines(killed) < 2 * SAMPLES, "killed too late"
    _, errors = process.communicate()
    assert process.returncode == 0
    assert "the replica on cpu was lost (killed by SIGKILL); what it had is sent again" in errors
    assert_same(killed, alone)
    assert_all_ended(process)


def test_gpus_that_are_not_there_are_refused_in_one_line(arguments: list[str], tmp_path: Path) -> None:
    if list(Path("/dev").glob("nvidia[0-9]*")):
        pytest.skip("this machine has GPUs")
    done = subprocess.run(
        command(*arguments, "--devices", "1", "--output_path", str(tmp_path)), capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "error: cuda:0: cannot use the device 'cuda'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_an_ended_run_leaves_no_worker_and_goes_on(
    end: signal.Signals, arguments: list[str], alone: Path, begin: Begin, tmp_path: Path
) -> None:
    """Ctrl-C reaches all processes of a terminal, SIGKILL only the one that is told to end."""
    output = tmp_path / "ended"
    process = begin(*arguments, *TWO, "--output_path", str(output))
    directory = wait_for(output, 2, process)
    assert len(workers(process)) == 2
    (os.killpg if end == signal.SIGINT else os.kill)(process.pid, end)
    _, errors = process.communicate()
    assert_all_ended(process)
    assert 2 <= lines(output) < 2 * SAMPLES
    if end == signal.SIGINT:
        assert process.returncode == 4
        assert f"mmeval resume {directory}" in errors
        assert "Traceback" not in errors

    assert begin("resume", str(directory)).wait() == 0
    assert_same(output, alone)
