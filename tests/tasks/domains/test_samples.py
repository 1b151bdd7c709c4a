"""The made-up rows of every benchmark: each task runs on them, and reads back the right answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from mmeval import evaluate
from mmeval.cli.main import execute
from mmeval.errors import UsageError
from mmeval.types import Sample
from mmeval.yaml_task.load import TaskOptions, load_task
from mmeval.yaml_task.task import YamlTask
from mmeval_tasks.domains import samples
from mmeval_tasks.domains.legalbench.scoring import named
from tests.tasks.domains import support
from tests.tasks.domains.test_definitions import FILES

SEPARATE = ("minerva_math", "agieval_gaokao", "mbpp", "humaneval", "domain_ppl", "finer_ord")
ONCE = [name for name in FILES if not name.startswith(("legalbench_", "ceval_", "cmmlu_", "mmlu_"))]
FAMILIES = [
    *("ceval_law", "cmmlu_anatomy", "mmlu_anatomy", "mmlu_pro_law", "legalbench_hearsay", "legalbench_scalr"),
    *("legalbench_sara_numeric", "legalbench_successor_liability", "legalbench_definition_extraction"),
    *("legalbench_citation_prediction_open", "legalbench_maud_knowledge_definition", "legalbench_ucc_v_common_law"),
]


def _always(letter: str, sample: Sample) -> str:
    del sample
    return letter


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    samples.write(folder, list(FILES.values()))
    return folder


def _loaded(name: str, folder: Path) -> YamlTask:
    spec = FILES[name]
    options = TaskOptions(data_dir=str(folder), offline=True, confirm_run_unsafe_code=True)
    return load_task(spec.file, options)


@pytest.mark.parametrize("name", list(FILES))
def test_every_benchmark_has_rows(name: str) -> None:
    assert samples.rows_of(str(FILES[name].details.get("local_name", name)))


@pytest.mark.parametrize("name", [*ONCE, *FAMILIES])
def test_every_benchmark_asks_about_its_rows(made: Path, name: str) -> None:
    task = _loaded(name, made)
    asked = [task.requests(sample) for sample in task.samples()]
    assert asked
    assert all(asks[0].prompt.text.strip() for asks in asked)  # behind it may stand the options alone


@pytest.mark.parametrize("name", [name for name in [*ONCE, *FAMILIES] if not name.startswith(SEPARATE)])
def test_the_right_answer_is_read_as_such(made: Path, name: str) -> None:
    task = _loaded(name, made)
    found = support.scores(task, lambda sample: support.gold(task, sample))
    assert found[task.spec.details["main_metric"]] == pytest.approx(1.0)


def test_any_of_several_right_letters_counts(tmp_path: Path) -> None:
    row = {**samples.rows_of("agieval_gaokao_physics")[0], "gold": [1, 3]}
    (tmp_path / "agieval_gaokao_physics.jsonl").write_text(json.dumps(row), encoding="utf-8")
    task = _loaded("agieval_gaokao_physics", tmp_path)
    said: list[Callable[[Sample], str]] = [partial(_always, letter) for letter in "ABCD"]
    assert [support.scores(task, answer)["acc"] for answer in said] == [0, 1, 0, 1]


def test_minerva_reads_the_stated_answer_behind_four_examples(made: Path) -> None:
    task = _loaded("minerva_math_algebra", made)
    (first, *_) = task.samples()
    (ask,) = task.requests(first)
    assert ask.prompt.text.count("Final Answer: The final answer is") == 4
    assert ask.prompt.text.endswith("Problem:\nWhat is $2 + 3$?\n\nSolution:")
    assert support.scores(task, lambda sample: f"It is ${sample.target}$.")["unparsed_rate"] == 1.0
    stated = "So.\nFinal Answer: The final answer is ${}$. I hope it is correct."
    assert support.scores(task, lambda sample: stated.format(sample.target))["exact_match"] == 1.0


def test_names_are_read_from_lists(made: Path) -> None:
    task = _loaded("legalbench_ssla_plaintiff", made)
    assert support.scores(task, lambda sample: named(sample.doc))["list_f1"] == 1.0


def test_the_suite_runs_on_generated_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "rows"
    assert execute(["generate", "domains", str(folder)]) == 0
    command = ["--tasks", "specialized", "--model", "dummy", "--limit", "2", "--offline", "--bootstrap_iters", "0"]
    assert execute([*command, "--data_dir", str(folder), "--output_path", str(tmp_path / "runs")]) == 0
    assert "legalbench_corporate_lobbying" in capsys.readouterr().out


@pytest.mark.slow
def test_every_benchmark_asks_a_real_model(made: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    names = [*ONCE, *FAMILIES]
    results = evaluate(
        tasks=",".join(names),
        model="hf",
        model_args={"pretrained": "bundled:smollm2-135m", "dtype": "float32"},
        data_dir=str(made),
        offline=True,
        limit=1,
        num_fewshot=0,
        gen_kwargs={"max_gen_toks": 8},
        bootstrap_iters=0,
        confirm_run_unsafe_code=True,
        output_path=str(tmp_path),
    )
    assert results.exit_code == 0
    found = results.data["mmeval"]["tasks"]
    assert sorted(found) == sorted(names)
    assert {row["total"] for own in found.values() for row in own["metrics"]} == {1}


def test_files_that_are_there_are_kept(tmp_path: Path) -> None:
    (tmp_path / "gsm8k.jsonl").write_text(json.dumps({"question": "mine", "answer": "#### 1"}), encoding="utf-8")
    assert samples.write(tmp_path, [FILES["gsm8k"]]) == 1  # the pool of examples
    assert "mine" in (tmp_path / "gsm8k.jsonl").read_text(encoding="utf-8")


def test_a_folder_must_be_named() -> None:
    with pytest.raises(UsageError, match="FOLDER"):
        samples.generate([])
