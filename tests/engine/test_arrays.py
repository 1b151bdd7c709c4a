"""Hidden states on disk: a row per planned request, committed by its log line, the same after any interruption."""

from __future__ import annotations

import shutil
from collections import namedtuple
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from mmeval.arrays import open_array, read_rows
from mmeval.engine.arrays import BLOCK
from mmeval.engine.cache import ResponseCache, check_same_model
from mmeval.engine.execute import Executor
from mmeval.engine.progress import Silent
from mmeval.engine.runlog import RunLog
from mmeval.errors import MmevalError, PluginError, SpecError, UsageError
from mmeval.model import Model
from mmeval.task import Task
from mmeval.types import (
    ArrayData,
    ArrayRef,
    Ask,
    Failure,
    Prompt,
    Represent,
    Representation,
    Request,
    RequestKey,
    Response,
    Sample,
    SampleScore,
)

from .doubles import planned

LAYERS, WIDTH = 3, 4


@dataclass
class Words(Task):
    """Asks for the states of each word; every third sample has a second prompt."""

    words: Sequence[str]
    name: str = "words"
    follow: Sequence[Ask] = ()

    def samples(self) -> Iterator[Sample]:
        for row, word in enumerate(self.words):
            yield Sample(f"test:{row}", {"word": word})

    def requests(self, sample: Sample) -> Sequence[Ask]:
        more = int(sample.sample_id.partition(":")[2]) % 3 == 0
        texts = [sample.doc["word"], sample.doc["word"] + "!"][: 1 + more]
        return [Represent(tuple(Prompt.of(text) for text in texts), (-1,))]

    def follow_up(self, sample: Sample, responses: Sequence[Response]) -> Sequence[Ask]:
        return self.follow if len(responses) == 1 else ()

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        return SampleScore(sample.sample_id, {})


@dataclass
class Batched(Model):
    """States that depend on the first word of the batch of eight, as those of a real engine do in their last bits."""

    kinds = frozenset({Represent})
    dtype: str = "float32"
    width: int = WIDTH
    stop_after: int | None = None
    asked: list[RequestKey] = field(default_factory=list)

    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        ready = list(requests)
        for start in range(0, len(ready), 8):
            batch = ready[start : start + 8]
            for request in reversed(batch):
                if self.stop_after is not None and len(self.asked) >= self.stop_after:
                    raise KeyboardInterrupt
                self.asked.append(request.key)
                yield request.key, Representation(self.states(request, batch[0]), prompt_tokens=5)

    def states(self, request: Request, first: Request) -> ArrayData:
        assert isinstance(request.ask, Represent)
        shape = (len(request.ask.prompts), 1, LAYERS, self.width)
        own, neighbour = (int(each.content_hash[:3], 16) for each in (request, first))
        values = np.full(shape, own + neighbour / 4096, dtype="<f4")
        return ArrayData(values.tobytes(), shape, self.dtype)


def execute(task: Task, model: Model, folder: Path, cache: ResponseCache | None = None) -> RunLog:
    folder.mkdir(exist_ok=True)
    with RunLog.open(folder / "log") as log:
        Executor({"model": model}, log, Silent(), cache).run(planned(task))
    return log


def states(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "arrays").iterdir()}


def words(count: int) -> Words:
    return Words([f"w{number}" for number in range(count)])


def test_states_lie_in_plan_order_and_the_log_says_where(tmp_path: Path) -> None:
    log = execute(words(7), Batched(), tmp_path)
    refs = {key.sample_id: response.states for key, response in log.responses.items()}  # type: ignore[union-attr]
    assert refs["test:3"] == ArrayRef("words-0.npy", 1, (2, 1, LAYERS, WIDTH), "float32")
    assert refs["test:5"] == ArrayRef("words-1.npy", 3, (1, 1, LAYERS, WIDTH), "float32")
    assert open_array(tmp_path / "arrays" / "words-0.npy").shape == (3, 2, 1, LAYERS, WIDTH)
    rows = read_rows(tmp_path / "arrays", [refs["test:5"], refs["test:1"]], (0, 0, slice(1, 3)))
    assert rows.shape == (2, 2, WIDTH)
    assert rows[0, 0, 0] != rows[1, 0, 0]
    assert RunLog.read(tmp_path / "log").responses == log.responses


def test_equal_requests_share_a_row(tmp_path: Path) -> None:
    model = Batched()
    log = execute(Words(["x", "y", "y", "x"]), model, tmp_path)
    refs = [log.responses[RequestKey("words", f"test:{row}")].states for row in range(4)]  # type: ignore[union-attr]
    assert refs[1] == refs[2]
    assert refs[0] == refs[3]
    assert len(model.asked) == 2


