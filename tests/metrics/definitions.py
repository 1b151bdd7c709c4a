"""What metrics are by definition, computed plainly: with fractions, numpy or recursion, and with no code of mmeval's.

Each function takes the samples of a task, as (answer, target, ...), and gives the metric's value.
"""

from __future__ import annotations

import math
import random
import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import combinations, groupby, pairwise
from statistics import geometric_mean
from typing import Any, TypeAlias

import numpy as np

Samples: TypeAlias = Sequence[tuple[Any, ...]]


def average(value: Callable[..., Any]) -> Callable[[Samples], float]:
    """The mean of a value of each sample."""
    return lambda samples: float(sum(Fraction(value(*sample)) for sample in samples) / len(samples))


# ---------------------------------------------------------------- multiple choice


def golds_of(target: Any) -> list[int]:
    return [target] if isinstance(target, int) else list(target)


def softmax(answer: Any) -> Any:
    logprobs = np.asarray(answer.logprobs)
    return np.exp(logprobs - np.logaddexp.reduce(logprobs))


def above_chance(answer: Any, target: Any) -> Fraction:
    golds, options = golds_of(target), len(answer.choices)
    if len(golds) == options:
        return Fraction(0)
    right = int(np.argmax(answer.logprobs)) in golds
    return Fraction(1) if right else Fraction(-len(golds), options - len(golds))


def brier(samples: Samples) -> float:
    errors = []
    for answer, gold in samples:
        truth = np.zeros(len(answer.choices))
        truth[[gold] if 0 <= gold < len(truth) else []] = 1
        errors.append(np.linalg.norm(softmax(answer) - truth) ** 2)
    return float(np.mean(errors))


def gold_logprob(samples: Samples) -> float:
    return float(np.mean([dict(enumerate(answer.logprobs)).get(gold, -math.inf) for answer, gold in samples]))


def surprise(samples: Samples) -> float:
    with np.errstate(divide="ignore"):
        shares = [sum(softmax(answer)[gold] for gold in golds_of(target) if gold >= 0) for answer, target in samples]
        return float(np.mean(-np.log(shares)))


def judged(samples: Samples) -> list[tuple[float, int]]:
    """(confidence, right), the surest first."""
    found = [
        (round(float(max(softmax(answer))), 12), int(np.argmax(answer.logprobs) == gold)) for answer, gold in samples
    ]
    return sorted(found, reverse=True)


def equal_mass_error(samples: Samples) -> float:
    """Ten bins, the first ones of the least sure samples; of equally sure ones each has the mean of them all."""
    shared: list[tuple[float, float]] = []
    for confidence, members in groupby(sorted(judged(samples)), key=lambda pair: pair[0]):
        rights = [right for _, right in members]
        shared += [(confidence, sum(rights) / len(rights))] * len(rights)
    edges = [math.ceil(place * len(shared) / 10) for place in range(11)]
    bins = [shared[low:high] for low, high in pairwise(edges)]
    return sum(abs(sum(confidence - right for confidence, right in each)) for each in bins) / len(shared)


def floor_bounds(samples: Samples) -> tuple[float, float]:
    """The 87 % and the 99.8 % quantile of the error that chance alone makes, in simulations of its own."""
    confidences = np.array([confidence for confidence, _ in judged(samples)])
    simulated = np.random.RandomState(7).uniform(size=(2000, len(confidences))) < confidences
    error = np.zeros(len(simulated))
    for low in range(10):
        inside = (low / 10 < confidences) & (confidences <= (low + 1) / 10)
        error += np.abs((simulated[:, inside] - confidences[inside]).sum(axis=1)) / len(confidences)
    return float(np.quantile(error, 0.87)), float(np.quantile(error, 0.998))


def surest_tenth(samples: Samples) -> float:
    """What drawing by lot among equally sure samples gives on average."""
    kept = left = max(1, int(np.rint(len(samples) / 10)))
    right = Fraction(0)
    for _, members in groupby(judged(samples), key=lambda pair: pair[0]):
        rights = [right for _, right in members]
        taken = min(left, len(rights))
        right += Fraction(taken * sum(rights), len(rights))
        left -= taken
    return float(right / kept)


# ---------------------------------------------------------------- likelihoods


def per_text(samples: Samples) -> float:
    logprobs = [answer[0] if isinstance(answer, tuple) else answer for answer, _ in samples]
    return geometric_mean([1 / math.exp(logprob) for logprob in logprobs])


