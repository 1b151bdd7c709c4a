"""The rows of LEXTREME with labels as names, from either of its copies.

`joelniklaus/lextreme` has integer labels, and a law in all languages at once as the text of a Python dictionary.
`lighteval/lextreme` has the right answers as texts: names, numbers where several labels may apply, and tokens and tags
each between quotation marks. It does not tell the language.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any, TypeAlias

from mmeval_tasks.domains.lextreme import labels
from mmeval_tasks.domains.rows import Adapter, Layout, Row

Names: TypeAlias = Sequence[str]
Read: TypeAlias = Callable[[Row, Names], Mapping[str, Any]]

_COLUMNS = ("input", "label", "language")
_OF_LIGHTEVAL = ("input", "references", "gold")
UNTOLD = "untold"
"""The language of a row that does not tell it."""


def _layout(names: Names, own: Read, of_lighteval: Read) -> Layout:
    adapters = (
        Adapter("lextreme", frozenset(_COLUMNS), partial(_adapted, names=names, read=own)),
        Adapter("lextreme_of_lighteval", frozenset(_OF_LIGHTEVAL), partial(_adapted, names=names, read=of_lighteval)),
    )
    return Layout(_COLUMNS, adapters)


def _adapted(row: Row, names: Names, read: Read) -> Iterator[dict[str, Any]]:
    yield {"input": row["input"], "language": row.get("language", UNTOLD), **read(row, names)}


def _one(row: Row, names: Names) -> Mapping[str, Any]:
    return {"label": _numbered(row["label"], names)}


def _one_of_lighteval(row: Row, names: Names) -> Mapping[str, Any]:
    (name,) = row["gold"]
    return {"label": _known(name, names)}


def _several(row: Row, names: Names) -> Mapping[str, Any]:
    return {"label": [_numbered(label, names) for label in row["label"]]}


def _several_of_lighteval(row: Row, names: Names) -> Mapping[str, Any]:
    return {"label": [_numbered(int(number), names) for number in row["gold"]]}


def _law(row: Row, names: Names) -> Mapping[str, Any]:
    """The law in one of its languages, which depends on the law alone."""
    texts = {language: text for language, text in ast.literal_eval(row["input"]).items() if text is not None}
    language = Random(row["input"]).choice(sorted(texts))
    return {"input": texts[language], "language": language, **_several(row, names)}


def _tokens_of_lighteval(row: Row, names: Names) -> Mapping[str, Any]:
    (tags,) = row["gold"]
    return {"input": _unquoted(row["input"]), "label": [_known(tag, names) for tag in _unquoted(tags)]}


def _unquoted(line: str) -> list[str]:
    return line.removeprefix('"').removesuffix('"').split('" "')


def _numbered(label: int, names: Names) -> str:
    if label not in range(len(names)):
        raise ValueError(f"the label {label} is outside 0-{len(names) - 1}")
    return names[label]


def _known(name: str, names: Names) -> str:
    if name not in names:
        raise ValueError(f"the label {name!r} is none of the {len(names)} declared ones")
    return name


def _classes(names: Names) -> Layout:
    return _layout(names, _one, _one_of_lighteval)


def _topics(names: Names) -> Layout:
    return _layout(names, _several, _several_of_lighteval)


def _laws(names: Names) -> Layout:
    return _layout(names, _law, _several_of_lighteval)


def _entities(names: Names) -> Layout:
    return _layout(names, _several, _tokens_of_lighteval)


judgments, unanimity, components, appeals, unfairness, volumes, chapters, subjects = map(
    _classes,
    (
        *(labels.JUDGMENTS, labels.UNANIMITY, labels.COMPONENTS, labels.APPEALS, labels.UNFAIRNESS),
        *(labels.VOLUMES, labels.CHAPTERS, labels.SUBJECTS),
    ),
)
topics, events = map(_topics, (labels.TOPICS, labels.EVENTS))
concepts_1, concepts_2, concepts_3 = map(_laws, (labels.CONCEPTS_1, labels.CONCEPTS_2, labels.CONCEPTS_3))
greek_legal_ner, legalnero, lener_br, mapa_coarse, mapa_fine = map(
    _entities, (labels.GREEK_LEGAL_NER, labels.LEGALNERO, labels.LENER_BR, labels.MAPA_COARSE, labels.MAPA_FINE)
)
