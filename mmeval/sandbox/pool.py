"""A supply of warm workers: one is always starting up while another works."""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from mmeval.sandbox.limits import Limits, Reply
from mmeval.sandbox.process import WorkerProcess

logger = logging.getLogger("mmeval.sandbox")


class Sandbox:
    """Workers for one program. May be used by several threads; each takes a session of its own.

    `preload` names the modules that the program may import: a worker can open no file, so later is too late.
    Raises MissingRequirementError (exit 3) at once where this machine cannot confine a worker.
    """

    def __init__(
        self, program: str, *, preload: Sequence[str] = (), limits: Limits | None = None, spares: int = 1
    ) -> None:
        self._program, self._preload, self.limits = program, tuple(preload), limits or Limits()
        self._folder = Path(tempfile.mkdtemp(prefix="mmeval-sandbox-"))
        self._folder.chmod(0o555)
        self._lock = threading.Lock()
        self._warm: deque[WorkerProcess] = deque()
        self._spares = spares
        self._closer = weakref.finalize(self, _close, self._lock, self._warm, self._folder)
        try:
            first = self._launch()
            first.ready()
            self._warm.append(first)
        except BaseException:
            self.close()
            raise

    def session(self) -> Session:
        """A worker of one's own, thrown away at the end: nothing that code leaves behind reaches another session."""
        return Session(self)

    def take(self) -> WorkerProcess:
        """A worker that nobody has used. Sessions call this."""
        with self._lock:
            worker = self._warm.popleft() if self._warm else self._launch()
            while len(self._warm) < self._spares:
                self._warm.append(self._launch())
        worker.ready()
        return worker

    def close(self) -> None:
        """End the spare workers and remove the empty folder they lived in; done at the latest when Python ends."""
        self._closer()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _launch(self) -> WorkerProcess:
        return WorkerProcess(self._program, self._preload, self.limits, self._folder)


def _close(lock: threading.Lock, warm: deque[WorkerProcess], folder: Path) -> None:
    with lock:
        while warm:
            warm.pop().kill()
    shutil.rmtree(folder, ignore_errors=True)


class Session:
    """A worker process and its replacements: a call always gets a reply, and one that kills the worker ends alone."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._workers: list[WorkerProcess] = []
        self._closer = weakref.finalize(self, _kill, self._workers)

    def call(self, function: str, *arguments: Any, seconds: float) -> Reply:
        """`function(*arguments)` of the program, on JSON data, within `seconds` of processor time."""
        reply = self._ready(seconds).call(function, arguments, seconds)
        if reply.attempts:
            logger.warning("sandboxed %s tried, and was refused: %s", function, ", ".join(reply.attempts))
        if reply.ending in ("died", "timeout", "memory", "too_large"):
            logger.warning("sandboxed %s ended as %s: %s", function, reply.ending, reply.error)
        return reply

    def close(self) -> None:
        """End the worker."""
        self._closer()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ready(self, seconds: float) -> WorkerProcess:
        worker = self._workers[-1] if self._workers else None
        if worker is not None and worker.cpu_seconds + seconds > self._sandbox.limits.cpu_seconds:
            worker.kill()
        if worker is None or not worker.alive:
            worker = self._sandbox.take()
            self._workers[:] = [worker]
        return worker


def _kill(workers: list[WorkerProcess]) -> None:
    for worker in workers:
        worker.kill()
