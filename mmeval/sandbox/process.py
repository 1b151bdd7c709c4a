"""One worker process, seen from outside: start, ask with a deadline, kill."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mmeval.errors import MissingRequirementError, MmevalError
from mmeval.sandbox.limits import Limits, Reply

_WORKER = Path(__file__).with_name("worker.py")
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
_START_SECONDS = 60.0
_CHUNK = 1 << 20


class WorkerGoneError(Exception):
    """The process ended, fell silent past its deadline, or broke the protocol; the message says which."""


class WorkerProcess:
    """A process that is starting up or ready. `launch` returns at once; `ready` waits for the proof of confinement."""

    def __init__(self, program: str, preload: Sequence[str], limits: Limits, folder: Path) -> None:
        self.limits = limits
        self.cpu_seconds = 0.0
        self.alive = True
        self._ready = False
        self._count = 0
        self._process = subprocess.Popen(  # noqa: S603  this interpreter and a file of this package
            [sys.executable, "-P", "-s", str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=_ENVIRONMENT,
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        self._setup = {"program": program, "preload": list(preload), "limits": asdict(limits)}

    def ready(self) -> None:
        """Wait until the worker has proved that it is confined. Raises MissingRequirementError where it is not."""
        if self._ready:
            return
        deadline = time.monotonic() + _START_SECONDS  # from now on: a spare may have waited for long
        try:
            self._send(self._setup, deadline)
            hello = self._receive(deadline)
        except WorkerGoneError as gone:
            self.kill()
            raise _unconfined(f"a worker did not start ({gone})") from None
        if hello.get("missing"):
            self.kill()
            raise MissingRequirementError(
                f"the sandbox needs the package '{hello['missing']}'", hint=f"pip install {hello['missing']}"
            )
        if hello.get("failed"):
            self.kill()
            raise MmevalError(f"the sandboxed program does not load: {hello['failed']}")
        if hello["breaches"]:
            self.kill()
            raise _unconfined(f"{', '.join(hello['breaches'])} not prevented")
        self._ready = True

    def call(self, function: str, arguments: Sequence[Any], seconds: float) -> Reply:
        """Run one function of the program. A worker that dies or breaks the protocol is gone afterwards (`alive`)."""
        self._count += 1
        deadline = time.monotonic() + self.limits.wall_seconds(seconds)
        request = {"id": self._count, "function": function, "arguments": list(arguments), "seconds": seconds}
        try:
            self._send(request, deadline)
            answer = self._receive(deadline)
            if answer.pop("id") != self._count:
                raise WorkerGoneError("answered out of turn")
            before, self.cpu_seconds = self.cpu_seconds, answer["cpu_seconds"]
            answer |= {"attempts": tuple(answer["attempts"]), "cpu_seconds": self.cpu_seconds - before}
            return Reply(**answer)
        except WorkerGoneError as gone:
            self.kill()
            late = time.monotonic() >= deadline
            return Reply("timeout" if late else "died", error=str(gone))
        except (KeyError, TypeError, AttributeError):
            self.kill()
            return Reply("died", error="answered nonsense")

    def kill(self) -> None:
        """End the process and all of its session; may be called again."""
        if not self.alive:
            return
        self.alive = False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _send(self, content: Any, deadline: float) -> None:
        data = json.dumps(content).encode()
        view = memoryview(len(data).to_bytes(4, "big") + data)
        while view:
            _, writable, _ = select.select((), (self._in,), (), max(0.0, deadline - time.monotonic()))
            if not writable:
                raise WorkerGoneError("did not read its request in time")
            try:
                view = view[os.write(self._in, view) :]
            except BrokenPipeError:
                raise WorkerGoneError(self._ending()) from None

    def _receive(self, deadline: float) -> dict[str, Any]:
        size = int.from_bytes(self._read(4, deadline), "big")
        if size > self.limits.reply_bytes + _CHUNK:
            raise WorkerGoneError(f"wrote a frame of {size} bytes")
        try:
            content: dict[str, Any] = json.loads(self._read(size, deadline))
        except (ValueError, RecursionError):
            raise WorkerGoneError("wrote something that is not JSON") from None
        return content

    def _read(self, size: int, deadline: float) -> bytes:
        chunks = bytearray()
        while len(chunks) < size:
            readable, _, _ = select.select((self._out,), (), (), max(0.0, deadline - time.monotonic()))
            if not readable:
                raise WorkerGoneError("did not answer in time")
            chunk = os.read(self._out, min(_CHUNK, size - len(chunks)))
            if not chunk:
                raise WorkerGoneError(self._ending())
            chunks += chunk
        return bytes(chunks)

    def _ending(self) -> str:
        """How the process ended, once its pipes are closed."""
        try:
            status = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return "closed its pipes"
        return f"killed by signal {-status}" if status < 0 else f"exited with status {status}"


def _unconfined(problem: str) -> MissingRequirementError:
    hint = "run on Linux as root or as an ordinary user without extra capabilities"
    return MissingRequirementError(f"code cannot be confined on this machine: {problem}", hint=hint)
