from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import PIL.Image
import pytest

from mmeval_tasks.omnimedvqa import OmniMedVQA
from mmeval_tasks.omnimedvqa import collection as checking
from mmeval_tasks.omnimedvqa.verdicts import Verdict, Verdicts


@pytest.fixture
def decodings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The images that were decoded."""
    seen: list[str] = []
    plain = checking.decoded
    monkeypatch.setattr(checking, "decoded", lambda image: seen.append(image.path) or plain(image))
    return seen


def samples(root: Path) -> list[object]:
    return list(OmniMedVQA(data_dir=str(root)).samples())


def test_a_second_run_decodes_nothing(copy: Callable[..., Path], decodings: list[str]) -> None:
    root = copy({}, {"question_id": "Own_0001", "image_path": "Images/Own/b.png"})
    first = samples(root)
    assert len(decodings) == 2
    assert samples(root) == first
    assert len(decodings) == 2


def test_a_changed_image_is_looked_at_again(copy: Callable[..., Path], decodings: list[str]) -> None:
    root = copy({})
    (before,) = samples(root)
    file = root / "Images" / "Own" / "a.png"
    PIL.Image.new("RGB", (9, 9), "blue").save(file)
    os.utime(file, ns=(1, 1))
    (after,) = samples(root)
    assert before != after
    assert len(decodings) == 2


def test_a_verdict_on_a_broken_image_is_kept_too(copy: Callable[..., Path], decodings: list[str]) -> None:
    root = copy({}, {"question_id": "Own_0001", "image_path": "Images/Own/b.png"})
    (root / "Images" / "Own" / "b.png").write_bytes(b"no pixels")
    for _ in range(2):
        task = OmniMedVQA(data_dir=str(root))
        assert len(list(task.samples())) == 1
        assert task.coverage is not None
        assert task.coverage.codes == {"image_unreadable": 1}
    assert len(decodings) == 2


def test_members_of_a_zip_file_are_known_by_their_checksum(
    copy: Callable[..., Path], decodings: list[str], tmp_path: Path
) -> None:
    root = copy({})
    for _ in range(2):
        with zipfile.ZipFile(tmp_path / "OmniMedVQA.zip", "w") as archive:
            for file in root.rglob("*.*"):
                archive.write(file, file.relative_to(root))
        assert len(samples(tmp_path / "OmniMedVQA.zip")) == 1
    assert len(decodings) == 1


def test_what_cannot_be_read_or_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = Verdict("ff", "aa", ("image_alpha",))
    Verdicts("here").put("a", "1", verdict)
    file = Verdicts("here").file
    file.write_bytes(file.read_bytes() + b'["torn", ')
    assert Verdicts("here").get("a", "1") == verdict
    assert Verdicts("here").get("a", "2") is None
    assert Verdicts("there").get("a", "1") is None
    file.write_bytes(b"\xff")
    assert Verdicts("here").get("a", "1") is None
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setenv("MMEVAL_CACHE", str(tmp_path / "taken"))
    kept = Verdicts("here")
    for stamp in "12":
        kept.put("a", stamp, verdict)
    assert kept.get("a", "2") == verdict
