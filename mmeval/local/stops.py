"""Stop strings: where a generation ends, and what is kept of its text."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def cut_at_stops(text: str, stops: Sequence[str]) -> str:
    """`text` up to the first occurrence of each stop string, cut in the order of `stops`; empty ones are ignored."""
    for stop in stops:
        if stop:
            text = text.partition(stop)[0]
    return text


class StopCheck:
    """Tells whether generated token ids contain a stop string, looking at new text only.

    `decode` maps ids to text with special tokens kept, so that a stop string may be a special token. One token
    writes at least one byte, so that the last `len(stop) + margin` tokens hold any stop string that has just
    been completed; a hit there is confirmed on the whole text, since decoding a tail may invent characters.
    """

    MARGIN = 8

    def __init__(self, decode: Callable[[Sequence[int]], str], stops: Sequence[str]) -> None:
        self._decode = decode
        self._stops = tuple(stop for stop in stops if stop)
        self._window = max((len(stop.encode()) for stop in self._stops), default=0) + self.MARGIN

    def reached(self, ids: Sequence[int]) -> bool:
        if not self._stops:
            return False
        return self._in(ids[-self._window :]) and (len(ids) <= self._window or self._in(ids))

    def _in(self, ids: Sequence[int]) -> bool:
        text = self._decode(ids)
        return any(stop in text for stop in self._stops)
