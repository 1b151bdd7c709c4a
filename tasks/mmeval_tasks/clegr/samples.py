"""Questions as samples: what is asked, what is right, what could be meant, and the keys of slices."""

from __future__ import annotations

from mmeval.types import Sample
from mmeval_tasks.clegr.forms import FORMS, Form
from mmeval_tasks.clegr.graph import VOCABULARY, Map
from mmeval_tasks.clegr.programs import label
from mmeval_tasks.clegr.questions import Question
from mmeval_tasks.clegr.rules import Rules


def as_sample(index: int, world: Map, question: Question, *, context: str, prefix: str, rules: Rules) -> Sample:
    """The sample `g<graph>:<form>:<instance>`. A sample of several subgroups counts in each."""
    form = FORMS[question.form]
    graph = f"g{index:04}"
    return Sample(
        sample_id=f"{graph}:{form.id:02}:{question.instance}",
        doc={
            "graph": index,
            "form": form.id,
            "context": context,
            "question": prefix + question.english,
            "accepted": [label(value) for value in question.accepted],
            "candidates": candidates(form, world, question),
        },
        target=question.label,
        metadata={
            "form": form.type_name(rules),
            "group": form.group,
            "subgroup": form.subgroups,
            "scope": form.scope,
            "graph": graph,
        },
    )


def candidates(form: Form, world: Map, question: Question) -> list[str]:
    """The labels that an exact or list answer may be made of; none for numbers and booleans.

    A station that the question names is never its own neighbour, and a comparison has two possible answers.
    """
    if form.vocabulary in VOCABULARY:
        values = VOCABULARY[form.vocabulary]
        return [value for value in values if form.id != 55 or value in question.arguments]
    if form.vocabulary == "stations":
        named = question.arguments if form.kind == "exact" else ()
        return [station.name for index, station in enumerate(world.stations) if index not in named]
    if form.vocabulary == "lines" and form.kind == "exact":
        return [line.name for index, line in enumerate(world.lines) if index in question.arguments]
    if form.vocabulary == "lines":
        return list(dict.fromkeys([line.name for line in world.lines] + [edge.line_name for edge in world.edges]))
    return []
