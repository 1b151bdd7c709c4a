"""What a judge is asked and how its verdict is read.

The wording of the questions is our own. What is judged is fenced: it is data, whatever it says to its reader.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from mmeval.errors import UsageError
from mmeval.extract.reasoning import strip_reasoning
from mmeval.metrics.aggregations import mean
from mmeval.types import Failure, Generate, Generation, Metric, Prompt, Response

ROLE = "judge"
JUDGE_TOKENS = 1024
"""New tokens of a verdict; a judge that reasons first needs more."""

_BLOCK = re.compile(r"```(?:json)?\s*\n(.*)\n\s*```", re.DOTALL)

unmarked_rate = Metric("unmarked_rate", mean, higher_is_better=False, worst=1.0, range=(0.0, 1.0))
"""Share of a sample's verdicts that could not be read. Such a sample has no value of any other metric."""


def checked_tokens(judge_tokens: int) -> int:
    """The argument `judge_tokens` of a task."""
    if judge_tokens < 1:
        raise UsageError(f"judge_tokens {judge_tokens} is not 1 or more")
    return judge_tokens


def fenced(name: str, text: str) -> str:
    """`text` between two lines that it cannot hold itself: they carry a digest of it."""
    mark = f"{name}-{hashlib.sha256(text.encode(errors='backslashreplace')).hexdigest()[:16]}"
    return f"<{mark}>\n{text}\n</{mark}>"


def ask(text: str, max_tokens: int) -> Generate:
    """A greedy question to the judge."""
    return Generate(Prompt.of(text), max_tokens=max_tokens, role=ROLE)


def answer_of(responses: Sequence[Response]) -> str | None:
    """What is judged: the first response without its reasoning; None where there is none (yet) to be judged."""
    first = responses[0]
    if isinstance(first, Failure):
        return None
    return strip_reasoning(_text(first)).answer or ""


def verdict(response: Response, key: str, kind: type) -> Any:
    """The value under `key` of a verdict, or None where the judge kept not to the form.

    A verdict is one JSON object, bare or in one code block behind any reasoning, that holds `explanation` (a string)
    and `key` (a `kind`), each once, and nothing else.
    """
    said = (strip_reasoning(_text(response)).answer or "").strip()
    block = _BLOCK.fullmatch(said)
    try:
        found = json.loads(block[1] if block else said, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.keys() != {"explanation", key}:
        return None
    return found[key] if isinstance(found["explanation"], str) and isinstance(found[key], kind) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice")
    return found


def _text(response: Response) -> str:
    if not isinstance(response, Generation):
        raise TypeError(f"{type(response).__name__} is no generation")
    return response.text
