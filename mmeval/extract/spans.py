"""lm-eval's filters for tagged tokens and named entities."""

from __future__ import annotations

import re
from typing import Any

from mmeval.types import Extraction

_LABELS = {
    **dict.fromkeys(("person", "people", "persons", "per"), "PER"),
    **dict.fromkeys(("location", "counties", "places", "country", "continent", "loc"), "LOC"),
    **dict.fromkeys(("organization", "company", "org"), "ORG"),
    **dict.fromkeys(("time", "date"), "DATE"),
}
_LABEL = re.compile(rf"\b({'|'.join(_LABELS)})\s*:")
_RUN = re.compile(r"\b(PER|LOC|ORG|DATE):\s*([^$]+)")
_TAGGED = re.compile(r"\('([^']*)', '([^']*)'\)")


def format_span(text: str) -> Extraction:
    """Entities as `per: name $ loc: name`, from lines or `$$`-separated runs `LABEL: name, name`; `none` is dropped."""
    text = _LABEL.sub(lambda match: f"{_LABELS[match[1]]}:", text.lower())
    text = text.replace("$$", "$").rstrip("$").replace("\n", "$").strip()
    entities = [
        f"{label.lower()}: {entity.strip()}"
        for label, run in _RUN.findall(text)
        for entity in run.split(",")
        if entity.strip() != "none"
    ]
    return Extraction(" $ ".join(entities))


def regex_pos(
    text: Any,
    *,
    regex_pattern: str = "",  # noqa: ARG001  lm-eval takes it and does not use it
    group_select: int = 0,  # noqa: ARG001  likewise
    fallback: Any = None,
) -> Extraction:
    """The tags of all `('token', 'TAG')` pairs, as a list; `fallback` (`["invalid"]`) where there is none."""
    pairs = _TAGGED.findall(text) if isinstance(text, str) else text
    tags = [tag for _, tag in pairs]
    return Extraction(tags) if tags else Extraction(["invalid"] if fallback is None else fallback, "no tagged token")
