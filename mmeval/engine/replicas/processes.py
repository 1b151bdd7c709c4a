"""Replicas as processes of this machine, one for each device."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeAlias

from mmeval.engine.footprint import Footprint
from mmeval.engine.replicas.crew import Answer, Heard
from mmeval.engine.replicas.devices import environment, own_name
from mmeval.engine.replicas.packing import pack, unpack
from mmeval.errors import IncompleteRunError, MmevalError
from mmeval.model import Model
from mmeval.spec.arguments import parameters
from mmeval.types import Request

_GRACE = 10.0
"""Seconds that a process has to release what its model holds."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """First news of a process: what its model says of itself."""

    info: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Done:
    """A shard is done; what the process took until now."""

    took: Footprint


@dataclass(frozen=True, slots=True)
class _Raised:
    """The model raised this; then the process ends."""

    error: MmevalError


_News: TypeAlias = _Loaded | Answer | _Done | _Raised


@dataclass(slots=True)
class _Replica:
    """A process and the way to talk to it."""

    process: BaseProcess
    connection: Connection
    loaded: bool = False
    busy: bool = False


class Processes:
    """A process for each of `devices`, with a model made by `factory(**args)`; each sees its own GPU only.

    A device may stand there more than once. A model that takes the argument `device` is given it.
    """

    def __init__(self, factory: type[Model], args: Mapping[str, Any], devices: Sequence[str]) -> None:
        self.names = devices
        self._factory, self._args = factory, dict(args)
        self._replicas: list[_Replica] = []
        self._talking: deque[int] = deque()

    def start(self) -> Mapping[str, Any]:
        for device in self.names:
            self._replicas.append(self._begun(device))
        info: Mapping[str, Any] = {}
        while not all(replica.loaded for replica in self._replicas):
            place = self._next_talking()
            news = self._news(place)
            if isinstance(news, _Loaded) and place == 0:
                info = news.info
        return info

    def send(self, replica: int, requests: Sequence[Request]) -> None:
        found = self._replicas[replica]
        found.busy = True
        packed = pack(requests)
        with suppress(OSError):  # it is lost then, which its next news will say
            found.connection.send_bytes(packed)

    def hear(self) -> Heard:
        place = self._next_talking()
        news = self._news(place)
        if news is None:
            return self._replaced(place)
        if isinstance(news, tuple):
            return Heard(place, (news,))
        self._replicas[place].busy = False
        return Heard(place, free=True, took=news.took if isinstance(news, _Done) else None)

    def close(self) -> None:
        replicas, self._replicas = self._replicas, []
        for replica in replicas:
            replica.connection.close()
            if replica.busy or not replica.loaded:
                replica.process.terminate()
        for replica in replicas:
            _ended(replica.process)

    def _begun(self, device: str) -> _Replica:
        ours, theirs = get_context("spawn").Pipe()
        process = get_context("spawn").Process(target=_serve, args=(theirs,), name=f"mmeval {device}")
        with _inheriting(environment(device, len(self.names))):
            process.start()
        theirs.close()
        given = {"device": own_name(device)} if "device" in parameters(self._factory) else {}
        ours.send((self._factory, {**self._args, **given}))
        return _Replica(process, ours)

    def _next_talking(self) -> int:
        """A replica that has news, each in its turn."""
        if not self._talking:
            places = {replica.connection: place for place, replica in enumerate(self._replicas)}
            self._talking.extend(places[connection] for connection in wait(list(places)))  # type: ignore[index]
        return self._talking.popleft()

    def _news(self, place: int) -> _News | None:
        """The next news of a replica; None where it is lost. Raises what its model raised."""
        replica = self._replicas[place]
        try:
            news: _News = replica.connection.recv()
        except (EOFError, OSError):
            if replica.loaded:
                return None
            ended = _ended(replica.process)
            raise IncompleteRunError(f"the process for {self.names[place]} ended while it loaded: {ended}") from None
        if isinstance(news, _Raised):
            news.error.args = (f"{self.names[place]}: {news.error}",)
            raise news.error
        replica.loaded = True
        return news

    def _replaced(self, place: int) -> Heard:
        lost = self._replicas[place]
        lost.connection.close()
        self._replicas[place] = self._begun(self.names[place])
        return Heard(place, lost=_ended(lost.process))


def _ended(process: BaseProcess) -> str:
    """Wait for the end of a process, and see to it; how it ended."""
    process.join(_GRACE)
    if process.is_alive():
        process.kill()
        process.join()
    code = process.exitcode or 0
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


@contextmanager
def _inheriting(variables: Mapping[str, str]) -> Iterator[None]:
    """A process that is started inside has these variables, and leaves Ctrl-C to this process."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


# ---------------------------------------------------------------- in the process


def _serve(connection: Connection) -> None:
    """Make the model, and answer what comes until the connection or the run's own process ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(BrokenPipeError):
        for news in _work(connection):
            connection.send(news)


def _work(connection: Connection) -> Iterator[_News]:
    try:
        factory, args = connection.recv()
        model: Model = factory(**args)
        yield _Loaded(dict(model.info()))
        while packed := _received(connection):
            yield from model.answer(iter(unpack(packed)))
            yield _Done(Footprint.of_this_process(model))
        model.close()
    except Exception as error:  # noqa: BLE001  told to the run's own process, which raises it
        yield _Raised(_portable(error))


def _received(connection: Connection) -> bytes:
    try:
        return connection.recv_bytes()
    except (EOFError, OSError):
        return b""


def _portable(error: Exception) -> MmevalError:
    if isinstance(error, MmevalError):
        return error
    told = IncompleteRunError(" ".join(f"the model stopped: {type(error).__name__}: {error}".split()))
    told.add_note("".join(traceback.format_exception(error)).rstrip())
    return told


def _end_with_parent() -> None:
    """A model may compute for long before it would notice that nobody listens."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