@pytest.mark.parametrize("stop", [1, 7, 8, 9, BLOCK - 1, BLOCK, BLOCK + 3, 2 * BLOCK + 5])
def test_an_interrupted_run_ends_with_the_same_bytes(tmp_path: Path, stop: int) -> None:
    task = words(3 * BLOCK)
    execute(task, Batched(), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        execute(task, Batched(stop_after=stop), tmp_path / "torn")
    logged = set(RunLog.read(tmp_path / "torn" / "log").responses)
    model = Batched()
    log = execute(task, model, tmp_path / "torn")
    assert states(tmp_path / "torn") == states(tmp_path / "whole")
    assert len(log.responses) == 3 * BLOCK
    assert len(logged & set(model.asked)) < BLOCK  # a torn block is asked again, finished ones are not


def test_states_without_a_log_line_do_not_count(tmp_path: Path) -> None:
    execute(words(5), Batched(), tmp_path)
    lines = (tmp_path / "log").read_bytes().splitlines(keepends=True)
    (tmp_path / "log").write_bytes(b"".join(lines[:-1]) + lines[-1][:-9])
    before = states(tmp_path)
    model = Batched()
    assert len(execute(words(5), model, tmp_path).responses) == 5
    assert model.asked
    assert states(tmp_path) == before


@pytest.mark.parametrize("model", [Batched(width=5), Batched(dtype="bfloat16")], ids=["width", "dtype"])
def test_a_model_that_gives_other_states_is_refused(tmp_path: Path, model: Batched) -> None:
    with pytest.raises(KeyboardInterrupt):
        execute(words(5), Batched(stop_after=2), tmp_path)
    with pytest.raises(UsageError, match=r"words-\d\.npy holds states of shape"):
        execute(words(5), model, tmp_path)


def test_data_that_is_not_of_its_shape_breaks_the_contract(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="expected"):
        execute(words(2), Batched(dtype="float16"), tmp_path)
    with pytest.raises(PluginError, match="one of"):
        execute(words(2), Batched(dtype="int8"), tmp_path / "other")


def test_a_full_disk_is_found_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(100, 0, 100))
    with pytest.raises(UsageError, match="GiB are free") as raised:
        execute(words(9), Batched(), tmp_path)
    assert "output_path" in raised.value.hint
    assert not list((tmp_path / "arrays").iterdir())


def test_follow_ups_cannot_ask_for_states(tmp_path: Path) -> None:
    task = Words(["a"], follow=[Represent((Prompt.of("later"),), (-1,))])
    log = execute(task, Batched(), tmp_path)
    response = log.responses[RequestKey("words", "test:0", 1)]
    assert isinstance(response, Failure)
    assert "follow-up" in response.error


def test_states_are_not_cached_across_runs(tmp_path: Path) -> None:
    for run in ("one", "two"):
        model, cache = Batched(), ResponseCache(tmp_path / "cache", {"model": {"name": "batched"}})
        execute(words(3), model, tmp_path / run, cache)
        cache.close()
        assert len(model.asked) == 3


def test_bfloat16_is_read_as_it_was_meant(tmp_path: Path) -> None:
    stored = np.array([[0x3F80, 0xC000, 0x7F80]], dtype="<u2")
    np.save(tmp_path / "a.npy", stored)
    rows = read_rows(tmp_path, [ArrayRef("a.npy", 0, (3,), "bfloat16")])
    assert rows.tolist() == [[1.0, -2.0, np.inf]]


def test_a_file_that_is_no_array_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_text("nothing")
    with pytest.raises(SpecError, match=r"a\.npy: not an array"):
        read_rows(tmp_path, [ArrayRef("a.npy", 0, (3,), "float32")])


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        ({"revision": "b", "device": "cpu"}, "revision was a, is b"),
        ({"device": "cpu"}, "revision was a, is None"),
        ({"revision": "a", "device": "cuda", "processor_sha256": "x"}, "processor_sha256 was None, is x"),
    ],
)
def test_a_model_that_has_changed_is_refused(now: dict[str, str], changed: str) -> None:
    before = {"revision": "a", "device": "cpu"}
    with pytest.raises(MmevalError, match=changed):
        check_same_model("model", before, now)


def test_the_same_model_may_go_on_elsewhere() -> None:
    check_same_model("model", {"revision": "a", "shape": [1, 2], "device": "cpu"}, {"revision": "a", "shape": (1, 2)})
    check_same_model("model", None, {"revision": "a"})
