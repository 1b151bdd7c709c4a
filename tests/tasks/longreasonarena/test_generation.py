"""New instances: programs, selection, and whole generations that do not depend on scheduling."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import IncompleteRunError, UsageError
from mmeval_tasks.longreasonarena import GeneratedLevel1
from mmeval_tasks.longreasonarena.data import Problem
from mmeval_tasks.longreasonarena.generation import command
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
    ],
)
def test_attempts_end_with_a_status(generate: str, solution: str, guess: str, status: str) -> None:
    problem = _problem(f"def generate():\n    {generate}", solution, guess and f"def guess(n):\n    {guess}")
    if status == "refused":
        with pytest.raises(UnusableProblemError):
            Programs.of(problem)
        return
    with sandbox() as box, box.session() as session:
        found = attempt(session, Programs.of(problem), 0, 0, estimate)
    assert found.status == status
    assert (found.row is not None) == (status == "kept")
    if found.row is not None:
        assert (found.row["input"], found.row["output"], found.line) == ({"n": 500}, 124750, 505)


@pytest.mark.slow
def test_endless_programs_end() -> None:
    with sandbox() as box, box.session() as session:
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


def _generate(problems: Path, output: Path, *more: str) -> tuple[str, dict[str, Any]]:
    arguments = ["--lines", "100", "100000", "--count", "4", "--seed", "7", "--max_attempts", "6"]
    assert generate([*arguments, "--problems", str(problems), "--output", str(output), *more]) == 0
    return (output / "generated_lines.jsonl").read_text(), json.loads(
        (output / "generated_lines.card.json").read_text()
    )


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


def test_an_interrupted_generation_goes_on(problems: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = _generate(problems, tmp_path / "whole")

    def interrupt(self: Any, done: int, planned: int) -> None:
        if done == 7:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(command._Bar, "advance", interrupt)
        with pytest.raises(IncompleteRunError, match="finished attempts are kept") as raised:
            _generate(problems, tmp_path / "broken", "--workers", "1")
    assert "mmeval generate longreasonarena --lines 100" in raised.value.hint
    journal = tmp_path / "broken" / "generated_lines.attempts.jsonl"
    kept = journal.read_text().splitlines()
    assert len(kept) == 8
    journal.write_text("\n".join(kept) + '\n{"idx": 1, "num')
    resumed, _ = _generate(problems, tmp_path / "broken", "--workers", "1")
    assert resumed == whole
    assert journal.read_text().splitlines()[:8] == kept


def test_another_seed_does_not_go_on_with_these_attempts(problems: Path, tmp_path: Path) -> None:
    _generate(problems, tmp_path / "out")
    with pytest.raises(UsageError, match="begun with other settings"):
        _generate(problems, tmp_path / "out", "--seed", "8")


def test_generated_rows_are_a_task(problems: Path, tmp_path: Path, folder: Path) -> None:
    _generate(problems, tmp_path)
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
    ],
)
def test_wrong_options_are_usage_errors(arguments: list[str], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        generate(arguments)


def test_no_usable_problem_is_an_error(tmp_path: Path, read: ReadRows) -> None:
    file = tmp_path / "problems.jsonl"
    file.write_text(json.dumps({**read("problems")[0], "code": "import os"}))
    with pytest.raises(UsageError, match="no problem"):
        generate(["--problems", str(file), "--output", str(tmp_path)])
