"""What model cards say of compared runs: which is the general one, and what was changed of the same base."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from mmeval.errors import UnknownNameError, nearest_names
from mmeval.report.compare.comparison import Comparison
from mmeval.report.compare.domains import DomainGain, Specialization, on_all, specialization
from mmeval.report.compare.runs import Run, short_name

_CHANGES = {"modular": "module", "quantisation": "quantisation", "specialisation": "specialisation"}
"""What may be changed of a model, by key of its card, as it is called."""
_NONE = "none"


@dataclass(frozen=True, slots=True)
class Ablation:
    """Two runs (by place) of models of one base, what changed between them, and the other's gain over all tasks."""

    one: int
    other: int
    base: str
    changes: tuple[str, ...]
    gain: DomainGain


def general(runs: Sequence[Run]) -> int:
    """The place of the run that the others are to be compared with: of the model that is the base of another's and has
    no base among them, else of the one whose card says `domain: general`, else the first.
    """
    bases = [place for place, run in enumerate(runs) if any(_is_base(run, other) for other in runs)]
    roots = [place for place in bases if not any(_is_base(other, runs[place]) for other in runs)]
    named = [place for place, run in enumerate(runs) if run.card.get("domain") == "general"]
    return next(iter((*roots, *bases, *named)), 0)


def _is_base(run: Run, other: Run) -> bool:
    return run is not other and run.goes_by(str(other.card.get("base_model", "")))


def specialized(comparison: Comparison, domain: str = "") -> Iterator[Specialization]:
    """What specialization in a domain brings, by default that of the card of the other run, or of the one: the gain of
    the run that was made for it, of the other one where no card says so. None without a domain.
    """
    one, other = comparison.one.specialized_in, comparison.other.specialized_in
    if domain := domain or other or one:
        yield specialization(comparison, domain, of_one=one == domain != other)


def check_domain(runs: Sequence[Run], domain: str) -> None:
    """Raises UnknownNameError for a domain of no task."""
    known = _domains(runs)
    if domain and domain not in known:
        hint = f"the tasks are of {', '.join(known)}" if known else "no task names its domain"
        raise UnknownNameError("domain", domain, known, hint=hint)


def card_remarks(runs: Sequence[Run], letters: str) -> Iterator[str]:
    """What is odd about the runs as a whole: cards with a domain of no task, a run that is compared with itself."""
    for letter, run in zip(letters, runs, strict=False):
        domain, known = run.specialized_in, _domains(runs)
        if domain and domain not in known:
            nearest = "".join(f"; is {name} meant?" for name in nearest_names(domain, known, 1))
            yield f"the card of {letter} says domain={domain}, of which there is no task{nearest}"
    for (first, one), (second, other) in combinations(zip(letters, runs, strict=False), 2):
        if one.data == other.data:
            yield f"{first} and {second} are the same run"


def _domains(runs: Sequence[Run]) -> list[str]:
    return sorted({run.domain(task) for run in runs for task in run.tasks} - {""})


def ablations(runs: Sequence[Run], compared: Callable[[int, int], Comparison]) -> Iterator[Ablation]:
    """For each two runs of one base whose cards differ in what was done to it; from the one without to the one with.

    `compared` compares the runs at two places.
    """
    for first, second in combinations(range(len(runs)), 2):
        one, other = (second, first) if _has_more(runs[first], runs[second]) else (first, second)
        base, changes = _base(runs[one], runs[other]), tuple(_changes(runs[one], runs[other]))
        if base and changes and runs[one].tasks.keys() & runs[other].tasks.keys():
            yield Ablation(one, other, base, changes, on_all(compared(one, other)))


def _has_more(one: Run, other: Run) -> bool:
    """Whether the one has something done to it that the other has not, and not the other way round first."""
    for key in _CHANGES:
        values = [_value(run, key) for run in (one, other)]
        if values[0] != values[1] and _NONE in values:
            return values[1] == _NONE
    return False


def _changes(one: Run, other: Run) -> Iterator[str]:
    for key, name in _CHANGES.items():
        before, after = _value(one, key), _value(other, key)
        if before != after:
            yield f"{name}: {before} -> {after}"


def _value(run: Run, key: str) -> str:
    return str(run.card.get(key) or _NONE)


def _base(one: Run, other: Run) -> str:
    """The model that both are or were made from, by the cards; empty where they do not say so."""
    names = [[str(run.card.get("base_model") or ""), run.model] for run in (one, other)]
    known = set(map(short_name, names[1]))
    return next((name for name in names[0] if name and short_name(name) in known), "")
