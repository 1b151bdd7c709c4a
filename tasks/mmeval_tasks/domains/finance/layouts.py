"""Layouts of the financial data sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from mmeval_tasks.domains.finance.tatqa import stated
from mmeval_tasks.domains.rows import Adapter, Layout, Row

_SENTIMENTS = ("negative", "neutral", "positive")
_FLARE_SENTIMENTS = ("positive", "neutral", "negative")
_INSTRUCTION = (
    "Analyze the sentiment of this statement extracted from a financial news article. "
    "Provide your answer as either negative, positive or neutral.\nText: {text}\nAnswer:"
)


def _phrasebank_to_flare(row: Row) -> Iterator[dict[str, Any]]:
    """The two layouts count the same three words in different orders: they are mapped by name."""
    answer = _SENTIMENTS[row["label"]]
    yield {
        "query": _INSTRUCTION.format(text=row["sentence"]),
        "answer": answer,
        "text": row["sentence"],
        "choices": list(_FLARE_SENTIMENTS),
        "gold": _FLARE_SENTIMENTS.index(answer),
    }


fpb = Layout(
    ("query", "answer", "text", "choices", "gold"),
    (Adapter("phrasebank_to_flare", frozenset(("sentence", "label")), _phrasebank_to_flare),),
    label=("gold", 3),
    notice="the Financial PhraseBank is not for commercial use (CC BY-NC-SA 3.0)",
)
fiqa_sa = Layout(("sentence", "target", "sentiment_score"))

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


def _headlines_wide_to_long(row: Row) -> Iterator[dict[str, Any]]:
    for tag, question in TAGS.items():
        answer = "Yes" if row[tag] else "No"
        yield {
            "query": f"Does the news headline {question}? Please answer Yes or No.\nText: {row['News']}\nAnswer:",
            "answer": answer,
            "choices": ["Yes", "No"],
            "gold": int(answer == "No"),
            "label_type": tag,
        }


_HEADLINE = Layout(
    ("query", "choices", "gold", "label_type"),
    (Adapter("headlines_wide_to_long", frozenset(("News", *TAGS)), _headlines_wide_to_long),),
    label=("gold", 2),
)


def headline(docs: Any) -> Any:
    """Nine rows for each headline, which the column `headline` tells together."""
    docs = _HEADLINE(docs)
    return docs.add_column("headline", [_news(query) for query in docs["query"]])


def _news(query: str) -> str:
    return query.partition("\nText: ")[2].removesuffix("\nAnswer:")


ner_fin3 = Layout(("query", "answer", "label", "text"))
finer_ord = Layout(("query", "answer", "label", "token"), notice="FiNER-ORD is not for commercial use (CC BY-NC 4.0)")


def convfinqa_turn(row: Row) -> dict[str, Any]:
    """One turn as text: what is read, the dialogue so far with its gold answers, the question, the answer.

    Answers are numbers, or yes and no, in one column; readers that cannot keep both make text of them.
    """
    annotation = row["annotation"]
    questions, answers = annotation["cur_dial"], annotation["exe_ans_list"]
    return {
        "id": row["id"],
        "filename": row["filename"],
        "pre_text": " ".join(row["pre_text"]),
        "table": _markdown(row["table"]),
        "post_text": " ".join(row["post_text"]),
        "history": "".join(
            f"Question: {asked}\nAnswer: {answer}\n" for asked, answer in zip(questions[:-1], answers, strict=False)
        ),
        "question": questions[-1],
        "answer": str(annotation["exe_ans"]),
    }


def _raw_to_turn(row: Row) -> Iterator[dict[str, Any]]:
    yield convfinqa_turn(row)


def _markdown(table: list[list[str]]) -> str:
    lines = ["| " + " | ".join(cell or "-" for cell in cells) + " |" for cells in table]
    return "\n".join([*lines[:1], "|" + " --- |" * len(table[0]), *lines[1:]])


convfinqa = Layout(
    ("id", "filename", "pre_text", "table", "post_text", "history", "question", "answer"),
    (Adapter("convfinqa_raw_to_turn", frozenset(("pre_text", "post_text", "table", "annotation")), _raw_to_turn),),
)


def _finqa_question(row: Row) -> Iterator[dict[str, Any]]:
    yield {
        "id": row["id"],
        "filename": row["filename"],
        "pre_text": " ".join(row["pre_text"]),
        "table": _markdown(row["table"]),
        "post_text": " ".join(row["post_text"]),
        "question": row["qa"]["question"],
        "answer": str(row["qa"]["exe_ans"]),
    }


def _finqa_program(row: Row) -> Iterator[dict[str, Any]]:
    for question in _finqa_question(row):
        yield {**question, "rows": row["table"], "program": row["qa"]["program"]}


finqa_program = Layout(
    ("id", "filename", "pre_text", "table", "post_text", "question", "answer", "rows", "program"),
    (Adapter("finqa_program", frozenset(("pre_text", "post_text", "table", "qa")), _finqa_program),),
)
finqa = Layout(
    ("id", "filename", "pre_text", "table", "post_text", "question", "answer"),
    (Adapter("finqa_question", frozenset(("pre_text", "post_text", "table", "qa")), _finqa_question),),
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
