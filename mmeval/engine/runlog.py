"""The run log: every response, appended to `responses.jsonl` as it arrives.

A line is one JSON object, `{"key": [task, sample_id, index, repeat], "hash": content hash, "response": ...}`,
flushed when written. After a kill at most the line in flight is lost; a torn last line is dropped. Of two
lines with one key the first wins.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from mmeval.errors import SpecError, UsageError
from mmeval.serialize import response_from_json, to_json
from mmeval.types import Failure, RequestKey, Response

with contextlib.suppress(ImportError):
    import fcntl  # POSIX only; elsewhere two processes could write one log

_LONE_SURROGATES = "backslashreplace"
"""Half a character, as a byte-level model may write it, has no UTF-8; inside JSON its escape is the same text."""


class RunLog:
    """Responses by key, kept in a file. Open for one writer at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.responses: dict[RequestKey, Response] = {}
        self.hashes: dict[RequestKey, str] = {}
        self._file: IO[str] | None = None

    @classmethod
    def read(cls, path: Path) -> RunLog:
        """The log as it is on disk, for scoring. A file that does not exist is an empty log."""
        log = cls(path)
        log._load()
        return log

    @classmethod
    @contextlib.contextmanager
    def open(cls, path: Path, *, drop_failures: bool = False) -> Iterator[RunLog]:
        """The log, ready to append. Raises UsageError where another process is writing to it.

        `drop_failures` forgets failed responses, so that their requests are sent again.
        """
        log = cls(path)
        with path.open("a+b") as handle:
            _lock(handle, path)
            handle.truncate(log._load())
        if drop_failures:
            log._rewrite_without_failures()
        with path.open("a", encoding="utf-8", errors=_LONE_SURROGATES, newline="\n") as log._file:
            _lock(log._file, path)
            yield log
        log._file = None

    def append(self, key: RequestKey, content_hash: str, response: Response) -> None:
        """Write one response; it is safe from a kill of this process when the call returns."""
        if key in self.responses:
            return
        if self._file is None:
            raise UsageError(f"{self.path} is not open for writing")
        self._file.write(_line(key, content_hash, response))
        self._file.flush()
        self.responses[key], self.hashes[key] = response, content_hash

    def _load(self) -> int:
        """Read all whole lines; the number of bytes that they take."""
        if not self.path.exists():
            return 0
        end = 0
        with self.path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    break
                self._take(line, number)
                end += len(line)
        return end

    def _take(self, line: bytes, number: int) -> None:
        try:
            data: dict[str, Any] = json.loads(line)
            key = RequestKey(*data["key"])
            response = response_from_json(data["response"])
        except (ValueError, KeyError, TypeError) as error:
            raise SpecError(f"not a line of a run log: {error}", file=self.path, line=number) from error
        if key not in self.responses:
            self.responses[key], self.hashes[key] = response, data["hash"]

    def _rewrite_without_failures(self) -> None:
        kept: dict[RequestKey, Response] = {
            key: value for key, value in self.responses.items() if not isinstance(value, Failure)
        }
        temporary = self.path.with_suffix(".tmp")
        lines = "".join(_line(key, self.hashes[key], value) for key, value in kept.items())
        temporary.write_text(lines, "utf-8", _LONE_SURROGATES)
        temporary.replace(self.path)
        self.responses, self.hashes = kept, {key: self.hashes[key] for key in kept}


def _line(key: RequestKey, content_hash: str, response: Response) -> str:
    address = [key.task, key.sample_id, key.index, key.repeat]
    data = {"key": address, "hash": content_hash, "response": to_json(response)}
    return json.dumps(data, ensure_ascii=False) + "\n"


def _lock(handle: IO[Any], path: Path) -> None:
    if "fcntl" not in globals():
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise UsageError(f"{path} is being written by another process", hint="wait for it, or stop it") from None
