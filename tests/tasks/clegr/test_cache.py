from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from mmeval_tasks.clegr.cache import cache_file, records
from mmeval_tasks.clegr.sets import SetSpec

SPEC = SetSpec("full", "corrected", graphs=4)


def test_a_set_is_kept_and_read_back_as_it_was() -> None:
    made = list(records(SPEC))
    assert made == list(SPEC.records())
    kept = cache_file(SPEC).read_bytes()
    assert kept.count(b"\n") == 4
    assert list(records(SPEC)) == made
    assert cache_file(SPEC).read_bytes() == kept
    assert list(cache_file(SPEC).parent.iterdir()) == [cache_file(SPEC)]


def test_what_is_kept_is_what_is_read() -> None:
    list(records(SPEC))
    file = cache_file(SPEC)
    file.write_text(file.read_text(encoding="utf-8").replace('"clean"', '"dirty"'), encoding="utf-8")
    assert "clean" not in {station.cleanliness for record in records(SPEC) for station in record.world.stations}


def test_a_part_of_a_set_is_not_kept() -> None:
    assert list(islice(records(SPEC), 2)) == [SPEC.record(0), SPEC.record(1)]
    assert not cache_file(SPEC).exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: b"\x00\xff\n" + data,
        lambda data: data.replace(b'"index": 2', b'"index": 7'),
        lambda data: data.replace(b"clegr/1", b"clegr/0", 1),
        lambda data: data + b"{}\n",
        lambda data: data.replace(b"station1", b"station3", 1),
        lambda data: b"[1]\n" + data.split(b"\n", 1)[1],
    ],
)
def test_a_cache_that_is_not_sound_is_mended(spoil: Callable[[bytes], bytes]) -> None:
    made = list(records(SPEC))
    kept = cache_file(SPEC).read_bytes()
    cache_file(SPEC).write_bytes(spoil(kept))
    assert list(records(SPEC)) == made
    assert cache_file(SPEC).read_bytes() == kept


def test_the_name_says_what_defines_the_set() -> None:
    others = [
        SetSpec("facts", "corrected", graphs=4), SetSpec("full", "faithful", graphs=4),
        SetSpec("full", "corrected", "large", 4), SetSpec("full", "corrected", graphs=5),
        SetSpec("full", "corrected", graphs=4, seed=1), SetSpec("full", "corrected", graphs=4, questions_per_graph=1),
    ]  # fmt: skip
    assert len({cache_file(spec) for spec in (SPEC, *others)}) == 7


def test_a_place_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MMEVAL_CACHE", str(tmp_path / "file"))
    with caplog.at_level(logging.WARNING):
        assert len(list(records(SPEC))) == 4
    assert "are not kept" in caplog.text
