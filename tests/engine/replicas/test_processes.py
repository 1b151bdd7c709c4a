"""Replicas in real processes: the results of one process, and nothing lost with one of them."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from mmeval.cores import granted_cores
from mmeval.engine.footprint import peak_rss
from mmeval.engine.replicas import Processes, Replicas
from mmeval.engine.replicas.devices import check_alone, environment
from mmeval.errors import IncompleteRunError, UnknownNameError, UsageError
from mmeval.registry import MODELS
from mmeval.types import Failure, Generate, Prompt, Request, RequestKey
from tests.engine.replicas.doubles import COUNT, Mortal
from tests.engine.replicas.runs import logged, results, steady

TWO = ("cpu", "cpu")


@pytest.fixture(autouse=True)
def _mortal() -> None:
    MODELS.register("mortal", Mortal)


def asked(count: int) -> list[Request]:
    return [Request(RequestKey("t", str(row)), Generate(Prompt.of(f"q{row}")), "") for row in range(count)]


@pytest.fixture
def deaths(tmp_path: Path) -> Path:
    folder = tmp_path / "deaths"
    folder.mkdir()
    return folder


def test_results_are_those_of_one_process_and_the_devices_are_in_the_manifest(tmp_path: Path) -> None:
    alone = results(tmp_path / "alone", "dummy")
    shared = results(tmp_path / "shared", "dummy", devices="cpu,cpu")
    assert steady(shared) == steady(alone)
    assert json.loads((shared.directory / "run.json").read_text())["config"]["devices"] == ["cpu", "cpu"]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="this system may not tell peaks")
def test_the_peak_of_memory_is_that_of_all_processes_together(tmp_path: Path) -> None:
    own = peak_rss()
    found = results(tmp_path, "mortal", devices=TWO, model_args={"mib": 500}).data["efficiency"]
    assert own + 2 * 500 / 1024 < found["peak_rss_gib"] < 1.1 * own + 2 * (own + 600 / 1024)
    assert (found["replicas"], found["processes"], len(found["processors"])) == (2, 3, 1)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="this system may not tell peaks")
def test_a_process_that_took_the_place_of_another_counts_once(tmp_path: Path, deaths: Path) -> None:
    args = {"folder": str(deaths), "deadly": "q67", "lives": 2}
    found = results(tmp_path / "runs", "mortal", devices=["cpu"], model_args=args).data["efficiency"]
    assert len(list(deaths.iterdir())) == 2
    assert found["processes"] == 2


def test_a_lost_process_loses_nothing(tmp_path: Path, deaths: Path) -> None:
    args = {"folder": str(deaths), "deadly": "q67", "lives": 2}
    run = results(tmp_path / "runs", "mortal", devices=TWO, model_args=args)
    assert {row: answer["text"] for row, answer in logged(run).items()} == {str(row): f"Q{row}" for row in range(COUNT)}
    assert len(list(deaths.iterdir())) == 2


def test_a_request_that_ends_every_process_fails_alone(tmp_path: Path, deaths: Path) -> None:
    args = {"folder": str(deaths), "deadly": f"q{COUNT - 1}", "lives": 100}
    run = results(tmp_path / "runs", "mortal", devices=["cpu"], model_args=args, max_errors=1)
    failed = {row: answer["error"] for row, answer in logged(run).items() if answer["kind"] == "Failure"}
    assert failed == {str(COUNT - 1): "3 replicas were lost to this request: exit code 1"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_process_is_told_of_and_what_it_answered_stands() -> None:
    notes: list[str] = []
    processes = Processes(Mortal, {"seconds": 0.001}, TWO)
    with closing(Replicas(processes, notes.append)) as model:
        answers = model.answer(asked(200))
        found = [next(answers) for _ in range(20)]
        victim = processes._replicas[0].process.pid
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
        found += answers
    assert sorted(int(key.sample_id) for key, _ in found) == list(range(200))
    assert not any(isinstance(response, Failure) for _, response in found)
    assert notes == ["the replica on cpu was lost (killed by SIGKILL); what it had is sent again"]


@pytest.mark.parametrize(
    ("broken", "kind", "message"),
    [
        ("start", UnknownNameError, "^cpu: unknown weight 'torn'$"),
        ("exit", IncompleteRunError, "^the process for cpu ended while it loaded: exit code 7$"),
        ("answer", IncompleteRunError, r"^cpu: the model stopped: RuntimeError: no such kernel(\n|$)"),
    ],
)
def test_what_goes_wrong_is_one_line(broken: str, kind: type[Exception], message: str) -> None:
    model = Replicas(Processes(Mortal, {"broken": broken}, TWO))
    with closing(model), pytest.raises(kind, match=message) as caught:
        list(model.answer(asked(20)))
    if broken == "start":
        assert caught.value.hint == "did you mean worn?"  # type: ignore[attr-defined]
    if broken == "answer":
        assert "doubles.py" in caught.value.__notes__[0]  # for --verbosity DEBUG


def test_closing_ends_processes_in_the_middle_of_what_they_do() -> None:
    processes = Processes(Mortal, {"seconds": 60.0}, TWO)
    model = Replicas(processes)
    answers = model.answer(asked(20))
    model.info()
    running = [replica.process for replica in processes._replicas]
    processes.send(0, asked(1))
    began = time.monotonic()
    model.close()
    assert time.monotonic() - began < 5
    assert not any(process.is_alive() for process in running)
    answers.close()  # type: ignore[attr-defined]


def test_a_model_sees_its_share_of_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with closing(Processes(Mortal, {}, TWO)) as processes:
        assert processes.start()["threads"] == str(max(1, granted_cores() // 2))
    assert "OMP_NUM_THREADS" not in os.environ


@pytest.mark.parametrize(
    ("visible", "device", "gpu"),
    [(None, "cuda:1", "1"), ("4,5", "cuda:1", "5"), ("GPU-a, GPU-b", "cuda:0", "GPU-a"), ("4,5", "cuda", "4")],
)
def test_a_process_sees_one_gpu(monkeypatch: pytest.MonkeyPatch, visible: str | None, device: str, gpu: str) -> None:
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert environment(device, 2)["CUDA_VISIBLE_DEVICES"] == gpu
    assert "CUDA_VISIBLE_DEVICES" not in environment("cpu", 2)


def test_a_gpu_that_is_not_visible_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5")
    with pytest.raises(UsageError, match="there is no device cuda:2: CUDA_VISIBLE_DEVICES shows 2"):
        Processes(Mortal, {}, ["cuda:2"]).start()


@pytest.mark.parametrize(("size", "refused"), [(None, False), ("1", False), ("4", True), ("", False)])
def test_copies_of_a_launcher_are_refused(monkeypatch: pytest.MonkeyPatch, size: str | None, refused: bool) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    if size is not None:
        monkeypatch.setenv("WORLD_SIZE", size)
    if not refused:
        check_alone()
        return
    with pytest.raises(UsageError, match="one of 4 processes of a launcher") as caught:
        results(Path("nowhere"), "dummy")
    assert "--devices 4" in caught.value.hint
