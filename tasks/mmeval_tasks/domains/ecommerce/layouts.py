"""Rows of EcomInstruct: what is asked about, what is right, and which labels are shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from random import Random
from typing import Any

from mmeval_tasks.domains.ecommerce.labels import COARSE, FINE, MATCH, SAME, TOPICS
from mmeval_tasks.domains.rows import Adapter, Layout, Row

_DRAWN = 50


def _with_candidates(row: Row, key: str, labels: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The labels in the language or the grain of `key`, and the candidates that the question names."""
    gold = row["labels"][key]
    unknown = [label for label in gold if label not in labels]
    if unknown or not gold:
        raise ValueError(f"labels.{key} has {unknown[0]!r}, which is none" if unknown else f"labels.{key} is empty")
    yield {
        "sentences": row["sentences"],
        "candidates": candidates(row["sentences"], gold, labels),
        "gold": gold,
        "query": row["sentences"].partition("\n")[0],
    }


def candidates(sentences: str, gold: Sequence[str], labels: Sequence[str]) -> list[str]:
    """The right labels among up to 49 drawn ones, in random order.

    How many are drawn is random too, as in the evaluator, so that a few rows show the right ones alone. It draws anew
    in each run; here the draw depends on the text alone.
    """
    rng = Random(sentences)
    shown = dict.fromkeys([*rng.sample(labels, len(labels))[: rng.randrange(_DRAWN)], *gold])
    return rng.sample(list(shown), len(shown))


def _labelled(key: str, labels: Sequence[str]) -> Layout:
    rows = partial(_with_candidates, key=key, labels=labels)
    adapter = Adapter(f"ecominstruct_{key}", frozenset(("sentences", "labels")), rows)
    return Layout(("sentences", "candidates", "gold"), (adapter,))


review_topic = _labelled("default", TOPICS)
match = _labelled("en", MATCH)
same = _labelled("en", SAME)
coarse = _labelled("coarse", COARSE)
fine = _labelled("fine", FINE)


def _terms(row: Row) -> Iterator[dict[str, Any]]:
    context, _, _ = row["sentences"].rpartition("\nQuestion: ")
    gold = [span["term"] for span in row["spans"]]
    yield {"sentences": row["sentences"], "gold": gold, "context": context or row["sentences"]}


def _typed_terms(row: Row) -> Iterator[dict[str, Any]]:
    for terms in _terms(row):
        yield {**terms, "types": [span["type"] for span in row["spans"]]}


def _products(row: Row) -> Iterator[dict[str, Any]]:
    """The products, one of which is right. Raises ValueError where it is not among them."""
    query, _, listed = row["sentences"].partition("\nCandidate Document: ")
    products = listed.removesuffix(".").split(", ")
    for terms in _terms(row):
        if terms["gold"][0] not in products:
            raise ValueError(f"{terms['gold'][0]!r} is not among the candidates")
        yield {**terms, "candidates": products, "query": query}


_SPANS = frozenset(("sentences", "spans"))
spans = Layout(("sentences", "gold"), (Adapter("ecominstruct_terms", _SPANS, _terms),))
entities = Layout(("sentences", "gold", "types"), (Adapter("ecominstruct_typed", _SPANS, _typed_terms),))
products = Layout(("sentences", "gold", "candidates"), (Adapter("ecominstruct_products", _SPANS, _products),))
