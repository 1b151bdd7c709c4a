"""What a program can do in a worker, and what becomes of one that wants more."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from mmeval.errors import MissingRequirementError, MmevalError
from mmeval.sandbox import Limits, Sandbox, Session, process

PROGRAM = """
import math

state = []

def add(left, right):
    return left + right

def remember(value):
    state.append(value)
    return len(state)

def run(code):
    names = {}
    exec(code, names)
    return names.get("result")
"""
MODULES = ("math", "os", "socket", "time", "sys")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    limits = Limits(memory_bytes=512 * 1024**2, reply_bytes=1000, wall_minimum=2.0, wall_factor=1.0)
    with Sandbox(PROGRAM, preload=MODULES, limits=limits) as made:
        yield made


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Session]:
    with sandbox.session() as made:
        yield made


def test_a_call_is_json_in_and_json_out(session: Session) -> None:
    assert session.call("add", [1], [2.5, None], seconds=1).value == [1, 2.5, None]
    assert session.call("add", float("inf"), 1, seconds=1).value == float("inf")


def test_what_a_program_leaves_behind_ends_with_its_session(sandbox: Sandbox) -> None:
    with sandbox.session() as first:
        assert [first.call("remember", 1, seconds=1).value for _ in range(3)] == [1, 2, 3]
    with sandbox.session() as second:
        assert second.call("remember", 1, seconds=1).value == 1


@pytest.mark.parametrize(
    ("code", "ending", "attempt"),
    [
        ("import os\nwhile True: os.fork()", "raised", "os.fork"),
        ("import os\nos.posix_spawn('/bin/true', ['true'], {})", "raised", "os.posix_spawn"),
        ("import os\nos.system('true')", "raised", "os.system"),
        ("open('/etc/hostname')", "raised", "open"),
        ("open('stolen', 'w')", "raised", "open"),
        ("import os\nos.mkdir('made')", "raised", "os.mkdir"),
        ("import os\nos.kill(os.getppid(), 9)", "raised", "os.kill"),
        ("import socket\nsocket.socket()", "raised", "socket.__new__"),
        ("import socket\nsocket.gethostbyname(b'localhost')", "raised", "socket.gethostbyname"),
        ("import subprocess", "raised", "import subprocess"),
        ("import ctypes", "raised", "import ctypes"),
        ("try:\n  open('x', 'w')\nexcept OSError:\n  result = 'hidden'", "value", "open"),
    ],
)
def test_an_attempt_is_refused_and_named(
    session: Session, caplog: pytest.LogCaptureFixture, code: str, ending: str, attempt: str
) -> None:
    with caplog.at_level(logging.WARNING, logger="mmeval.sandbox"):
        reply = session.call("run", code, seconds=1)
    assert (reply.ending, reply.attempts) == (ending, (attempt,))
    assert attempt in caplog.text


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        ("while True: pass", "timeout"),
        ("while True:\n  try:\n    while True: pass\n  except BaseException: pass", "timeout"),
        ("result = 9**9**9", "timeout"),
        ("import time\ntime.sleep(1000)", "timeout"),
        ("result = len('a' * 10**10)", "memory"),
        ("kept = []\nwhile True: kept.append(bytes(10**8))", "memory"),
        ("result = 'a' * 2000", "too_large"),
        ("result = {1, 2}", "raised"),
        ("def f(): f()\nf()", "raised"),
        ("raise SystemExit", "raised"),
        ("class Bad(Exception):\n  def __str__(self): raise ValueError\nraise Bad", "raised"),
        ("import os\nos._exit(0)", "died"),
        ("import os\nos.abort()", "died"),
        ("import os\nos.close(0); os.close(1)", "died"),
        ("import os\nos.write(1, b'\\0\\0\\0\\2{}')", "died"),
        ("import os\nos.write(1, b'\\xff' * 100)", "died"),
    ],
)
def test_every_ending_is_a_reply_and_the_next_call_works(
    session: Session, caplog: pytest.LogCaptureFixture, code: str, ending: str
) -> None:
    started = time.monotonic()
    with caplog.at_level(logging.WARNING, logger="mmeval.sandbox"):
        reply = session.call("run", code, seconds=0.3)
    assert reply.ending == ending
    assert reply.error
    assert time.monotonic() - started < 10
    assert (ending == "raised") or f"ended as {ending}" in caplog.text
    assert session.call("add", 1, 1, seconds=1).value == 2


def test_a_closed_descriptor_cannot_be_opened_again(session: Session) -> None:
    code = "import os\nos.close(2)\ntry:\n  os.dup(1)\nexcept OSError as e: result = e.errno"
    assert session.call("run", code, seconds=1).value in (errno.EINVAL, errno.EMFILE)


def test_the_operating_system_refuses_what_the_audit_hook_does_not_see(session: Session) -> None:
    code = "import os\ntry:\n  os.pipe()\nexcept OSError as e: result = e.errno"
    assert session.call("run", code, seconds=1).value == errno.EMFILE
    code = "import os\ntry:\n  os.setuid(0)\nexcept OSError: pass\nresult = os.getuid() == 0"
    assert session.call("run", code, seconds=1).value is False


def test_a_forged_reply_does_not_answer_the_next_call(session: Session) -> None:
    forged = '{"id": 3, "ending": "value", "value": "forged", "attempts": [], "cpu_seconds": 0}'
    frame = len(forged).to_bytes(4, "big") + forged.encode()
    session.call("run", f"import os\nos.write(1, {frame!r})", seconds=1)
    assert session.call("add", 1, 1, seconds=1).value == 2


def test_a_worker_is_replaced_before_its_processor_time_is_used_up() -> None:
    with Sandbox(PROGRAM, preload=MODULES, limits=Limits(cpu_seconds=2)) as sandbox, sandbox.session() as session:
        busy = "for _ in range(3 * 10**6): pass"
        endings = [session.call("run", busy, seconds=1).ending for _ in range(30)]
    assert set(endings) == {"value"}


def test_the_program_is_checked_at_the_start() -> None:
    with pytest.raises(MmevalError, match="does not load: NameError"):
        Sandbox("undefined_name")
    with pytest.raises(MissingRequirementError, match="needs the package 'no_such_package'"):
        Sandbox(PROGRAM, preload=("no_such_package",))


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Sandbox(PROGRAM, preload=MODULES) as sandbox:
        assert [path.name.startswith("mmeval-sandbox-") for path in tmp_path.iterdir()] == [True]
        sandbox.session()
    assert not list(tmp_path.iterdir())


def test_a_spare_may_wait_for_long(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    with sandbox.session() as session:
        assert session.call("add", 1, 2, seconds=1).value == 3  # now there is a spare
    late = SimpleNamespace(monotonic=lambda: time.monotonic() + 1000)
    monkeypatch.setattr(process, "time", late)
    with sandbox.session() as session:
        assert session.call("add", 1, 2, seconds=1).value == 3
