"""Python tasks of lm-eval through the bridge: the same requests and scores as lm-eval's own objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import pytest
from lm_eval.tasks._yaml_loader import load_yaml  # type: ignore[import-not-found, unused-ignore]

from mmeval.errors import SpecError
from mmeval.run import evaluate
from mmeval.task import Answered
from mmeval.types import Generate, Generation, Likelihoods, Loglikelihood
from mmeval.yaml_task.load import TaskOptions, load
from mmeval.yaml_task.python_task import PythonTask
from tests.lm_eval import reference

pytestmark = pytest.mark.slow

ROWS: dict[str, list[dict[str, Any]]] = {
    "squadv2/squadv2.yaml": [
        {
            "id": str(number),
            "title": "T",
            "context": f"It was {number}.",
            "question": "What was it?",
            "answers": {"text": [str(number)] if number % 2 else [], "answer_start": [7] if number % 2 else []},
        }
        for number in range(5)
    ],
    "fda/fda.yaml": [{"text": f"Name: {number}\nSize:", "value": f" {number}", "key": "size"} for number in range(5)],
    "swde/swde.yaml": [{"text": f"Name: {number}\nSize:", "value": f" {number}", "key": "size"} for number in range(5)],
}


@pytest.fixture(autouse=True)
def tables(monkeypatch: pytest.MonkeyPatch) -> reference.Tables:
    made = reference.Tables()
    monkeypatch.setattr(datasets, "load_dataset", made.load_dataset)
    return made


@pytest.mark.parametrize("name", ROWS)
def test_requests_and_values(name: str, shipped: Path, tables: reference.Tables) -> None:
    tables |= {"train": ROWS[name], "validation": ROWS[name], "test": ROWS[name]}
    theirs = load_yaml(shipped / name)["class"]()
    theirs.set_fewshot_seed(1234)
    theirs.build_all_requests(rank=0, world_size=1)
    (ours,) = load(shipped / name, TaskOptions())
    assert isinstance(ours, PythonTask)
    samples = list(ours.samples())
    asks = [ours.requests(sample) for sample in samples]
    wanted = [tuple(one.arguments[:1]) for one in theirs.instances]
    assert [(ask.prompt.text,) for listed in asks for ask in listed] == wanted
    answered = [
        Answered(sample, [[_answer(ask) for ask in listed]]) for sample, listed in zip(samples, asks, strict=True)
    ]
    assert [dict(score.values) for score in ours.score_all(answered)] == [
        theirs.process_results(sample.doc, [_bare(ask) for ask in listed])
        for sample, listed in zip(samples, asks, strict=True)
    ]


def test_examples_that_a_class_cannot_give(shipped: Path, tables: reference.Tables) -> None:
    tables |= {"validation": ROWS["fda/fda.yaml"], "train": ROWS["fda/fda.yaml"]}
    (task,) = load(shipped / "fda" / "fda.yaml", TaskOptions(num_fewshot=1))
    assert isinstance(task, PythonTask)
    with pytest.raises(SpecError, match="task 'fda': 1 examples: TypeError"):
        task.requests(next(iter(task.samples())))


def _bare(ask: Any) -> Any:
    return "3" if isinstance(ask, Generate) else (-1.5, False)


def _answer(ask: Any) -> Any:
    assert isinstance(ask, Generate | Loglikelihood)
    return Generation("3") if isinstance(ask, Generate) else Likelihoods((-1.5,), (False,))


def test_a_whole_run(shipped: Path, tables: reference.Tables, tmp_path: Path) -> None:
    tables |= {"validation": ROWS["fda/fda.yaml"]}
    results = evaluate(
        tasks="fda", model="dummy", include_path=(str(shipped / "fda"),), output_path=str(tmp_path), limit=4
    )
    assert 0 <= results.tasks["fda"]["contains,none"] <= 1
    assert results.data["n-samples"]["fda"] == {"original": 5, "effective": 4}
