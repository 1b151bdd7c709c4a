"""How many tokens a text has: exactly with a tokenizer, else by an estimate.

The estimate splits as the Qwen2 pre-tokenizer does (single digits, words, runs of punctuation) and counts one token
for every two letters of a word and every three characters of punctuation. Over the 514 published inputs the sum is
within 0.1 % of their `input_len`; a single input is off by up to 40 %.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from typing import TypeAlias

from mmeval.errors import MissingRequirementError

Counter: TypeAlias = Callable[[str], int]

_PIECE = re.compile(r"[^\W\d_]+|\d| ?[^\s\w]{1,3}|_+|\s+")
_LETTERS_PER_TOKEN = 2


def estimate(text: str) -> int:
    """About how many tokens `text` has in a byte-pair vocabulary of 150,000 entries."""
    return sum(-(-len(piece) // _LETTERS_PER_TOKEN) if piece[0].isalpha() else 1 for piece in _PIECE.findall(text))


def counter(tokenizer: str | None) -> Counter:
    """The count of a Hugging Face tokenizer given by name or folder; without one, the estimate."""
    if tokenizer is None:
        return estimate
    if find_spec("transformers") is None:
        raise MissingRequirementError(
            f"tokenizer '{tokenizer}' needs transformers", hint="pip install 'mmeval-harness[hf]'"
        )
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(tokenizer)
    return lambda text: len(loaded.encode(text, add_special_tokens=False))
