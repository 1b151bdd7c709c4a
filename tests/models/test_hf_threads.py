"""Threads: as many as the container grants."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmeval.cores import granted_cores
from mmeval_models.hf.threads import use_granted_cores


@pytest.mark.parametrize(
    ("content", "most"),
    [("100000 100000\n", 1), ("150000 100000\n", 2), ("20000 100000\n", 1), ("max 100000\n", None), ("", None)],
)
def test_a_quota_bounds_the_cores(tmp_path: Path, content: str, most: int | None):
    unbounded = granted_cores(tmp_path / "nothing")
    assert unbounded >= 1
    quota = tmp_path / "cpu.max"
    quota.write_text(content, encoding="ascii")
    assert granted_cores(quota) == min(unbounded, most or unbounded)


@pytest.mark.usefixtures("one_thread")
def test_a_chosen_number_of_threads_is_kept(monkeypatch: pytest.MonkeyPatch):
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    use_granted_cores()
    assert torch.get_num_threads() == before
    monkeypatch.delenv("OMP_NUM_THREADS")
    torch.set_num_threads(granted_cores() + 3)
    use_granted_cores()
    assert torch.get_num_threads() == granted_cores()
