"""The inside of a sandboxed worker: run as a script with `python -P -s`, never imported by the toolkit.

Order matters: import what the program may need (afterwards no file can be opened), give up network, file system,
descriptors and privileges, prove it, install the audit hook that names attempts, and only then run the program.
Frames on descriptors 0 and 1 are a 4-byte length and JSON.
"""

from __future__ import annotations

import _socket
import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

CLONE_NEWNET = 0x40000000
FIRST_UID, UIDS = 61184, 4336  # the range that systemd keeps for users that exist only while a service runs
REFUSED_EVENTS = frozenset({
    "open", "import", "code.__new__", "marshal.loads", "gc.get_objects", "gc.get_referrers", "sys.addaudithook",
})  # fmt: skip
REFUSED_PREFIXES = (
    "os.", "socket.", "subprocess.", "ctypes.", "shutil.", "tempfile.", "signal.", "mmap.", "fcntl.", "resource.",
    "syslog.", "pty.", "pathlib.", "glob.", "ftplib.", "http.", "urllib.", "smtplib.", "sqlite3.", "webbrowser.",
)  # fmt: skip
MAX_ATTEMPTS = 20


class TimeUp(BaseException):
    """The call has used its processor time. Not an Exception, so that a program's own handlers let it pass."""


class Silence:
    """Takes what a program prints."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass


def read_frame() -> Any:
    """The next request. The parent's end closing ends the process."""
    size = int.from_bytes(_read(4), "big")
    return json.loads(_read(size))


def _read(size: int) -> bytes:
    chunks = b""
    while len(chunks) < size:
        chunk = os.read(0, size - len(chunks))
        if not chunk:
            os._exit(0)
        chunks += chunk
    return chunks


def write_frame(text: str) -> None:
    """Send one reply."""
    data = text.encode("utf-8", "surrogatepass")
    view = memoryview(len(data).to_bytes(4, "big") + data)
    while view:
        view = view[os.write(1, view) :]


# ---------------------------------------------------------------- confinement


def confine(limits: dict[str, Any]) -> None:
    """Give up everything that code could do outside its own memory.

    Raises OSError where the system denies a step; what it allows without effect is left to the proof.
    """
    if os.geteuid() == 0:
        _leave_network()
        os.chroot(".")
        os.chdir("/")
    for name, value in (
        ("RLIMIT_AS", limits["memory_bytes"]),
        ("RLIMIT_CPU", limits["cpu_seconds"]),
        ("RLIMIT_STACK", limits["stack_bytes"]),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_NPROC", 0),
    ):
        _lower(getattr(resource, name), value)
    os.closerange(3, 1024)
    if os.geteuid() == 0:
        user = FIRST_UID + os.getpid() % UIDS
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    # zero, not three: a program could close one of its descriptors and open another in its place
    _lower(resource.RLIMIT_NOFILE, 0)


