from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from mmeval.errors import UsageError
from mmeval.types import Generation, Graph, Outcome
from mmeval_tasks.clegr import ClegrFacts, ClegrFactsOfficial, ClegrReasoning, ClegrReasoningOfficial
from mmeval_tasks.clegr.command import generate
from mmeval_tasks.clegr.forms import FORMS, SETS
from mmeval_tasks.clegr.scorers import lenient
from mmeval_tasks.clegr.sets import SetSpec
from mmeval_tasks.clegr.split import split_of

TASKS = [ClegrFacts, ClegrReasoning, ClegrFactsOfficial, ClegrReasoningOfficial]


def test_the_forms_are_complete() -> None:
    assert [form.id for form in FORMS] == list(range(56))
    assert [len(SETS[name]) for name in ("facts", "reasoning", "full")] == [22, 34, 56]
    assert len({form.type_string for form in FORMS}) == 55


@pytest.mark.parametrize("factory", TASKS)
def test_the_oracle_is_always_right(factory) -> None:  # type: ignore[no-untyped-def]
    task = factory(graphs=20)
    oracle = task.baselines()["oracle"]
    samples = list(task.samples())
    wrong = [
        (sample, score)
        for sample in samples
        if (score := task.score(sample, [Generation(oracle(sample))])).values != {"acc": 1.0}
    ]
    assert wrong == []
    assert len(samples) > 500


@pytest.mark.parametrize("factory", TASKS)
def test_a_prompt_is_the_graph_and_the_question(factory) -> None:  # type: ignore[no-untyped-def]
    task = factory(graphs=1)
    sample = next(iter(task.samples()))
    (ask,) = task.requests(sample)
    graph, question = ask.prompt.parts
    assert isinstance(graph, Graph)
    assert question.text == sample.doc["question"]
    assert ask.max_tokens == (32 if "official" in task.name else 128)


def test_a_set_is_a_function_of_its_definition() -> None:
    first, again = (list(ClegrReasoning(graphs=3).samples()) for _ in range(2))
    assert first == again
    longer = list(islice(ClegrReasoning(graphs=400).samples(), len(first)))
    assert longer == first
    assert list(ClegrReasoning(graphs=3, seed=1).samples()) != first


def test_facts_have_every_form_twice_on_every_map() -> None:
    assert len(list(ClegrFacts(graphs=5).samples())) == 5 * 2 * 22


@pytest.mark.parametrize(("argument", "value"), [("preset", "tiny"), ("context", "none")])
def test_an_unknown_choice_is_one_clear_line(argument: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"argument .{argument}. cannot be .{value}."):
        ClegrFacts(**{argument: value})


def test_an_answer_that_is_not_there_is_unparsed() -> None:
    task = ClegrFacts(graphs=1)
    sample = next(iter(task.samples()))
    score = task.score(sample, [Generation("I do not know.")])
    assert (score.outcome, dict(score.values), score.reason) == (Outcome.UNPARSED, {}, "no known label")


@pytest.mark.parametrize(
    ("kind", "text", "answer"),
    [
        ("numeric", "There are 3 stations.", 3.0),
        ("numeric", "1,000", 1000.0),
        ("numeric", "none", None),
        ("boolean", "**True**, because it is", True),
        ("boolean", "No.", False),
        ("boolean", "maybe", None),
        ("exact", "large or small", None),
        ("list", "- Foo St\n- Bar Lane and Baz", frozenset({"foo st", "bar lane", "baz"})),
    ],
)
def test_lenient_extraction(kind: str, text: str, answer: object) -> None:
    found = lenient(kind, text, ("large", "small", "medium-sized", "tiny"))
    assert found.answer == answer
    assert bool(found.reason) == (answer is None)


def test_a_generated_file_checks_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for mode in ("faithful", "corrected"):
        file = tmp_path / f"{mode}.jsonl"
        assert generate(["--graphs", "5", "--mode", mode, "--out", str(file)]) == 0
        assert generate(["--check", str(file)]) == 0
    assert "answers agree" in capsys.readouterr().out


def test_small_maps_have_the_published_statistics() -> None:
    """Sheet section 11.4: means over 500 maps of the small preset."""
    worlds = [record.world for record in SetSpec("facts", "faithful", questions_per_graph=0).records()]
    count = len(worlds)
    assert count == 500
    assert sum(len(world.stations) for world in worlds) / count == pytest.approx(26.4, abs=1.0)
    assert sum(len(world.edges) for world in worlds) / count == pytest.approx(28.1, abs=1.2)
    assert sum(len(world.lines) for world in worlds) / count == pytest.approx(5.95, abs=0.25)
    connected = sum(any(edge.line_name.endswith("Connector") for edge in world.edges) for world in worlds)
    assert connected / count == pytest.approx(0.49, abs=0.08)
    parallel = sum(any(len(edges) > 1 for edges in world.between.values()) for world in worlds)
    assert parallel / count == pytest.approx(0.56, abs=0.08)


def test_the_split_is_the_legacy_permutation_of_sorted_ids() -> None:
    ids = [f"{number:03}" for number in range(10)]
    parts = split_of(reversed(ids), seed=0)
    assert [len(parts[name]) for name in ("train", "validation", "test")] == [6, 2, 2]
    assert parts["train"] == ["002", "008", "004", "009", "001", "006"]
