"""The vocabulary of mmeval as frozen values. Standard library only.

A `Task` turns samples into requests, a `Model` turns requests into responses, and a score is a function of
both. Everything here can be hashed or compared by value, and everything that enters a run directory has a
JSON form (`mmeval.serialize`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

EMPTY: Mapping[str, Any] = MappingProxyType({})

# ---------------------------------------------------------------- content


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text in a prompt."""

    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A reference to an image: `path` is a file, a URL or a label; `digest` is the SHA-256 of its bytes (hex) or
    empty.

    `read` gives the bytes where `path` alone does not lead to them. `mmeval.data.images` makes and opens references.
    """

    path: str
    digest: str = ""
    read: Callable[[], bytes] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph in a prompt: node and edge records, and `text`, the task's own rendering of it.

    A model without graph support reads `text` (the adapter `graph_text`); a graph model may read either.
    Edge records name their end points by position: `source` and `target` are indices into `nodes`. `digest` is
    the SHA-256 (hex) of all three; it stands for the graph in content hashes.
    """

    nodes: tuple[Mapping[str, Any], ...]
    edges: tuple[Mapping[str, Any], ...]
    text: str
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        content = json.dumps([self.nodes, self.edges, self.text], sort_keys=True, ensure_ascii=False, default=dict)
        object.__setattr__(self, "digest", hashlib.sha256(content.encode(errors="backslashreplace")).hexdigest())


Part: TypeAlias = Text | Image | Graph
Role: TypeAlias = Literal["system", "user", "assistant"]

