"""The sample logs of a run: `samples.jsonl`, and on request `samples_<task>_<time>.jsonl` in lm-eval's layout."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from mmeval.report.files import write_lines
from mmeval.serialize import canonical, to_json
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Prompt,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
    Sample,
    SampleScore,
    Text,
)

_NOT_IN_FILE_NAMES = re.compile(r'["<>:/|\\?*\[\]]+')


@dataclass(frozen=True, slots=True)
class LoggedSample:
    """A score and what it was made from. `asks` are those of its repeat, of which the first `opening` depend on no
    answer; `responses[r][i]` answers ask `i` of repeat `r`. `cluster` names what the sample shares with others.
    """

    task: str
    sample: Sample
    score: SampleScore
    asks: Sequence[Ask]
    responses: Sequence[Sequence[Response]]
    opening: int
    cluster: Any = None


def write_samples(directory: Path, tasks: Mapping[str, Sequence[LoggedSample]], lm_eval_layout: bool) -> Sequence[Path]:
    """Write the logs; the paths of what was written."""
    rows = (row for samples in tasks.values() for row in _rows(samples))
    paths = [write_lines(directory / "samples.jsonl", rows)]
    if lm_eval_layout:
        stamp = directory.name  # lm-eval's readers tell task and time by the last underscore
        paths += [write_lines(directory / _file_name(task, stamp), _lines(samples)) for task, samples in tasks.items()]
    return paths


def _rows(samples: Sequence[LoggedSample]) -> Iterator[dict[str, Any]]:
    apart = {logged.sample.sample_id for logged in samples if logged.score.repeat}
    for logged in samples:
        repeat = logged.score.repeat
        scored = slice(repeat, repeat + 1) if logged.sample.sample_id in apart else slice(None)
        yield _row(logged) | _raw(logged.responses[scored])


def _raw(repeats: Sequence[Sequence[Response]]) -> dict[str, Any]:
    """The texts that were scored, of several repeats where these were scored as one; nothing where there are none."""
    texts = [response.text for responses in repeats for response in responses if isinstance(response, Generation)]
    return {"raw": texts} if texts else {}


def _row(logged: LoggedSample) -> dict[str, Any]:
    score = logged.score
    row = {
        "task": logged.task,
        "sample_id": logged.sample.sample_id,
        "doc_hash": logged.sample.doc_hash,
        "words_hash": words_hash(logged.asks[: logged.opening]),
        "cluster": logged.cluster,
        "repeat": score.repeat,
        "pipeline": score.pipeline,
        "outcome": score.outcome.value,
        "answer": score.answer,
        "target": logged.sample.target,
        "reason": score.reason,
        "parse_rule": score.rule,
        "values": score.values,
    }
    return row | _images(logged)


def _images(logged: LoggedSample) -> dict[str, Any]:
    """The images that were shown, by reference; nothing where there are none."""
    shown = dict.fromkeys(image for ask in logged.asks for image in ask.prompt.images)
    listed = [{"path": image.path, "digest": image.digest} for image in shown]
    return {"images": listed} if listed else {}


def words_hash(asks: Sequence[Ask]) -> str:
    """SHA-256 (hex) of what asks say: words, images and graphs in order, without turns and white space.

    It is the same whether a prompt is put through a chat template or not, so that a base model and a chat model can
    be seen to answer the same question.
    """
    said = [(_words(ask.prompt), _continuations(ask)) for ask in asks]
    return _sha256(json.dumps(said, ensure_ascii=False))


def _words(prompt: Prompt) -> str:
    parts = (part.text if isinstance(part, Text) else canonical(part) for part in prompt.parts)
    return "".join(word for part in parts for word in part.split())


def _continuations(ask: Ask) -> list[str]:
    return ["".join(one.split()) for one in ask.continuations] if isinstance(ask, Loglikelihood) else []


# ---------------------------------------------------------------- lm-eval's layout


def _file_name(task: str, stamp: str) -> str:
    return f"samples_{_NOT_IN_FILE_NAMES.sub('__', task)}_{stamp}.jsonl"


def _lines(samples: Sequence[LoggedSample]) -> Iterator[dict[str, Any]]:
    """One line per pipeline, document and repeat, pipelines outermost. `repeat` and `parse_rule` are ours."""
    places = {
        sample_id: place for place, sample_id in enumerate(dict.fromkeys(one.sample.sample_id for one in samples))
    }
    for pipeline in dict.fromkeys(logged.score.pipeline for logged in samples):
        for logged in samples:
            if logged.score.pipeline == pipeline:
                yield _line(logged, _doc_id(logged.sample, places))


def _doc_id(sample: Sample, places: Mapping[str, int]) -> int:
    """The row in the evaluated split, from an id `<split>:<row>`; else the place among the evaluated samples."""
    row = sample.sample_id.rpartition(":")[2]
    return int(row) if row.isdecimal() else places[sample.sample_id]


def _line(logged: LoggedSample, doc_id: int) -> dict[str, Any]:
    score, target = logged.score, str(logged.sample.target)
    arguments = [pair for ask in logged.asks for pair in _arguments(ask)]
    return {
        "doc_id": doc_id,
        "doc": logged.sample.doc,
        "target": target,
        "arguments": {
            f"gen_args_{number}": {f"arg_{place}": argument for place, argument in enumerate(given)}
            for number, given in enumerate(arguments)
        },
        "resps": _resps(logged),
        "filtered_resps": _filtered(logged),
        "filter": score.pipeline,
        "metrics": list(score.values),
        "doc_hash": logged.sample.doc_hash,
        "prompt_hash": _sha256(arguments[0][0]) if arguments else "",
        "target_hash": _sha256(target),
        "repeat": score.repeat,
        **({"parse_rule": score.rule} if score.rule else {}),
        **_images(logged),
        **score.values,
    }


def _arguments(ask: Ask) -> list[tuple[Any, ...]]:
    """lm-eval's requests: a log-likelihood request is one per continuation."""
    context = _text(ask.prompt)
    if isinstance(ask, Loglikelihood):
        return [(context, continuation) for continuation in ask.continuations]
    if isinstance(ask, RollingLoglikelihood):
        return [(ask.text,)]
    if isinstance(ask, Generate):
        sampling = {"do_sample": ask.sampled, "temperature": ask.temperature}
        return [(context, {"until": list(ask.stop), "max_gen_toks": ask.max_tokens, **sampling, **ask.options})]
    return [(context,)]


