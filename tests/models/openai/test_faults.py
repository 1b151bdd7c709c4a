"""A server that misbehaves: every sample is answered or listed as failed with its cause, and nothing is lost."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import IncompleteRunError
from mmeval.types import Failure, Generate, Generation, Prompt, Request
from mmeval_models.openai import OpenAIModel
from mmeval_models.openai.client import LONGEST_WAIT, OVERLOADED, _retry_after
from tests.models.conftest import request

from .server import Fault, LoopbackServer, Reply, Seen, chat, reply_to, serving

Connect = Callable[..., OpenAIModel]
LATER = Reply(429, {"error": {"message": "slow down"}}, {"Retry-After": "0"})

FAULTS: dict[str, tuple[Reply, str]] = {
    "429": (Reply(429, {"error": {"message": "slow down"}}), "HTTP 429: slow down"),
    "429, Retry-After": (LATER, "HTTP 429: slow down"),
    "500": (Reply(500, "oops"), "HTTP 500: oops"),
    "503": (Reply(503, {"detail": "loading"}), "HTTP 503: loading"),
    "529": (Reply(529, {"message": "overloaded"}), "HTTP 529: overloaded"),
    "reset": (Reply(reset=True), "RemoteProtocolError: "),
    "stall": (Reply(body=chat("x"), stall=True), "no answer within 0.3 seconds"),
    "slow first byte": (Reply(body=chat("x"), wait=5), "no answer within 0.3 seconds"),
    "truncated JSON": (Reply(body='{"choices": [{"mess'), "the answer is not JSON (application/json, 19 bytes)"),
    "broken off": (Reply(body=chat("x"), cut=20), "RemoteProtocolError: "),
    "wrong content type": (Reply(body="<html>", headers={"Content-Type": "text/html"}), "is not JSON (text/html"),
    "a list": (Reply(body=[1]), "the answer is not a JSON object"),
    "no choices": (Reply(body={"usage": {}}), "the answer has no choices"),
    "empty choices": (Reply(body={"choices": []}), "the answer has no choices"),
    "odd choices": (Reply(body={"choices": ["x"]}), "the answer has no choices"),
    "no message": (Reply(body={"choices": [{"index": 0}]}), "the answer has no message"),
    "an error with status 200": (Reply(body={"error": {"message": "upstream"}}), "the answer is an error: upstream"),
}


def asks(count: int) -> Iterator[Request]:
    for row in range(count):
        yield request(Generate(Prompt.of(f"q{row}"), 16), row)


@pytest.mark.parametrize("name", FAULTS)
def test_a_passing_fault_costs_one_more_attempt(connect: Connect, server: LoopbackServer, name: str):
    reply, _ = FAULTS[name]
    server.fault = lambda seen, before: reply if not before else None
    [(_, response)] = connect(endpoint="chat", timeout=0.3).answer(asks(1))
    assert isinstance(response, Generation)
    assert response.text == reply_to("q0", {"max_tokens": 16})
    assert len([seen for seen in server.seen if seen.body]) == 2


@pytest.mark.parametrize("name", FAULTS)
def test_a_lasting_fault_is_named_and_others_are_answered(connect: Connect, server: LoopbackServer, name: str):
    reply, cause = FAULTS[name]
    server.fault = lambda seen, before: reply if seen.text == "q1" else None
    model = connect(endpoint="chat", timeout=0.3, max_retries=2)
    answers = {key.sample_id: response for key, response in model.answer(asks(4))}
    failed = answers.pop("1")
    assert isinstance(failed, Failure)
    assert cause in failed.error
    assert failed.error.endswith("(3 attempts)")
    assert not failed.skip
    assert all(isinstance(response, Generation) for response in answers.values())


def test_of_duplicated_choices_the_first_counts(connect: Connect, server: LoopbackServer):
    body = chat("one")
    body["choices"] += chat("two")["choices"]
    server.fault = lambda seen, before: Reply(body=body)
    [(_, response)] = connect(endpoint="chat").answer(asks(1))
    assert isinstance(response, Generation)
    assert response.text == "one"


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_request_that_the_server_refuses_is_not_repeated(connect: Connect, server: LoopbackServer, status: int):
    server.fault = lambda seen, before: Reply(status, {"error": {"message": "too\nlong"}})
    [(_, response)] = connect().answer(asks(1))
    assert response == Failure(f"HTTP {status}: too long")
    assert len([seen for seen in server.seen if seen.body]) == 1


def test_retry_after_is_waited_for(connect: Connect, server: LoopbackServer):
    later = Reply(429, {}, {"Retry-After": "0.5"})
    server.fault = lambda seen, before: None if before else later
    began = time.monotonic()
    list(connect().answer(asks(1)))
    assert 0.5 <= time.monotonic() - began < 5


@pytest.mark.parametrize(("value", "seconds"), [("7", 7), ("0", 0), ("-3", 0), ("9999", LONGEST_WAIT), ("", None)])
def test_retry_after_in_seconds(value: str, seconds: float | None):
    assert _retry_after(value) == seconds


def test_retry_after_as_a_date():
    assert _retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=30))) == pytest.approx(30, abs=2)
    assert _retry_after(format_datetime(datetime.now(UTC) - timedelta(seconds=30))) == 0
    assert _retry_after("next week") is None


def test_overloads_lower_the_concurrency(connect: Connect, server: LoopbackServer):
    """A server that lets a client have four under way says 429 to the others."""
    server.delay = 0.005
    model = connect(num_concurrent=64, max_retries=50)
    server.fault = lambda seen, before: LATER if model._client.limit.active > 4 else None
    assert all(isinstance(response, Generation) for _, response in model.answer(asks(300)))
    assert model._client.limit.limit <= 12


def test_an_outage_stops_the_run_to_be_resumed(connect: Connect):
    with serving(LoopbackServer()) as server:
        model = connect(base_url=server.url, num_concurrent=4, max_retries=1, timeout=1)
        requests = asks(400)
        answers = list(model.answer(islice(requests, 10)))
    with pytest.raises(IncompleteRunError, match="no server answers at"):
        answers += model.answer(requests)
    assert sum(isinstance(response, Generation) for _, response in answers) == 10
    assert len(answers) < 100  # the rest is not marked as failed


TASK = """
from mmeval.testing import ListTask
class Ask(ListTask):
    def __init__(self, count: int = 40):
        super().__init__([(f"q{row}", "a") for row in range(count)], "ask")
