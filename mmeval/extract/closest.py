"""The option whose text an answer repeats, with a few characters changed."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from mmeval.extract.cleaning import clean, plain_characters
from mmeval.types import Extraction, Sample


def closest_option(
    text: str,
    *,
    choices_field: str = "choices",
    threshold: float = 0.9,
    margin: float = 0.05,
    sample: Sample | None = None,
) -> Extraction:
    """The text of the one option that the first line is nearly equal to.

    Options are the document's `choices_field`. Likeness is difflib's ratio of the texts in lower case; the likest
    option must reach `threshold` and be ahead of the next by `margin`.
    """
    texts = sample.doc.get(choices_field) if sample else None
    options = [str(option) for option in texts] if isinstance(texts, list | tuple) else []
    said = clean(text)
    if not said.found:
        return said
    line = next(filter(None, map(str.strip, said.answer.splitlines())), "")
    if not line or not options:
        return Extraction(reason="no text to compare")
    ratios = _ratios(line, list(map(plain_characters, options)))
    best, *others = sorted(ratios, reverse=True)
    if best < threshold:
        return Extraction(reason=f"no option is like it (the likest: {best:.2f})")
    if others and best - others[0] < margin:
        return Extraction(reason="several options are like it")
    return Extraction(options[ratios.index(best)], rule="closest_option")


def _ratios(line: str, options: Sequence[str]) -> list[float]:
    """Long answers are compared up to twice the length of an option: beyond it no ratio reaches the threshold."""
    return [
        SequenceMatcher(None, line[: 2 * len(option)].casefold(), option.strip().casefold(), autojunk=False).ratio()
        for option in options
    ]
