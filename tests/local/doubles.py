"""A tokenizer and a model on characters: exact, small, and without tensors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from jinja2 import TemplateError

from mmeval.local import Generated, GenerationRow, OutOfMemory, Row, Score, StopCheck, TokenModel, Tree, Writing
from mmeval.local.tokens import TokenIds
from mmeval.serialize import content_hash
from mmeval.types import Ask, Request, RequestKey

BOS, END = 1, 2


class CharTokenizer:
    """One id per character; `<s>` and `</s>` are special. `adds_bos` puts BOS before every text by default."""

    prefix_id, prefix_text, end_text = BOS, "<s>", "</s>"

    def __init__(self, *, adds_bos: bool = False, takes_system: bool = True) -> None:
        self.adds_bos, self.takes_system = adds_bos, takes_system
        self.calls: list[list[str]] = []

    def encode(self, texts: Sequence[str], *, special: bool | None) -> list[list[int]]:
        self.calls.append(list(texts))
        before = [BOS] if (self.adds_bos if special is None else special and self.adds_bos) else []
        return [before + [ord(char) for char in text.replace("<s>", "\1").replace("</s>", "\2")] for text in texts]

    def decode(self, ids: Sequence[int], *, special: bool) -> str:
        text = "".join(map(chr, ids))
        return text.replace("\1", "<s>" * special).replace("\2", "</s>" * special)

    def render_chat(self, messages: Sequence[Mapping[str, str]], *, continue_final: bool) -> str:
        if not self.takes_system and any(message["role"] == "system" for message in messages):
            raise TemplateError("no system role")
        if any(message["content"] == "refuse" for message in messages):
            raise TemplateError("refused")
        text = "<s>" + "".join(f"<{message['role']}>{message['content']}</>" for message in messages)
        return text.removesuffix("</>") if continue_final else text + "<assistant>"


class CharModel(TokenModel):
    """Scores by a hash of all that was read; writes the alphabet from the last character on, then the end token.

    Has memory for `memory` padded tokens, and keeps the batches that it was given. `shares` computes prefixes once.
    """

    options = frozenset({"top_p"})

    def __init__(
        self,
        tokenizer: CharTokenizer | None = None,
        *,
        max_length: int = 64,
        token_budget: int = 256,
        batch_size: int | str | None = None,
        memory: int = 10_000,
        shares: bool = False,
        share_up_to: int = 10_000,
        reach: int | None = None,
    ) -> None:
        super().__init__(
            tokenizer or CharTokenizer(), max_length=max_length, token_budget=token_budget, batch_size=batch_size
        )
        self.memory = memory
        self.batches: list[Sequence[Row] | Sequence[GenerationRow]] = []
        self.decoders: list[CharDecoder] = []
        self._sharing = CharSharing(share_up_to, memory, reach) if shares else None

    @property
    def sharing(self) -> CharSharing | None:
        return self._sharing

    def decoder(self) -> CharDecoder:
        self.decoders.append(CharDecoder(self.memory))
        return self.decoders[-1]

    def score_batch(self, rows: Sequence[Row]) -> list[list[Score]]:
        self._take(rows, [len(row.ids) for row in rows])
        return [[char_score((*row.ids, target[-1]), len(target)) for target in row.targets] for row in rows]

    def generate_batch(self, rows: Sequence[GenerationRow]) -> list[Generated]:
        self._take(rows, [row.length for row in rows])
        return [self._write(row) for row in rows]

    def _take(self, rows: Sequence[Row] | Sequence[GenerationRow], lengths: Sequence[int]) -> None:
        if max(lengths) * len(rows) > self.memory:
            raise OutOfMemory(f"{len(rows)} rows")
        self.batches.append(rows)

    def _write(self, row: GenerationRow) -> Generated:
        check = StopCheck(lambda ids: self.tokenizer.decode(ids, special=True), row.stops)
        ids: list[int] = []
        last = row.ids[-1]
        while len(ids) < row.ask.max_tokens:
            last = END if last == ord("z") else last + 1
            ids.append(last)
            if last == END or check.reached(ids):
                return Generated(tuple(ids), "stop")
        return Generated(tuple(ids), "length")


class CharDecoder:
    """Each row's next character is the one after its last; a row is its own cache."""

    end_ids = frozenset({END})

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self.rows: list[tuple[list[int], Writing]] = []
        self.most = self.steps = self.read = 0

    def admit(self, state: TokenIds | None, rows: Sequence[Writing]) -> list[int]:
        for writing in rows:
            assert writing.read[: writing.start] == (state or ())
        self.read += sum(len(writing.read) - writing.start for writing in rows)
        caches = [(list(writing.read), writing) for writing in rows]
        self._check([*self.rows, *caches])
        self.rows += caches
        return [self._next(cache) for cache, _ in caches]

    def step(self) -> list[int]:
        self.steps += 1
        for cache, writing in self.rows:
            cache.append(writing.ids[-1])
            assert tuple(cache) == writing.read
        self._check(self.rows)
        return [self._next(cache) for cache, _ in self.rows]

    def keep(self, places: Sequence[int]) -> None:
        self.rows = [self.rows[place] for place in places]

    def clear(self) -> None:
        self.rows = []

    def _check(self, rows: Sequence[tuple[list[int], Writing]]) -> None:
        self.most = max(self.most, len(rows))
        if len(rows) * max(len(cache) for cache, _ in rows) > self.memory:
            raise OutOfMemory(f"{len(rows)} rows")

    @staticmethod
    def _next(cache: Sequence[int]) -> int:
        return END if cache[-1] == ord("z") else cache[-1] + 1


