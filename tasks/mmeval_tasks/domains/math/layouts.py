"""Layouts of the mathematical data sets."""

from __future__ import annotations

import re
from typing import Any

from mmeval.errors import UsageError
from mmeval.extract.boxed import boxed
from mmeval_tasks.domains.rows import Layout

_OPTION = re.compile(r"[abcde] \) ")
_MATHQA = Layout(("Problem", "options", "correct"))
_COMPETITION = Layout(("problem", "solution"))


def mathqa(docs: Any) -> Any:
    """The options as a list, `choices`."""
    docs = _MATHQA(docs)
    return docs.add_column("choices", [options_of(text) for text in docs["options"]])


def options_of(text: str) -> list[str]:
    """The texts of "a ) 38 , b ) 27.675 , ..."."""
    return [option.strip(" ,") for option in _OPTION.split(text)[1:]]


def competition(docs: Any) -> Any:
    r"""What the last box of each solution holds, as `answer`."""
    docs = _COMPETITION(docs)
    return docs.add_column("answer", [_answer(number, text) for number, text in enumerate(docs["solution"])])


def _answer(row: int, solution: str) -> str:
    try:
        return final_answer(solution)
    except ValueError as error:
        raise UsageError(f"row {row}: {error}") from error


def final_answer(solution: str) -> str:
    r"""The inside of the last `\boxed{...}` or `\boxed ...`. Raises ValueError where there is none."""
    *_, unbraced = solution.rpartition("\\boxed ")
    if unbraced != solution:
        return unbraced.partition("$")[0]
    found = boxed(solution.replace("\\fbox{", "\\boxed{"), unwrap=False)
    if not found.found:
        raise ValueError(f"a solution without an answer ({found.reason}): {solution[:60]}")
    return str(found.answer)
