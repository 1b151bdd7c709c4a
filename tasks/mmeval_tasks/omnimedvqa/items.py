"""From a record as published to an item that can be asked and scored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmeval_tasks.omnimedvqa.labels import UNKNOWN, modality_id, type_id

REQUIRED = ("dataset", "question_id", "question_type", "question", "gt_answer", "image_path")


@dataclass(frozen=True, slots=True)
class Item:
    """A question. `options` are by stored letter; `gold` are the letters that are right, `gold_text` the stored answer.

    `file` and `index` say where it stands; `codes` what was odd about it.
    """

    id: str
    file: str
    index: int
    access: str
    source: str
    question_type: str
    modality: str
    modality_label: str
    question: str
    options: Mapping[str, str]
    gold: tuple[str, ...]
    gold_text: str
    image_path: str
    codes: tuple[str, ...] = ()


def read_item(record: Any, access: str, file: str, index: int) -> tuple[Item | None, tuple[str, ...]]:
    """The item of a record, or None, with the codes that tell what was mended or why it is left out."""
    if not isinstance(record, Mapping) or any(_blank(record.get(key)) for key in REQUIRED):
        return None, ("field_missing",)
    options, codes = _options(record)
    if len(options) < 2:
        return None, (*codes, "too_few_options")
    gold_text = str(record["gt_answer"])
    gold, gold_codes = find_gold(gold_text, options)
    codes += gold_codes
    if not gold:
        return None, codes
    label, label_codes = _modality(record)
    codes += _duplicates(options, gold) + label_codes
    item = Item(
        id=str(record["question_id"]),
        file=file,
        index=index,
        access=access,
        source=str(record["dataset"]),
        question_type=type_id(str(record["question_type"])),
        modality=modality_id(label),
        modality_label=label,
        question=str(record["question"]),
        options=options,
        gold=gold,
        gold_text=gold_text,
        image_path=str(record["image_path"]),
        codes=codes,
    )
    return item, codes


def _blank(value: Any) -> bool:
    return value is None or not str(value).strip()


def _options(record: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    stored = {key[-1]: record[key] for key in sorted(record) if re.fullmatch(r"option_[A-Z]", key)}
    options = {letter: str(value) for letter, value in stored.items() if not _blank(value)}
    shown = [stored[letter] for letter in options]
    codes = {
        "blank_option": len(options) < len(stored),
        "non_string_option": not all(isinstance(value, str) for value in (*shown, record["gt_answer"])),
        "option_gap": "".join(options) not in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(options)],
    }
    return options, tuple(code for code, found in codes.items() if found)


def find_gold(gold: str, options: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The letters whose option is the gold answer: its text, else its text loosely, else its letter."""
    letters = tuple(letter for letter, text in options.items() if text == gold)
    codes: tuple[str, ...] = ()
    if not letters:
        letters = tuple(letter for letter, text in options.items() if loose(text) == loose(gold))
        codes = ("gt_normalised",) if letters else ()
    if not letters and gold.strip() in options:
        return (gold.strip(),), ("gt_is_letter",)
    if not letters:
        return (), ("gt_not_in_options",)
    return letters, (*codes, "ambiguous_gold") if len(letters) > 1 else codes


def loose(text: str) -> str:
    """Trimmed, casefolded, without trailing dots, dashes and underscores as blanks."""
    return " ".join(re.sub("[_-]", " ", text.strip().casefold().rstrip(".")).split())


def _duplicates(options: Mapping[str, str], gold: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [loose(text) for letter, text in options.items() if letter not in gold]
    return ("duplicate_distractors",) if len(set(wrong)) < len(wrong) else ()


def _modality(record: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    if not _blank(record.get("modality_type")):
        return str(record["modality_type"]), ()
    if not _blank(record.get("modality")):
        return str(record["modality"]), ("modality_key_alias",)
    return UNKNOWN, ("modality_missing",)
