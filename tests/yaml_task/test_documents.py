"""Documents: `process_docs` once per split, custom data, and who may be an example for whom."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mmeval.errors import SpecError
from tests.yaml_task.folders import CHOICE, DOCS, make_task

pytest.importorskip("datasets")

HELPER = """
calls = []

def process(table):
    calls.append(len(table))
    return table.map(lambda doc: {"shout": doc["q"].upper() + "!"}).filter(lambda doc: doc["gold"] == 2)

def fail(table):
    raise KeyError("gone")

def custom(version, rows, **rest):
    import datasets
    return {"test": datasets.Dataset.from_list([{"q": f"C{n}", "opts": ["x"], "gold": 0} for n in range(rows)])}
"""


@pytest.fixture(autouse=True)
def _helper(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(HELPER, encoding="utf-8")


def test_process_docs_is_called_once_and_makes_columns(tmp_path: Path) -> None:
    keys = CHOICE.replace('"{{q}}?"', "shout") + "process_docs: !function helper.process\n"
    task = make_task(tmp_path, keys)
    (sample,) = task.samples()
    (ask,) = task.requests(sample)
    assert ask.prompt.text == "Q1!"
    assert (sample.sample_id, task.size()) == ("test:0", 1)
    process = task._documents._process_docs
    assert process is not None
    assert process.__globals__["calls"] == [2]


def test_a_process_docs_that_fails(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="process_docs: KeyError: 'gone'"):
        list(make_task(tmp_path, CHOICE + "process_docs: !function helper.fail\n").samples())


def test_custom_data_get_all_metadata(tmp_path: Path) -> None:
    keys = (
        CHOICE
        + "custom_dataset: !function helper.custom\nmetadata: {version: 1, extra: 2}\ndataset_kwargs: {rows: 3}\n"
    )
    task = make_task(tmp_path, keys)
    assert [sample.doc["q"] for sample in task.samples()] == ["C0", "C1", "C2"]


def test_without_any_split_to_evaluate(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="neither test_split nor validation_split is set"):
        list(make_task(tmp_path, CHOICE, split="training_split").samples())


def test_draws_from_the_global_generator_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    code = """
import random

def shuffled(docs):
    return docs.select(random.sample(range(len(docs)), len(docs)))

def same(docs):
    return docs
"""
    (tmp_path / "helper.py").write_text(code, encoding="utf-8")
    list(make_task(tmp_path, CHOICE + "process_docs: !function helper.same\n").samples())
    assert "draws from the global random generator" not in caplog.text
    random.seed(0)
    first = [sample.doc["q"] for sample in make_task(tmp_path, CHOICE + SHUFFLED, ROWS).samples()]
    assert "draws from the global random generator" in caplog.text
    random.seed(0)
    assert [sample.doc["q"] for sample in make_task(tmp_path, CHOICE + SHUFFLED, ROWS).samples()] == first


SHUFFLED = "process_docs: !function helper.shuffled\n"
ROWS = [{**DOCS[0], "q": f"Q{number}"} for number in range(8)]


def test_a_rendered_number_that_makes_several_prompts_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    task = make_task(tmp_path, CHOICE.replace("{{q}}?", "{{gold}}").replace("doc_to_target: gold", "doc_to_target: q"))
    assert len(task.requests(next(iter(task.samples())))) == 3
    assert "each choice becomes a prompt of its own" in caplog.text
