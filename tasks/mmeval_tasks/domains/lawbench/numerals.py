"""Chinese numerals as digits, by the rules of cn2an 0.5.22, which LawBench's evaluator asks for.

Later versions read other texts as numbers, so that the library itself would change scores.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_DIGITS = "零一二三四五六七八九"
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10**4, "亿": 10**8}
_ALIASES = (("廿", "二十"), ("半", "0.5"), ("两", "2"))
_LONGEST = 30

_ANY = f"[{_DIGITS}{''.join(_UNITS)}]+"
_NUMBER = f"负?(?:{_ANY}点)?{_ANY}"
_DATE = re.compile(f"{_NUMBER}(?=年)|[{_DIGITS}十]+(?=[月日])")
_NUMBER_OR_SHARE = re.compile(f"({_NUMBER})(?:分之({_NUMBER}))?")
_LONG_RUN = re.compile(rf"([\d{_DIGITS}{''.join(_UNITS)}两半廿]{{{_LONGEST}}})[\d{_DIGITS}{''.join(_UNITS)}两半廿]+")

_ONE = f"[{_DIGITS[1:]}]"
_TENS = f"{_ONE}?[十拾]{_ONE}?"
_TO_99 = f"(?:{_TENS}|{_ONE})"
_HUNDREDS = f"{_ONE}[百佰](?:零{_ONE}|{_TENS})?"
_TO_999 = f"(?:{_HUNDREDS}|{_TO_99})"
_THOUSANDS = f"{_ONE}[千仟](?:零{_TO_99}|{_HUNDREDS})?"
_TO_9999 = f"(?:{_THOUSANDS}|{_TO_999})"
_MYRIADS = f"{_TO_9999}万(?:零{_TO_999}|{_THOUSANDS})?"
_BELOW_10_8 = f"(?:{_MYRIADS}|{_TO_9999})"
_WHOLE = re.compile(f"零|{_BELOW_10_8}亿(?:零{_BELOW_10_8}|{_MYRIADS})?|{_BELOW_10_8}")
_DIGIT_BY_DIGIT = re.compile(f"[{_DIGITS}]+")
_SPOKEN = re.compile(f"(?:[{_DIGITS}]{{0,2}}[{''.join(_UNITS)}])+[{_DIGITS}]")


def arabic(text: str) -> str:
    """The text with digits in place of Chinese numerals; what is no number stays.

    Runs of numerals are cut off at 30: no number of law is longer, and reading them takes no time then.
    """
    text = _LONG_RUN.sub(r"\1", text)
    for alias, numeral in _ALIASES:
        text = text.replace(alias, numeral)
    dated = _DATE.sub(lambda found: _digits(found[0]), text)  # "一千二三月" is 一千23月
    return _NUMBER_OR_SHARE.sub(_as_digits, dated)


def _as_digits(found: re.Match[str]) -> str:
    """A number, or a share: "三分之二" is 2/3, "百分之二" 2%."""
    first, second = found[1], found[2]
    if second is None:
        return _digits(first)
    if first == "百":
        return f"{_digits(second)}%"
    below, above = _read(first), _read(second)
    if below is None or above is None:
        return f"{_digits(first)}分之{_digits(second)}"
    return f"{above}/{below}"


def _digits(numeral: str) -> str:
    value = _read(numeral)
    return numeral if value is None else str(value)


def _read(numeral: str) -> float | None:
    """The value, a whole number where there is no point; None for what is no number."""
    sign, (whole, point, fraction) = -1 if numeral[0] == "负" else 1, numeral.removeprefix("负").partition("点")
    value = _whole(whole)
    if value is None or not point:
        return None if value is None else sign * value
    if not _DIGIT_BY_DIGIT.fullmatch(fraction):
        return None
    return sign * float(f"{value}.{_places(fraction)}")


def _whole(numeral: str) -> int | None:
    numeral = numeral.replace("零十", "零一十").replace("零百", "零一百")
    if _WHOLE.fullmatch(numeral):
        return sum(_summands(numeral))
    if _DIGIT_BY_DIGIT.fullmatch(numeral):
        return int(_places(numeral))
    if len(numeral) > 2 and _SPOKEN.fullmatch(numeral) and numeral[-2] not in "十拾亿":  # "一百二" is 120
        return sum(_summands(numeral[:-1])) + _DIGITS.index(numeral[-1]) * _UNITS[numeral[-2]] // 10
    return None


def _places(digits: str) -> str:
    return "".join(str(_DIGITS.index(digit)) for digit in digits)


def _summands(numeral: str) -> Iterator[int]:
    """What each digit is worth, from the last to the first; a leading unit counts once."""
    unit = great = 1
    for character in reversed(numeral):
        if character in _DIGITS:
            yield _DIGITS.index(character) * unit
        else:
            unit = _UNITS[character]
            if unit < _UNITS["万"]:
                unit *= great
            else:
                unit = great = unit if unit > great else unit * great
    if numeral[0] in _UNITS:
        yield unit
