"""Documents: `process_docs` once per split, custom data, and who may be an example for whom."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mmeval.errors import MissingRequirementError, SpecError
from mmeval.yaml_task.load import TaskOptions
from mmeval.yaml_task.task import YamlTask
from tests.yaml_task.folders import CHOICE, DOCS, make_task, write_rows

pytest.importorskip("datasets")

HELPER = """
calls = []

def process(table):
    calls.append(len(table))
    return table.map(lambda doc: {"shout": doc["q"].upper() + "!"}).filter(lambda doc: doc["gold"] == 2)

def fail(table):
    raise KeyError("gone")

def unready(table):
    from mmeval.errors import MissingRequirementError
    raise MissingRequirementError("no word list", hint="fetch it")

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


def test_what_a_process_docs_lacks_is_had_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(MissingRequirementError, match=r"^no word list$") as raised:
        list(make_task(tmp_path, CHOICE + "process_docs: !function helper.unready\n").samples())
    assert raised.value.hint == "fetch it"


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


def _shown(task: YamlTask) -> list[str]:
    """The prompts of all documents."""
    return [task.requests(sample)[0].prompt.text for sample in task.samples()]


ALIKE = [
    {**DOCS[0], "q": "same", "id": "a", "page": 1},
    {**DOCS[0], "q": "same", "id": "b", "page": 2},
    {**DOCS[0], "q": "other", "id": "c", "page": 3},
    {**DOCS[0], "q": "third", "id": "d", "page": 4},
]


@pytest.mark.parametrize("sampler", ["default", "first_n"])
def test_a_question_under_another_id_is_no_example_of_itself(tmp_path: Path, sampler: str) -> None:
    keys = CHOICE + f"fewshot_split: test\nnum_fewshot: 2\nfewshot_config: {{sampler: {sampler}}}\n"
    prompts = _shown(make_task(tmp_path, keys, ALIKE))
    assert [prompt.count("same?") for prompt in prompts[:2]] == [1, 1]
    assert [prompt.count(f"{row['q']}?") for prompt, row in zip(prompts, ALIKE, strict=True)] == [1] * 4


def test_the_same_question_with_other_options_is_another_one(tmp_path: Path) -> None:
    rows = [{**DOCS[0], "opts": ["x", "y"]}, {**DOCS[0], "opts": ["v", "w"]}]
    assert _shown(make_task(tmp_path, CHOICE + "fewshot_split: test\nnum_fewshot: 1\n", rows)) == [
        "Q0? w\n\nQ0?",
        "Q0? y\n\nQ0?",
    ]


