"""Finished attempts on disk: what a stopped generation does not repeat."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mmeval.errors import UsageError
from mmeval_tasks.longreasonarena.generation.attempts import Attempt


class Journal:
    """An append-only JSONL file. Its first line holds the settings: another set needs another file."""

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        self.path = path
        self.attempts: dict[tuple[int, int], Attempt] = {}
        if path.is_file():
            self._read(settings)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._append({"settings": dict(settings)})

    def add(self, attempt: Attempt) -> None:
        """Keep a finished attempt; it is on disk when this returns."""
        self.attempts[attempt.idx, attempt.number] = attempt
        self._append(asdict(attempt))

    def has(self, idx: int, number: int) -> bool:
        """Whether this attempt is finished."""
        return (idx, number) in self.attempts

    def _read(self, settings: Mapping[str, Any]) -> None:
        lines = self.path.read_text(encoding="utf-8").splitlines(keepends=True)
        whole = [line for line in lines if line.endswith("\n")]
        if not whole or json.loads(whole[0]).get("settings") != dict(settings):
            raise UsageError(f"{self.path} was begun with other settings", hint="remove it, or choose another --output")
        if len(whole) < len(lines):
            self.path.write_text("".join(whole), encoding="utf-8")
        for line in whole[1:]:
            attempt = Attempt(**json.loads(line))
            self.attempts[attempt.idx, attempt.number] = attempt

    def _append(self, content: Mapping[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(content) + "\n")
