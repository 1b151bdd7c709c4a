"""Benchmarks without sample rows, on rows of their layout that are made here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import UsageError
from mmeval.task import Answered
from mmeval.types import Generate, Generation, Outcome
from mmeval_tasks.domains.medical import layouts
from tests.tasks.domains import support

CAREQA = {"question": "Which?", "op1": "a", "op2": "b", "op3": "c", "op4": "d", "cop": 4}
HEADQA = {"qtext": "Which?", "answers": [{"aid": 1, "atext": "one"}, {"aid": 2, "atext": "two"}], "ra": 2}
SCIQ = {
    "support": " Water boils. ",
    "question": "What boils?",
    "correct_answer": "water",
    "distractor1": "sand",
    "distractor2": "iron",
    "distractor3": "air",
}
AGIEVAL = {"query": "Q: Which? Answer Choices: (A)x (B)y\nA: The answer is", "choices": ["(A)x", "(B)y"], "gold": [1]}
GPQA = {
    "Question": " Why?",
    "Correct Answer": "because\n",
    "Incorrect Answer 1": "no",
    "Incorrect Answer 2": "never",
    "Incorrect Answer 3": "nowhere",
}
GSM8K = {"question": "How many?", "answer": "Two and two.\n#### 1,004"}
PRO = {
    "question": "Which?",
    "options": ["x", "y", "z"],
    "answer": "B",
    "answer_index": 1,
    "category": "health",
    "cot_content": "A: Let's think step by step. It is y. The answer is (B).",
}
FINQA = {
    "id": "A/2010/page_1.pdf-1",
    "filename": "A/2010/page_1.pdf",
    "pre_text": ["before", "it"],
    "post_text": ["after"],
    "table": [["", "2010"], ["sales", "5"]],
    "qa": {"question": "what were sales?", "exe_ans": 5.0},
}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return tmp_path


def _task(folder: Path, name: str, rows: Sequence[Mapping[str, Any]], local: str = "") -> Any:
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / f"{local or name}.jsonl").write_text(lines, encoding="utf-8")
    return support.load(name, folder)


@pytest.mark.parametrize(
    ("name", "row", "prompt", "gold"),
    [
        ("careqa_en", CAREQA, "Question: Which?\nA. a\nB. b\nC. c\nD. d\nAnswer:", "D"),
        ("careqa_es", CAREQA, "Question: Which?\nA. a\nB. b\nC. c\nD. d\nAnswer:", "D"),
        ("headqa_en", HEADQA, "Question: Which?\nAnswer:", "two"),
        ("headqa_es", HEADQA, "Question: Which?\nAnswer:", "two"),
        ("sciq", SCIQ, "Water boils.\nQuestion: What boils?\nAnswer:", "water"),
        *((f"agieval_{name}", AGIEVAL, AGIEVAL["query"], "B") for name in ("sat_en", "sat_math", "lsat_ar")),
    ],
)
def test_choices(made: Path, name: str, row: Mapping[str, Any], prompt: str, gold: str) -> None:
    task = _task(made, name, [row])
    (sample,) = task.samples()
    assert task.requests(sample)[0].prompt.text == prompt
    assert support.gold(task, sample) == gold
    assert support.scores(task, lambda sample: gold)["acc"] == 1.0


@pytest.mark.parametrize("part", ["main", "diamond", "extended"])
def test_options_of_gpqa_are_shuffled_by_their_question(made: Path, part: str) -> None:
    rows = [{**GPQA, "Question": f"Why {number}?"} for number in range(40)]
    task = _task(made, f"gpqa_{part}", rows)
    golds = [support.gold(task, sample) for sample in task.samples()]
    assert set(golds) == {"(A)", "(B)", "(C)", "(D)"}
    last = _task(made, f"gpqa_{part}", rows[-1:])
    assert support.gold(last, next(iter(last.samples()))) == golds[-1]
    assert support.scores(task, lambda sample: support.gold(task, sample))["acc"] == 1.0


def test_gsm8k_reads_the_marked_number_and_the_last(made: Path) -> None:
    task = _task(made, "gsm8k", [GSM8K])
    (sample,) = task.samples()
    (ask,) = task.requests(sample)
    assert isinstance(ask, Generate)
    assert (ask.prompt.text, sample.target) == ("Question: How many?\nAnswer:", "1,004")
    assert support.scores(task, lambda sample: "So it is 1004.")["exact_match"] == 1.0  # flexible-extract
    assert support.scores(task, lambda sample: "1004 in 3 steps")["exact_match"] == 0.0


def test_mmlu_pro_asks_for_a_chain_of_thought(made: Path) -> None:
    task = _task(made, "mmlu_pro_health", [PRO, {**PRO, "category": "law"}], "mmlu_pro")
    (sample,) = task.samples()
    (ask,) = task.requests(sample)
    assert ask.prompt.text.endswith("Question:\nWhich?\nOptions:\nA. x\nB. y\nC. z\nAnswer: Let's think step by step.")
    assert support.scores(task, lambda sample: "It is y. Answer: B")["exact_match"] == 1.0


def test_letters_of_mmlu_pro_are_those_of_the_options(made: Path) -> None:
    task = _task(made, "mmlu_pro_health", [PRO], "mmlu_pro")
    (sample,) = task.samples()
    said = ("The answer is (B).", "It is y.", "The answer is J.", "J", "hm")
    scores = [score for text in said for score in task.score_all([Answered(sample, [[Generation(text)]])])]
    found = [(score.pipeline, *score.values.values(), score.outcome) for score in scores]
    assert found == [
        ("custom-extract", 1.0, 0.0, Outcome.SCORED),
        ("flexible-extract", 1.0, 0.0, Outcome.SCORED),
        ("custom-extract", 0.0, 1.0, Outcome.UNPARSED),
        ("flexible-extract", 1.0, 0.0, Outcome.SCORED),
        ("custom-extract", 0.0, 0.0, Outcome.SCORED),
        ("flexible-extract", 0.0, 1.0, Outcome.UNPARSED),
        *(("custom-extract", 0.0, 1.0, Outcome.UNPARSED), ("flexible-extract", 0.0, 1.0, Outcome.UNPARSED)) * 2,
    ]


def test_examples_of_mmlu_pro_hold_their_reasoning(made: Path) -> None:
    (made / "mmlu_pro.validation.jsonl").write_text(json.dumps({**PRO, "question": "Before?"}) + "\n", encoding="utf-8")
    _task(made, "mmlu_pro_health", [PRO], "mmlu_pro")
    task = support.load("mmlu_pro_health", made, shots=1)
    (ask,) = task.requests(next(iter(task.samples())))
    assert "Answer: Let's think step by step. It is y. The answer is (B).\n\nQuestion:\nWhich?" in ask.prompt.text


def test_finqa_shows_the_page_and_compares_numbers(made: Path) -> None:
    task = _task(made, "finqa", [FINQA])
    (sample,) = task.samples()
    assert task.requests(sample)[0].prompt.text == (
        "before it\n| - | 2010 |\n| --- | --- |\n| sales | 5 |\nafter\nQuestion: what were sales?\nAnswer:"
    )
    assert support.scores(task, lambda sample: "$5.0 million")["num_em"] == 1.0


@pytest.mark.parametrize("subject", ["professional_accounting", "jurisprudence", "abstract_algebra"])
def test_subjects_of_mmlu(made: Path, subject: str) -> None:
    row = {"question": "Which?", "subject": subject, "choices": ["a", "b", "c", "d"], "answer": 2}
    task = _task(made, f"mmlu_{subject}", [row], "mmlu")
    prompt = task.requests(next(iter(task.samples())))[0].prompt.text
    spoken = subject.replace("_", " ")
    assert prompt.startswith(
        f"The following are multiple choice questions (with answers) about {spoken}.\n\nWhich?\nA. a\n"
    )


BILL = {"bill_title": "t", "bill_summary": "s", "company_name": "c", "company_description": "d", "answer": "No"}
DECISION = {"Paragraph": "We affirm.", "answer": "Decree"}
CITIZEN = {"question": "May I?", "answer": "Yes"}


@pytest.mark.parametrize(
    ("name", "row", "prompt", "gold"),
    [
        (
            "corporate_lobbying",
            BILL,
            "d\nIs this bill potentially relevant to the company? FINAL ANSWER:",
            "No",
        ),
        ("function_of_decision_section", DECISION, "Text: We affirm.\nLabel:", "Decree"),
        ("international_citizenship_questions", CITIZEN, "May I? Answer Yes or No.\nAnswer:", "Yes"),
    ],
)
def test_further_tasks_of_legalbench(made: Path, name: str, row: Mapping[str, Any], prompt: str, gold: str) -> None:
    task = _task(made, f"legalbench_{name}", [row])
    assert task.requests(next(iter(task.samples())))[0].prompt.text.endswith(prompt)
    assert support.scores(task, lambda sample: f"{gold}.")["balanced_acc"] == 1.0


_QUESTION = {"question": "q", "context": {"contexts": ["a"]}, "final_decision": "yes"}
PUBMEDQA = [{"pubid": number, **_QUESTION} for number in range(1000)]


def _official(folder: Path, monkeypatch: pytest.MonkeyPatch, counts: Mapping[str, int]) -> None:
    """A list of official test questions of this test's own."""
    answers = [answer for answer, count in counts.items() for _ in range(count)]
    listed = {str(2 * place): answer for place, answer in enumerate(answers)}
    (folder / "official.json").write_text(json.dumps(listed), encoding="utf-8")
    monkeypatch.setattr(layouts, "_OFFICIAL", str(folder / "official.json"))


def test_the_published_rows_of_pubmedqa_are_cut_down_to_the_official_ones(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    _official(made, monkeypatch, {"yes": 276, "no": 169, "maybe": 55})
    docs = layouts.pubmedqa(datasets.Dataset.from_list(PUBMEDQA))
    assert docs["PUBID"][:] == list(range(0, 1000, 2))
    assert set(docs["split_id"]) == {"official500"}
    assert set(layouts.pubmedqa_all(datasets.Dataset.from_list(PUBMEDQA))["split_id"]) == {"all1000"}


def test_another_list_is_not_taken_for_the_official_one(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    _official(made, monkeypatch, {"yes": 500})
    with pytest.raises(UsageError, match="does not hold the 500 official test questions"):
        layouts.pubmedqa(datasets.Dataset.from_list(PUBMEDQA))