def test_documents_of_one_cluster_are_no_examples_of_one_another(tmp_path: Path) -> None:
    rows = [{**DOCS[0], "q": f"Q{number}", "page": number // 2} for number in range(6)]
    keys = CHOICE + "fewshot_split: test\nnum_fewshot: 4\nmetadata: {cluster: page}\n"
    for prompt, row in zip(_shown(make_task(tmp_path, keys, rows)), rows, strict=True):
        assert sum(f"Q{2 * row['page'] + place}?" in prompt for place in (0, 1)) == 1


def test_too_few_other_questions_are_counted(tmp_path: Path) -> None:
    task = make_task(tmp_path, CHOICE + "fewshot_split: test\nnum_fewshot: 3\n", ALIKE)
    with pytest.raises(SpecError, match="3 examples are asked for, and the pool has 2 besides the document itself"):
        _shown(task)


def test_examples_of_the_evaluated_split_are_told_and_marked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    task = make_task(tmp_path, CHOICE + "fewshot_split: test\nnum_fewshot: 1\n")
    _shown(task)
    assert "task 't': few-shot examples are other rows of the evaluated split" in caplog.text
    assert task.config()["fewshot_from_test"] is True


def test_without_a_pool_of_its_own_a_document_can_be_its_example_as_in_lm_eval(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    task = make_task(tmp_path, CHOICE + "num_fewshot: 2\n")
    assert all(prompt.count("Q0?") + prompt.count("Q1?") == 3 for prompt in _shown(task))
    assert "a document can be its own few-shot example, as in lm-eval" in caplog.text
    assert task.config()["fewshot_from_test"] is True


def test_a_validation_pool_that_the_given_files_lack_is_made_up_for(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "given.jsonl", DOCS)
    options = TaskOptions(num_fewshot=1, dataset_override={"t": str(rows)})
    assert _shown(make_task(tmp_path, CHOICE + "validation_split: validation\n", options=options)) == [
        "Q1? ccc\n\nQ0?",
        "Q0? bb\n\nQ1?",
    ]


def test_a_borrowed_pool_is_prepared_as_the_own_one(tmp_path: Path) -> None:
    code = "def pool(docs): return docs.filter(lambda doc: doc['gold'] == 2)\n"
    (tmp_path / "helper.py").write_text(code, encoding="utf-8")
    rows = write_rows(tmp_path / "given.jsonl", [*DOCS, {**DOCS[1], "q": "Q2"}])
    keys = CHOICE + "fewshot_split: train\nfewshot_config: {process_docs: !function helper.pool}\n"
    options = TaskOptions(num_fewshot=1, dataset_override={"t": str(rows)})
    _, second, third = _shown(make_task(tmp_path, keys, options=options))
    assert (second, third) == ("Q2? ccc\n\nQ1?", "Q1? ccc\n\nQ2?")


def test_a_pool_that_is_not_shown_is_not_read(tmp_path: Path) -> None:
    write_rows(tmp_path / "t.jsonl", DOCS)
    (tmp_path / "t.train.jsonl").write_text("broken", encoding="utf-8")
    task = make_task(tmp_path, CHOICE + "fewshot_split: train\n", options=TaskOptions(data_dir=str(tmp_path)))
    assert task.config()["data"]["rows"] == {"test": 2}


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"rows.jsonl: task 't': it has no rows"):
        list(make_task(tmp_path, CHOICE, []).samples())


REQUIRED = CHOICE + "metadata: {required_columns: [q, gold], local_filter: {topic: law}}\n"


def test_local_files_may_serve_several_tasks(tmp_path: Path) -> None:
    rows = [{**DOCS[0], "topic": "law"}, {**DOCS[1], "topic": "art", "gold": None}]
    assert [sample.doc["q"] for sample in make_task(tmp_path, REQUIRED, rows).samples()] == ["Q0"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"topic": "art"}, "no row has topic 'law'"),
        ({"gold": None}, "row 0: 'gold' is null"),
    ],
)
def test_rows_that_do_not_fit_metadata(tmp_path: Path, change: dict[str, object], problem: str) -> None:
    with pytest.raises(SpecError, match=rf"rows\.jsonl: task 't': {problem}"):
        list(make_task(tmp_path, REQUIRED, [{**DOCS[0], "topic": "law", **change}]).samples())


def test_missing_columns_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(
        SpecError, match=r"the columns 'q' \(is it 'Q'\?\), 'topic' are missing; columns: Q, opts, gold"
    ):
        list(make_task(tmp_path, REQUIRED, [{"Q": "x", "opts": ["a"], "gold": 0}]).samples())


def test_adapters_in_metadata_are_not_ignored_in_silence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    list(make_task(tmp_path, CHOICE + "metadata: {adapters: [cop1_to_cop0]}\n").samples())
    assert "metadata.adapters is not read" in caplog.text


def test_the_dates_of_a_corpus_are_kept(tmp_path: Path) -> None:
    task = make_task(tmp_path, CHOICE + "metadata: {date_range: 2024-01-01 to 2024-06-30}\n")
    assert task.config()["data"]["date_range"] == "2024-01-01 to 2024-06-30"
    given = make_task(tmp_path, CHOICE, options=TaskOptions(metadata={"date_range": 2025}))
    assert given.config()["data"]["date_range"] == "2025"


def test_a_target_that_no_choice_can_be_is_refused(tmp_path: Path) -> None:
    keys = 'output_type: multiple_choice\ndoc_to_text: q\ndoc_to_choice: ["a", "b"]\ndoc_to_target: glod\n'
    with pytest.raises(SpecError, match=r"doc_to_target 'glod' is none of the choices, .* \(is it 'gold'\?\)"):
        list(make_task(tmp_path, keys).samples())


def test_a_word_that_looks_like_a_column_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    list(make_task(tmp_path, "doc_to_text: question\ndoc_to_target: answer\n").samples())
    assert "doc_to_text is the word 'question' for every document, as in lm-eval: the column 'question'" in caplog.text
    assert "doc_to_target" not in caplog.text


def test_what_is_known_without_data(tmp_path: Path) -> None:
    task = make_task(tmp_path, CHOICE + "fewshot_split: train\nnum_fewshot: 2\nmetadata: {licence: MIT}\n")
    (tmp_path / "rows.jsonl").unlink()
    assert task.about() == {
        "data": "rows.jsonl",
        "split": "test",
        "examples": "2, of train",
        "metrics": "acc, acc_norm",
        "metadata": {"licence": "MIT"},
    }
