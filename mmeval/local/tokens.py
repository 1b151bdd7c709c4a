"""From text to token ids: lm-eval's rules for contexts, continuations, windows and truncation.

Everything here is a pure function over a `Tokenizer`. The rules decide scores, so they are lm-eval's to the
token; where one of them is surprising, the function says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol, TypeAlias

from mmeval.local.splicing import SAMPLED, Splice, encode_alike, endings, seam
from mmeval.types import Generate, Generation, Stride

TokenIds: TypeAlias = tuple[int, ...]


class Tokenizer(Protocol):
    """What this module needs of a tokenizer. Strings are encoded in bulk: one call, one row of ids per text."""

    @property
    def prefix_id(self) -> int:
        """The token that stands before a text without context: the user's choice, else BOS, else EOS."""

    @property
    def prefix_text(self) -> str:
        """The text of the prefix token; a prompt that starts with it gets no special tokens."""

    @property
    def end_text(self) -> str:
        """The text of the end token, a stop string of every generation; empty where there is none."""

    def encode(self, texts: Sequence[str], *, special: bool | None) -> Sequence[Sequence[int]]:
        """Token ids of each text. `special` puts special tokens around it, or not; None is the tokenizer's default."""

    def decode(self, ids: Sequence[int], *, special: bool) -> str:
        """The text of `ids`; `special` keeps the text of special tokens."""

    def render_chat(self, messages: Sequence[Mapping[str, str]], *, continue_final: bool) -> str:
        """`messages` (`role`, `content`) through the chat template; the last one is left open on `continue_final`.

        Raises jinja2.TemplateError where the template refuses the messages, UsageError where there is none.
        """


class Pair(NamedTuple):
    """A context and the tokens to score after it."""

    context: TokenIds
    continuation: TokenIds


def encode(tokenizer: Tokenizer, texts: Iterable[str]) -> dict[str, TokenIds]:
    """Token ids by text, each encoded once.

    A text that already starts with the prefix token (a chat template wrote it) gets no special tokens; others
    get the tokenizer's default. lm-eval looks at the first prompt of a batch of generations only; here each is
    looked at.
    """
    groups: dict[bool, list[str]] = {True: [], False: []}
    for text in dict.fromkeys(texts):
        groups[bool(tokenizer.prefix_text) and text.startswith(tokenizer.prefix_text)].append(text)
    bare, default = partial(_encoded, tokenizer, special=False), partial(_encoded, tokenizer, special=None)
    return {**encode_alike(groups[True], bare, bare), **encode_alike(groups[False], default, bare)}


def encode_pairs(tokenizer: Tokenizer, pairs: Sequence[tuple[str, str]]) -> list[Pair]:
    """Context and continuation ids of each (context, continuation).

    Trailing whitespace of the context goes to the continuation; both are encoded as one text, and the
    continuation is what follows as many ids as the context alone has (nobody checks that these are the same
    ids). After an empty context the continuation is encoded without special tokens behind the prefix token; if
    it starts with that token, this one is the context. Either side may come out empty: see `problem`.
    """
    moved = [_move_whitespace(context, continuation) for context, continuation in pairs if context]
    after_context = _after_contexts(tokenizer, moved)
    bare = [continuation for context, continuation in pairs if not context]
    bare_ids = _encoded(tokenizer, bare, special=False)
    after_nothing = (_after_prefix(tokenizer.prefix_id, bare_ids[continuation]) for continuation in bare)
    return [next(after_context if context else after_nothing) for context, _ in pairs]


def problem(pair: Pair, max_length: int) -> str:
    """Why `pair` cannot be scored by a model that reads `max_length` tokens, or an empty string."""
    if not pair.continuation:
        return "the continuation has no tokens of its own"
    if not pair.context:
        return "the context has no tokens"
    if len(pair.continuation) > max_length:
        return f"the continuation has {len(pair.continuation)} tokens, the model reads {max_length}"
    return ""


def fit(pair: Pair, max_length: int) -> tuple[Pair, int]:
    """`pair` with as much of the end of its context as fits, and the number of context tokens dropped.

    The last token of the continuation is predicted, not read, so that `max_length` + 1 tokens fit.
    """
    dropped = max(0, len(pair.context) + len(pair.continuation) - (max_length + 1))
    return Pair(pair.context[dropped:], pair.continuation), dropped


def fit_prompt(ids: TokenIds, max_length: int, new_tokens: int) -> tuple[TokenIds, int]:
    """The end of a prompt that leaves room for `new_tokens`, and the number of tokens dropped."""
    dropped = max(0, len(ids) - (max_length - new_tokens))
    return ids[dropped:], dropped


def fit_budget(ask: Generate, prompt_tokens: int, max_length: int) -> Generate | Generation:
    """`ask` with the budget that its prompt leaves of the context, where the prompt is to be kept.

    Where it leaves none: the empty answer that the context ended.
    """
    if not ask.keep_prompt:
        return ask
    room = max_length - prompt_tokens
    if room < 1:
        return Generation("", "length", prompt_tokens, 0)
    return replace(ask, max_tokens=min(ask.max_tokens, room))


def rolling_windows(ids: TokenIds, prefix_id: int, max_length: int, stride: Stride = "full") -> Iterator[Pair]:
    """`ids` cut into windows, every token predicted once: `max_length` after the prefix token, then a stride each time.

    Windows are filled up with context from the left: of one token where a whole stride of `max_length` is predicted,
    of half a window and one token where it is half of that.
    """
    if ids:
        yield Pair((prefix_id,), ids[:max_length])
    step = max_length if stride == "full" else max(1, max_length // 2)
    for start in range(max_length, len(ids), step):
        predicted = ids[start : start + step]
        room = max_length - len(predicted) + 1
        yield Pair(ids[start - room : start], predicted)


def _encoded(tokenizer: Tokenizer, texts: Sequence[str], *, special: bool | None) -> dict[str, TokenIds]:
    unique = list(dict.fromkeys(texts))
    if not unique:
        return {}
    return {text: tuple(ids) for text, ids in zip(unique, tokenizer.encode(unique, special=special), strict=True)}


def _after_contexts(tokenizer: Tokenizer, pairs: Sequence[tuple[str, str]]) -> Iterator[Pair]:
    """The pairs of contexts that are not empty: of most continuations, only the seam with the context is encoded."""
    ids = encode(tokenizer, [context for context, _ in pairs])
    seams = {context: seam(context, len(context)) for context in ids}
    splices = {pair: Splice("".join(pair), pair[0], place) for pair in pairs if (place := seams[pair[0]]) is not None}
    ends = endings(list(splices.values()), ids, partial(_encoded, tokenizer, special=False))
    known = {pair: ends.ids[splice][ends.cut[splice] :] for pair, splice in splices.items() if splice in ends.ids}
    sample = list(known)[:: max(1, len(known) // SAMPLED)]
    unknown = [pair for pair in pairs if pair not in known]
    whole = encode(tokenizer, map("".join, [*sample, *unknown]))
    if any(whole["".join(pair)][len(ids[pair[0]]) :] != known[pair] for pair in sample):
        known, whole = {}, encode(tokenizer, map("".join, pairs))
    for pair in pairs:
        context = ids[pair[0]]
        yield Pair(context, known[pair] if pair in known else whole["".join(pair)][len(context) :])


def _move_whitespace(context: str, continuation: str) -> tuple[str, str]:
    kept = context.rstrip()
    return kept, context[len(kept) :] + continuation


def _after_prefix(prefix_id: int, ids: TokenIds) -> Pair:
    return Pair(ids[:1], ids[1:]) if ids[:1] == (prefix_id,) else Pair((prefix_id,), ids)
