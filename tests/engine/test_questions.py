"""Questions that are asked twice, and prompts that say nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mmeval.cli.main import execute
from mmeval.engine.questions import Questions
from mmeval.types import Ask, Generate, Graph, Image, Loglikelihood, Message, Prompt, RollingLoglikelihood, Text


def _counts(asked: list[Ask], shots: int = 0) -> tuple[int, int]:
    questions = Questions(shots)
    for ask in asked:
        questions.add([ask])
    return questions.repeated, questions.empty


def _behind(example: str, question: str) -> Ask:
    turns = (("user", example), ("assistant", "yes"), ("user", question))
    return Generate(Prompt(tuple(Message(role, (Text(text),)) for role, text in turns)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "shots", "wanted"),
    [
        ([Generate(Prompt.of("a")), Generate(Prompt.of("b")), Generate(Prompt.of("a"))], 0, (1, 0)),
        ([Generate(Prompt.of(" \n")), Generate(Prompt.of(Image("x.png")))], 0, (0, 1)),
        ([Loglikelihood(Prompt.of("a"), (" x",)), Loglikelihood(Prompt.of("a"), (" y",))], 0, (0, 0)),
        ([Generate(Prompt.of(Image("x.png", "0"), "a")), Generate(Prompt.of(Image("y.png", "1"), "a"))], 0, (0, 0)),
        ([Generate(Prompt.of(Graph((), (), text), "a")) for text in ("1-2", "1-2", "1-3")], 0, (1, 0)),
        ([RollingLoglikelihood("a"), RollingLoglikelihood(""), RollingLoglikelihood("")], 0, (1, 2)),
        ([_behind("one", "a"), _behind("two", "a")], 2, (1, 0)),
        ([_behind("one", "a"), _behind("two", "a")], 0, (0, 0)),  # turns of a dialogue are no examples
    ],
)
def test_counts(asked: list[Ask], shots: int, wanted: tuple[int, int]) -> None:
    assert _counts(asked, shots) == wanted


def test_what_is_told_is_what_there_is() -> None:
    assert str(Questions(0)) == ""
    assert str(Questions(0, 2, 0)) == "repeated questions: 2"
    assert str(Questions(0, 1, 3)) == "repeated questions: 1, empty prompts: 3"


def test_a_run_tells_and_records_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["A clause.", "A clause.", ""]
    rows = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    (tmp_path / "domain_ppl_legal.jsonl").write_text(rows, encoding="utf-8")
    flags = ["--data_dir", str(tmp_path), "--offline", "--output_path", str(tmp_path / "out")]
    assert execute(["run", "--tasks", "domain_ppl_legal", "--model", "dummy", *flags]) == 0
    told = "task 'domain_ppl_legal', 3 samples: repeated questions: 1, empty prompts: 1"
    assert told in capsys.readouterr().err
    (manifest,) = (tmp_path / "out").rglob("run.json")
    own = json.loads(manifest.read_text(encoding="utf-8"))["tasks"]["domain_ppl_legal"]
    assert (own["repeated_questions"], own["empty_prompts"]) == (1, 1)
