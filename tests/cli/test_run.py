"""`run`, `resume`, `score`, `demo`: what goes into a configuration, and what is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mmeval.cli.run import joined
from mmeval.spec.run_config import RunConfig
from tests.cli.conftest import Mmeval, python


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (["--tasks", "a", "b", "--limit", "2"], ["--tasks", "a,b", "--limit", "2"]),
        (["-t", "a", "b"], ["-t", "a,b"]),
        (["--model-args", "k=1", "l=2", "--device", "cpu"], ["--model-args", "k=1,l=2", "--device", "cpu"]),
        (["--tasks=a", "b"], ["--tasks=a", "b"]),
        (["--device", "cpu", "b"], ["--device", "cpu", "b"]),
        (["--tasks", "--limit", "2"], ["--tasks", "--limit", "2"]),
        ([], []),
    ],
)
def test_lists_may_be_separated_by_spaces(given: list[str], wanted: list[str]) -> None:
    assert joined(given) == wanted


def config_in(folder: Path) -> RunConfig:
    (manifest,) = folder.glob("*/*/run.json")
    return RunConfig.of(**json.loads(manifest.read_text(encoding="utf-8"))["config"])


def test_options_become_the_configuration_of_the_run(mmeval: Mmeval, quiz: Path, tmp_path: Path) -> None:
    ended = mmeval(
        *("--tasks", quiz, "--model", "dummy", "--model_args", "seed=3", "--output_path", tmp_path / "out"),
        *("--limit", "2", "--num_fewshot", "0", "--batch_size", "4", "--gen_kwargs", "temperature=0,until=['a']"),
        *("--fewshot_as_multiturn", "false", "--system_instruction", "Be brief.", "--apply_chat_template"),
        *("--seed", "5", "--max_errors", "0.5", "--bootstrap_iters", "0", "--repeats", "2", "--use_cache", "cache.db"),
        *("--role", "judge=dummy,seed=9", "--log_samples", "--exact"),
    )
    assert ended.code == 0, ended.err
    wanted: dict[str, Any] = {
        "tasks": (str(quiz),),
        "model": "dummy",
        "model_args": {"seed": 3},
        "output_path": str(tmp_path / "out"),
        "limit": 2.0,
        "num_fewshot": 0,
        "batch_size": 4,
        "gen_kwargs": {"temperature": 0, "until": ["a"]},
        "fewshot_as_multiturn": False,
        "system_instruction": "Be brief.",
        "apply_chat_template": True,
        "exact": True,
        "seeds": {"python": 5, "numpy": 5, "torch": 5, "fewshot": 5},
        "max_errors": 0.5,
        "bootstrap_iters": 0,
        "repeats": 2,
        "use_cache": "cache.db",
        "roles": {"judge": {"name": "dummy", "args": {"seed": 9}}},
        "log_samples": True,
    }
    assert config_in(tmp_path / "out") == RunConfig.of(**wanted)


def test_a_chat_template_may_be_named(mmeval: Mmeval, quiz: Path) -> None:
    ended = mmeval("--tasks", quiz, "--model", "dummy", "--output_path", "out", "--apply_chat_template", "tool_use")
    assert ended.code == 0, ended.err
    assert config_in(Path("out")).apply_chat_template == "tool_use"


def test_results_go_to_stdout_and_all_else_to_stderr(mmeval: Mmeval, quiz: Path) -> None:
    ended = mmeval("--tasks", quiz, "--model", "dummy", "--output_path", "out")
    assert all(line.startswith("|") for line in ended.out.splitlines() if line)
    assert "|quiz " in ended.out
    assert "|loglikelihood|       3|" in ended.out
    (results,) = Path("out").glob("*/*/results.json")
    assert f"wrote {results}" in ended.err
    assert f"wrote {results.parent / 'samples.jsonl'}" in ended.err


@pytest.mark.parametrize(("level", "shown"), [("INFO", True), ("warning", False), ("ERROR", False)])
def test_verbosity(mmeval: Mmeval, quiz: Path, level: str, shown: bool) -> None:
    ended = mmeval("--tasks", quiz, "--model", "dummy", "--output_path", "out", "--verbosity", level)
    assert ended.code == 0
    assert ("wrote" in ended.err) is shown


def test_debug_shows_the_traceback_of_an_error(mmeval: Mmeval) -> None:
    assert "Traceback" in mmeval("--tasks", "nix", "--model", "dummy", "--verbosity", "DEBUG").err


def test_dry_run_shows_what_would_be_sent_and_writes_nothing(mmeval: Mmeval, quiz: Path) -> None:
    ended = mmeval("--tasks", quiz, "--model", "dummy", "--limit", "2", "--dry_run")
    assert ended.code == 0, ended.err
    assert "quiz: 2 samples, 2 requests" in ended.out
    assert 'one?\n--- continuations\n" yes"\n" no"\n' in ended.out
    assert "seeds: python 0, numpy 1234, torch 1234, fewshot 1234" in ended.out
    assert not Path("mmeval-runs").exists()


def test_score_shows_a_breakdown(mmeval: Mmeval) -> None:
    assert mmeval("--tasks", "clegr_facts", "--model", "dummy", "--limit", "44", "--output_path", "out").code == 0
    (run,) = Path("out").glob("*/*")
    ended = mmeval("score", run, "--by", "group")
    assert ended.code == 0, ended.err
    assert ended.out.count("|Tasks") == 2
    wrong = mmeval("score", run, "--by", "grup")
    assert wrong.code == 2
    assert "unknown slice 'grup'" in wrong.err
    assert "did you mean group" in wrong.err


def test_errors_beyond_the_limit_say_where_the_reasons_are(mmeval: Mmeval, quiz: Path) -> None:
    Path("answers.jsonl").write_text('{"prompt": "one?", "response": [[-1.0, true], [-2.0, false]]}\n', "utf-8")
    replay = ("--tasks", quiz, "--model", "replay", "--model_args", "path=answers.jsonl", "--output_path", "out")
    ended = mmeval(*replay)
    (run,) = Path("out").glob("*/*")
    assert ended.code == 1
    assert "error 2" in ended.out
    assert f"mmeval resume {run} --retry_errors" in ended.err
    assert mmeval(*replay, "--max_errors", "2").code == 0
    with Path("answers.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"prompt": "two?", "response": [[-1.0, true], [-2.0, false]]}\n')
        file.write('{"prompt": "three?", "response": [[-1.0, true], [-2.0, false]]}\n')
    again = mmeval("resume", run, "--retry_errors")
    assert again.code == 0, again.err
    assert "3/3" in again.out


def test_offline_is_set_before_anything_is_imported(quiz: Path) -> None:
    (quiz.parent / "spy.py").write_text(
        "import os\nfrom mmeval_models.dummy import DummyModel\n"
        "assert os.environ['HF_HUB_OFFLINE'] == os.environ['HF_DATASETS_OFFLINE'] == '1'\n\n"
        "class Spy(DummyModel):\n    pass\n",
        "utf-8",
    )
    info = quiz.parent / "spy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: spy\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text("[mmeval.models]\nspy = spy:Spy\n", "utf-8")
    arguments = ("-m", "mmeval", "--tasks", "quiz.yaml", "--model", "spy")
    without = {"HF_HUB_OFFLINE": "", "HF_DATASETS_OFFLINE": ""}
    assert python(*arguments, path=(quiz.parent,), cwd=quiz.parent, env=without).returncode == 2
    offline = python(*arguments, "--offline", path=(quiz.parent,), cwd=quiz.parent, env=without)
    assert offline.returncode == 0, offline.stderr


def test_sections_of_plugins_stand_below_the_table(quiz: Path) -> None:
    (quiz.parent / "section.py").write_text(
        "from mmeval import hookimpl\n\n"
        "@hookimpl\ndef mmeval_report_section(results):\n    return f'tasks: {list(results[\"results\"])}'\n",
        "utf-8",
    )
    info = quiz.parent / "section-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: section\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text("[mmeval]\nsection = section\n", "utf-8")
    ended = python("-m", "mmeval", "--tasks", "quiz.yaml", "--model", "dummy", path=(quiz.parent,), cwd=quiz.parent)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.endswith("|\ntasks: ['quiz']\n")


def test_demo(mmeval: Mmeval) -> None:
    ended = mmeval("demo")
    assert ended.code == 0, ended.err
    assert "|clegr_reasoning" in ended.out
    assert "majority (baseline)" in ended.out
    assert list(Path("mmeval-runs").glob("*/*/results.json"))


def test_repeats_are_scored_one_by_one(mmeval: Mmeval, quiz: Path) -> None:
    """A file without repeats of its own takes the first answer of a sample; `--repeats` asks about each."""
    text = quiz.read_text(encoding="utf-8").replace("multiple_choice", "generate_until")
    quiz.write_text(text.replace("metric: acc", "metric: exact_match"), encoding="utf-8")
    sampled = ("--gen_kwargs", "do_sample=true,temperature=1.0")
    ended = mmeval("--tasks", quiz, "--model", "dummy", "--repeats", "4", *sampled, "--output_path", "out")
    assert ended.code == 0, ended.err
    assert "are equal" not in ended.err
    (run,) = Path("out").glob("*/*")
    lines = [json.loads(line) for line in (run / "samples.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sorted((line["sample_id"], line["repeat"]) for line in lines) == [
        (f"test:{row}", repeat) for row in range(3) for repeat in range(4)
    ]
    assert len({line["answer"] for line in lines}) > 3
    entry = json.loads((run / "results.json").read_text(encoding="utf-8"))["results"]["quiz"]
    names = ["exact_match", "exact_match_maj@4", "exact_match_pass@2", "exact_match_pass@4"]
    assert sorted(key.partition(",")[0] for key in entry if "_stderr" not in key and "," in key) == names
    assert "Variance: question + model" in ended.out


def test_repeats_of_a_greedy_answer_are_told(mmeval: Mmeval, quiz: Path) -> None:
    ended = mmeval("--tasks", quiz, "--model", "dummy", "--repeats", "2", "--output_path", "out")
    assert "task 'quiz' samples no answer: its 2 repeats are equal" in ended.err


@pytest.mark.parametrize(
    ("arguments", "problem", "hint"),
    [
        (("--tasks", ""), "--tasks names no task", "mmeval ls tasks"),
        (
            ("--tasks", "clegr", "--dataset_override", "clegr=x.jsonl"),
            "--dataset_override: 'clegr' is a group",
            "clegr_facts",
        ),
        (
            ("--tasks", "clegr_facts", "--samples", '{"gsm8k": [0]}'),
            "--samples: 'gsm8k' is no task of this run",
            "clegr_facts",
        ),
        (
            ("--tasks", "clegr_facts", "--dataset_override", "clegr_fact=x"),
            "unknown task in --dataset_override",
            "did you mean clegr_facts",
        ),
    ],
)
def test_tasks_that_are_none_of_the_run(mmeval: Mmeval, arguments: tuple[str, ...], problem: str, hint: str) -> None:
    ended = mmeval(*arguments, "--model", "dummy")
    assert ended.code == 2
    assert problem in ended.err
    assert hint in ended.err
