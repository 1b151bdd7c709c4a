"""Choosing forms by id, subgroup, scope and type string."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mmeval.errors import UnknownNameError, UsageError
from mmeval_tasks.clegr.forms import Form
from mmeval_tasks.clegr.rules import Rules

_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


def select(
    forms: Sequence[Form], rules: Rules, ids: str = "", subgroup: str = "", scope: str = "", type_prefix: str = ""
) -> tuple[Form, ...]:
    """The forms that pass every condition given, in order. `ids` are like `12+16-20`.

    Raises UsageError for a condition that cannot be read or that names nothing, and where no form passes all.
    """
    wanted = _ids(ids) if ids else range(len(forms) + forms[0].id)
    _known("subgroup", subgroup, (name for form in forms for name in form.subgroups))
    _known("scope", scope, (form.scope for form in forms))
    chosen = tuple(
        form
        for form in forms
        if form.id in wanted
        and subgroup in ("", *form.subgroups)
        and scope in ("", form.scope)
        and form.type_name(rules).startswith(type_prefix)
    )
    if not chosen:
        raise UsageError("clegr: no form is selected", hint=f"this set has forms {forms[0].id}-{forms[-1].id}")
    return chosen


def _known(what: str, name: str, known: Iterable[str]) -> None:
    names = sorted(set(known))
    if name and name not in names:
        raise UnknownNameError(f"CLeGR {what}", name, names, hint=f"one of {', '.join(names)}")


def _ids(text: str) -> set[int]:
    found: set[int] = set()
    for part in text.split("+"):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            raise UsageError(f"clegr: argument 'forms' cannot be {text!r}", hint="ids and ranges, as in 12+16-20")
        found.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return found