def _lower(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _leave_network() -> None:
    """An empty network namespace, where the system allows one; sockets are refused by the descriptor limit anyway."""
    if sys.version_info >= (3, 12):
        try:
            os.unshare(CLONE_NEWNET)
        except OSError:
            return
        return
    import ctypes

    ctypes.CDLL(None).unshare(CLONE_NEWNET)
    for name in [name for name in sys.modules if name.split(".")[0] in ("ctypes", "_ctypes")]:
        del sys.modules[name]


def breaches(memory_bytes: int) -> list[str]:
    """What this process can still do and should not; empty when it is confined."""
    found = [f"opening {path} for writing" for path in (os.devnull, "probe", "/tmp/mmeval-probe") if _opens(path)]  # noqa: S108
    if _forks():
        found.append("fork")
    if _connects():
        found.append("sockets")
    try:
        bytearray(memory_bytes)
        found.append("memory beyond the limit")
    except MemoryError:
        pass
    return found


def _opens(path: str) -> bool:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    except OSError:
        return False
    os.close(descriptor)
    if path != os.devnull:
        Path(path).unlink()
    return True


def _forks() -> bool:
    try:
        child = os.fork()
    except OSError:
        return False
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True


def _connects() -> bool:
    for family in (_socket.AF_INET, _socket.AF_UNIX):
        try:
            _socket.socket(family, _socket.SOCK_STREAM).close()
        except OSError:
            continue
        return True
    return False


def watch(attempts: list[str]) -> None:
    """Refuse, and note in `attempts`, what the limits refuse as well: so that a report can name it."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in REFUSED_EVENTS or event.startswith(REFUSED_PREFIXES):
            name = f"import {arguments[0]}" if event == "import" else event
            if len(attempts) < MAX_ATTEMPTS and name not in attempts:
                attempts.append(name)
            if event == "import":
                raise ImportError(f"{arguments[0]} is not available in the sandbox")
            raise PermissionError(f"{event} is refused by the sandbox")

    sys.addaudithook(hook)


# ---------------------------------------------------------------- calls


def run(function: Callable[..., Any], arguments: list[Any], seconds: float) -> dict[str, Any]:
    """The ending of one call as a frame's content. The timer fires again, in case the program catches it once."""
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds, 0.1)
        try:
            value = function(*arguments)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        return {"ending": "value", "value": value}
    except TimeUp:
        return {"ending": "timeout", "error": f"more than {seconds} s of processor time"}
    except MemoryError:
        return {"ending": "memory", "error": "more memory than allowed"}
    except BaseException as error:  # noqa: BLE001  a program may raise anything, SystemExit too
        return {"ending": "raised", "error": _line(error)}


def _line(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}".splitlines()[0][:500]
    except Exception:  # noqa: BLE001  a program's exception may fail to print
        return "an exception that cannot be shown"


def serve(namespace: dict[str, Any], attempts: list[str], reply_bytes: int) -> NoReturn:
    """Answer calls until the parent is gone."""
    while True:
        request = read_frame()
        attempts.clear()
        content = run(namespace[request["function"]], request["arguments"], request["seconds"])
        tail = {"id": request["id"], "attempts": list(attempts), "cpu_seconds": _processor_seconds()}
        text = _encoded(content, tail)
        if len(text) > reply_bytes:
            text = json.dumps({"ending": "too_large", "error": f"an answer of {len(text)} characters", **tail})
        write_frame(text)


def _encoded(content: dict[str, Any], tail: dict[str, Any]) -> str:
    try:
        return json.dumps({**content, **tail})
    except (TypeError, ValueError, RecursionError, MemoryError) as error:
        return json.dumps({"ending": "raised", "error": f"not JSON: {_line(error)}", **tail})


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _time_up(*_: Any) -> NoReturn:
    raise TimeUp


def main() -> None:
    """Start up: import, confine, prove, watch, run the program; then serve."""
    setup = read_frame()
    limits = setup["limits"]
    try:
        for name in setup["preload"]:
            importlib.import_module(name)
    except ImportError as error:
        return write_frame(json.dumps({"missing": error.name or str(error)}))
    sys.stdin, sys.stdout, sys.stderr = None, Silence(), Silence()
    signal.signal(signal.SIGPROF, _time_up)
    sys.setrecursionlimit(limits["recursion"])
    try:
        confine(limits)
    except OSError as error:
        return write_frame(json.dumps({"breaches": [f"confinement failed ({error})"]}))
    found = breaches(limits["memory_bytes"])
    if found:
        return write_frame(json.dumps({"breaches": found}))
    attempts: list[str] = []
    watch(attempts)
    namespace: dict[str, Any] = {"__name__": "program"}
    try:
        # the program keeps its own rules on annotations: those of this module are not inherited
        exec(compile(setup["program"], "<program>", "exec", dont_inherit=True), namespace)  # noqa: S102  the purpose
    except BaseException as error:  # noqa: BLE001  a program may raise anything
        return write_frame(json.dumps({"failed": _line(error)}))
    write_frame(json.dumps({"breaches": []}))
    serve(namespace, attempts, limits["reply_bytes"])


if __name__ == "__main__":
    main()