def _text(prompt: Prompt) -> str:
    return json.dumps(to_json(prompt.messages), ensure_ascii=False) if prompt.chat else prompt.text


def _resps(logged: LoggedSample) -> list[Any]:
    """Per request of lm-eval's the answers of all repeats."""
    repeats = [[leaf for response in responses for leaf in _leaves(response)] for responses in logged.responses]
    longest = max(map(len, repeats), default=0)
    return [[leaves[place] for leaves in repeats if place < len(leaves)] for place in range(longest)]


def _filtered(logged: LoggedSample) -> list[Any]:
    if any(isinstance(ask, Generate) for ask in logged.asks):
        return ["" if logged.score.answer is None else str(logged.score.answer)]
    responses = logged.responses[logged.score.repeat] if logged.responses else ()
    return [leaf for response in responses for leaf in _leaves(response)]


def _leaves(response: Response) -> list[Any]:
    """A response as lm-eval logs it: text, with numbers and flags as text too."""
    if isinstance(response, Generation):
        return [response.text]
    if isinstance(response, Likelihoods):
        pairs = zip(response.logprobs, response.greedy, strict=True)
        return [[str(logprob), str(greedy)] for logprob, greedy in pairs]
    if isinstance(response, RollingLikelihood):
        return [str(response.logprob)]
    return [f"[{response.error}]"] if isinstance(response, Failure) else [str(response.states)]


def _sha256(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
