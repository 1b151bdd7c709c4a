"""Values that need more of a document than its target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmeval.extract.cleaning import BULLET, plain_characters
from mmeval.metrics.choice import ChoiceAnswer, acc, acc_mutual_info, acc_norm_tok
from mmeval.metrics.entities import F1, conll_counts, overlap_counts, strict_counts
from mmeval.metrics.likelihood import tokens_of


def headline(doc: Mapping[str, Any], results: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    """Accuracies by BloombergGPT's three scorings, and (tag, gold, predicted) for the mean over tags of the weighted
    F1. Behind the results of the options are those of the options alone.
    """
    choices, gold = tuple(doc["choices"]), doc["gold"]
    logprobs, greedy = zip(*results, strict=True)
    count = len(choices)
    tokens = tokens_of(logprobs[:count])
    answer = ChoiceAnswer(logprobs[:count], greedy[:count], choices, logprobs[count:], tokens)
    accuracies = {entry.name: entry.score for entry in (acc, acc_mutual_info, acc_norm_tok) if entry.score}
    named = (doc["label_type"], choices[gold], choices[answer.best])
    return {**{name: score(answer, gold) for name, score in accuracies.items()}, "f1_by_group": named}


def named_entities(doc: Mapping[str, Any], results: Sequence[Any]) -> dict[str, Any]:
    """Values of a list of [name, TYPE] pairs, found again in the tokens of the text. Those of type OTHER only count."""
    listed, tokens = results[0] or [], doc["text"].split()
    names = [[name, kind] for name, kind in listed if kind != "OTHER"]
    predicted, absent = tags_of(names, tokens)
    # a name that the text does not hold is a claim without a span: a token behind the text that gold leaves alone
    claimed = [tag for kind in absent for tag in ("O", f"B-{kind}")]
    values = _entity_values([*predicted, *claimed], [*doc["label"], *["O"] * len(claimed)])
    return {
        **values,
        "hallucinated_entity_rate": (len(absent), len(names)),
        "dropped_entity_rate": (len(listed) - len(names), len(listed)),
        "unparsed_rate": float(results[0] is None),
    }


def tags_of(names: Sequence[Sequence[str]], tokens: Sequence[str]) -> tuple[list[str], list[str]]:
    """BIO tags of the tokens, and the types of the names that are not among them.

    Longer names go first, each to the first span of whole tokens that is still free; letter case and spaces are free.
    """
    tags, absent = ["O"] * len(tokens), []
    for name, kind in sorted(names, key=lambda pair: -len(_joined(pair[0].split()))):
        span = _free_span(_joined(name.split()), tokens, tags)
        if span is None:
            absent.append(kind)
        else:
            tags[span.start : span.stop] = [f"B-{kind}", *[f"I-{kind}"] * (len(span) - 1)]
    return tags, absent


def _joined(tokens: Sequence[str]) -> str:
    return "".join(tokens).casefold()


def _free_span(name: str, tokens: Sequence[str], tags: Sequence[str]) -> range | None:
    for start in range(len(tokens)):
        end = start
        while end < len(tokens) and tags[end] == "O" and len(_joined(tokens[start:end])) < len(name):
            end += 1
        if end > start and _joined(tokens[start:end]) == name:
            return range(start, end)
    return None


def labelled_tokens(doc: Mapping[str, Any], results: Sequence[str | None]) -> dict[str, Any]:
    """Values of an answer of "token:label" lines."""
    tags, lines = tags_of_lines(results[0] or "", list(map(plain_characters, doc["token"])))
    return {**_entity_values(tags, doc["label"]), "unparsed_rate": float(not lines)}


def tags_of_lines(text: str, tokens: Sequence[str]) -> tuple[list[str], int]:
    """The tokens' tags, and how many lines could be read.

    A line belongs to the next token of that name: one that is left out does not shift the others. Where there is none,
    a bullet or number before the token and its emphasis are taken away.
    """
    tags, position, read = ["O"] * len(tokens), 0, 0
    for line in text.splitlines():
        token, colon, tag = (part.strip() for part in line.rpartition(":"))
        tag = tag.strip(_EMPHASIS)
        if not colon or tag not in _TAGS:
            continue
        read += 1
        named = (token, BULLET.sub("", token).strip(_EMPHASIS))
        place = next((tokens.index(name, position) for name in named if name in tokens[position:]), None)
        if place is not None:
            tags[place] = tag
            position = place + 1
    return tags, read


_EMPHASIS = "*_` "
_TYPES = ("PER", "LOC", "ORG")
_TAGS = frozenset({"O", *(f"{place}-{kind}" for place in "BI" for kind in _TYPES)})

entity_f1 = F1
"""The aggregation of the F1 of one type."""


def _entity_values(predicted: Sequence[str], gold: Sequence[str]) -> dict[str, Any]:
    strict = strict_counts(predicted, gold)
    return {
        "entity_f1": strict,
        "entity_precision": strict,
        "entity_recall": strict,
        **{f"entity_f1_{kind}": strict_counts(_of(kind, predicted), _of(kind, gold)) for kind in _TYPES},
        "entity_f1_conll": conll_counts(predicted, gold),
        "entity_f1_partial": overlap_counts(predicted, gold, "partial"),
        "entity_f1_type": overlap_counts(predicted, gold, "ent_type"),
    }


def _of(kind: str, tags: Sequence[str]) -> list[str]:
    return [tag if tag.endswith(f"-{kind}") else "O" for tag in tags]
