"""The records of a question file, with what was odd about the file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class QuestionFile:
    """A file's records. `access` is `open` or `restricted`; `name` is the file's stem."""

    access: str
    name: str
    records: tuple[Any, ...]
    codes: tuple[str, ...] = ()


def parse(access: str, name: str, content: bytes) -> QuestionFile:
    """The records of a JSON file; a file that cannot be read has none, and a code."""
    bom = ("json_bom",) if content.startswith(b"\xef\xbb\xbf") else ()
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return QuestionFile(access, name, (), ("json_encoding",))
    except (ValueError, RecursionError):
        return QuestionFile(access, name, (), (*bom, "json_error"))
    if not isinstance(data, list):
        return QuestionFile(access, name, (data,), (*bom, "json_shape"))
    return QuestionFile(access, name, tuple(data), bom if data else (*bom, "empty_file"))
