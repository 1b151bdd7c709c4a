"""New instances: programs, selection, and whole generations that do not depend on scheduling."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import UsageError
from mmeval.sandbox import Sandbox
from mmeval_tasks.longreasonarena import GeneratedLevel1
from mmeval_tasks.longreasonarena.data import Problem
from mmeval_tasks.longreasonarena.generation.attempts import Attempt, attempt, sandbox, seed_of
from mmeval_tasks.longreasonarena.generation.command import generate
from mmeval_tasks.longreasonarena.generation.programs import Programs, UnusableProblemError
from mmeval_tasks.longreasonarena.generation.selection import candidates, select, with_longest
from mmeval_tasks.longreasonarena.tokens import estimate
from tests.tasks.longreasonarena.conftest import ReadRows

# ---------------------------------------------------------------- programs


def test_every_published_problem_has_its_programs(read: ReadRows) -> None:
    programs = [Programs.of(Problem.of(row)) for row in read("problems")]
    assert len(programs) == 316
    assert all(one.generate.startswith("def generate(") for one in programs)
    assert all(one.guess for one in programs)
    by_statement = {one.problem.statement: one.factor for one in programs}
    assert Counter(by_statement.values()) == {10: 23, 2: 135, 1: 151}


def test_parameters_are_in_order(read: ReadRows) -> None:
    level1 = {row["problem"]: list(row["input"]) for row in read("lvl1")}
    for row in read("problems"):
        if row["problem"] in level1:
            assert list(Programs.of(Problem.of(row)).parameters) == level1[row["problem"]]


def _problem(generate: str, solution: str, guess: str = "", idx: int = 1) -> Problem:
    code = f"class Solution:\n    def _main(self, n):\n        {solution}\n"
    fenced = f"Text\n```python\n{generate}\n```\n"
    return Problem(idx, f"statement {idx}", "", ("Array",), code, fenced, "", guess and f"```python\n{guess}\n```")


def test_only_the_generator_itself_is_kept() -> None:
    problem = _problem("import os\nHELP = 1\ndef generate():\n    # why\n    return 1", "return n")
    assert Programs.of(problem).generate == "def generate():\n    return 1"


@pytest.mark.parametrize(
    ("generate", "solution", "guess", "problem"),
    [
        ("def other(): pass", "return n", "", "it has no generator"),
        ("def generate(: pass", "return n", "", "it has no generator"),
        ("def generate():\n    open('x')", "return n", "", "its generator is refused: line 2: name 'open'"),
        ("def generate(): pass", "return n.__class__", "", "its solution is refused"),
        ("def generate(): pass", "return n", "def guess(n): return eval(n)", "its guess is refused"),
    ],
)
def test_unusable_problems_say_why(generate: str, solution: str, guess: str, problem: str) -> None:
    with pytest.raises(UnusableProblemError, match=problem):
        Programs.of(_problem(generate, solution, guess))


def test_a_guess_that_calls_itself_is_not_used() -> None:
    guess = "def guess(n):\n    return guess(n) + guess(n)"
    assert Programs.of(_problem("def generate(): pass", "return n", guess)).guess == ""


# ---------------------------------------------------------------- attempts


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with sandbox() as made:
        yield made


LOOP = "t = 0\n        for i in range(n): t += i\n        return t"


@pytest.mark.parametrize(
    ("generate", "solution", "guess", "status"),
    [
        ("return 500", LOOP, "", "kept"),
        ("return np.int64(500)", LOOP, "", "kept"),
        ("return 500", LOOP, "return 124750", "guessable"),
        ("return 500", LOOP, "return 1 // 0", "kept"),
        ("return 5", LOOP, "", "lines out of range"),
        ("return 10**6", LOOP, "", "too many lines"),
        ("return list(range(20000))", "return sum(n)", "", "input too long"),
        ("return 1 // 0", LOOP, "", "generator raised"),
        ("return {1}", LOOP, "", "generator raised"),
        ("import os", LOOP, "", "refused"),
        ("return 500", "return {n}", "", "solution raised"),
        ("return 500", "return [0] * 10**12", "", "solution memory"),
        ("return 500", "return sys.modules['os'].fork()", "", "solution raised (tried: os.fork)"),
        ("return string._re.enum.sys.modules['_io'].FileIO('x', 'w')", LOOP, "", "generator raised (tried: open)"),
    ],
)
def test_attempts_end_with_a_status(box: Sandbox, generate: str, solution: str, guess: str, status: str) -> None:
    problem = _problem(f"def generate():\n    {generate}", solution, guess and f"def guess(n):\n    {guess}")
    if status == "refused":
        with pytest.raises(UnusableProblemError):
            Programs.of(problem)
        return
    with box.session() as session:
        found = attempt(session, Programs.of(problem), 0, 0, estimate)
    assert found.status == status
    assert (found.row is not None) == (status == "kept")
    if found.row is not None:
        assert (found.row["input"], found.row["output"], found.line) == ({"n": 500}, 124750, 505)


@pytest.mark.slow
def test_endless_programs_end(box: Sandbox) -> None:
    with box.session() as session:
        endless = Programs.of(_problem("def generate():\n    while True: pass", LOOP))
        assert attempt(session, endless, 0, 0, estimate).status == "generator timeout"
        slow = Programs.of(_problem("def generate(): return 500", "while True: pass"))
        assert attempt(session, slow, 0, 0, estimate).status == "solution timeout"


def test_seeds_do_not_depend_on_anything_else() -> None:
    assert seed_of(1, 2, 3) == seed_of(1, 2, 3)
    assert len({seed_of(a, b, c) for a in range(5) for b in range(5) for c in range(5)}) == 125


# ---------------------------------------------------------------- selection


def _attempt(idx: int, number: int, line: int, value: int = 0) -> Attempt:
    row = {"problem": str(idx), "input": {"n": value or number}, "output": "12345", "line": line}
    return Attempt(idx, number, "kept", row)


def test_candidates_are_in_the_band_and_ask_something_new() -> None:
    attempts = [
        _attempt(1, 2, 150),
        _attempt(1, 1, 100),
        _attempt(1, 3, 200),
        _attempt(2, 1, 100, 7),
        _attempt(1, 4, 120, 2),
    ]
    found = candidates(attempts, (100, 200), estimate)
    assert {idx: [one.number for one in rows] for idx, rows in found.items()} == {1: [1, 2], 2: [1]}
    assert candidates(attempts, (100, 200), estimate, max_answer_tokens=4) == {}
    assert candidates([Attempt(1, 1, "guessable")], (0, 10), estimate) == {}


def test_short_levels_keep_problems_that_also_reach_the_longest() -> None:
    attempts = [_attempt(1, 1, 150), _attempt(2, 1, 150), _attempt(2, 2, 150_000)]
    assert set(with_longest(candidates(attempts, (100, 200), estimate), attempts)) == {2}


def test_half_decades_take_turns() -> None:
    lines = [100, 110, 120, 130, 150, 160, 400, 500, 20_000]
    found = {idx: [_attempt(idx, 0, line)] for idx, line in enumerate(lines)}
    rows = select(found, dict.fromkeys(found, 1), 5, 0, equal_bins=True)
    assert Counter(math.floor(2 * math.log10(row["line"])) for row in rows) == {4: 2, 5: 2, 8: 1}


def test_every_problem_gives_one_row_before_any_gives_two() -> None:
    found = {idx: [_attempt(idx, number, 100) for number in range(5)] for idx in range(10)}
    factors = dict.fromkeys(range(10), 3)
    assert Counter(row["problem"] for row in select(found, factors, 10, 0)).most_common(1)[0][1] == 1
    assert Counter(row["problem"] for row in select(found, factors, 100, 0)) == {str(idx): 3 for idx in range(10)}
    assert select(found, factors, 5, 0) == select(found, factors, 5, 0) != select(found, factors, 5, 1)


# ---------------------------------------------------------------- whole generations


@pytest.fixture
def problems(read: ReadRows, tmp_path: Path) -> Path:
    """A few quick problems, and one that may not run."""
    rows = [row for row in read("problems") if row["idx"] in (1, 2, 112, 124)]
    bad = {**rows[0], "idx": 9999, "code": "import os", "problem": "another"}
    file = tmp_path / "problems.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in [*rows, bad]))
    return file


ARGUMENTS = ["--lines", "100", "100000", "--count", "4", "--seed", "7", "--max_attempts", "6", "--allow_code_execution"]


def _generate(problems: Path, output: Path, *more: str) -> tuple[str, dict[str, Any]]:
    assert generate([*ARGUMENTS, "--problems", str(problems), "--output", str(output), *more]) == 0
    return (output / "generated_lines.jsonl").read_text(), json.loads(
        (output / "generated_lines.card.json").read_text()
    )


@pytest.mark.slow
def test_the_number_of_workers_changes_nothing(problems: Path, tmp_path: Path) -> None:
    one, card = _generate(problems, tmp_path / "one", "--workers", "1")
    two, _ = _generate(problems, tmp_path / "two", "--workers", "3")
    assert one == two
    rows = [json.loads(line) for line in one.splitlines()]
    assert 1 <= len(rows) <= 4
    assert all(100 <= row["line"] < 100_000 for row in rows)
    assert (card["published"], card["rows"], card["seed"]) == (False, len(rows), 7)
    assert card["refused_problems"] == {"9999": "its solution is refused: line 1: import of os"}
    assert sum(card["attempts"].values()) == 24
    other, _ = _generate(problems, tmp_path / "other", "--seed", "8")
    assert other != one


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 4), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_stopped_generation_goes_on(problems: Path, tmp_path: Path, number: signal.Signals, code: int) -> None:
    whole, _ = _generate(problems, tmp_path / "whole")
    broken = tmp_path / "broken"
    command = [sys.executable, "-m", "mmeval", "generate", "longreasonarena", *ARGUMENTS, "--workers", "1"]
    process = subprocess.Popen(
        [*command, "--problems", str(problems), "--output", str(broken)], stderr=subprocess.PIPE, text=True
    )
    journal = broken / "generated.attempts.jsonl"
    while process.poll() is None and (not journal.exists() or len(journal.read_text().splitlines()) < 7):
        time.sleep(0.002)
    process.send_signal(number)
    _, said = process.communicate()
    assert process.returncode == code
    assert number != signal.SIGINT or "go on with: mmeval generate longreasonarena --lines 100" in said
    kept = journal.read_text().splitlines()
    assert 7 <= len(kept) < 25
    journal.write_text("\n".join(kept) + '\n{"idx": 1, "num')
    resumed, _ = _generate(problems, broken)
    assert resumed == whole
    assert journal.read_text().splitlines()[: len(kept)] == kept


def test_generated_rows_are_a_task_and_their_attempts_belong_to_a_seed(
    problems: Path, tmp_path: Path, folder: Path
) -> None:
    _generate(problems, tmp_path)
    with pytest.raises(UsageError, match="begun with other settings"):
        _generate(problems, tmp_path, "--seed", "8")
    kept = (tmp_path / "generated.attempts.jsonl").read_text()
    _generate(problems, tmp_path, "--lines", "200", "50000")
    assert (tmp_path / "generated.attempts.jsonl").read_text() == kept
    made = tmp_path / "generated_lines.jsonl"
    samples = list(GeneratedLevel1(dataset=str(made), problems=str(folder / "problems.jsonl")).samples())
    assert [sample.sample_id for sample in samples] == [f"generated_lvl1:{i}" for i in range(len(samples))]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--level", "4"], "level"),
        (["--count", "0"], "count"),
        (["--nonsense"], "nonsense"),
        (["--lines", "5", "9"], "lines"),
        (["--lines", "500", "200"], "500 is not below 200"),
    ],
)
def test_wrong_options_are_usage_errors(arguments: list[str], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        generate(arguments)


def test_no_usable_problem_is_an_error(tmp_path: Path, read: ReadRows) -> None:
    file = tmp_path / "problems.jsonl"
    file.write_text(json.dumps({**read("problems")[0], "code": "import os"}))
    with pytest.raises(UsageError, match="no problem"):
        generate(["--problems", str(file), "--output", str(tmp_path), "--allow_code_execution"])


def test_programs_of_another_file_run_only_where_the_user_says_so(problems: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not the published file") as raised:
        generate(["--problems", str(problems), "--output", str(tmp_path / "out")])
    assert "--allow_code_execution" in raised.value.hint
    assert not (tmp_path / "out").exists()
