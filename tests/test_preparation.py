"""Planning a run: what the command line says reaches every request, and what does not fit is told at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mmeval.engine.progress import Silent
from mmeval.errors import UnknownNameError, UsageError
from mmeval.loading import ModelFacts
from mmeval.preparation import Preparation, check_roles, prepare
from mmeval.registry import TASKS
from mmeval.spec.run_config import RunConfig
from mmeval.testing import ListTask
from mmeval.types import Ask, Generate, Graph, Prompt, Sample

PAIRS = [("1 + 1 =", "2"), ("2 + 2 =", "4")]
GRAPH = Graph(({"name": "a"},), (), "one node, a")


def facts(*kinds: type, modalities: Sequence[str] = ("text",)) -> ModelFacts:
    return ModelFacts("m", frozenset(kind.__name__ for kind in kinds), frozenset(modalities))


def plan(
    task: ListTask, model: ModelFacts | None = None, judge: ModelFacts | None = None, **config: Any
) -> Preparation:
    TASKS.register(task.name, task)
    models = {"model": model or facts(Generate)} | ({"judge": judge} if judge else {})
    return prepare(RunConfig.of(tasks=task.name, model="m", **config), models, Silent())


def asks(prepared: Preparation) -> list[Ask]:
    return [request.ask for trial in prepared.plan.trials for request in trial.requests]


class GraphTask(ListTask):
    """Shows a graph before each question."""

    def requests(self, sample: Sample) -> Sequence[Ask]:
        return [Generate(Prompt.of(GRAPH, str(sample.doc["question"])))]


class JudgedTask(ListTask):
    """Asks a judge, too."""

    def requests(self, sample: Sample) -> Sequence[Ask]:
        return [Generate(Prompt.of("q"), max_tokens=9), Generate(Prompt.of("right?"), max_tokens=9, role="judge")]


def test_generation_arguments_reach_tasks_in_python() -> None:
    found = asks(plan(ListTask(PAIRS), gen_kwargs={"max_gen_toks": 3, "until": ["\n"], "top_p": 0.5}))
    assert [(ask.max_tokens, ask.stop, ask.options) for ask in found if isinstance(ask, Generate)] == [
        (3, ("\n",), {"top_p": 0.5})
    ] * len(PAIRS)


def test_generation_arguments_are_not_for_judges() -> None:
    found = asks(plan(JudgedTask(PAIRS), judge=facts(Generate), gen_kwargs={"max_gen_toks": 3}))
    assert [ask.max_tokens for ask in found if isinstance(ask, Generate)] == [3, 9, 3, 9]


def test_a_role_that_nobody_plays_is_told() -> None:
    with pytest.raises(UsageError, match="asks a model in the role 'judge'") as caught:
        plan(JudgedTask(PAIRS))
    assert "--role judge=" in caught.value.hint


def test_a_role_of_follow_ups_is_told_before_anything_is_asked() -> None:
    task = ListTask(PAIRS)
    task.roles = ("judge",)
    check_roles([task], {"model", "judge"})
    with pytest.raises(UsageError, match="task 'list' asks a model in the role 'judge'"):
        check_roles([task], {"model"})


def test_a_graph_becomes_its_text_for_a_model_of_text() -> None:
    prepared = plan(GraphTask(PAIRS))
    assert asks(prepared)[0].prompt.text.startswith(GRAPH.text)
    assert not any(isinstance(part, Graph) for ask in asks(prepared) for part in ask.prompt.parts)
    assert prepared.adapters == {"graph -> text": "graph_text"}


def test_a_graph_stays_for_a_model_of_graphs() -> None:
    prepared = plan(GraphTask(PAIRS), facts(Generate, modalities=("text", "graph")))
    assert GRAPH in asks(prepared)[0].prompt.parts
    assert prepared.adapters == {}


def test_a_kind_that_the_model_does_not_answer_is_told() -> None:
    with pytest.raises(UsageError, match="needs Loglikelihood; model 'm' answers Generate"):
        plan(ListTask(PAIRS, choices=("2", "4")))


def test_variants_are_planned_beside_the_originals() -> None:
    prepared = plan(ListTask(PAIRS), variants=("text_only",))
    assert [planned.name for planned in prepared.plan.tasks] == ["list", "list@text_only"]


def test_a_reporter_that_is_not_known_is_told_before_anything_is_asked() -> None:
    with pytest.raises(UnknownNameError, match="nonesuch"):
        plan(ListTask(PAIRS), reporters=("nonesuch",))


def test_half_a_character_in_a_question_is_planned() -> None:
    assert asks(plan(ListTask([("\ud800?", "2")])))[0].prompt.text == "\ud800?"
