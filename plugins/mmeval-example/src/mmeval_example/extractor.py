"""An extractor: the last number of a text."""

from __future__ import annotations

import re

from mmeval import Extraction


def last_number(text: str, *, signed: bool = True) -> Extraction:
    """The last whole number, as it is written. Keyword parameters are options of a YAML task's `filter_list`."""
    numbers = re.findall(r"-?[0-9]+" if signed else r"[0-9]+", text)
    return Extraction(numbers[-1]) if numbers else Extraction(reason="no number in the answer")
