"""Layouts of the medical data sets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmeval.data.reading import current
from mmeval.errors import UsageError
from mmeval_tasks.domains.positions import Position
from mmeval_tasks.domains.rows import Adapter, Layout, Row

_ENDINGS = ("ending0", "ending1", "ending2", "ending3")


def _without_stray_quotes(row: Row) -> Iterator[dict[str, Any]]:
    """Some options end in a line break and a quotation mark that nothing opens (jind11/MedQA, issue 5)."""
    yield {**row, **{ending: row[ending].removesuffix('\n"') for ending in _ENDINGS}}


medqa = Layout(
    ("sent1", *_ENDINGS, "label"),
    (Adapter("without_stray_quotes", frozenset(_ENDINGS), _without_stray_quotes),),
    label=Position("label", 4),
)
medmcqa = Layout(
    ("question", "opa", "opb", "opc", "opd", "cop", "subject_name"),
    optional=("subject_name",),
    label=Position("cop", 4),
)
careqa = Layout(("question", "op1", "op2", "op3", "op4", "cop"), label=Position("cop", 4, first=1))
kormedmcqa = Layout(("question", "answer", "A", "B", "C", "D", "E"), label=Position("answer", 5, first=1))
headqa = Layout(("qtext", "answers", "ra"), lists={"answers": None}, label=Position("ra", options="answers", first=1))


_OFFICIAL = "https://raw.githubusercontent.com/pubmedqa/pubmedqa/master/data/test_ground_truth.json"
_OFFICIAL_ANSWERS = {"yes": 276, "no": 169, "maybe": 55}
_LABELLED = 1000


def official_ids() -> frozenset[int]:
    """The PubMed ids of PubMedQA's 500 official test questions, fetched once and kept in the cache of `datasets`.

    Raises UsageError where they cannot be had, or are not 276 yes, 169 no and 55 maybe.
    """
    from datasets import DownloadManager

    try:
        file = Path(DownloadManager(dataset_name="pubmedqa").download(_OFFICIAL))
    except Exception as error:  # of the library and of what it reads the network with
        raise UsageError(f"no list of the official test questions (pubmedqa_all needs none): {error}") from error
    answers = json.loads(file.read_text(encoding="utf-8"))
    if Counter(answers.values()) != _OFFICIAL_ANSWERS:
        raise UsageError(f"{_OFFICIAL} does not hold the 500 official test questions")
    return frozenset(int(number) for number in answers)


_QIAOJIN = frozenset(("pubid", "question", "context", "final_decision"))


def _qiaojin_to_bigbio(row: Row) -> Iterator[dict[str, Any]]:
    yield {
        "PUBID": row["pubid"],
        "QUESTION": row["question"],
        "CONTEXTS": row["context"]["contexts"],
        "final_decision": row["final_decision"],
    }


_PUBMEDQA = Layout(
    ("QUESTION", "CONTEXTS", "final_decision"),
    (Adapter("qiaojin_to_bigbio", _QIAOJIN, _qiaojin_to_bigbio),),
    lists={"CONTEXTS": None},
    words=("final_decision", ("yes", "no", "maybe")),
)


def pubmedqa(docs: Any) -> Any:
    """The official test questions of the published 1,000 rows; local files are taken whole, and other hub data.

    The column `split_id` says which: `official500` or `local`.
    """
    docs = _PUBMEDQA(docs)
    if not _published(docs) or "PUBID" not in docs.column_names:
        return _marked(docs, "local")
    official = official_ids()
    chosen = [position for position, number in enumerate(docs["PUBID"]) if number in official]
    if len(chosen) < len(official):
        raise UsageError(f"{len(official) - len(chosen)} of the {len(official)} official test questions are missing")
    return _marked(docs.select(chosen), "official500")


def pubmedqa_all(docs: Any) -> Any:
    """All 1,000 labelled questions, as lighteval takes them."""
    docs = _PUBMEDQA(docs)
    return _marked(docs, "all1000" if _published(docs) else "local")


def _published(docs: Any) -> bool:
    return not current().local and len(docs) == _LABELLED


def _marked(docs: Any, split_id: str) -> Any:
    return docs.add_column("split_id", [split_id] * len(docs))