def bits_per(size: Callable[[Any, str], int]) -> Callable[[Samples], float]:
    def bits(samples: Samples) -> float:
        total = sum(size(answer, text) for answer, text in samples)
        return -sum(answer for answer, _ in samples) / math.log(2) / total if total else math.nan

    return bits


def per_unit(size: Callable[[Any, str], int]) -> Callable[[Samples], float]:
    return lambda samples: 2 ** bits_per(size)(samples)


def words(_: Any, text: str) -> int:
    """What runs of blanks separate, also at the edges."""
    return 1 + sum(blank for blank, _ in groupby(text, key=str.isspace))


def utf8(_: Any, text: str) -> int:
    return sum(1 + (ord(sign) > 0x7F) + (ord(sign) > 0x7FF) + (ord(sign) > 0xFFFF) for sign in text)


def tokens(samples: Samples) -> float:
    known = [(answer, text) for answer, text in samples if getattr(answer, "tokens", None)]
    return per_unit(lambda answer, _: int(answer.tokens))(known)


# ---------------------------------------------------------------- text and numbers


def matched(answer: Any, target: Any, options: Mapping[str, Any]) -> Fraction:
    dropped = "".join(options.get("regexes_to_ignore", ()))
    dropped += string.punctuation if options.get("ignore_punctuation") else ""
    dropped += "0123456789" if options.get("ignore_numbers") else ""

    def plain(text: str) -> str:
        kept = "".join(sign for sign in text if sign not in dropped)
        return kept.swapcase().upper() if options.get("ignore_case") else kept

    golds = {plain(gold) for gold in ([target] if isinstance(target, str) else target)}
    answers = [answer] if isinstance(answer, str) else answer
    return Fraction(sum(plain(one) in golds for one in answers), len(answers) or 1)


def meanings(answer: Any, gold: Fraction) -> list[Fraction]:
    """The numbers that an answer of `12.5`, `12.5%` or `12.5 million` may stand for."""
    number = str(answer).split(" ")[0]
    try:
        value = Fraction(number.removesuffix("%"))
    except ValueError:
        return []
    if number.endswith("%"):
        return [value / 100, *([value] if abs(gold) >= 1 else [])]
    return [value]


def by_number(equal: Callable[[Fraction, Fraction], bool], of_words: bool = True) -> Callable[[Any, str], bool]:
    """Whether an answer is the number (or, for yes and no, the word) that is gold."""

    def right(answer: Any, target: str) -> bool:
        if target in ("yes", "no"):
            return of_words and str(answer).lower() == target
        gold = Fraction(target.replace(",", ""))
        return any(equal(value, gold) for value in meanings(answer, gold))

    return right


def same(value: Fraction, gold: Fraction) -> bool:
    return abs(value - gold) * 10**6 <= max(1, abs(gold))


def near(value: Fraction, gold: Fraction) -> bool:
    if value == 0 or gold == 0:
        return value == gold
    return Fraction(99, 100) <= value / gold <= Fraction(101, 100) or (
        value / gold > 0 and abs(value - gold) <= Fraction(5, 10**5)
    )


def off_by_a_scale(value: Fraction, gold: Fraction) -> bool:
    scales = [Fraction(1000) ** power for power in (-4, -3, -2, -1, 1, 2, 3, 4)]
    return not near(value, gold) and any(near(value * scale, gold) for scale in scales)


@cache
def distance(one: str, other: str) -> int:
    """Levenshtein's, by its recursion."""
    if not one or not other:
        return len(one) + len(other)
    if one[0] == other[0]:
        return distance(one[1:], other[1:])
    return 1 + min(distance(one[1:], other), distance(one, other[1:]), distance(one[1:], other[1:]))


def nearest(answer: str, target: Any) -> Fraction:
    def single(text: str) -> str:
        return " ".join(text.split()).lower()

    similar = []
    for reference in [target] if isinstance(target, str) else target:
        pair = single(answer), single(reference)
        share = Fraction(distance(*pair), max(1, *map(len, pair)))
        similar.append(1 - share if share < Fraction(1, 2) else Fraction(0))
    return max(similar)


def agreement(plain: Mapping[str, str]) -> Callable[[str, Sequence[str]], Fraction]:
    """The mean over all annotators but one, of references whose plain forms are given."""

    def agrees(answer: str, target: Sequence[str]) -> Fraction:
        if len(target) == 1:
            return Fraction(plain[answer] == plain[target[0]])
        references = [plain[one] for one in target] if len(set(target)) > 1 else target
        rounds = [others.count(plain[answer]) for others in combinations(references, len(target) - 1)]
        return sum((min(Fraction(1), Fraction(count, 3)) for count in rounds), Fraction(0)) / len(rounds)

    return agrees


