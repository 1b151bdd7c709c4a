"""What was found of images, kept between runs: decoding all of them takes minutes, and a file seldom changes."""

from __future__ import annotations

import json
import logging
import os
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import NamedTuple

_log = logging.getLogger(__name__)


class Verdict(NamedTuple):
    """The SHA-256 of the bytes, the pixel hash (empty where there are no pixels), and codes."""

    digest: str
    pixels: str
    codes: tuple[str, ...]


class Verdicts:
    """A file of verdicts by place and stamp. A stamp changes with the image: its size and time, or its checksum.

    A file that cannot be read or written is done without; a torn last line is ignored.
    """

    def __init__(self, source: str) -> None:
        self.file = _folder() / f"images-{sha256(source.encode()).hexdigest()[:16]}.jsonl"
        self._lock = Lock()
        self._known: dict[tuple[str, str], Verdict] = {}
        self._writable = True
        self._read()

    def get(self, place: str, stamp: str) -> Verdict | None:
        """What is known of the image."""
        return self._known.get((place, stamp))

    def put(self, place: str, stamp: str, verdict: Verdict) -> None:
        """Keep a verdict."""
        with self._lock:
            self._known[place, stamp] = verdict
            if self._writable:
                self._append(json.dumps([place, stamp, *verdict]))

    def _append(self, line: str) -> None:
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("a", encoding="utf-8") as lines:
                lines.write(line + "\n")
        except OSError as error:
            self._writable = False
            _log.warning("what was found of images is not kept: %s", error)

    def _read(self) -> None:
        try:
            lines = self.file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return
        for line in lines:
            try:
                place, stamp, digest, pixels, codes = json.loads(line)
                self._known[place, stamp] = Verdict(digest, pixels, tuple(codes))
            except (ValueError, TypeError):
                continue


def _folder() -> Path:
    return Path(os.environ.get("MMEVAL_CACHE") or Path.home() / ".cache" / "mmeval") / "omnimedvqa"
