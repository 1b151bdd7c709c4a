"""The replay model: recorded answers by key or prompt, and files that cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.errors import SpecError, UsageError
from mmeval.serialize import content_hash, response_from_json, to_json
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Generation,
    Graph,
    Likelihoods,
    Loglikelihood,
    Message,
    Prompt,
    Request,
    RequestKey,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
    Text,
)
from mmeval_models.replay import ReplayModel

GENERATE = Generate(Prompt.of("Q?"))
OPTIONS = Loglikelihood(Prompt.of("Q?"), (" a", " b"))
WHOLE = RollingLoglikelihood("a text")


def replayed(tmp_path: Path, lines: list[Any], ask: Ask) -> Response:
    key = RequestKey("t", "1")
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    [(answered, response)] = ReplayModel(path=str(path)).answer([Request(key, ask, content_hash(ask))])
    assert answered == key
    return response


@pytest.mark.parametrize(
    ("ask", "recorded", "expected"),
    [
        (GENERATE, "42", Generation("42")),
        (GENERATE, "", Generation("")),
        (OPTIONS, [[-1.5, True], [-2, False]], Likelihoods((-1.5, -2.0), (True, False))),
        (WHOLE, -12.5, RollingLikelihood(-12.5)),
        (WHOLE, -12, RollingLikelihood(-12.0)),
        (GENERATE, to_json(Generation("x", "length", 3, 4, 1)), Generation("x", "length", 3, 4, 1)),
        (OPTIONS, to_json(Failure("no image", skip=True)), Failure("no image", skip=True)),
    ],
)
def test_forms_of_a_response(tmp_path: Path, ask: Ask, recorded: Any, expected: Response):
    assert replayed(tmp_path, [{"task": "t", "sample_id": "1", "response": recorded}], ask) == expected


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ({"task": "t", "sample_id": "1"}, True),
        ({"task": "t", "sample_id": 1, "index": 0, "repeat": 0, "note": "ignored"}, True),
        ({"task": "t", "sample_id": "1", "index": 1}, False),
        ({"task": "t", "sample_id": "1", "repeat": 1}, False),
        ({"task": "u", "sample_id": "1"}, False),
        ({"key": ["t", "1", 0, 0], "hash": "0f"}, True),
        ({"prompt": "Q?"}, True),
        ({"prompt": "q?"}, False),
    ],
)
def test_where_a_response_is_found(tmp_path: Path, line: dict[str, Any], found: bool):
    missing = Failure("no recorded response for t, 1, index 0, repeat 0")
    assert replayed(tmp_path, [{**line, "response": "yes"}], GENERATE) == (Generation("yes") if found else missing)


def test_the_first_line_counts_and_a_key_goes_before_a_prompt(tmp_path: Path):
    by_prompt = {"prompt": "Q?", "response": "by prompt"}
    first, second = ({"task": "t", "sample_id": "1", "response": text} for text in ("first", "second"))
    assert replayed(tmp_path, [by_prompt, first, second], GENERATE) == Generation("first")


def test_prompts_are_found_by_their_plain_text(tmp_path: Path):
    graph = Graph(({"id": 0},), (), "one node")
    turns = (Message("system", (Text("Be brief."),), "\n"), Message("user", (graph, Text(": how many?")), ""))
    line = {"prompt": "Be brief.\none node: how many?", "response": "1"}
    assert replayed(tmp_path, [line], Generate(Prompt(turns, chat=True))) == Generation("1")


@pytest.mark.parametrize(
    ("ask", "recorded", "error"),
    [
        (OPTIONS, "a", "the recorded response is a Generation, the request a Loglikelihood"),
        (GENERATE, -1.0, "the recorded response is a RollingLikelihood, the request a Generate"),
        (OPTIONS, [[-1.0, True]], "the recorded response has 1 log-likelihoods, the request 2 continuations"),
    ],
)
def test_an_answer_to_something_else_is_a_failure(tmp_path: Path, ask: Ask, recorded: Any, error: str):
    assert replayed(tmp_path, [{"task": "t", "sample_id": "1", "response": recorded}], ask) == Failure(error)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not a JSON value"),
        ("[]", "not an answer: "),
        ("3", "not an answer: "),
        ("{}", "not an answer: response: "),
        ('{"prompt": "Q?"}', "not an answer: response: Field required"),
        ('{"task": "t", "response": "x"}', "not an answer: sample_id: Field required"),
        ('{"task": "t", "sample_id": "1", "index": -1, "response": "x"}', "not an answer: index: "),
        ('{"prompt": "Q?", "response": [[-1.0, "yes"]]}', "not an answer: response: "),
        ('{"prompt": "Q?", "response": null}', "not an answer: response: "),
        ('{"prompt": "Q?", "response": true}', "not an answer: response: "),
        ('{"prompt": "Q?", "response": {"text": "x"}}', "not an answer: no such kind of response ('kind')"),
        ('{"prompt": "Q?", "response": {"kind": "Oracle"}}', "not an answer: no such kind of response ('Oracle')"),
        ('{"prompt": "Q?", "response": {"kind": "Generation", "words": 3}}', "not an answer: "),
        ('{"key": ["t", "1"], "response": "x"}', "not an answer: key: "),
    ],
)
def test_bad_lines_name_file_and_line(tmp_path: Path, line: str, problem: str):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"prompt": "P?", "response": "x"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        ReplayModel(path=str(path))
    assert str(caught.value).startswith(f"{path}:2: {problem}")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_utf8(tmp_path: Path):
    path = tmp_path / "answers.jsonl"
    path.write_bytes(b'{"prompt": "caf\xe9", "response": "x"}\n')
    with pytest.raises(SpecError, match="not UTF-8"):
        ReplayModel(path=str(path))


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(UsageError, match=r"cannot read .*none\.jsonl: No such file"):
        ReplayModel(path=str(tmp_path / "none.jsonl"))


def test_empty_lines_and_files_are_fine(tmp_path: Path):
    path = tmp_path / "answers.jsonl"
    path.write_text('\n{"prompt": "Q?", "response": "x"}\n\n', encoding="utf-8")
    assert ReplayModel(path=str(path)).info() == {"path": str(path)}


@given(
    st.one_of(
        st.builds(Generation, st.text(), st.sampled_from(["stop", "length", "refusal"]), st.none() | st.integers(0, 9)),
        st.builds(RollingLikelihood, st.floats(allow_nan=False), st.none() | st.integers(0, 9)),
        st.builds(Failure, st.text(), st.booleans()),
    )
)
def test_logged_responses_come_back(tmp_path_factory: pytest.TempPathFactory, response: Response):
    ask = WHOLE if isinstance(response, RollingLikelihood) else GENERATE
    line = {"key": ["t", "1", 0, 0], "hash": "", "response": json.loads(json.dumps(to_json(response)))}
    assert response_from_json(line["response"]) == response
    assert replayed(tmp_path_factory.mktemp("replay"), [line], ask) == response
