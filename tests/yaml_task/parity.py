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
        yield Case(kind, source, prefix, list(HEADS)[(number + number // 3 + number // 9) % 3], style, shots)


_EXTRACT = {"function": "regex", "regex_pattern": "([a-z]+)\\d? *$", "group_select": -1}
SCORED: dict[str, dict[str, Any]] = {
    **{
        name: {**KINDS[name], "metric_list": [{"metric": metric} for metric in metrics]}
        for name, metrics in {
            "choice_index": ("acc", "acc_norm", "acc_bytes", "exact_match", "f1", "mcc", "brier_score", "likelihood"),
            "choice_literal": ("acc", "acc_norm", "exact_match"),
            "choice_mapping": ("acc", "acc_norm"),
            "choice_inputs": ("acc",),
            "mutual": ("acc", "acc_mutual_info"),
            "generate": ("exact_match",),
            "generate_default": ("exact_match",),
            "likelihood": ("perplexity", "acc"),
            "rolling": ("word_perplexity", "byte_perplexity", "bits_per_byte"),
        }.items()
    },
    "choice_text": {**_CHOICE, "doc_to_target": "{{opts[gold]}}", "metric_list": [{"metric": "acc"}, {"metric": "f1"}]},
    "choice_outside": {
        **_CHOICE,
        "doc_to_target": "{{gold + 1}}",
        "metric_list": [{"metric": "acc"}, {"metric": "f1"}],
    },
    "choice_several": {
        **_CHOICE,
        "doc_to_target": "{{[gold, 7]}}",
        "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}, {"metric": "exact_match"}],
    },
    "generate_options": {
        **KINDS["generate"],
        "metric_list": [
            {"metric": "exact_match", "ignore_case": True, "ignore_punctuation": True, "regexes_to_ignore": [" ", "b"]},
            {"metric": "bleu"},
            {"metric": "chrf"},
        ],
    },
    "generate_index": {**KINDS["generate"], "doc_to_target": "gold", "doc_to_choice": "opts"},
    "generate_number": {**KINDS["generate"], "doc_to_target": "gold"},
    "pipelines": {
        **KINDS["generate"],
        "repeats": 3,
        "filter_list": [
            {"name": "strict", "filter": [_EXTRACT, {"function": "take_first"}]},
            {"name": "vote", "filter": [_EXTRACT, {"function": "majority_vote"}, {"function": "take_first"}]},
            {"name": "two", "filter": [{"function": "remove_whitespace"}, {"function": "take_first_k", "k": 2}]},
        ],
    },
}
"""Task files whose scores are compared, by name; data as in the source `train`."""


def answer(kind: str, arguments: list[Any], repeat: int, doc: dict[str, Any]) -> Any:
    """What the model of the comparison answers: a function of the request alone."""
    number = int(digest([kind, *arguments, repeat]), 16)
    if kind == "loglikelihood":
        return -(number % 997) / 100, number % 2 == 0
    if kind == "loglikelihood_rolling":
        return -(number % 997) / 10
    return ["bb", "BB.", " b b", doc["answer"], doc["answer"].strip(), str(doc["gold"]), ""][number % 7]


def plain(value: Any) -> Any:
    """A metric's value as JSON: sequences are lists, numbers of other libraries Python's own, to 12 digits."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    native = getattr(value, "tolist", None)
    if native:
        return plain(native())
    return float(f"{value:.12g}") if isinstance(value, float) else value


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
