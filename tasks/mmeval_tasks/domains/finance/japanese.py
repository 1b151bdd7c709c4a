"""jfinqa: questions on Japanese company reports, and numbers as they are written there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

_STATED = re.compile(r"(?:[Aa]nswer|\bA|回答)\s*[:：]\s*(.+)")
_LOSS = re.compile(r"^[△▲]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d)")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_SCALES = (("百万", 10**6), ("兆", 10**12), ("億", 10**8), ("千", 10**3))
_UNITS = re.compile(r"(?:(?:百万|千|億|兆)?円|ドル|ポイント|pt|bps)$")
_TOLERANCE = 0.01


def question(doc: Mapping[str, Any]) -> str:
    """The text before the table, the table in Markdown, the text behind it, and the question."""
    return "\n\n".join([*filter(None, _page(doc)), f"Question: {doc['question']}\nAnswer:"])


def _page(doc: Mapping[str, Any]) -> Iterator[str]:
    yield "\n".join(doc["pre_text"])
    if headers := doc["table_headers"]:
        cells = [headers, ["---"] * len(headers), *doc["table_rows"]]
        yield "\n".join(f"| {' | '.join(map(str, row))} |" for row in cells)
    yield "\n".join(doc["post_text"])


def by_report(docs: Any) -> Any:
    """The rows with a column `report`, a digest of the page: questions about one page are no independent samples."""
    pages = ("\n".join(_page(doc)) for doc in docs)
    return docs.add_column("report", [sha256(page.encode()).hexdigest()[:16] for page in pages])


def values(doc: Mapping[str, Any], results: Sequence[str | None]) -> dict[str, float]:
    """Equal texts, and equal numbers within 1 %."""
    said, wanted = stated(results[0] or ""), str(doc["answer"])
    return {
        "numerical_match": float(matches(said, wanted)),
        "exact_match": float(plain(said) == plain(wanted)),
        "unparsed_rate": float(not said),
    }


def stated(text: str) -> str:
    """What follows "Answer:" or "回答："; else the last line."""
    if found := _STATED.search(text):
        return found[1].strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def matches(said: str, wanted: str) -> bool:
    """Numbers are compared within 1 % of the wanted one, everything else as text."""
    number, gold = number_of(said), number_of(wanted)
    if number is None or gold is None:
        return plain(said) == plain(wanted)
    return abs(number - gold) <= _TOLERANCE * abs(gold)


def number_of(text: str) -> float | None:
    """The number of an answer: units and the percent sign are left out, 億 and the like before other units count."""
    short = _UNITS.sub("", plain(text)).removesuffix("%")
    scale = next((factor for word, factor in _SCALES if word in short), 1)
    found = _NUMBER.findall(short)
    return float(found[0]) * scale if len(found) == 1 else None


def plain(text: str) -> str:
    """One width of characters, a minus for △, no thousands commas, no polite past tense."""
    text = unicodedata.normalize("NFKC", text.strip())
    text = _THOUSANDS.sub("", _LOSS.sub("-", text))
    return text.removesuffix("しました").removesuffix("した").lower().strip()
