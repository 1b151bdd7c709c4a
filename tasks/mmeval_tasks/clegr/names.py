"""Pseudo-words, and the names made from them. The syllables are our own: names carry no meaning."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from random import Random
from typing import TypeVar

Item = TypeVar("Item")

_ONSETS = (
    "b", "bl", "br", "ch", "cl", "cr", "d", "dr", "f", "fl", "fr", "g", "gl", "gr", "h", "j", "k", "kl", "kr", "l",
    "m", "n", "p", "pl", "pr", "qu", "r", "s", "sh", "shr", "sk", "sl", "sm", "sn", "sp", "spl", "spr", "st", "str",
    "sw", "t", "th", "thr", "tr", "tw", "v", "w", "wh", "wr", "y", "z",
)  # fmt: skip
_VOWELS = (
    "ai", "au", "ea", "ee", "ei", "eu", "ia", "ie", "io", "oa", "oi", "oo", "ou", "ue", "ui",
)  # fmt: skip
_CODAS = (
    "ck", "d", "ff", "ft", "g", "k", "l", "ld", "lf", "lk", "ll", "lm", "lp", "lt", "m", "mp", "nch", "nd", "ng",
    "nk", "nn", "nt", "ph", "pt", "rb", "rd", "rf", "rg", "rk", "rl", "rm", "rn", "rp", "rt", "sk", "ss", "st", "t",
    "tch", "th", "tt", "v", "x", "z", "zz",
)  # fmt: skip
_STATION_SUFFIXES = (
    " street", " st", " road", " court", " grove", "bridge", " bridge", " lane", " way", " boulevard", " crossing",
    " square", "ham", " on trent", " upon thames", " international", " hospital", "neyland", "ington", "ton", "wich",
    " manor", " estate", " palace",
)  # fmt: skip
LINE_SUFFIXES = (" Line", " Rail", " Way", " Express", " Tube")
_TRIES = 100


def pick(items: Sequence[Item], rng: Random) -> Item:
    """A uniform choice, at a third of the time of `rng.choice`: choices are most of what generating costs."""
    return items[int(rng.random() * len(items))]


def pseudo_word(rng: Random) -> str:
    """One syllable in lower case, of about 30,000; none is an attribute's value."""
    return pick(_ONSETS, rng) + pick(_VOWELS, rng) + pick(_CODAS, rng)


def station_name(rng: Random) -> str:
    """A station name in title case: letters and spaces only."""
    return (pseudo_word(rng) + pick(_STATION_SUFFIXES, rng)).title()


def unused(draw: Callable[[Random], str], rng: Random, taken: Container[str]) -> str:
    """A name that is not in `taken`. Raises RuntimeError after 100 tries: the pool is too small for the graph."""
    for _ in range(_TRIES):
        name = draw(rng)
        if name not in taken:
            return name
    raise RuntimeError(f"no unused name in {_TRIES} tries")
