from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.engine.runlog import RunLog
from mmeval.errors import SpecError, UsageError
from mmeval.types import Failure, Generation, Likelihoods, RequestKey, Response, RollingLikelihood

RESPONSES: list[Response] = [
    Generation("Ünï\ncode\u2028", "length", 5, 7, 2),
    Likelihoods((-1.5, -0.1), (False, True), 10, 3),
    RollingLikelihood(-123.25, 40),
    Failure("no answer", skip=True),
]


def written(path: Path) -> RunLog:
    with RunLog.open(path) as log:
        for row, response in enumerate(RESPONSES):
            log.append(RequestKey("task", f"test:{row}"), f"hash{row}", response)
    return log


def test_what_is_written_is_read(tmp_path: Path) -> None:
    log = written(tmp_path / "log")
    again = RunLog.read(tmp_path / "log")
    assert list(again.responses.values()) == RESPONSES
    assert (again.responses, again.hashes) == (log.responses, log.hashes)


@given(cut=st.integers(min_value=1, max_value=200))
def test_a_torn_last_line_is_dropped_and_written_over(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    written(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    kept = whole[:-cut].count(b"\n")
    with RunLog.open(path) as log:
        assert list(log.responses.values()) == RESPONSES[:kept]
        for row, response in enumerate(RESPONSES):
            log.append(RequestKey("task", f"test:{row}"), f"hash{row}", response)
    assert path.read_bytes() == whole


def test_the_first_of_two_lines_wins(tmp_path: Path) -> None:
    path = tmp_path / "log"
    written(path)
    line = path.read_text(encoding="utf-8").split("\n")[0]
    with path.open("a", encoding="utf-8") as file:
        file.write(line.replace("length", "stop") + "\n")
    assert RunLog.read(path).responses[RequestKey("task", "test:0")] == RESPONSES[0]


@pytest.mark.parametrize(
    "line", ["{}", "[1]", '{"key": ["t", "s"], "hash": "h", "response": {"kind": "Nothing"}}', "x"]
)
def test_a_whole_line_that_is_not_a_response_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "log"
    written(path)
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(SpecError, match=r"log:5: not a line of a run log"):
        RunLog.read(path)


def test_a_log_has_one_writer(tmp_path: Path) -> None:
    with RunLog.open(tmp_path / "log"), pytest.raises(UsageError, match="being written by another process"):
        RunLog.open(tmp_path / "log").__enter__()


def test_a_log_that_is_only_read_takes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not open for writing"):
        RunLog.read(tmp_path / "log").append(RequestKey("t", "s"), "h", Generation(""))


def test_half_a_character_is_kept(tmp_path: Path) -> None:
    key, response = RequestKey("t", "\udc80"), Generation("a\ud800b")
    with RunLog.open(tmp_path / "log") as log:
        log.append(key, "hash", response)
    (tmp_path / "log").read_text(encoding="utf-8")
    assert RunLog.read(tmp_path / "log").responses == {key: response}
