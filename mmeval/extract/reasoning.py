"""What a reasoning model wrote behind its reasoning."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from mmeval.types import Extraction

_TAGS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
)
_OPENING = {opening.lower(): closing.lower() for opening, closing in _TAGS}
_TAG = re.compile("|".join(re.escape(tag) for pair in _TAGS for tag in pair), re.IGNORECASE)


Unclosed: TypeAlias = Literal["keep_before", "drop_after", "keep"]


def strip_reasoning(text: str, *, unclosed: Unclosed = "keep_before") -> Extraction:
    """The text without its reasoning, for the tags of the common model families, in any letter case.

    A closing tag alone (the prompt held the opening one) drops all before it. Behind an opening tag that is never
    closed there is no answer yet: `keep_before` and `drop_after`, two names of one rule, keep what stands before it,
    `keep` keeps all.
    """
    kept: list[str] = []
    awaited, position, found = "", 0, False
    for tag in _TAG.finditer(text):
        name = tag[0].lower()
        if awaited and name != awaited:
            continue
        found = True
        if name in _OPENING:
            kept.append(text[position : tag.start()])
            awaited, position = _OPENING[name], tag.start()
            continue
        if not awaited:
            kept.clear()
        awaited, position = "", tag.end()
    if not awaited or unclosed == "keep":
        kept.append(text[position:])
    if not found:
        return Extraction(text)
    answer = "".join(kept).strip()
    return Extraction(answer) if answer else Extraction(reason="nothing but reasoning")
