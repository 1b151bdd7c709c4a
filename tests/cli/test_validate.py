"""`mmeval validate` and `mmeval schema`: what does not conform, with file and line, without model or data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Mmeval

BASE = "dataset_path: rows.jsonl\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\n"


@pytest.mark.parametrize(
    ("n", "value", "code", "note"),
    [
        (3, None, 0, "ok"),
        (3, 9.0, 1, "off by -"),
        (500, None, 1, "not comparable: n 500, here 3"),
        (None, None, 1, "no published score of dummy"),
    ],
)
def test_a_run_is_checked_against_published_scores(
    mmeval: Mmeval, quiz: Path, n: int | None, value: float | None, code: int, note: str
) -> None:
    assert mmeval("--tasks", quiz, "--model", "dummy", "--output_path", "out").code == 0
    run = next(Path("out").glob("*/*"))
    data = json.loads((run / "results.json").read_text(encoding="utf-8"))
    entry = {
        "task": "quiz",
        "model": "dummy",
        "metric": "acc",
        "n": n,
        "shots": 0,
        "source": "card",
        "mark": "V",
        "value": data["results"]["quiz"]["acc,none"] if value is None else value,
        "scoring": "loglikelihood",
    }
    Path("published.yaml").write_text(json.dumps([entry] if n else []), encoding="utf-8")
    ended = mmeval("validate", run, "--published", "published.yaml")
    assert (ended.code, note in ended.out + ended.err) == (code, True), ended.out + ended.err
    assert ("no published score of 'published.yaml' is of a task or group" in ended.err) == (not n)


def test_a_file_that_conforms(mmeval: Mmeval, quiz: Path) -> None:
    ended = mmeval("validate", quiz)
    assert (ended.code, ended.out) == (0, "")
    assert "1 files: all conform" in ended.err


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("task: t\nx: [\n", 2, ["t.yaml:3: YAML"]),
        ("task: t\nmetric_lists: 3\nnum_fewshot: x\n", 2, ["t.yaml:2: unknown key", "'metric_list'", "t.yaml:3: num_"]),
        (f"task: t\n{BASE}process_docs: !function gone.f\n", 2, ["t.yaml:6: task 't': !function gone.f"]),
        (f"task: t\n{BASE}description: '{{{{ 1'\n", 2, ["t.yaml:6: task 't': description: template syntax"]),
        (f"task: t\n{BASE}fewshot_config: {{doc_to_text: '{{% if %}}'}}\n", 2, ["t.yaml:6", "template syntax"]),
        (f"task: t\n{BASE}metric_list: [{{metric: exact_mach}}]\n", 2, ["t.yaml:6", "did you mean exact_match?"]),
        (f"task: t\n{BASE}num_fewshot: 1\nnum_fewshot: 2\n", 0, ["t.yaml:7: the key 'num_fewshot' is given twice"]),
        ("doc_to_text: q\n", 0, ["neither a task nor a group"]),
        ("group: g\ntask: [gone]\n", 2, ["t.yaml:2: group 'g': the member 'gone' is not known"]),
        ("group: g\ntask: 3\n", 2, ["t.yaml:2: task: expected text or a list"]),
        ("group: g\ntask: [g]\nnum_fewshot: 2\n", 2, ["the group contains itself"]),
    ],
)
def test_what_does_not_conform(mmeval: Mmeval, tmp_path: Path, text: str, code: int, said: list[str]) -> None:
    (tmp_path / "t.yaml").write_text(text, encoding="utf-8")
    ended = mmeval("validate", tmp_path / "t.yaml")
    assert ended.code == code
    assert [words for words in said if words not in ended.out] == []
    assert "Traceback" not in ended.out + ended.err


def test_a_package_that_is_missing_has_a_code_of_its_own(mmeval: Mmeval, tmp_path: Path) -> None:
    own_words = "try:\n    import no_such_package\nexcept ImportError:\n    raise ImportError('install me')\n"
    (tmp_path / "helper.py").write_text(own_words, encoding="utf-8")
    (tmp_path / "t.yaml").write_text(f"task: t\n{BASE}process_docs: !function helper.f\n", encoding="utf-8")
    ended = mmeval("validate", tmp_path)
    assert (ended.code, ended.out.splitlines()[1].strip()) == (3, "pip install no_such_package")


def test_data_are_read_only_when_asked_for(mmeval: Mmeval, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"question": "?", "a": "!"}\n', encoding="utf-8")
    file = tmp_path / "t.yaml"
    file.write_text("task: t\n" + BASE.replace("q\n", "'{{q}}'\n"), encoding="utf-8")
    assert mmeval("validate", file).code == 0
    ended = mmeval("validate", file, "--data")
    assert ended.code == 2
    assert "t.yaml:4: task 't': doc_to_text uses the field 'q', which the data lacks" in ended.out


def test_all_files_of_a_folder_are_checked(mmeval: Mmeval, quiz: Path) -> None:
    (quiz.parent / "group.yaml").write_text("group: g\ntask: [quiz, torn]\n", encoding="utf-8")
    (quiz.parent / "torn.yaml").write_text("task: torn\nunknown: 1\n", encoding="utf-8")
    ended = mmeval("validate", quiz.parent)
    assert (ended.code, ended.out.count("torn.yaml")) == (2, 1)
    assert "3 files: 1 cannot be used" in ended.err


def test_the_schema_is_json(mmeval: Mmeval) -> None:
    ended = mmeval("schema")
    assert ended.code == 0
    assert "doc_to_text" in json.loads(ended.out)["$defs"]["task"]["properties"]
