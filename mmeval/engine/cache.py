"""The response cache across runs (`--use_cache`): SQLite, JSON values.

The key covers the model (name, arguments, what it says of itself; not what only changes the cost of an answer)
and the content hash, so that a hit is an answer of the same model to the same resolved ask. Sampled requests,
failures and hidden states, which are files of their run, are never cached.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmeval.errors import UsageError
from mmeval.serialize import canonical, response_from_json, to_json
from mmeval.types import Failure, Representation, Request, Response

_COMMIT_EVERY = 256
_COSTS_ONLY = frozenset({"batch_size", "max_batch_size", "token_budget", "device", "devices"})
"""Arguments and facts of models that change how soon an answer comes, not what it is."""


class ResponseCache:
    """Answers of `models` (role -> what identifies the model) kept at `path`."""

    def __init__(self, path: Path, models: Mapping[str, Mapping[str, Any]]) -> None:
        self._models = {role: canonical(_identity(model)) for role, model in models.items()}
        self._unsaved = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path)
            self._connection.execute("CREATE TABLE IF NOT EXISTS responses (key TEXT PRIMARY KEY, response TEXT)")
        except (sqlite3.Error, OSError) as error:
            raise UsageError(f"the response cache {path} cannot be used: {error}") from error

    def get(self, request: Request) -> Response | None:
        """The cached response of an unsampled request, if there is one."""
        if request.ask.sampled:
            return None
        row = self._connection.execute("SELECT response FROM responses WHERE key = ?", (self._key(request),)).fetchone()
        return response_from_json(json.loads(row[0])) if row else None

    def put(self, request: Request, response: Response) -> None:
        """Keep the response of an unsampled request."""
        if request.ask.sampled or isinstance(response, Failure | Representation):
            return
        value = json.dumps(to_json(response), ensure_ascii=False)
        self._connection.execute("INSERT OR REPLACE INTO responses VALUES (?, ?)", (self._key(request), value))
        self._unsaved += 1
        if self._unsaved >= _COMMIT_EVERY:
            self._connection.commit()
            self._unsaved = 0

    def close(self) -> None:
        """Write what is left."""
        self._connection.commit()
        self._connection.close()

    def _key(self, request: Request) -> str:
        return hashlib.sha256(f"{self._models[request.ask.role]}\n{request.content_hash}".encode()).hexdigest()


def check_same_model(role: str, before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> None:
    """Refuse to go on with a model that says other things of itself than the one that a run began with."""
    if before is None:
        return
    old, new = ({key: canonical(value) for key, value in info.items()} for info in (before, now))
    for key in sorted({*old, *new} - _COSTS_ONLY):
        if old.get(key) != new.get(key):
            was, is_now = (str(info.get(key))[:60] for info in (before, now))
            raise UsageError(
                f"the model in the role '{role}' has changed since this run began: {key} was {was}, is {is_now}",
                hint="start a new run",
            )


def _identity(model: Mapping[str, Any]) -> dict[str, Any]:
    """`model` as `run.json` keeps it, without what only changes the cost."""
    return {
        key: {name: one for name, one in value.items() if name not in _COSTS_ONLY}
        if isinstance(value, Mapping)
        else value
        for key, value in model.items()
    }
