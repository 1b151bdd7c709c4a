from __future__ import annotations

from pathlib import Path

import pytest

from mmeval.cli.prompts import described
from mmeval.types import (
    Ask,
    Generate,
    Graph,
    Image,
    Loglikelihood,
    Message,
    Prompt,
    Represent,
    RollingLoglikelihood,
    Text,
)
from tests.cli.conftest import Mmeval

CHAT = Prompt((Message("system", (Text("Be brief."),)), Message("user", (Image("map.png"), Text("Where?")))), chat=True)


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (
            Generate(Prompt.of("Q:\n"), max_tokens=8, stop=("\n",), options={"top_p": 0.5}),
            '--- Generate max_tokens=8 temperature=0.0 stop=["\\n"] top_p=0.5\nQ:\n',
        ),
        (
            Generate(CHAT, role="judge"),
            '--- Generate role="judge" max_tokens=256 temperature=0.0 stop=[]\n'
            "[system]\nBe brief.\n[user]\n[image map.png]Where?",
        ),
        (Loglikelihood(Prompt.of("Q:"), (" ä", "\n")), '--- Loglikelihood\nQ:\n--- continuations\n" ä"\n"\\n"'),
        (RollingLoglikelihood("all of it"), '--- RollingLoglikelihood stride="full"\nall of it'),
        (
            Represent((Prompt.of("a"), Prompt.of("b")), (-1,), (0, 1)),
            "--- Represent positions=[-1] layers=[0, 1]\na\nb",
        ),
        (
            Generate(Prompt.of(Graph((), (), "1-2")), stop=()),
            "--- Generate max_tokens=256 temperature=0.0 stop=[]\n1-2",
        ),
    ],
)
def test_described(ask: Ask, text: str) -> None:
    assert described(ask) == text


def test_show_prints_prompts_as_they_are(mmeval: Mmeval, quiz: Path) -> None:
    ended = mmeval("show", quiz, "--num", "2")
    assert ended.code == 0, ended.err
    assert ended.err == ""
    first, second = ended.out.split("=== quiz, sample ")[1:]
    assert first == 'test:0\n--- Loglikelihood\none?\n--- continuations\n" yes"\n" no"\n--- target: 0\n\n'
    assert second.startswith("test:1\n")


def test_show_words_prompts_as_a_run_would(mmeval: Mmeval, quiz: Path) -> None:
    ended = mmeval("show", quiz, "-n", "1", "--system_instruction", "Be brief.", "--apply_chat_template")
    assert "[system]\nBe brief.\n[user]\none?" in ended.out


def test_a_group_shows_all_its_tasks(mmeval: Mmeval) -> None:
    ended = mmeval("show", "clegr", "--num", "1")
    assert ended.code == 0, ended.err
    assert ended.out.count("=== clegr_") == 2


def test_the_system_instruction_is_joined_by_the_delimiter_of_the_task(mmeval: Mmeval, quiz: Path) -> None:
    quiz.write_text(quiz.read_text(encoding="utf-8") + 'description: "D:"\nfewshot_delimiter: "|"\n', encoding="utf-8")
    ended = mmeval("show", quiz, "--num", "1", "--system_instruction", "S")
    assert "\nS|D:one?\n" in ended.out


def test_turns_need_a_chat_template(mmeval: Mmeval, quiz: Path) -> None:
    ended = mmeval("show", quiz, "--fewshot_as_multiturn")
    assert ended.code == 2
    assert "--apply_chat_template" in ended.err


def test_what_a_task_says_of_itself_stands_before_its_prompts(mmeval: Mmeval, quiz: Path) -> None:
    entry = "{model: m, metric: acc, value: 0.5, source: card, mark: V}"
    with quiz.open("a", encoding="utf-8") as file:
        file.write(f"metadata: {{licence: MIT, references: [{entry}]}}\n")
    ended = mmeval("show", quiz, "--num", "2")
    known = ["data: rows.jsonl", "split: test", "examples: 0, of test", "metrics: acc"]
    said = ["=== quiz", *known, "licence: MIT", "published: acc 0.5 m: card [V]", ""]
    assert ended.out.splitlines()[:9] == [*said, "=== quiz, sample test:0"]
    assert ended.out.count("licence") == 1


def test_a_group_tells_its_members_and_goes_on_behind_a_task_without_data(mmeval: Mmeval, quiz: Path) -> None:
    lost = quiz.read_text(encoding="utf-8").replace("task: quiz", "task: lost").replace("rows.jsonl", "gone.jsonl")
    quiz.with_name("lost.yaml").write_text(lost + "metadata: {licence: MIT}\n", encoding="utf-8")
    quiz.with_name("both.yaml").write_text("group: both\ntask: [lost, quiz]\n", encoding="utf-8")
    ended = mmeval("show", "both", "--num", "1", "--include_path", ".")
    assert ended.code == 2
    assert ended.out.startswith("=== both\nmembers: lost, quiz\n\n=== lost\ndata: gone.jsonl\n")
    assert "licence: MIT\n\n=== quiz\n" in ended.out
    assert "=== quiz, sample test:0\n" in ended.out
    assert "gone.jsonl: there is no such data file" in ended.err


def test_a_task_that_would_run_code_can_be_looked_at(mmeval: Mmeval, quiz: Path) -> None:
    quiz.write_text(quiz.read_text(encoding="utf-8") + "unsafe_code: true\n", encoding="utf-8")
    assert mmeval("show", quiz, "--num", "1").code == 0
