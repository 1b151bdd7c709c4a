"""Prescriptions that were read off photographs: four medicines, one of which the patient was given.

lm-eval draws wrong options out of a list in its code, once for the prompt and again for what it scores, so that the
right one alone stands in both. Here they are drawn once for each row, from what other patients were given.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from mmeval_tasks.domains.rows import Layout, Row

_SOURCE = Layout(("results",))
_QUESTION = Layout(("complaint", "options", "gold"))
_UNSAID = frozenset(("", "na", "n/a", "none", "not specified", "not provided"))
_INDIAN = re.compile("[\u0900-\u0d7f]")
_WRONG = 3
_TRIED = 64
"""Other medicines that are looked at: a patient has been given few of them."""


class Prescription(NamedTuple):
    """A row: the text that seeds its draws, the complaint, and each medicine with how it is to be taken."""

    text: str
    complaint: str
    medicines: Sequence[str]


def questions(docs: Any) -> Any:
    """The rows that have a complaint and a medicine; or rows that are questions already."""
    if set(_QUESTION.columns) <= set(docs.column_names):
        return _QUESTION(docs)
    read = [one for row in _SOURCE(docs) for one in _prescriptions(row)]
    known = sorted({medicine for one in read for medicine in one.medicines})
    return docs.from_list([_question(one, known) for one in read])


def _question(one: Prescription, known: Sequence[str]) -> dict[str, Any]:
    """Raises ValueError where other patients were given too few other medicines."""
    rng = Random(one.text)
    right = rng.choice(one.medicines)
    names = {_name(medicine) for medicine in one.medicines}
    wrong: dict[str, str] = {}
    for medicine in rng.sample(known, min(_TRIED, len(known))):
        if _name(medicine) not in names and len(wrong) < _WRONG:
            wrong.setdefault(_name(medicine), medicine)
    if len(wrong) < _WRONG:
        raise ValueError(f"fewer than {_WRONG} medicines of other patients for {one.complaint!r}")
    options = rng.sample([right, *wrong.values()], 1 + _WRONG)
    return {"complaint": one.complaint, "options": options, "gold": options.index(right)}


def _name(medicine: str) -> str:
    return medicine.partition(",")[0].strip().casefold()


def _prescriptions(row: Row) -> Iterator[Prescription]:
    """The prescription, if it can be read and is in Latin letters."""
    text = str(row["results"])
    try:
        results = ast.literal_eval(text)
        complaint, medicines = _complaint(results), list(_medicines(results))
    except (AttributeError, KeyError, MemoryError, RecursionError, SyntaxError, TypeError, ValueError):
        return
    if complaint and medicines and not _INDIAN.search("".join([complaint, *medicines])):
        yield Prescription(text, complaint, medicines)


def _complaint(results: Mapping[str, Any]) -> str:
    if "procedure" in results:
        found = results["procedure"]
        if "chief_complaints_diagnosis" in found:
            return _said(found["chief_complaints_diagnosis"])
        complaints, diagnosis = _said(found["chief_complaints"]), _said(found["diagnosis"])
        return f"Complains: {complaints}. Diagnosis: {diagnosis}" if complaints or diagnosis else ""
    if "prescription_details" in results:
        return _said(results["prescription_details"]["disease_diagnosis"])
    return ", ".join(filter(None, map(_said, results["Symptoms/Complaints"])))


def _medicines(results: Mapping[str, Any]) -> Iterator[str]:
    """Name, how often, how long; what is not told is left out."""
    for entry in results.get("medicine_details") or results.get("Medicines Prescribed", ()):
        if "Name" in entry:
            parts = [entry["Name"], entry.get("Duration", entry.get("Dosage"))]
        elif "medicine_frequency" in entry:
            parts = [entry["medicine_name"], entry["medicine_frequency"], entry.get("course_duration")]
        else:
            parts = [entry["medicine_name"], entry.get("medicine_dosage")]
        name, *rest = map(_said, parts)
        if name and not name.startswith("["):  # a form that was not filled in
            yield ", ".join([name, *filter(None, map(str.lower, rest))])


def _said(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    return "" if text.casefold() in _UNSAID else text