def rubric(samples: Samples) -> float:
    shares = [
        Fraction(int(np.dot(marks, points)), sum(filter(lambda worth: worth > 0, points)))
        for marks, points in samples
        if marks is not None and None not in marks and max(points) > 0
    ]
    return float(np.clip(float(sum(shares) / len(shares)), 0, 1))


# ---------------------------------------------------------------- what tasks compute


def absent_names(samples: Samples) -> float:
    """The share of names, each a word, that the text holds less often than they are named."""
    absent = named = 0
    for text, listed in samples:
        names = Counter(name.lower() for name, kind in listed if kind != "OTHER")
        absent += (names - Counter(text.lower().split())).total()
        named += names.total()
    return absent / named if named else 0.0


def other_names(samples: Samples) -> float:
    kinds = [kind for _, listed in samples for _, kind in listed]
    return kinds.count("OTHER") / len(kinds) if kinds else 0.0


def chain_value(chain: Sequence[tuple[str, str]], value: Callable[[str], Fraction]) -> Fraction:
    """Of (operation, number) pairs, from left to right; the first pair's operation is left out."""
    result = value(chain[0][1])
    for operation, number in chain[1:]:
        other = value(number)
        result = {
            "add": lambda one, two: one + two,
            "subtract": lambda one, two: one - two,
            "multiply": lambda one, two: one * two,
            "divide": lambda one, two: one / two,
        }[operation](result, other)
    return result


def executes(chain: Sequence[tuple[str, str]], _: Any, answer: str) -> bool:
    return abs(chain_value(chain, Fraction) - Fraction(answer)) < Fraction(5, 10**6)


def same_program(chain: Sequence[tuple[str, str]], gold: Sequence[tuple[str, str]], _: Any) -> bool:
    """Equal where each number is replaced by a large one of its own, and no number that gold lacks."""
    numbers: dict[str, Fraction] = {}

    def value(name: str) -> Fraction:
        return numbers.setdefault(name, Fraction(random.Random(name).randrange(10**9, 10**10), 10**9 + 7))

    if {number for _, number in chain} - {number for _, number in gold}:
        return False
    return chain_value(chain, value) == chain_value(gold, value)


def spans(said: Sequence[str], wanted: Sequence[str]) -> tuple[bool, float]:
    """Whether the answers are the same words in any order of the answers, and the F1 of their words, rounded."""
    one, other = (
        [word for word in " ".join(sorted(side)).split() if word not in ("a", "an", "the")] for side in (said, wanted)
    )
    shared, sizes = len({*one} & {*other}), len({*one}) + len({*other})
    return one == other, float(np.round(2 * shared / sizes, 2))


SCALES = {"": 1, "percent": Decimal("0.01"), "thousand": 10**3, "million": 10**6, "billion": 10**9}


def amounts(said: tuple[str, str], wanted: tuple[str, str]) -> tuple[bool, float]:
    one, other = (Decimal(number) * SCALES[scale] for number, scale in (said, wanted))
    return one == other, float(one == other)


def similarity(one: str, other: str) -> Fraction:
    """Ratcliff and Obershelp's: twice the signs in common blocks over all signs, the longest block first."""

    def common(left: str, right: str) -> int:
        for size in range(min(len(left), len(right)), 0, -1):
            for start in range(len(left) - size + 1):
                place = right.find(left[start : start + size])
                if place >= 0:
                    rest = common(left[:start], right[:place]), common(left[start + size :], right[place + size :])
                    return size + sum(rest)
        return 0

    return Fraction(2 * common(one, other), len(one) + len(other))


def most_similar(options: Sequence[str], gold: str, text: str) -> bool:
    shares = [similarity(option, text) for option in options]
    return max(shares) > 0 and options[shares.index(max(shares))] == gold


def in_the_first_tag(options: Sequence[str], gold: str, text: str) -> bool:
    """Tags of one word count; letters stand for options."""
    inner = [part.partition("</answer>") for part in text.split("<answer>")[1:]]
    said = [word.strip() for word, closed, _ in inner if closed and word.strip().isalnum()]
    return bool(said) and said[0] in [letter for letter, text in zip("ABCD", options, strict=False) if text == gold]


def least_loss(options: Sequence[str], gold: str, losses: Sequence[int], sizes: Sequence[int]) -> bool:
    means = [Fraction(loss, size) for loss, size in zip(losses, sizes, strict=True)]
    return options[means.index(min(means))] == gold
