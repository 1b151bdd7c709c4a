"""What is read, what is told and what is refused of the rows that the user brings."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import SpecError, UsageError
from mmeval.yaml_task.load import TaskOptions, load_task
from mmeval.yaml_task.task import YamlTask
from mmeval_tasks.domains.judged.financebench import FinanceBench
from mmeval_tasks.domains.judged.healthbench import HealthBench
from tests.tasks.domains import support
from tests.tasks.domains.test_definitions import FILES
from tests.tasks.domains.test_optional import PUBMEDQA

Row = Mapping[str, Any]


def _sampled(folder: Path, layout: str) -> list[dict[str, Any]]:
    text = (folder / f"{layout}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _over(out: Path, name: str, rows: Sequence[Row], shots: int = 0) -> YamlTask:
    """The task over these rows."""
    file = out / "given.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return support.load(name, out, "given.jsonl", shots)


def _changed(**values: Any) -> Callable[[Row], Row]:
    return lambda row: {**row, **values}


def _without(column: str) -> Callable[[Row], Row]:
    return lambda row: {name: value for name, value in row.items() if name != column}


def _annotated(**values: Any) -> Callable[[Row], Row]:
    return lambda row: {**row, "annotation": {**row["annotation"], **values}}


@pytest.mark.parametrize(
    ("name", "layout", "change", "problem"),
    [
        ("pubmedqa", "pubmedqa", _changed(CONTEXTS="one text"), "row 0: 'CONTEXTS' is 'one text', not a list"),
        ("pubmedqa", "pubmedqa", _changed(CONTEXTS=["x", None]), r"row 0: 'CONTEXTS' is \['x', None\], with a null"),
        ("pubmedqa", "pubmedqa", _changed(final_decision="Yes"), "'final_decision' is 'Yes', none of yes, no, maybe"),
        ("pubmedqa", "pubmedqa_qiaojin", _changed(context=None), "row 0: the adapter qiaojin_to_bigbio cannot read it"),
        ("casehold", "casehold", _changed(endings="x"), "row 0: 'endings' is 'x', not a list"),
        ("casehold", "casehold", _changed(endings=["x"] * 4), "row 0: 'endings' is .*, not a list of 5"),
        (
            "casehold",
            "casehold_flat",
            _changed(label="x"),
            "row 0: the adapter casehold_flat_to_lexglue cannot read it",
        ),
        (
            "casehold",
            "casehold_flat",
            _without("holding_4"),
            "or, for casehold_flat_to_lexglue: citing_prompt, holding_0",
        ),
        ("mmlu_anatomy", "mmlu_clinical", _without("subject"), "the column 'subject' is missing"),
        ("mmlu_anatomy", "mmlu_clinical", _changed(subject="law"), "no row has the subject 'anatomy'; there are: law"),
        ("mmlu_anatomy", "mmlu_clinical", _changed(choices=["a"] * 5), "row 0: 'choices' is .*, not a list of 4"),
        ("medmcqa", "medmcqa", _changed(cop=True), "cop is True, not a whole number from 0 to 3"),
        ("medmcqa", "medmcqa", _changed(cop=1.0), "cop is 1.0, not a whole number from 0 to 3"),
        ("medmcqa", "medmcqa", _changed(cop=-1), r"cop is -1, outside 0-3 \(does the file hide its answers\?\)"),
        ("medmcqa", "medmcqa", _changed(opa=None), "row 0: 'opa' is null"),
        ("fpb", "fpb", _changed(label=-1), "phrasebank_to_flare cannot read it: label is -1, not 0"),
        ("fpb", "fpb", _changed(sentence=None), "row 0: 'text' is null"),
        ("fpb", "fpb_flare", _changed(choices=["positive"]), "row 0: 'choices' is .*, not a list of 3"),
        ("fiqa_sa", "fiqa_sa", _changed(sentiment_score=float("nan")), "'sentiment_score' is nan, not a number"),
        ("fiqa_sa", "fiqa_sa", _changed(sentiment_score="0.1"), "'sentiment_score' is '0.1', not a number"),
        ("headline", "headlines", _changed(gold="Yes"), "gold is 'Yes', not a whole number from 0 to 1"),
        ("headline", "headlines_wide", _changed(**{"price up": "no"}), "'price up' is 'no', not 0 or 1"),
        ("headline", "headlines_wide", _changed(**{"price up": None}), "'price up' is None, not 0 or 1"),
        ("lexglue_unfair_tos", "lexglue_unfair_tos", _changed(labels=[-1]), "labels is -1, outside 0-7"),
        ("lexglue_unfair_tos", "lexglue_unfair_tos", _changed(labels=["x"]), "labels is 'x', not a whole number"),
        ("convfinqa", "convfinqa", _annotated(exe_ans="n/a"), "its answer is 'n/a', neither a number nor yes or no"),
        ("convfinqa", "convfinqa", _annotated(exe_ans=None), "its annotation has no 'exe_ans'"),
        ("convfinqa", "convfinqa", _changed(annotation=None), "its annotation has no 'cur_dial'"),
        ("convfinqa", "convfinqa", _changed(pre_text="x"), "'pre_text' is 'x', not a list"),
        ("convfinqa", "convfinqa", _changed(table=[]), "its table is empty"),
        ("domain_ppl_legal", "domain_ppl_legal", _changed(text=None), "row 0: 'text' is null"),
    ],
)
def test_what_is_refused_names_file_and_row(
    folder: Path, tmp_path: Path, name: str, layout: str, change: Callable[[Row], Row], problem: str
) -> None:
    task = _over(tmp_path, name, [change(row) for row in _sampled(folder, layout)])
    with pytest.raises(SpecError, match=problem) as caught:
        list(task.samples())
    assert caught.value.file == tmp_path / "given.jsonl"


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        (
            "careqa_en",
            {"question": "?", "op1": "a", "op2": "b", "op3": "c", "op4": "d", "cop": 0},
            "cop is 0, outside 1-4",
        ),
        ("headqa_en", {"qtext": "?", "answers": [{"aid": 1, "atext": "x"}], "ra": 2}, "ra is 2, outside 1-1"),
        ("agieval_sat_en", {"query": "?", "choices": ["x", "y"], "gold": [2]}, "gold is 2, outside 0-1"),
        ("minerva_math_algebra", {"problem": "?", "solution": "4"}, "row 0: a solution without an answer"),
        (
            "gpqa_main",
            {
                "Question": "?",
                "Correct Answer": None,
                **dict.fromkeys(("Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3"), "x"),
            },
            "the adapter gpqa_shuffled cannot read it",
        ),
    ],
)
def test_made_up_rows_that_are_refused(tmp_path: Path, name: str, row: Row, problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        list(_over(tmp_path, name, [row]).samples())


def test_what_may_be_meant_is_told(folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = _sampled(folder, "medmcqa")
    shifted = [
        {**row, "cop": max(1, row["cop"]), "question": "" if place < 2 else row["question"]}
        for place, row in enumerate(rows)
    ]
    list(_over(tmp_path, "medmcqa", shifted).samples())
    assert "task 'medmcqa': in 20 rows cop is never 0: does the file count from 1?" in caplog.text
    assert "task 'medmcqa': 2 of 20 rows have an empty 'question'" in caplog.text


@pytest.mark.parametrize("layout", ["pubmedqa", "pubmedqa_qiaojin", "casehold", "casehold_flat", "mmlu_clinical"])
def test_csv_files_ask_the_same(folder: Path, tmp_path: Path, layout: str) -> None:
    name = {"mmlu": "mmlu_anatomy"}.get(layout.partition("_")[0], layout.partition("_")[0])
    rows = _sampled(folder, layout)
    with (tmp_path / "given.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    published, given = support.load(name, folder, f"{layout}.jsonl"), support.load(name, tmp_path, "given.csv")
    assert [_asked(given), _golds(given)] == [_asked(published), _golds(published)]


def _asked(task: YamlTask) -> list[str]:
    return [task.requests(sample)[0].prompt.text for sample in task.samples()]


def _golds(task: YamlTask) -> list[str]:
    return [support.gold(task, sample) for sample in task.samples()]


CSV = (
    *("Price or Not", "Direction Up", "Direction Constant", "Direction Down", "PastPrice", "FuturePrice"),
    *("PastNews", "FutureNews", "Asset Comparision"),
)


@pytest.mark.parametrize("kind", [int, str, bool])
def test_headlines_in_the_original_file(folder: Path, tmp_path: Path, kind: type) -> None:
    wide = _sampled(folder, "headlines_wide")
    tags = [name for name in wide[0] if name != "News"]
    named = [{"News": row["News"], **{new: kind(row[tag]) for new, tag in zip(CSV, tags, strict=True)}} for row in wide]
    given, published = _over(tmp_path, "headline", named), support.load("headline", folder)
    assert [_asked(given), _golds(given)] == [_asked(published), _golds(published)]
    assert given.config()["data"]["adapters"] == {"test": "headlines_csv_to_long"}


def test_tags_as_text_are_read_as_what_they_say(folder: Path, tmp_path: Path) -> None:
    wide = _sampled(folder, "headlines_wide")
    text = [{name: str(value) for name, value in row.items()} for row in wide]
    assert _golds(_over(tmp_path, "headline", text)) == _golds(support.load("headline", folder))


def test_local_rows_of_pubmedqa_are_taken_whole_however_many(tmp_path: Path) -> None:
    rows = [{**row, "question": f"q{place}"} for place, row in enumerate(PUBMEDQA)]
    for name in ("pubmedqa", "pubmedqa_all"):
        samples = list(_over(tmp_path, name, rows).samples())
        assert (len(samples), {sample.metadata["split_id"] for sample in samples}) == (1000, {"local"})


def test_labels_by_name_and_in_another_order(folder: Path, tmp_path: Path) -> None:
    rows = _sampled(folder, "lexglue_ledgar")
    names = json.loads((folder / "lexglue_ledgar_labels.json").read_text(encoding="utf-8"))
    wanted = [row["label"] for row in rows]
    by_name = _over(tmp_path, "lexglue_ledgar", [{**row, "label": names[row["label"]]} for row in rows])
    assert [sample.target for sample in by_name.samples()] == wanted
    (tmp_path / "given_labels.json").write_text(json.dumps(names[::-1]), encoding="utf-8")
    reordered = _over(tmp_path, "lexglue_ledgar", [{**row, "label": 99 - row["label"]} for row in rows])
    assert [sample.target for sample in reordered.samples()] == wanted
    (tmp_path / "given_labels.json").write_text(json.dumps(["Rents", *names[1:]]), encoding="utf-8")
    with pytest.raises(SpecError, match="'label' has classes that the task does not know: Rents"):
        list(_over(tmp_path, "lexglue_ledgar", rows).samples())


# ---------------------------------------------------------------- examples

ASKING = [name for name, spec in FILES.items() if spec.output_type != "loglikelihood_rolling"]


@pytest.mark.parametrize("name", ASKING)
def test_no_document_is_an_example_of_its_own(name: str) -> None:
    options = TaskOptions(num_fewshot=1, confirm_run_unsafe_code=True)
    documents = load_task(FILES[name].file, options)._documents
    assert documents.pool_split != documents.split or documents._fewshot_split == FILES[name].test_split


def test_pubmedqa_never_shows_the_answer_to_its_question(folder: Path) -> None:
    task = support.load("pubmedqa", folder, shots=10)
    for sample in task.samples():
        (ask,) = task.requests(sample)
        assert ask.prompt.text.count(sample.doc["QUESTION"]) == 1
    assert task.config()["fewshot_from_test"] is True


def test_an_example_of_convfinqa_is_a_whole_dialogue_of_train(folder: Path, tmp_path: Path) -> None:
    rows = json.loads((folder / "convfinqa_raw_turn.json").read_text(encoding="utf-8"))
    pages = list(dict.fromkeys(row["filename"] for row in rows))
    for name, page in (("validation", pages[0]), ("train", pages[1])):
        own = [row for row in rows if row["filename"] == page]
        (tmp_path / f"convfinqa.{name}.json").write_text(json.dumps(own), encoding="utf-8")
    task = support.load("convfinqa", tmp_path, shots=1)
    questions = next(row for row in rows if row["filename"] == pages[1])["annotation"]["dialogue_break"]
    for sample in task.samples():
        example, _, _ = task.requests(sample)[0].prompt.text.rpartition("\n\n")
        assert [line for line in example.splitlines() if line.startswith("Question: ")] == [
            f"Question: {one}" for one in questions
        ]
        assert example.rpartition("\nAnswer: ")[2]
    assert "fewshot_from_test" not in task.config()
    assert task.config()["data"]["adapters"] == dict.fromkeys(("validation", "train"), "convfinqa_raw_to_turn")


def test_without_a_pool_convfinqa_shows_a_dialogue_of_another_page(folder: Path) -> None:
    task = support.load("convfinqa", folder, "convfinqa_raw_turn.json", shots=1)
    for sample in task.samples():
        example, _, asked = task.requests(sample)[0].prompt.text.rpartition("\n\n")
        assert sample.doc["table"] in asked
        assert sample.doc["table"] not in example
    assert task.config()["fewshot_from_test"] is True


def test_turns_are_not_fetched_for_examples_that_are_not_shown() -> None:
    for name in ("convfinqa", "finqa"):
        documents = load_task(FILES[name].file)._documents
        assert set(documents._whole.splits) == {"train", documents.split}
        assert documents.dataset.splits == (documents.split,)


@pytest.mark.parametrize("task", [HealthBench, FinanceBench])
def test_judged_tasks_stay_offline(task: type[HealthBench | FinanceBench]) -> None:
    with pytest.raises(UsageError, match=r"cannot be loaded on this machine \(--offline\)"):
        list(task(offline=True).samples())
    assert "://" in task().about()["data"]
