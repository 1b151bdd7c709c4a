"""Runs a conformance class as pytest would, and tells what it finds."""

from __future__ import annotations

import inspect
from pathlib import Path


def failures(suite: type, tmp_path: Path) -> dict[str, str]:
    """The test methods of `suite` that fail, with their messages."""
    found: dict[str, str] = {}
    for name in sorted(vars_of(suite)):
        method = getattr(suite(), name)
        arguments = {"tmp_path": tmp_path} if "tmp_path" in inspect.signature(method).parameters else {}
        try:
            method(**arguments)
        except AssertionError as error:
            found[name] = str(error)
    return found


def vars_of(suite: type) -> list[str]:
    """The names of the test methods of `suite`."""
    return [name for name in dir(suite) if name.startswith("test_")]
