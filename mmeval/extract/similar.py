"""The published matchers of OmniMedVQA and Med-R1, as they are: for scores that are compared with published ones."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from mmeval.extract.ladder import options_of
from mmeval.types import Extraction, Sample

_TAG = re.compile(r"<answer>\s*(\w+)\s*</answer>")


def official_difflib(text: str, *, options_field: str = "options", sample: Sample | None = None) -> Extraction:
    """The letter of the option most similar to the whole answer by `difflib`, of equals the first.

    Case counts, nothing is trimmed, and difflib's treatment of frequent characters in 200 or more stays. An answer
    that shares no character with any option is none.
    """
    best, letter = 0.0, None
    for each, option in options_of(sample, options_field).items():
        ratio = SequenceMatcher(None, option, text).ratio()
        if ratio > best:
            best, letter = ratio, each
    return Extraction(letter, "" if letter else "similar to no option")


def med_r1_tag(text: str, *, tagged: bool = True) -> Extraction:
    """The one word in the first `<answer>` tag, as it is; without `tagged` the whole answer.

    Med-R1 compares it with the gold letter, case and all.
    """
    if not tagged:
        return Extraction(text)
    match = _TAG.search(text)
    return Extraction(match[1]) if match else Extraction(reason="no <answer> tag with one word")