"""


def mmeval(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mmeval", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def logged(run: Path) -> dict[str, Any]:
    lines = [json.loads(line) for line in (run / "responses.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == len({tuple(line["key"]) for line in lines})
    return {line["key"][1].removeprefix("test:"): line["response"] for line in lines}


def test_resume_finishes_a_run_with_failures(server: LoopbackServer, tmp_path: Path):
    """Every tenth sample meets another lasting fault; when the server is well again, only those are asked again."""
    faults = list(FAULTS.values())

    def fault(seen: Seen, before: int) -> Reply | None:
        row = int(seen.text.removeprefix("q"))
        return faults[row // 10][0] if row % 10 == 0 else None

    server.fault = fault
    (tmp_path / "ask.py").write_text(TASK, encoding="utf-8")
    arguments = f"model=parrot,base_url={server.url},endpoint=chat,max_retries=1,retry_wait=0.01,timeout=0.5"
    first = mmeval(tmp_path, "--tasks", "ask.py", "--model", "openai", "--model_args", arguments)
    [run] = tmp_path.glob("mmeval-runs/*/*")
    assert first.returncode == 1, first.stderr
    failed = {row: response["error"] for row, response in logged(run).items() if response["kind"] == "Failure"}
    assert failed.keys() == {"0", "10", "20", "30"}
    assert all(cause in failed[str(10 * row)] for row, (_, cause) in enumerate(faults[:4]))
    assert f"mmeval resume {run.relative_to(tmp_path)} --retry_errors" in " ".join(first.stderr.split())
    server.fault = lambda seen, before: None
    server.seen.clear()
    again = mmeval(tmp_path, "resume", str(run), "--retry_errors")
    assert again.returncode == 0, again.stderr
    assert {seen.text for seen in server.seen if seen.body} == {"q0", "q10", "q20", "q30"}
    answers = logged(run)
    assert {row: answer["text"] for row, answer in answers.items()} == {
        str(row): reply_to(f"q{row}", {"max_tokens": 32}) for row in range(40)
    }


def misbehaving() -> Fault:
    """One attempt in eight goes wrong, in all the quick ways that do not ask for fewer requests at once."""
    quick = [reply for reply, _ in FAULTS.values() if not (reply.status in OVERLOADED or reply.stall or reply.wait)]
    count = Counter[str]()

    def fault(seen: Seen, before: int) -> Reply | None:
        count["all"] += 1
        if before > 3 or count["all"] % 8:
            return None
        return quick[count["all"] // 8 % len(quick)]

    return fault


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_five_thousand_requests_at_64_in_flight(connect: Connect, server: LoopbackServer):
    """Nothing lost, nothing doubled, and memory does not grow with the number of requests, each of 10 kB."""
    server.keep, server.delay = False, 0.25
    server.fault = misbehaving()
    model = connect(endpoint="chat", num_concurrent=64, max_retries=6)
    asked = (request(Generate(Prompt.of(f"q{row}".ljust(10_000)), 16), row) for row in range(5000))
    answered, memory = Counter[str](), 0
    for key, response in model.answer(asked):
        assert isinstance(response, Generation)
        assert response.text == reply_to(f"q{key.sample_id}".ljust(10_000), {"max_tokens": 16})
        answered[key.sample_id] += 1
        memory = memory if answered.total() > 1000 else resident()
    assert answered == {str(row): 1 for row in range(5000)}
    assert 32 < server.most_at_once <= 64
    assert resident() - memory < 20_000_000