MODALITY: Mapping[type, str] = MappingProxyType({Text: "text", Image: "image", Graph: "graph"})


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. `delimiter` stands after it when messages are joined to plain text; chat templates ignore it."""

    role: Role
    content: tuple[Part, ...]
    delimiter: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is shown: turns, joined as plain text (`chat=False`) or put through a chat template.

    A final assistant message is a prefill that the model continues.
    """

    messages: tuple[Message, ...]
    chat: bool = False

    @classmethod
    def of(cls, *content: str | Part) -> Prompt:
        """One user turn made of strings and parts, in order."""
        return cls((Message("user", tuple(Text(part) if isinstance(part, str) else part for part in content)),))

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts of all messages, in order, without delimiters."""
        return tuple(part for message in self.messages for part in message.content)

    @property
    def images(self) -> tuple[Image, ...]:
        """The images among its parts, in order."""
        return tuple(part for part in self.parts if isinstance(part, Image))

    @property
    def text(self) -> str:
        """The plain-text form: text parts and delimiters joined. Graphs show their text; images show nothing."""
        pieces: list[str] = []
        for message in self.messages:
            pieces += [part.text for part in message.content if not isinstance(part, Image)]
            pieces.append(message.delimiter)
        return "".join(pieces)


# ---------------------------------------------------------------- requests


@dataclass(frozen=True, slots=True)
class Generate:
    """Free generation. Stops before the first of `stop`, at the end token, or after `max_tokens` new tokens.

    `temperature` 0 is greedy. `options` are further sampling options, passed through by name (`top_p`, ...).
    `role` names the model of the run that answers (`judge`, ...). Where prompt and budget do not fit the context
    together, the prompt loses its beginning; with `keep_prompt` the budget shrinks instead, to nothing if need be.
    """

    prompt: Prompt
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    options: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    role: str = "model"
    keep_prompt: bool = False

    @property
    def sampled(self) -> bool:
        return self.temperature > 0


@dataclass(frozen=True, slots=True)
class Loglikelihood:
    """Log-likelihoods (nats) of each of `continuations` after the one prompt.

    `delimiter` is put before every continuation when the prompt is plain text, `chat_delimiter` when it goes
    through a chat template. Planning folds them in: a model sees both empty.
    """

    prompt: Prompt
    continuations: tuple[str, ...]
    delimiter: str = ""
    chat_delimiter: str = ""
    role: str = "model"

    sampled = False


Stride: TypeAlias = Literal["full", "half"]


@dataclass(frozen=True, slots=True)
class RollingLoglikelihood:
    """Log-likelihood (nats) of a whole text, in windows of the model's context.

    `stride` is how far windows move: by all of the context (lm-eval's rolling rule), or by half of it, so that every
    token but the text's first ones is predicted from half a context or more.
    """

    text: str
    role: str = "model"
    stride: Stride = "full"

    sampled = False

    @property
    def prompt(self) -> Prompt:
        return Prompt.of(self.text)


Position: TypeAlias = int | Literal["image_mean"]


@dataclass(frozen=True, slots=True)
class Represent:
    """Hidden states at `positions` of `layers` for whole prompts.

    A position is a token's index, negative from the end, or `image_mean`, the mean over the tokens of images.
    Layers are counted from 0, what goes into the first block, over the blocks' outputs, to the output of the final
    norm; negative from the end; none means all of them. The model finds the prompts' common token prefix, which it
    computes once; `beside` holds prompts of which no states are wanted but with which the prefix is shared, so that
    it ends where that of a request with more prompts ends. Each of `answer_sets` asks for the log-probability that
    the next token is one of its strings.
    """

    prompts: tuple[Prompt, ...]
    positions: tuple[Position, ...]
    layers: tuple[int, ...] = ()
    answer_sets: tuple[tuple[str, ...], ...] = ()
    beside: tuple[Prompt, ...] = ()
    role: str = "model"

    sampled = False

    @property
    def prompt(self) -> Prompt:
        return Prompt(tuple(message for prompt in (*self.prompts, *self.beside) for message in prompt.messages))


Ask: TypeAlias = Generate | Loglikelihood | RollingLoglikelihood | Represent
"""What a task asks: one of the request kinds, not yet addressed."""


@dataclass(frozen=True, slots=True, order=True)
class RequestKey:
    """The address of a request: `index` counts the sample's requests, `repeat` its repetitions."""

    task: str
    sample_id: str
    index: int = 0
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """An addressed ask, resolved by planning: adapters applied, delimiters folded in, chat or plain decided.

    `seed` is set for sampled requests only and derives from the run's seed and the key. `content_hash` is the
    SHA-256 of the resolved ask; equal hashes of unsampled requests have equal answers.
    """

    key: RequestKey
    ask: Ask
    content_hash: str
    seed: int | None = None


# ---------------------------------------------------------------- responses

FinishReason: TypeAlias = Literal["stop", "length", "refusal"]


@dataclass(frozen=True, slots=True)
class Generation:
    """Generated text.

    `finish` is `length` where the budget or context ended it, `refusal` where the model's
    server refused. Token counts are None where the model does not tell. `truncated` counts prompt tokens that
    did not fit the context and were dropped from the left. `first_token_seconds`, where the model tells, is the time
    from sending the request to its first token; of a model in this process, from beginning to read its prompt. It is
    no part of the answer: equal answers may differ in it.
    """

    text: str
    finish: FinishReason = "stop"
    prompt_tokens: int | None = None
    tokens: int | None = None
    truncated: int = 0
    first_token_seconds: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Likelihoods:
    """For each continuation its log-likelihood (nats) and whether greedy decoding would have written it.

    `lengths` are the tokens of each continuation; empty where the model does not tell.
    """

    logprobs: tuple[float, ...]
    greedy: tuple[bool, ...]
    prompt_tokens: int | None = None
    tokens: int | None = None
    truncated: int = 0
    lengths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RollingLikelihood:
    """Log-likelihood (nats) of a whole text, and the number of tokens that were predicted."""

    logprob: float
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ArrayData:
    """An array as a model hands it over: `data` holds the values in C order, little-endian.

    `dtype` is `float32`, `float16` or `bfloat16`. The run keeps it, and an `ArrayRef` stands in the log.
    """

    data: bytes
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class ArrayRef:
    """A row of an array under the run's `arrays/`: `shape` and `dtype` are the row's (`mmeval.arrays` reads it)."""

    file: str
    row: int
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class Representation:
    """Hidden states, shape (prompts, positions, layers, width).

    `answers` holds, per prompt, the log-probability (nats) of each answer set, None where a set has no string of one
    token; `first` the text of each prompt's likeliest next token. `shared_tokens` were computed once for all prompts
    (0: each was read whole, None: not told).
    """

    states: ArrayRef | ArrayData
    answers: tuple[tuple[float | None, ...], ...] = ()
    first: tuple[str, ...] = ()
    prompt_tokens: int | None = None
    shared_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """The request could not be answered; `error` is one line. Counted as an error, never as a wrong answer.

    `skip` marks a request that could not even be asked (an image that is missing): counted as skipped.
    """

    error: str
    skip: bool = False


Response: TypeAlias = Generation | Likelihoods | RollingLikelihood | Representation | Failure

# ---------------------------------------------------------------- samples and scores


@dataclass(frozen=True, slots=True)
class Sample:
    """One document. `sample_id` does not depend on limit, order or shots; `metadata` holds slice and cluster keys."""

    sample_id: str
    doc: Mapping[str, Any]
    target: Any = None
    metadata: Mapping[str, Any] = field(default_factory=lambda: EMPTY)

    @property
    def doc_hash(self) -> str:
        """SHA-256 (hex) of the document as lm-eval hashes it: JSON, indent 2, non-ASCII kept."""
        text = json.dumps(dict(self.doc), indent=2, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()


class Outcome(StrEnum):
    """How one (sample, repeat, pipeline) ended.

    `error` and `skipped` leave the denominator of a metric; the others count, with the metric's `worst` value
    where no value was given.
    """

    SCORED = "scored"
    UNPARSED = "unparsed"
    TRUNCATED = "truncated"
    REFUSED = "refused"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Extraction:
    """What an extractor found: an `answer`, or the `reason` why there is none.

    With a reason, `answer` is None or the fallback that is scored in its place (lm-eval's `[invalid]`). `rule` names
    the one of an extractor's rules that gave the answer; it is no part of it: equal answers may differ in it.
    """

    answer: Any = None
    reason: str = ""
    rule: str = field(default="", compare=False)

    @property
    def found(self) -> bool:
        return not self.reason


@dataclass(frozen=True, slots=True)
class SampleScore:
    """Per-sample metric values under one extraction pipeline, with the outcome, the extracted answer, and the rule that
    gave it.
    """

    sample_id: str
    values: Mapping[str, Any]
    outcome: Outcome = Outcome.SCORED
    answer: Any = None
    reason: str = ""
    repeat: int = 0
    pipeline: str = "none"
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """A per-sample value and how the values become one number.

    `score(answer, target, **options)` gives a sample's value; None where the task computes it. `aggregate` maps
    the values, in plan order, to a float. `stderr` is `mean` (sample standard error), `bootstrap`, or `none`.
    `worst` stands in where a counted sample has no value; `range` bounds a value. With an `outcome`, the value is
    whether a sample ended so, and nothing else gives one. `undefined` is the reason that is shown where the samples'
    values make no number. With `references` the target may be a list of them, which `score` takes as a whole.
    """

    name: str
    aggregate: Callable[[Sequence[Any]], float]
    stderr: Literal["mean", "bootstrap", "none"] = "mean"
    higher_is_better: bool | None = True
    worst: Any = 0.0
    range: tuple[float, float] | None = None
    score: Callable[..., Any] | None = None
    outcome: Outcome | None = None
    undefined: str = ""
    references: bool = False


# ---------------------------------------------------------------- results


@dataclass(frozen=True, slots=True)
class MetricResult:
    """One metric of one pipeline over one set of samples.

    `n` of `total` samples are in the denominator; `outcomes` counts all of them. `interval` is 95 %. `bounds`
    are the values the metric would have if all errors were wrong or right (None without errors or range).
    `variance` is that of one answer's value: between samples, and within a sample over its repeats (None without).
    `range` bounds the metric; `reason` says why a value of counted samples is not a number.
    """

    metric: str
    value: float
    stderr: float | None
    interval: tuple[float, float] | None
    n: int
    total: int
    outcomes: Mapping[str, int]
    higher_is_better: bool | None = True
    pipeline: str = "none"
    bounds: tuple[float, float] | None = None
    variance: tuple[float, float] | None = None
    range: tuple[float, float] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TaskResult:
    """A task's rows: metrics overall, per slice (key -> value -> rows) and per baseline.

    `details` is the task's own, JSON-able. `gains` are the paired differences to its variants in the same run.
    """

    metrics: tuple[MetricResult, ...]
    slices: Mapping[str, Mapping[str, tuple[MetricResult, ...]]] = field(default_factory=lambda: EMPTY)
    baselines: Mapping[str, tuple[MetricResult, ...]] = field(default_factory=lambda: EMPTY)
    details: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    gains: Mapping[str, TaskResult] = field(default_factory=lambda: EMPTY)
