"""Values of EcomInstruct's answers: as a careful reader takes them, and beside it the evaluator's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from mmeval.extract.cleaning import cleaned, plain_characters
from mmeval.extract.closest import closest_option
from mmeval.extract.labels import closed_label, closed_labels
from mmeval.metrics.aggregations import required
from mmeval.metrics.labels import multilabelled
from mmeval.types import Sample
from mmeval_tasks.domains.ecommerce import official
from mmeval_tasks.domains.ecommerce.labels import ATTRIBUTES, COARSE, FINE, MATCH, PARTS, PHRASES, SAME, TOPICS
from mmeval_tasks.domains.ecommerce.reading import listed_names, names, typed_names

Doc: TypeAlias = Mapping[str, Any]
Values: TypeAlias = dict[str, Any]
Scored: TypeAlias = Callable[[Doc, Sequence[str]], Values]

_DENIED = re.compile(r"\b(?:not|no|nor|never|neither|cannot|hardly)\b|n't\b")
_WORD = re.compile(r"[a-z0-9]+|\w")


# ---------------------------------------------------------------- categories


def _labelled(doc: Doc, results: Sequence[str], *, labels: Sequence[str]) -> Values:
    """One label of the list."""
    return _one_label(doc, results[0], closed_label(results[0], labels=labels).answer, labels)


def _compared(doc: Doc, results: Sequence[str], *, labels: Sequence[str]) -> Values:
    """Yes or no, as labels: a line that denies something never says yes."""
    phrases = {phrase: label for phrase, label in PHRASES.items() if label in labels}
    label = closed_label(results[0], labels=labels, synonyms=phrases).answer
    line = next(filter(None, map(str.strip, cleaned(results[0]).casefold().splitlines())), "")
    doubtful = label == labels[-1] and _DENIED.search(line)
    return _one_label(doc, results[0], None if doubtful else label, labels)


def _one_label(doc: Doc, text: str, label: str | None, labels: Sequence[str]) -> Values:
    (gold,) = doc["gold"]
    return {
        "exact_match": float(label == gold),
        "balanced_acc": (gold, label, len(labels)),
        **official.of_labels(text, [gold]),
        "unparsed_rate": float(label is None),
    }


def topics(doc: Doc, results: Sequence[str]) -> Values:
    """Values of the named topics, of which a review has one or several."""
    said = closed_labels(results[0], labels=TOPICS).answer
    value = multilabelled(said, doc["gold"], labels=TOPICS, none=False)
    return {
        "multilabel_f1_micro": value,
        "multilabel_f1_macro": value,
        **official.of_labels(results[0], doc["gold"]),
        "unparsed_rate": float(said is None),
    }


match: Scored = partial(_compared, labels=MATCH)
same: Scored = partial(_compared, labels=SAME)
coarse: Scored = partial(_labelled, labels=COARSE)
fine: Scored = partial(_labelled, labels=FINE)


# ---------------------------------------------------------------- names


def _entities(doc: Doc, results: Sequence[str], *, types: Sequence[str]) -> Values:
    """Counts of distinct (type, name) pairs."""
    wanted = {(kind, name) for kind, term in zip(doc["types"], doc["gold"], strict=True) for name in names(term)}
    said = typed_names(results[0], types)
    return {
        "entity_f1": _counts(said or set(), wanted),
        **official.of_entities(results[0], _by_type(doc, types), doc["sentences"]),
        "unparsed_rate": float(said is None),
    }


def _by_type(doc: Doc, types: Sequence[str]) -> str:
    """The right answer: a line for each type, with None where the text has nothing of it."""
    found: dict[str, list[str]] = {kind: [] for kind in types}
    for kind, term in zip(doc["types"], doc["gold"], strict=True):
        found[kind].append(term)
    return "\n".join(f"{kind}: {official.SEPARATOR.join(terms or ['None'])}" for kind, terms in found.items())


def lenovo_answer(doc: Doc) -> str:
    """What a right answer says."""
    return _by_type(doc, PARTS)


def mepave_answer(doc: Doc) -> str:
    """What a right answer says."""
    return _by_type(doc, ATTRIBUTES)


lenovo: Scored = partial(_entities, types=PARTS)
mepave: Scored = partial(_entities, types=ATTRIBUTES)


def detected(doc: Doc, results: Sequence[str]) -> Values:
    """Counts of distinct names, whatever their type."""
    wanted = {name for term in doc["gold"] for name in names(term)}
    said = listed_names(results[0])
    return {
        "entity_f1_exact": _counts(said or set(), wanted),
        **official.of_spans(results[0], doc["gold"]),
        "unparsed_rate": float(said is None),
    }


def _counts(said: set[Any], wanted: set[Any]) -> tuple[int, int, int]:
    return len(said & wanted), len(said), len(wanted)


# ---------------------------------------------------------------- texts


def selected(doc: Doc, results: Sequence[str]) -> Values:
    """Whether the first line is the right candidate, up to a few characters."""
    said = closest_option(results[0], choices_field="candidates", sample=Sample("", doc, None)).answer
    return {
        "exact_match": float(said == doc["gold"][0]),
        **official.of_extracts(results[0], doc["gold"]),
        "unparsed_rate": float(said is None),
    }


def quoted(doc: Doc, results: Sequence[str]) -> Values:
    """Overlap of English words with the right passage."""
    said, (gold,) = cleaned(results[0]).strip(), doc["gold"]
    return {
        "rougeL": _rouge_l(said, gold),
        **official.of_extracts(results[0], doc["gold"]),
        "unparsed_rate": float(not said),
    }


def titled(doc: Doc, results: Sequence[str]) -> Values:
    """Overlap of characters with the right title."""
    said, (gold,) = cleaned(results[0]).strip(), doc["gold"]
    return {
        "rougeL_characters": _rouge_l(said, gold, _Characters()),
        **official.of_written(results[0], gold),
        "unparsed_rate": float(not said),
    }


class _Characters:
    """rouge-score's own words, and every letter of other scripts as a word."""

    def tokenize(self, text: str) -> list[str]:
        return _WORD.findall(text.lower())


def _rouge_l(answer: str, gold: str, tokenizer: _Characters | None = None) -> float:
    """F1 of the longest common subsequence of words. `answer` is in plain characters already."""
    scorer = required("rouge_score.rouge_scorer", package="rouge-score").RougeScorer(["rougeL"], tokenizer=tokenizer)
    return float(scorer.score(plain_characters(gold), answer)["rougeL"].fmeasure)
