"""A local copy of a generated set: JSON lines, one map with its questions each."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from mmeval_tasks.clegr.files import write_lines
from mmeval_tasks.clegr.records import Record, record_from_json, record_to_json
from mmeval_tasks.clegr.rules import MODES
from mmeval_tasks.clegr.sets import GENERATOR_VERSION, SetSpec

_log = logging.getLogger(__name__)


def cache_file(spec: SetSpec) -> Path:
    """Where a set is kept: under `$MMEVAL_CACHE`, else `~/.cache/mmeval`; the name says what it is."""
    root = Path(os.environ.get("MMEVAL_CACHE") or Path.home() / ".cache" / "mmeval")
    size = f"{spec.graphs}x{spec.questions_per_graph}"
    name = f"{spec.name}-{spec.mode}-{spec.preset}-{size}-seed{spec.seed}-v{GENERATOR_VERSION}.jsonl"
    return root / "clegr" / name


def records(spec: SetSpec) -> Iterator[Record]:
    """The maps of a set in order, from the cache where it is sound and generated where it is not.

    A set is kept once all of it has been asked for; a part costs only that part. A cache that cannot be written
    is done without.
    """
    found: list[Record] = []
    sound = True
    for index, line in zip_longest(range(spec.graphs), _lines(spec)):
        record = _read(line, index) if index is not None else None
        sound = sound and record is not None
        if index is not None:
            found.append(record or spec.record(index))
            yield found[-1]
    if not sound:
        _write(spec, found)


def _lines(spec: SetSpec) -> Iterator[bytes]:
    try:
        with cache_file(spec).open("rb") as lines:
            yield from lines
    except OSError:
        return


def _read(line: bytes | None, index: int) -> Record | None:
    """The record of a line; None where it is not whole or not the expected one."""
    if line is None or not line.endswith(b"\n"):
        return None
    try:
        record = record_from_json(json.loads(line))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return record if record.index == index else None


def _write(spec: SetSpec, found: Sequence[Record]) -> None:
    file = cache_file(spec)
    rules = MODES[spec.mode]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_lines(file, (json.dumps(record_to_json(record, rules)) + "\n" for record in found))
    except OSError as error:
        _log.warning("the generated maps are not kept: %s", error)
