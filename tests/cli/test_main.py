"""Finding commands, exit codes, and that nothing ends in a traceback."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mmeval.cli.main import _PROGRAM, COMMAND_HELP
from tests.cli.conftest import Mmeval, python

HEAVY = ("torch", "transformers", "datasets", "evaluate", "vllm", "numpy", "pandas", "rich", "jinja2", "pydantic")


def test_help_lists_commands_with_the_first_line_of_their_help(mmeval: Mmeval) -> None:
    ended = mmeval("--help")
    assert ended.code == 0
    assert ended.err == ""
    for name, said in COMMAND_HELP.items():
        command = _PROGRAM.get_command(_PROGRAM.make_context("mmeval", [name]), name)
        assert command is not None
        assert (command.help or "").splitlines()[0] == said
        assert f"  {name} " in ended.out


def test_no_arguments_are_help(mmeval: Mmeval) -> None:
    assert mmeval() == mmeval("-h") == mmeval("--help")


def test_version(mmeval: Mmeval) -> None:
    ended = mmeval("--version")
    assert ended.code == 0
    assert ended.out.startswith("mmeval 0.")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("scroe", "x"), 2, ["unknown command 'scroe'", "did you mean score"]),
        (("--task", "x"), 2, ["no option --task", "did you mean --tasks"]),
        (("--model", "dummy"), 2, ["missing option '--tasks'", "mmeval run --help"]),
        (("--tasks", "x", "--limit", "many"), 2, ["'many' is not a valid float"]),
        (("--tasks", "x", "--limit", "0"), 2, ["option 'limit'", "greater than 0"]),
        (("--tasks", "x", "--model_args", "a"), 2, ["'--model_args'", "'a' is not key=value"]),
        (("--tasks", "x", "--seed", "1,2"), 2, ["'--seed'", "2 seeds"]),
        (
            ("--tasks", "x", "--model", "dummy", "--include_path", "nowhere"),
            2,
            ["--include_path nowhere: there is no such folder"],
        ),
        (("--tasks", "nix", "--model", "dummy"), 2, ["unknown task 'nix'", "mmeval ls tasks"]),
        (("--tasks", "quiz.yaml", "--model", "dumy"), 2, ["unknown model 'dumy'", "did you mean dummy"]),
        (("--tasks", "quiz.yaml", "--model", "dummy", "--model_args", "sed=1"), 2, ["argument 'sed'", "mean seed"]),
        (("--tasks", "quiz.yaml", "--model", "dummy", "--task_args", "no=1"), 2, ["task argument 'no'"]),
        (("--tasks", "no.yaml", "--model", "dummy"), 2, ["no.yaml"]),
        (("--tasks", "quiz.yaml", "--model", "dummy", "--output_path", "rows.jsonl"), 2, ["rows.jsonl"]),
        (("show", "nix"), 2, ["unknown task 'nix'"]),
        (("ls", "taskz"), 2, ["unknown kind 'taskz'", "did you mean tasks"]),
        (("resume", "nowhere"), 2, ["nowhere is not a run directory"]),
        (("score", "nowhere"), 2, ["nowhere is not a run directory"]),
        (("generate", "clger"), 2, ["unknown generator 'clger'", "did you mean clegr"]),
        (("new",), 2, ["missing command", "mmeval new --help"]),
        (("new", "task", "My Task"), 2, ["'My Task' cannot be the name"]),
    ],
)
def test_what_does_not_fit_gets_one_line_and_a_hint(
    mmeval: Mmeval, quiz: Path, arguments: tuple[str, ...], code: int, said: list[str]
) -> None:
    ended = mmeval(*arguments)
    assert ended.code == code
    assert ended.out == ""
    told = [line.partition(":")[0] for line in ended.err.splitlines() if line.startswith(("error", "hint"))]
    assert told in (["error"], ["error", "hint"])
    assert "Traceback" not in ended.err
    for words in said:
        assert words.lower() in ended.err.lower()


def test_hyphens_and_underscores_are_the_same(mmeval: Mmeval, quiz: Path) -> None:
    ended = mmeval("--tasks", quiz, "--model", "dummy", "--output-path", "out", "--bootstrap-iters", "10")
    assert ended.code == 0, ended.err
    assert list(Path("out").glob("*/*/results.json"))
    assert (
        mmeval("score_file", "--help").out.partition("\n")[2] == mmeval("score-file", "--help").out.partition("\n")[2]
    )


def faulty_command(folder: Path, body: str) -> None:
    """A distribution with the command `fault`."""
    (folder / "faulty.py").write_text(f"import click\n\n@click.command()\ndef command():\n    {body}\n", "utf-8")
    info = folder / "faulty-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text("[mmeval.commands]\nfault = faulty:command\n", "utf-8")


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ("return 7", 7, ""),
        ("return None", 0, ""),
        ("click.echo('fine')", 0, ""),
        ("1 / 0", 1, "error: ZeroDivisionError: division by zero"),
        ("import mmeval; raise mmeval.UsageError('no\\nway', hint='so')", 2, "error: no way\nhint: so\n"),
        ("raise KeyboardInterrupt", 4, "error: interrupted"),
        ("raise click.ClickException('clicked')", 1, "error: clicked"),
    ],
)
def test_errors_of_a_plugins_command(tmp_path: Path, body: str, code: int, said: str) -> None:
    faulty_command(tmp_path, body)
    ended = python("-m", "mmeval", "fault", path=(tmp_path,))
    assert ended.returncode == code, ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_commands_of_plugins_are_listed_and_not_imported_by_help(tmp_path: Path) -> None:
    faulty_command(tmp_path, "pass")
    (tmp_path / "faulty.py").write_text("raise SystemExit('imported')", "utf-8")
    ended = python("-m", "mmeval", "--help", path=(tmp_path,))
    assert ended.returncode == 0
    assert re.search(r"^ +fault +from faulty 1.0$", ended.stdout, re.MULTILINE)
    assert python("-m", "mmeval", "fault", path=(tmp_path,)).returncode == 2


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["ls", "models"], ["plugins"], ["ls", "tasks"]])
def test_light_commands_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys, json\n"
        "from mmeval.cli.main import execute\n"
        f"assert execute({arguments!r}) == 0\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]), file=sys.stderr)\n"
    )
    ended = python("-c", code)
    assert ended.returncode == 0, ended.stderr
    allowed = {"jinja2", "rich", "numpy", "pydantic"} if arguments == ["plugins"] else set()
    assert set(json.loads(ended.stderr.splitlines()[-1])) <= allowed


def test_import_mmeval_is_light() -> None:
    ended = python("-c", f"import mmeval, sys; print([name for name in {HEAVY!r} if name in sys.modules])")
    assert ended.stdout == "[]\n"


def test_a_reader_that_stops_reading_is_no_error() -> None:
    command = f"{sys.executable} -m mmeval ls metrics | head -n 1; exit ${{PIPESTATUS[0]}}"
    found = os.pathsep.join(str(Path(__file__).resolve().parents[2] / folder) for folder in ("", "tasks", "models"))
    ended = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": found}, check=False
    )
    assert ended.returncode == 0
    assert ended.stderr == ""


def test_output_that_stdout_cannot_encode_is_replaced(quiz: Path) -> None:
    ended = python(
        *("-m", "mmeval", "--tasks", str(quiz), "--model", "dummy", "--output_path", str(quiz.parent / "runs")),
        env={"PYTHONIOENCODING": "ascii"},
    )
    assert ended.returncode == 0, ended.stderr
    assert "|quiz" in ended.stdout
