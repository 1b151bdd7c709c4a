"""What both sides of the request comparison share: documents, task files and the ways to prompt them.

`record_golden.py` builds the requests of every case with lm-eval 0.4.13 and keeps a digest of each;
`test_parity.py` builds them with mmeval.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

SYSTEM = "Be brief."
SPLITS = {"train": 8, "validation": 6, "test": 6}
_WORDS = ("plain", "größer", "trailing ", "42", "", "ノート", "two\nlines", "it's {x}")


def rows(split: str) -> list[dict[str, Any]]:
    """The documents of a split: unicode, spaces at the edges, digits, lists, empty texts, and duplicates in test."""
    made = [_row(split, number) for number in range(SPLITS[split])]
    return [*made[:-1], made[0]] if split == "test" else made


def _row(split: str, number: int) -> dict[str, Any]:
    word = _WORDS[number % len(_WORDS)]
    options = [f"{word or 'none'} a{number}", "bb", f"ccc {number} "]
    return {
        "q": f"{split[:2]}{number} {word}",
        "opts": options,
        "gold": number % 3,
        "answer": f" {options[number % 3]}" if number % 2 else options[number % 3],
        "answers": [options[0], options[1]],
        "digits": str(number % 3),
        "note": word,
    }


SOURCES: dict[str, dict[str, Any]] = {
    "train": {"training_split": "train", "test_split": "test"},
    "fewshot_split": {"fewshot_split": "validation", "test_split": "test"},
    "same": {"fewshot_split": "test", "test_split": "test"},
    "test_only": {"test_split": "test"},
    "validation_only": {"validation_split": "validation"},
    "validation_and_train": {"training_split": "train", "validation_split": "validation"},
    "first_n": {"training_split": "train", "test_split": "test", "fewshot_config": {"sampler": "first_n"}},
    "first_n_same": {
        "test_split": "test",
        "fewshot_split": "test",
        "fewshot_config": {"sampler": "first_n"},
    },
    "inline": {"test_split": "test", "fewshot_config": {"samples": [_row("inline", number) for number in range(6)]}},
    "empty_target": {
        "training_split": "train",
        "test_split": "test",
        "fewshot_config": {"doc_to_text": "EX {{q}} {{opts[gold]}}|", "doc_to_target": ""},
    },
    "own_delimiters": {
        "training_split": "train",
        "test_split": "test",
        "fewshot_config": {"target_delimiter": ":", "fewshot_delimiter": "\n", "gen_prefix": "So"},
    },
}

_CHOICE = {"output_type": "multiple_choice", "doc_to_text": "{{q}}?", "doc_to_choice": "opts"}
KINDS: dict[str, dict[str, Any]] = {
    "choice_index": {**_CHOICE, "doc_to_target": "gold"},
    "choice_template": {**_CHOICE, "doc_to_choice": "{{[opts[0], opts[1], note ~ 'x']}}", "doc_to_target": "{{gold}}"},
    "choice_literal": {**_CHOICE, "doc_to_choice": ["yes", "no", "{{q}}"], "doc_to_target": 1, "target_delimiter": ""},
    "choice_mapping": {**_CHOICE, "doc_to_choice": {"x": "yes", "y": "no", "z": "both"}, "doc_to_target": "digits"},
    "choice_inputs": {
        "output_type": "multiple_choice",
        "doc_to_text": "{{gold}}",
        "doc_to_choice": "opts",
        "doc_to_target": "{{q}} tail",
    },
    "mutual": {**_CHOICE, "doc_to_target": "gold", "metric_list": [{"metric": "acc"}, {"metric": "acc_mutual_info"}]},
    "generate": {
        "output_type": "generate_until",
        "doc_to_text": "Q: {% if note %}{{note}} {% endif %}{{q}}\n",
        "doc_to_target": "answer",
        "generation_kwargs": {
            "until": ["\n", "."],
            "max_gen_toks": 5,
            "do_sample": True,
            "temperature": 0.5,
            "top_p": 0.9,
        },
    },
    "generate_default": {"output_type": "generate_until", "doc_to_text": "q", "doc_to_target": "{{answers}}"},
    "likelihood": {"output_type": "loglikelihood", "doc_to_text": "{{note}}", "doc_to_target": " {{q}}"},
    "rolling": {"output_type": "loglikelihood_rolling", "doc_to_text": "", "doc_to_target": "{{q}}\n{{note}}\n"},
}

PREFIXES: dict[str, dict[str, Any]] = {
    "none": {},
    "plain": {"gen_prefix": "The answer is"},
    "trailing": {"gen_prefix": "The answer is "},
    "newline": {"gen_prefix": "\nA:"},
    "column": {"gen_prefix": "note"},
}
HEADS: dict[str, tuple[dict[str, Any], str | None]] = {
    "bare": ({}, None),
    "described": ({"description": "DESC {{q}}."}, SYSTEM),
    "spaced": ({"description": "DESC\n\n"}, SYSTEM),
}
STYLES = ("plain", "multiturn", "singleturn")


@dataclass(frozen=True)
class Case:
    """One cell of the matrix."""

    kind: str
    source: str
    prefix: str
    head: str
    style: str
    shots: int

    @property
    def name(self) -> str:
        return "/".join((self.kind, self.source, self.prefix, self.head, self.style, str(self.shots)))

    @property
    def config(self) -> dict[str, Any]:
        """The task file, without its data."""
        return {
            "task": "case",
            **KINDS[self.kind],
            **SOURCES[self.source],
            **PREFIXES[self.prefix],
            **HEADS[self.head][0],
        }

    @property
    def system(self) -> str | None:
        return HEADS[self.head][1]


def cases() -> Iterator[Case]:
    """Every kind under every source, prefix and style, and the heads in turn."""
    cells = product(KINDS, SOURCES, PREFIXES, STYLES, (0, 1, 3))
    for number, (kind, source, prefix, style, shots) in enumerate(cells):
        yield Case(kind, source, prefix, list(HEADS)[number % len(HEADS)], style, shots)


def chat_text(messages: list[tuple[str, str]]) -> str:
    """A chat template that shows its structure; a final assistant turn is continued."""
    turns = [f"<{role}>{content}</>" for role, content in messages]
    if messages[-1][0] == "assistant":
        return "".join(turns).removesuffix("</>")
    return "".join([*turns, "<assistant>"])


def digest(requests: list[Any]) -> str:
    """A short digest of a request list."""
    text = json.dumps(requests, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
