from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Mmeval


def test_names_are_listed(mmeval: Mmeval) -> None:
    assert "clegr" in mmeval("generate").out.split()


def test_what_stands_behind_the_name_goes_to_the_generator(mmeval: Mmeval) -> None:
    ended = mmeval("generate", "clegr", "--help")
    assert ended.code == 0
    assert "mmeval generate clegr" in ended.out
    wrong = mmeval("generate", "clegr", "--no-such-option")
    assert wrong.code == 2
    assert "mmeval generate clegr --help" in wrong.err


def test_a_generator_writes(mmeval: Mmeval) -> None:
    ended = mmeval("generate", "clegr", "--graphs", "1", "--out", "maps.jsonl")
    assert ended.code == 0, ended.err
    assert len(Path("maps.jsonl").read_text(encoding="utf-8").splitlines()) == 1
