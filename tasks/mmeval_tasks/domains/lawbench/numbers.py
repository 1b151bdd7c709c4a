"""Numbers of answers: articles of the criminal law, months of prison, amounts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mmeval_tasks.domains.lawbench.numerals import arabic

_DIGITS = re.compile(r"\d+")
_AMOUNT = re.compile(r"\d+(?:\.\d*)?")
_MONTHS = (re.compile(r"(\d+)个月"), re.compile(r"(\d+)月"))
_YEARS = re.compile(r"(\d+)年")


def articles(text: str) -> set[int]:
    """The first number of each part between "、", paragraphs ("第一款") aside."""
    numbers = (_DIGITS.search(arabic(_article(part))) for part in text.split("、"))
    return {int(number[0]) for number in numbers if number}


def months(text: str) -> int | None:
    """The first number of months ("个月" before "月"), else the first of years as months."""
    text = arabic(text)
    for unit in _MONTHS:
        if found := unit.search(text):
            return int(found[1])
    years = _YEARS.search(text)
    return 12 * int(years[1]) if years else None


def amounts(text: str) -> set[float]:
    """All numbers in digits. A thousands comma parts them, and 万 does not count."""
    return {float(number) for number in _AMOUNT.findall(text)}


def _article(part: str) -> str:
    lines = part.replace("万元", "元").split("\n")
    return "\n".join("".join(_numbers("".join(_outside(line)))) for line in lines)


def _outside(line: str) -> Iterator[str]:
    """What is left without each "第" up to the next "款"."""
    *closed, last = line.split("款")
    for piece in closed:
        before, found, _ = piece.partition("第")
        yield before if found else f"{piece}款"
    yield last


def _numbers(line: str) -> Iterator[str]:
    """The line with "第" and "条" taken off what stands between them."""
    *closed, last = line.split("条")
    for piece in closed:
        before, found, number = piece.partition("第")
        yield before + number if found else f"{piece}条"
    yield last