class CharSharing:
    """Prefixes as what they are: the state of a trunk is its characters. Keeps the trees that it was given."""

    tree_tokens, cache_tokens = 40, 200

    def __init__(self, limit: int, memory: int, reach: int | None = None) -> None:
        self.limit, self.memory, self.reach = limit, memory, reach or limit
        self.batches: list[Sequence[Tree]] = []
        self.read = 0

    def extend(self, state: TokenIds | None, ids: TokenIds) -> TokenIds:
        self._take(len(state or ()) + len(ids), len(ids))
        return (state or ()) + ids

    def score(self, state: TokenIds | None, trees: Sequence[Tree]) -> list[list[list[Score]]]:
        assert all(tree.start == len(state or ()) for tree in trees)
        assert all(len(row.ids) <= self.reach for tree in trees for row in tree.rows)
        assert not any(tree.branches and len(row.ids) > self.limit for tree in trees for row in tree.rows)
        longest = max(len(tree.ids) for tree in trees)
        self._take((len(state or ()) + longest) * len(trees), sum(len(tree.ids) for tree in trees))
        self.batches.append(trees)
        return [self._scores(state or (), tree) for tree in trees]

    def _scores(self, state: TokenIds, tree: Tree) -> list[list[Score]]:
        return [
            [self._score(state, tree, spots, target) for target in row.targets]
            for row, spots in zip(tree.rows, tree.spots, strict=True)
        ]

    def _score(self, state: TokenIds, tree: Tree, spots: TokenIds, target: TokenIds) -> Score:
        """From what each of the target's spots sees; together that is the whole row."""
        last = spots[-1]
        seen = state + tuple(token for place, token in enumerate(tree.ids[: last + 1]) if tree.ends[place] > last)
        assert [tree.ids[spot] for spot in spots] == list(seen[len(seen) - len(spots) :])
        return char_score((*seen, target[-1]), len(target))

    def _take(self, held: int, read: int) -> None:
        if held > self.memory:
            raise OutOfMemory(f"{held} tokens")
        self.read += read


def char_score(ids: Sequence[int], count: int) -> Score:
    """The score of the last `count` of `ids`."""
    digests = [hashlib.sha256(repr(tuple(ids[:end])).encode()).digest() for end in range(len(ids) - count, len(ids))]
    values = [(digest[ids[end] % 32] + 1) / 64 for end, digest in enumerate(digests, len(ids) - count)]
    return Score(-sum(values), all(value > 1 for value in values))


def request(ask: Ask, sample: object = "s", seed: int | None = None) -> Request:
    return Request(RequestKey("task", str(sample)), ask, content_hash(ask), seed)
