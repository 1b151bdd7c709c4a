"""The proof at the start of a worker: it must see what is not confined, and a worker that fails it runs nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmeval.errors import MissingRequirementError
from mmeval.sandbox import Limits, Sandbox, process

WORKER = Path(process.__file__).with_name("worker.py")


def _breaches(setup: str, memory: int = 2**20) -> list[str]:
    """What a fresh, free process says of itself after `setup`."""
    load = f"import json, runpy\nworker = runpy.run_path({str(WORKER)!r})"
    code = f"{load}\n{setup}\nprint(json.dumps(worker['breaches']({memory})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def test_a_free_process_finds_all_breaches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = _breaches("")
    assert [one for one in found if "opening" in one]
    assert {"fork", "sockets", "memory beyond the limit"} <= set(found)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("limit", "memory", "prevented"),
    [("RLIMIT_NOFILE, (0, 0)", 2**20, "sockets"), ("RLIMIT_AS, (2**29, 2**29)", 2**30, "memory beyond the limit")],
)
def test_each_limit_closes_its_breach_alone(limit: str, memory: int, prevented: str) -> None:
    found = _breaches(f"import resource\nresource.setrlimit(resource.{limit})", memory)
    assert prevented not in found
    assert found


@pytest.mark.slow
def test_code_is_refused_where_the_proof_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose confinement does nothing, as on a system that ignores the limits."""
    free = tmp_path / "worker.py"
    source = WORKER.read_text()
    assert "        confine(limits)\n" in source
    free.write_text(source.replace("        confine(limits)\n", "        pass\n"))
    monkeypatch.setattr(process, "_WORKER", free)
    with pytest.raises(MissingRequirementError, match=r"cannot be confined.*fork") as raised:
        Sandbox("raise RuntimeError('the program ran')")
    assert raised.value.exit_code == 3


def test_a_worker_that_does_not_start_is_not_confined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a system without the limits: the worker cannot even import them."""
    lame = tmp_path / "worker.py"
    lame.write_text("import no_such_module")
    monkeypatch.setattr(process, "_WORKER", lame)
    with pytest.raises(MissingRequirementError, match=r"a worker did not start \((exited|closed)") as raised:
        Sandbox("")
    assert raised.value.exit_code == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_a_worker_of_root_has_no_privileges_and_no_file_system() -> None:
    program = "import os\ndef who(): return [os.getuid(), os.geteuid(), os.getgid(), os.getgroups(), os.getcwd()]"
    with Sandbox(program, preload=("os",)) as sandbox, sandbox.session() as session:
        user, effective, group, groups, folder = session.call("who", seconds=1).value
    assert user == effective != 0
    assert group == user
    assert (groups, folder) == ([], "/")


def test_two_workers_are_two_users_or_the_same_unprivileged_one() -> None:
    program = "import os\ndef who(): return [os.getpid(), os.getuid()]"
    with Sandbox(program, preload=("os",)) as sandbox, sandbox.session() as one, sandbox.session() as other:
        (first, user), (second, another) = (each.call("who", seconds=1).value for each in (one, other))
    assert first != second
    assert (user != another) == (os.geteuid() == 0)


def test_memory_is_limited_to_what_was_asked() -> None:
    program = "def take(size): return len(bytearray(size))"
    with Sandbox(program, limits=Limits(memory_bytes=256 * 2**20)) as sandbox, sandbox.session() as session:
        assert session.call("take", 64 * 2**20, seconds=2).ok
        assert session.call("take", 256 * 2**20, seconds=2).ending == "memory"
