"""What answers to LEXTREME's questions are worth.

A task with one label or several has two pipelines: one reads the labels that an answer names, and `official` takes the
answer's first line as it stands, which comes in a tuple of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from statistics import fmean
from typing import Any, TypeAlias

from mmeval.extract.cleaning import cleaned
from mmeval.metrics.additive import Resampled
from mmeval.metrics.entities import conll_counts, strict_counts
from mmeval.metrics.labels import multilabelled
from mmeval_tasks.domains.lextreme import labels

Doc: TypeAlias = Mapping[str, Any]
Line: TypeAlias = tuple[str]
Counts: TypeAlias = tuple[float, int, int]

_LATIN = str.maketrans("ABEHIKMNOPTXYZ", "ΑΒΕΗΙΚΜΝΟΡΤΧΥΖ")
"""Letters that look alike; a few names are written with the wrong ones."""


# ---------------------------------------------------------------- filters: answers of a whole task, a list a document


def first_lines(answers: Iterable[Sequence[str]], docs: Iterable[Doc]) -> list[list[Line]]:  # noqa: ARG001
    """What lighteval would have seen: it stops at the end of a line."""
    return [[(answer.partition("\n")[0].strip(),) for answer in given] for given in answers]


def in_capitals(answers: Iterable[Sequence[str]], docs: Iterable[Doc]) -> list[list[str]]:  # noqa: ARG001
    """Answers as `greek` has them."""
    return [[greek(answer) for answer in given] for given in answers]


def greek(text: str) -> str:
    """The text in capitals without accents, as the names of the Greek code are written."""
    letters = unicodedata.normalize("NFD", text.upper())
    return "".join(letter for letter in letters if unicodedata.category(letter) != "Mn").translate(_LATIN)


VOLUMES, CHAPTERS, SUBJECTS = (
    {greek(name): name for name in names} for names in (labels.VOLUMES, labels.CHAPTERS, labels.SUBJECTS)
)
"""Names by how an answer in capitals would have them."""


# ---------------------------------------------------------------- values of a document


def _one(doc: Doc, results: Sequence[str | Line | None], declared: Sequence[str]) -> dict[str, Any]:
    answer, gold = results[0], doc["label"]
    return _verbatim(answer[0], gold, declared) if isinstance(answer, tuple) else _of_label(answer, gold, declared)


def _verbatim(line: str, gold: str, declared: Sequence[str]) -> dict[str, Any]:
    return _of_label(line if line in declared else None, gold, declared)


def _of_label(said: str | None, gold: str, declared: Sequence[str]) -> dict[str, Any]:
    value = (gold, said if said in declared else None, len(declared))
    return {
        "f1_micro": value,
        "f1_macro": value,
        "exact_match": float(said == gold),
        "unparsed_rate": float(said is None),
    }


def _several(doc: Doc, results: Sequence[Sequence[str] | Line | None], declared: Sequence[str]) -> dict[str, Any]:
    answer, gold = results[0], doc["label"]
    if not isinstance(answer, tuple):
        return _of_labels(answer, gold, declared, answer is not None and set(answer) == set(gold))
    # there labels are numbers, and a line that is the number of any right label is a match
    numbers = {str(number): name for number, name in enumerate(declared)}
    said = [numbers[part] for part in answer[0].split(", ") if part in numbers]
    return _of_labels(said or None, gold, declared, numbers.get(answer[0]) in gold)


def _of_labels(said: Sequence[str] | None, gold: Sequence[str], declared: Sequence[str], match: bool) -> dict[str, Any]:
    value = multilabelled(said, gold, labels=declared, none=False)
    return {
        "multilabel_f1_micro": value,
        "multilabel_f1_macro": value,
        "exact_match": float(match),
        "unparsed_rate": float(said is None),
    }


judgments, unanimity, components, appeals, unfairness, volumes, chapters, subjects = (
    partial(_one, declared=names)
    for names in (
        *(labels.JUDGMENTS, labels.UNANIMITY, labels.COMPONENTS, labels.APPEALS, labels.UNFAIRNESS),
        *(labels.VOLUMES, labels.CHAPTERS, labels.SUBJECTS),
    )
)
topics, events, concepts_1, concepts_2, concepts_3 = (
    partial(_several, declared=names)
    for names in (labels.TOPICS, labels.EVENTS, labels.CONCEPTS_1, labels.CONCEPTS_2, labels.CONCEPTS_3)
)


# ---------------------------------------------------------------- entities


def _entities(doc: Doc, results: Sequence[str], declared: Sequence[str]) -> dict[str, Any]:
    """Values of an answer of one tag for each token, by their order; tokens without a tag are outside."""
    said, gold = _tags(results[0], declared), list(doc["label"])
    tags = [*said, *["O"] * len(gold)][: len(gold)]
    strict = strict_counts(tags, gold)
    return {
        "entity_f1": strict,
        "entity_precision": strict,
        "entity_recall": strict,
        "entity_f1_conll": conll_counts(tags, gold),
        "entity_f1_macro": tuple(count for kind in _kinds(declared) for count in _of_kind(kind, tags, gold)),
        "exact_match": float(results[0].partition("\n")[0].strip() == quoted(doc)),
        "miscounted_rate": float(bool(said) and len(said) != len(gold)),
        "unparsed_rate": float(not said),
    }


def _tags(text: str, declared: Sequence[str]) -> list[str]:
    """The tags of an answer in their order, longer ones first wherever several fit."""
    anywhere = "|".join(map(re.escape, sorted(declared, key=len, reverse=True)))
    return re.findall(rf"(?<![\w-])(?:{anywhere})(?![\w-])", cleaned(text))


def _kinds(declared: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(tag[2:] for tag in declared if tag != "O"))


def _of_kind(kind: str, tags: Sequence[str], gold: Sequence[str]) -> Counts:
    said, wanted = ([tag if tag[2:] == kind else "O" for tag in side] for side in (tags, gold))
    return strict_counts(said, wanted) if {*said, *wanted} != {"O"} else (0, 0, 0)


@Resampled
def mean_f1(values: Iterable[Sequence[float]]) -> float:
    """Plain mean of the F1 of all declared types of entities, from (matches, predicted, gold) of each."""
    return fmean(_f1_of_each([sum(column) for column in zip(*values, strict=True)]))


def _f1_of_each(sums: Sequence[float]) -> Iterator[float]:
    for matches, predicted, gold in zip(sums[::3], sums[1::3], sums[2::3], strict=True):
        yield 2 * matches / (predicted + gold) if predicted + gold else 0.0


def quoted(doc: Doc) -> str:
    """The tags of a row, each between quotation marks: what is asked for."""
    return '"' + '" "'.join(doc["label"]) + '"'


greek_legal_ner, legalnero, lener_br, mapa_coarse, mapa_fine = (
    partial(_entities, declared=tags)
    for tags in (
        *(labels.GREEK_LEGAL_NER, labels.LEGALNERO, labels.LENER_BR),
        *(labels.MAPA_COARSE, labels.MAPA_FINE),
    )
)
