"""`replay`: answers read from a file, so that outputs made elsewhere or in another run can be scored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, Field, StrictBool, StrictFloat, StrictStr, ValidationError

from mmeval.errors import SpecError, UsageError
from mmeval.model import Model
from mmeval.serialize import response_from_json
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Request,
    RequestKey,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
)

_ANSWERS: Mapping[type, type] = {
    Generate: Generation,
    Loglikelihood: Likelihoods,
    RollingLoglikelihood: RollingLikelihood,
}

_Recorded: TypeAlias = StrictStr | list[tuple[StrictFloat, StrictBool]] | StrictFloat | dict[str, Any]


class _Line(BaseModel):
    response: _Recorded

    @property
    def address(self) -> RequestKey | str:
        raise NotImplementedError


class _ByPrompt(_Line):
    prompt: str

    @property
    def address(self) -> str:
        return self.prompt


class _BySample(_Line):
    task: str
    sample_id: str | int
    index: int = Field(default=0, ge=0)
    repeat: int = Field(default=0, ge=0)

    @property
    def address(self) -> RequestKey:
        return RequestKey(self.task, str(self.sample_id), self.index, self.repeat)


class _LogLine(_Line):
    key: tuple[str, str, int, int]

    @property
    def address(self) -> RequestKey:
        return RequestKey(*self.key)


_BY_FIELD: Mapping[str, type[_Line]] = {"key": _LogLine, "prompt": _ByPrompt}
_FORMS = "a line is {task, sample_id, index=0, repeat=0, response}, {prompt, response} or a line of a run's responses"


class ReplayModel(Model):
    """Answers from the JSON lines of `path`, found by request key, else by the prompt's plain text.

    Lines are `{task, sample_id, index=0, repeat=0, response}`, `{prompt, response}`, or those of a run's
    `responses.jsonl`. `response` is a string (a generation), a list of [log-likelihood, greedy] pairs, a number (of a
    whole text), or a response's JSON form. Of several lines for one request the first counts. A run's content hashes
    are not compared: they differ between models that take a graph and models that read its text.
    """

    kinds = frozenset(_ANSWERS)
    modalities = frozenset({"text", "image", "graph"})

    def __init__(self, path: str) -> None:
        self.path = Path(path).expanduser()
        self._answers: dict[RequestKey | str, Response] = {}
        for address, response in _read(self.path):
            self._answers.setdefault(address, response)

    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        for request in requests:
            recorded = self._answers.get(request.key) or self._answers.get(request.ask.prompt.text)
            yield request.key, _fitting(request.ask, recorded) or _missing(request)

    def info(self) -> Mapping[str, Any]:
        return {"path": str(self.path)}


def _missing(request: Request) -> Failure:
    key = request.key
    return Failure(f"no recorded response for {key.task}, {key.sample_id}, index {key.index}, repeat {key.repeat}")


def _fitting(ask: Ask, recorded: Response | None) -> Response | None:
    """`recorded`, or a failure where it answers another kind of request or another number of continuations."""
    if recorded is None or isinstance(recorded, Failure):
        return recorded
    if not isinstance(recorded, _ANSWERS[type(ask)]):
        return Failure(f"the recorded response is a {type(recorded).__name__}, the request a {type(ask).__name__}")
    if isinstance(ask, Loglikelihood) and isinstance(recorded, Likelihoods):
        given, asked = len(recorded.logprobs), len(ask.continuations)
        if given != asked:
            return Failure(f"the recorded response has {given} log-likelihoods, the request {asked} continuations")
    return recorded


def _read(path: Path) -> Iterator[tuple[RequestKey | str, Response]]:
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, text in enumerate(lines, start=1):
                if text.strip():
                    yield _line(text, path, number)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", hint="--model_args path=FILE") from error
    except UnicodeDecodeError as error:
        raise SpecError("not UTF-8", file=path, hint="save it as UTF-8") from error


def _line(text: str, path: Path, number: int) -> tuple[RequestKey | str, Response]:
    try:
        return _parsed(json.loads(text))
    except json.JSONDecodeError as error:
        raise SpecError(f"not a JSON value: {error.msg}", file=path, line=number, hint=_FORMS) from error
    except (ValidationError, KeyError, TypeError) as error:
        raise SpecError(f"not an answer: {_problem(error)}", file=path, line=number, hint=_FORMS) from error


def _parsed(data: object) -> tuple[RequestKey | str, Response]:
    form = next((form for name, form in _BY_FIELD.items() if isinstance(data, Mapping) and name in data), _BySample)
    line = form.model_validate(data)
    return line.address, _response(line.response)


def _response(recorded: _Recorded) -> Response:
    if isinstance(recorded, str):
        return Generation(recorded)
    if isinstance(recorded, list):
        return Likelihoods(tuple(logprob for logprob, _ in recorded), tuple(greedy for _, greedy in recorded))
    if isinstance(recorded, dict):
        return response_from_json({key: value for key, value in recorded.items() if key != "timing"})  # of another run
    return RollingLikelihood(recorded)


def _problem(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"][:1])
        return f"{where}: {first['msg']}" if where else first["msg"]
    return f"no such kind of response ({error})" if isinstance(error, KeyError) else str(error)
