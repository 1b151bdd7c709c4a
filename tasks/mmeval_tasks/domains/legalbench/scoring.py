"""LegalBench's metrics beside balanced accuracy."""

from __future__ import annotations

import ast
import string
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any, TypeAlias

from mmeval.extract.cleaning import cleaned
from mmeval.extract.words import boolean_word
from mmeval.metrics.additive import Additive, Resampled, Summed, sums_of_columns
from mmeval.metrics.aggregations import required

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

Doc: TypeAlias = Mapping[str, Any]
Counts: TypeAlias = tuple[int, int, int]
"""True positives, false positives, false negatives."""

EXCEPTIONS = ("express agreement", "fraudulent conveyance", "de facto merger", "mere continuation")
_BOOLEANS = ("yes", "no")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_TOLERANCE = 0.1


def citation(doc: Doc, results: Sequence[str | None]) -> dict[str, Any]:
    """Whether the name of the case occurs in the answer, letter case and punctuation aside."""
    said = _plain(results[0] or "")
    return {"answer_contained": float(_plain(doc["answer"]) in said), "unparsed_rate": float(not said)}


def definition(doc: Doc, results: Sequence[str | None]) -> dict[str, Any]:
    """Whether a term of the first line is one of those wanted, stems compared."""
    wanted, said = ({_stemmed(term) for term in _listed(text)} for text in (doc["answer"], results[0] or ""))
    return {"stemmed_match": float(bool(wanted & said)), "unparsed_rate": float(not said)}


def amount(doc: Doc, results: Sequence[str | None]) -> dict[str, Any]:
    """Whether the number is within 10 % of the amount; a percent sign and a scale word behind it are not looked at."""
    wanted = float(doc["answer"].replace("$", "").replace(",", ""))
    said = None if results[0] is None else float(results[0].partition(" ")[0].removesuffix("%"))
    right = said is not None and abs(said - wanted) <= _TOLERANCE * abs(wanted)
    return {"within_10_percent": float(right), "unparsed_rate": float(said is None)}


def exceptions(doc: Doc, results: Sequence[Sequence[str] | None]) -> dict[str, Any]:
    """Counts of the exceptions that the answer names."""
    said = results[0]
    wanted = [one.strip() for one in doc["answer"].split(",")]
    return {"list_f1": _counts(wanted, said or (), str.__eq__), "unparsed_rate": float(said is None)}


def names(doc: Doc, results: Sequence[str | None]) -> dict[str, Any]:
    """Counts of the names on the answer's first line; a name that is wanted may stand within a longer one."""
    said = [_plain(name) for name in _listed(results[0] or "")]
    wanted = [_plain(name) for name in _names(doc["answer"])]
    return {"list_f1": _counts(wanted, said, str.__contains__), "unparsed_rate": float(not said)}


def instructed(doc: Doc, results: Sequence[str]) -> dict[str, Any]:
    """Values of an answer in LegalBench-Instruct, with the task for the mean over tasks."""
    wanted = _plain(doc["answer"])
    said = boolean_word(results[0], words=_BOOLEANS).answer or "" if wanted in _BOOLEANS else _first_line(results[0])
    return {
        "balanced_acc_by_task": (doc["task_name"], wanted, said),
        "exact_match": float(said == wanted),
        "unparsed_rate": float(not said),
    }


@Resampled
def balanced_acc_by_task(values: Iterable[tuple[str, str, str]]) -> float:
    """Plain mean over tasks of the mean recall of their right answers, from (task, wanted, said)."""
    hits: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for task, wanted, said in values:
        hits[task][wanted].append(said == wanted)
    return fmean(fmean(map(fmean, by_answer.values())) for by_answer in hits.values())


def named(doc: Doc) -> str:
    """What follows the question of an example: its names, separated by commas."""
    return ", ".join(_names(doc["answer"]))


def _f1(counts: Iterable[Counts]) -> float:
    right, wrong, missed = map(sum, zip(*counts, strict=True))
    return float(2 * right / max(1, 2 * right + wrong + missed))


def _f1_of_sums(sums: Floats) -> Floats:
    import numpy as np

    twice = 2 * sums[:, 0]
    ratios: Floats = twice / np.maximum(1, twice + sums[:, 1] + sums[:, 2])
    return ratios


f1 = Summed(_f1, Additive(sums_of_columns, _f1_of_sums))
"""F1 of the summed counts; 0 where nothing is wanted and nothing was said."""


def _counts(wanted: Sequence[str], said: Sequence[str], names: Callable[[str, str], bool]) -> Counts:
    """Each answer counts for one wanted name at most."""
    left = list(said)
    for one in wanted:
        found = next((answer for answer in left if names(answer, one)), None)
        if found is not None:
            left.remove(found)
    right = len(said) - len(left)
    return right, len(left), len(wanted) - right


def _names(answer: str) -> list[str]:
    """Wanted names: separated by commas, or written as a Python list."""
    return [str(name) for name in ast.literal_eval(answer)] if answer.startswith("[") else _listed(answer)


def _listed(text: str) -> list[str]:
    first, *_ = [*text.strip().splitlines(), ""]
    return [part.strip() for part in first.split(",") if _plain(part)]


def _first_line(text: str) -> str:
    return next(filter(None, map(_plain, cleaned(text).splitlines())), "")


def _plain(text: str) -> str:
    return text.translate(_PUNCTUATION).strip().lower()


def _stemmed(text: str) -> str:
    stemmer = required("nltk.stem.porter", package="nltk").PorterStemmer()
    return str(stemmer.stem(_plain(text)))
