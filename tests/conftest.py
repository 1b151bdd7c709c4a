"""Fixtures that every test may use."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmeval.plugins import installed

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure() -> None:
    """What a shell starts in the background ignores Ctrl-C, and hands that down to the runs that tests interrupt."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data; a test that needs it skips where it is absent, and fails where it is required."""
    folder = Path(os.environ.get("MMEVAL_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        message = f"no reference data at {folder} (set MMEVAL_SHARED)"
        if os.environ.get("MMEVAL_REQUIRE_SHARED") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for distributions, on the import path; metadata is read anew before and after."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delenv("MMEVAL_PLUGINS", raising=False)
    monkeypatch.delenv("MMEVAL_DISABLE_PLUGINS", raising=False)
    before = set(sys.modules)
    installed.cache_clear()
    yield folder
    installed.cache_clear()
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", "") and str(folder) in str(sys.modules[name].__file__):
            del sys.modules[name]
