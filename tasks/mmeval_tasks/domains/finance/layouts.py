"""Layouts of the financial data sets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from mmeval_tasks.domains.finance.tatqa import stated
from mmeval_tasks.domains.positions import Position
from mmeval_tasks.domains.rows import Adapter, Layout, Row

_SENTIMENTS = ("negative", "neutral", "positive")
_FLARE_SENTIMENTS = ("positive", "neutral", "negative")
_INSTRUCTION = (
    "Analyze the sentiment of this statement extracted from a financial news article. "
    "Provide your answer as either negative, positive or neutral.\nText: {text}\nAnswer:"
)


def _phrasebank_to_flare(row: Row) -> Iterator[dict[str, Any]]:
    """The two layouts count the same three words in different orders: they are mapped by name."""
    if type(row["label"]) is not int or row["label"] not in range(len(_SENTIMENTS)):
        raise ValueError(f"label is {row['label']!r}, not 0 (negative), 1 (neutral) or 2 (positive)")
    answer = _SENTIMENTS[row["label"]]
    yield {
        "query": _INSTRUCTION.format(text=row["sentence"]),
        "answer": answer,
        "text": row["sentence"],
        "choices": list(_FLARE_SENTIMENTS),
        "gold": _FLARE_SENTIMENTS.index(answer),
    }


fpb = Layout(
    ("text", "query", "answer", "choices", "gold"),
    (Adapter("phrasebank_to_flare", frozenset(("sentence", "label")), _phrasebank_to_flare),),
    lists={"choices": 3},
    label=Position("gold", 3),
    notice="the Financial PhraseBank is not for commercial use (CC BY-NC-SA 3.0)",
)
fiqa_sa = Layout(("sentence", "target", "sentiment_score"), numbers=("sentiment_score",))

TAGS: Mapping[str, str] = MappingProxyType(
    {
        "price or not": "talk about price",
        "price up": "talk about price going up",
        "price stable": "talk about price staying constant",
        "price down": "talk about price going down",
        "past price": "talk about price in the past",
        "future price": "talk about price in the future",
        "past general": "talk about a general event (apart from prices) in the past",
        "future general": "talk about a general event (apart from prices) in the future",
        "asset comparison": "compare gold with any other asset",
    }
)
"""The nine questions about a headline."""


_OF_THE_CSV = (
    *("Price or Not", "Direction Up", "Direction Constant", "Direction Down", "PastPrice", "FuturePrice"),
    *("PastNews", "FutureNews", "Asset Comparision"),
)
"""What the original file calls them, in the same order."""
_YES: Mapping[Any, bool] = MappingProxyType({0: False, 1: True, "0": False, "1": True})


def _headlines_csv_to_long(row: Row) -> Iterator[dict[str, Any]]:
    return _headlines_wide_to_long({"News": row["News"], **dict(zip(TAGS, map(row.get, _OF_THE_CSV), strict=True))})


def _headlines_wide_to_long(row: Row) -> Iterator[dict[str, Any]]:
    for tag, question in TAGS.items():
        if row[tag] not in _YES:
            raise ValueError(f"'{tag}' is {row[tag]!r}, not 0 or 1")
        answer = "Yes" if _YES[row[tag]] else "No"
        yield {
            "query": f"Does the news headline {question}? Please answer Yes or No.\nText: {row['News']}\nAnswer:",
            "answer": answer,
            "choices": ["Yes", "No"],
            "gold": int(answer == "No"),
            "label_type": tag,
        }


_HEADLINE = Layout(
    ("query", "choices", "gold", "label_type"),
    (
        Adapter("headlines_wide_to_long", frozenset(("News", *TAGS)), _headlines_wide_to_long),
        Adapter("headlines_csv_to_long", frozenset(("News", *_OF_THE_CSV)), _headlines_csv_to_long),
    ),
    lists={"choices": 2},
    label=Position("gold", 2),
)


def headline(docs: Any) -> Any:
    """Nine rows for each headline, which the column `headline` tells together."""
    docs = _HEADLINE(docs)
    return docs.add_column("headline", [_news(query) for query in docs["query"]])


def _news(query: str) -> str:
    return query.partition("\nText: ")[2].removesuffix("\nAnswer:")


ner_fin3 = Layout(("query", "answer", "label", "text"), lists={"label": None})
finer_ord = Layout(
    ("query", "answer", "label", "token"),
    lists={"label": None, "token": None},
    notice="FiNER-ORD is not for commercial use (CC BY-NC 4.0)",
)


_PAGE = ("id", "filename", "pre_text", "post_text", "table")


def convfinqa_turn(row: Row) -> dict[str, Any]:
    """One turn as text: what is read, the dialogue so far with its gold answers, the question, the answer.

    Answers are numbers, or yes and no, in one column; readers that cannot keep both make text of them. Raises
    ValueError for a row that does not say all of this.
    """
    annotation = row["annotation"] or {}
    for key in ("cur_dial", "exe_ans_list", "exe_ans"):
        if annotation.get(key) in (None, []):
            raise ValueError(f"its annotation has no '{key}'")
    questions, answers = annotation["cur_dial"], annotation["exe_ans_list"]
    return {
        **_page(row),
        "history": "".join(
            f"Question: {asked}\nAnswer: {_gold(answer)}\n"
            for asked, answer in zip(questions[:-1], answers, strict=False)
        ),
        "question": questions[-1],
        "answer": _gold(annotation["exe_ans"]),
    }


def _page(row: Row) -> dict[str, Any]:
    """The report that a question is about."""
    for column in _PAGE[2:]:
        if not isinstance(row[column], list):
            raise ValueError(f"'{column}' is {row[column]!r}, not a list")
    return {
        "id": row["id"],
        "filename": row["filename"],
        "pre_text": " ".join(row["pre_text"]),
        "table": _markdown(row["table"]),
        "post_text": " ".join(row["post_text"]),
    }


def _gold(answer: Any) -> str:
    """The result of a gold program: a number, yes or no. Raises ValueError for what is neither."""
    try:
        right = answer in ("yes", "no") or math.isfinite(float(answer))
    except (TypeError, ValueError):
        right = False
    if not right:
        raise ValueError(f"its answer is {answer!r}, neither a number nor yes or no")
    return str(answer)


def _raw_to_turn(row: Row) -> Iterator[dict[str, Any]]:
    yield convfinqa_turn(row)


def _markdown(table: list[list[str]]) -> str:
    if not table:
        raise ValueError("its table is empty")
    lines = ["| " + " | ".join(cell or "-" for cell in cells) + " |" for cells in table]
    return "\n".join([*lines[:1], "|" + " --- |" * len(table[0]), *lines[1:]])


convfinqa = Layout(
    ("question", "id", "filename", "pre_text", "table", "post_text", "history", "answer"),
    (Adapter("convfinqa_raw_to_turn", frozenset((*_PAGE, "annotation")), _raw_to_turn),),
)


def convfinqa_dialogues(docs: Any) -> Any:
    """Whole dialogues, as examples: of each its last turn, which shows those before."""
    docs = convfinqa(docs)
    last = {name.rpartition("_")[0]: place for place, name in enumerate(docs["id"])}
    return docs.select(sorted(last.values()))


def _finqa_question(row: Row) -> Iterator[dict[str, Any]]:
    yield {
        **_page(row),
        "question": row["qa"]["question"],
        "answer": _gold(row["qa"]["exe_ans"]),
    }


def _finqa_program(row: Row) -> Iterator[dict[str, Any]]:
    for question in _finqa_question(row):
        yield {**question, "rows": row["table"], "program": row["qa"]["program"]}


finqa_program = Layout(
    ("question", "id", "filename", "pre_text", "table", "post_text", "answer", "rows", "program"),
    (Adapter("finqa_program", frozenset((*_PAGE, "qa")), _finqa_program),),
)
finqa = Layout(
    ("question", "id", "filename", "pre_text", "table", "post_text", "answer"),
    (Adapter("finqa_question", frozenset((*_PAGE, "qa")), _finqa_question),),
)


def _tatqa_questions(row: Row) -> Iterator[dict[str, Any]]:
    """The questions about one page: a table and the paragraphs around it."""
    for asked in row["questions"]:
        answer, scale = asked["answer"], asked["scale"]
        # readers do not all keep the last digits of a number; more than four decimals never count
        answers = answer if isinstance(answer, list) else [round(answer, 4) if isinstance(answer, float) else answer]
        gold = [str(one) for one in answers]
        yield {
            "id": asked["uid"],
            "page": row["table"]["uid"],
            "paragraphs": "\n".join(one["text"] for one in row["paragraphs"]),
            "table": _markdown(row["table"]["table"]),
            "question": asked["question"],
            "answer": stated(gold, scale),
            "gold": gold,
            "scale": scale,
            "answer_type": asked["answer_type"],
            "answer_from": asked["answer_from"],
        }


tatqa = Layout(
    ("id", "page", "paragraphs", "table", "question", "answer", "gold", "scale", "answer_type", "answer_from"),
    (Adapter("tatqa_questions", frozenset(("table", "paragraphs", "questions")), _tatqa_questions),),
)
