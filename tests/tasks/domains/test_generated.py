"""Benchmarks with generated answers on their sample rows."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from mmeval.extract.cleaning import clean, plain_characters
from mmeval.metrics.numbers import num_em
from mmeval.types import Generation, Outcome, Sample
from mmeval_tasks.domains import samples
from mmeval_tasks.domains.finance import scoring
from mmeval_tasks.domains.finance.scoring import labelled_tokens, tags_of_lines
from mmeval_tasks.domains.legal import labels
from mmeval_tasks.domains.legalbench.scoring import named
from tests.tasks.domains import support
from tests.tasks.domains.test_definitions import FILES

LEGALBENCH = ("legalbench_hearsay", "legalbench_abercrombie", "legalbench_proa")
SOURCES = [
    ("medqa_4options_gen", "", 20),
    ("medmcqa_gen", "", 20),
    ("pubmedqa_gen", "", 20),
    ("pubmedqa_gen", "pubmedqa_qiaojin.jsonl", 20),
    ("fpb_gen", "", 20),
    ("fpb_gen", "fpb.jsonl", 20),
    ("ner_fin3", "", 20),
    ("finer_ord", "", 20),
    ("convfinqa", "", 20),
    ("convfinqa", "convfinqa_raw_turn.json", 20),
    *((name, "", 20) for name in LEGALBENCH),
    ("casehold_gen", "", 20),
    ("casehold_gen", "casehold_flat.jsonl", 20),
    ("lexglue_ledgar", "", 20),
    ("lexglue_ledgar_official", "", 20),
    ("lexglue_unfair_tos", "", 20),
]


@pytest.mark.parametrize(("name", "source", "n"), SOURCES)
def test_2_the_right_answers_have_the_best_scores(folder: Path, name: str, source: str, n: int) -> None:
    task = support.load(name, folder, source)
    found = support.scores(task, lambda sample: support.gold(task, sample))
    assert task.size() == n
    main = task.spec.details["main_metric"]
    # of a hundred titles twenty are gold
    assert found.pop("f1_macro", 1.0) == pytest.approx(0.2 if name == "lexglue_ledgar" else 1.0)
    if name == "lexglue_unfair_tos":
        assert found.pop("multilabel_f1_macro") == 1.0
    assert {value for metric, value in found.items() if metric.endswith("_rate")} == {0.0}
    assert found[main] == 1.0


@pytest.mark.parametrize(
    ("name", "constant", "wanted"),
    [
        ("medqa_4options_gen", "The answer is (B).", {"exact_match": 0.4, "unparsed_rate": 0.0}),
        ("medmcqa_gen", "E", {"exact_match": 0.0, "unparsed_rate": 1.0}),
        ("pubmedqa_gen", "Yes, it does.", {"exact_match": 0.45, "f1_macro": 0.2069}),
        ("legalbench_hearsay", "Yes", {"exact_match": 0.5, "balanced_acc": 0.5}),
        ("legalbench_proa", "No", {"exact_match": 0.5, "balanced_acc": 0.5}),
        ("legalbench_abercrombie", "generic", {"exact_match": 0.2, "balanced_acc": 0.2}),
        ("fpb_gen", "neutral", {"exact_match": 0.4, "f1_weighted": 0.2286, "f1_macro": 0.1905}),
        ("fpb_gen", "hard to say", {"exact_match": 0.0, "f1_weighted": 0.0, "unparsed_rate": 1.0}),
    ],
)
def test_3_constant_answers(folder: Path, name: str, constant: str, wanted: dict[str, float]) -> None:
    found = support.scores(support.load(name, folder), lambda sample: constant)
    assert {metric: found[metric] for metric in wanted} == pytest.approx(wanted, abs=5e-5)


def test_ratios_printed_as_percent_are_right(folder: Path) -> None:
    task = support.load("convfinqa", folder)

    def printed(sample: Sample) -> str:
        try:
            gold = float(sample.target)
        except ValueError:
            return str(sample.target)
        return f"{gold:.1%}" if abs(gold) < 1 else f"The answer is {gold:,.2f}."

    assert support.scores(task, printed)["num_match"] == 1.0


def test_a_turn_shows_the_table_and_the_dialogue_so_far(folder: Path) -> None:
    task = support.load("convfinqa", folder)
    second = list(task.samples())[1]
    (ask,) = task.requests(second)
    assert ask.prompt.text == (
        "the following table shows net sales by segment , in millions .\n"
        "| in millions | 2012 | 2011 |\n| --- | --- | --- |\n"
        "| coatings | $ 450 | $ 400 |\n| adhesives | $ 150 | $ 120 |\n"
        "sales grew in both segments .\n"
        "Question: what were coatings sales in 2012?\nAnswer: 450.0\n"
        "Question: and in 2011?\nAnswer:"
    )
    assert second.metadata == {"filename": "NVX/2012/page_40.pdf"}


def test_both_layouts_of_a_turn_give_the_same_prompts(folder: Path) -> None:
    tasks = [support.load("convfinqa", folder, source) for source in ("", "convfinqa_raw_turn.json")]
    prompts = [[task.requests(sample) for sample in task.samples()] for task in tasks]
    assert prompts[0] == prompts[1]
    # a reader of JSON may change the last digit of a number
    flat, raw = ([sample.target for sample in task.samples()] for task in tasks)
    assert [num_em.score(one, other) for one, other in zip(flat, raw, strict=True)] == [1.0] * 20  # type: ignore[misc]


def test_a_name_that_the_text_lacks_is_a_claim_and_counted(folder: Path) -> None:
    task = support.load("ner_fin3", folder)
    found = support.scores(task, lambda sample: f"{sample.target}\nNobody Atall, PER")
    golds = sum(len(sample.target.splitlines()) for sample in task.samples())
    assert found["entity_recall"] == 1.0
    assert found["entity_precision"] == pytest.approx(golds / (golds + 20))
    assert found["hallucinated_entity_rate"] == pytest.approx(20 / (golds + 20))


def test_a_name_of_another_type_is_dropped_and_counted(folder: Path) -> None:
    task = support.load("ner_fin3", folder)
    found = support.scores(task, lambda sample: f"{sample.target}\nFriday, DATE")
    golds = sum(len(sample.target.splitlines()) for sample in task.samples())
    assert (found["entity_f1"], found["hallucinated_entity_rate"]) == (1.0, 0.0)
    assert found["dropped_entity_rate"] == pytest.approx(20 / (golds + 20))


def test_lists_with_types_in_brackets_are_read_as_well(folder: Path) -> None:
    task = support.load("ner_fin3", folder)
    words = {"PER": "person", "ORG": "organization", "LOC": "location"}

    def bracketed(sample: Sample) -> str:
        pairs = (line.rsplit(", ", 1) for line in sample.target.splitlines())
        return ", ".join(f"{name} ({words[kind]})" for name, kind in pairs)

    assert support.scores(task, bracketed)["entity_f1"] == 1.0


def test_option_texts_are_read(folder: Path) -> None:
    for name, fields in (
        ("medqa_4options_gen", ("ending0", "ending1", "ending2", "ending3")),
        ("medmcqa_gen", ("opa", "opb", "opc", "opd")),
    ):
        task = support.load(name, folder)

        def text(sample: Sample, fields: Sequence[str] = fields) -> str:
            return f"It is {sample.doc[fields[sample.target]].strip().lower()}."

        found = support.scores(task, text)
        assert (found["exact_match"], found["unparsed_rate"]) == (1.0, 0.0)


def test_stray_quotation_marks_of_options_are_not_shown(tmp_path: Path) -> None:
    row = {
        "id": "0",
        "sent1": "Why?",
        "ending0": 'So\n"',
        "ending1": '"No"',
        "ending2": "x",
        "ending3": "y",
        "label": 0,
    }
    (tmp_path / "medqa.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (sample,) = support.load("medqa_4options", tmp_path).samples()
    (ask,) = support.load("medqa_4options", tmp_path).requests(sample)
    assert ask.prompt.text == 'Question: Why?\nA. So\nB. "No"\nC. x\nD. y\nAnswer:'


def test_golds_of_legalbench_are_labels_in_any_writing(folder: Path, tmp_path: Path) -> None:
    for form in ("{}", "{}.", " {} "):
        lines = (folder / "legalbench_hearsay.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [{**row, "answer": form.format(row["answer"].lower())} for row in map(json.loads, lines)]
        (tmp_path / "legalbench_hearsay.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        task = support.load("legalbench_hearsay", tmp_path)
        found = support.scores(task, lambda sample: sample.target.strip().strip(".").upper())
        assert found == {"exact_match": 1.0, "balanced_acc": 1.0, "unparsed_rate": 0.0}


@pytest.mark.parametrize(
    "line", ["{}: {}", "{} : {}", "- {}:{}", "* {}:{}", "1. {}:{}", "(1) {}:{}", "**{}**:{}", "**{}:{}**", "{}:`{}`"]
)
def test_lines_of_tokens_may_be_a_list(folder: Path, line: str) -> None:
    task = support.load("finer_ord", folder)

    def listed(sample: Sample) -> str:
        pairs = (each.rpartition(":") for each in sample.target.splitlines())
        return "\n".join(line.format(token, tag) for token, _, tag in pairs)

    assert support.scores(task, listed)["entity_f1"] == 1.0


def test_tokens_that_look_like_a_list_or_a_next_example() -> None:
    tokens = ["Text", "-", "–", "1.", "’s", "Q", "５", "Larch", "non‑bank"]
    tags = ["O", "O", "O", "O", "O", "O", "O", "B-ORG", "I-ORG"]
    said = "\n".join(f"{token}:{tag}" for token, tag in zip(tokens, tags, strict=True))
    answer = clean(said, cut=False).answer
    values = labelled_tokens({"token": tokens, "label": tags}, [answer])
    assert (values["entity_f1"], values["unparsed_rate"]) == ((1, 1, 1), 0.0)
    assert tags_of_lines(answer, list(map(plain_characters, tokens))) == (tags, len(tokens))


REASONED = {
    "legalbench_citation_prediction_open": "{}",
    "legalbench_definition_extraction": "{}",
    "legalbench_ssla_plaintiff": "{}",
    "finer_ord": "{}",
    "finqa_program": "{}",
    "jfinqa_numerical": "Answer: {}",
    "legalbench_sara_numeric": "{}",
}


@pytest.mark.parametrize("name", list(REASONED))
def test_what_a_model_thinks_is_not_read(tmp_path: Path, name: str) -> None:
    samples.write(tmp_path, [FILES[name]])
    task = support.load(name, tmp_path)
    main = task.spec.details["main_metric"]

    def gold(sample: Sample) -> str:
        return REASONED[name].format(named(sample.doc) if "ssla" in name else support.gold(task, sample))

    assert support.scores(task, lambda sample: f"<think>{name}: 7</think>{gold(sample)}")[main] == 1.0
    assert support.scores(task, lambda sample: f"<think>{gold(sample)}</think>Brown v. Board")[main] == 0.0
    rows = support.rows(task, lambda sample: Generation(f"<think>{gold(sample)}"))
    assert rows[main].outcomes == {Outcome.UNPARSED.value: rows[main].total}
    assert (rows[main].value, rows["unparsed_rate"].value) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("$60", 1.0),
        ("In 2017, the tax is $62.50", 1.0),
        ("The answer is $55, for 2017.", 1.0),
        ("60%", 1.0),
        ("2017", 0.0),
        ("nothing", 0.0),
    ],
)
def test_the_amount_is_the_number_that_the_answer_ends_in(tmp_path: Path, text: str, right: float) -> None:
    samples.write(tmp_path, [FILES["legalbench_sara_numeric"]])
    task = support.load("legalbench_sara_numeric", tmp_path)
    (first, *_) = task.samples()
    assert task.score(first, [Generation(text)]).values["within_10_percent"] == right


def test_a_lost_line_does_not_shift_the_others(folder: Path) -> None:
    task = support.load("finer_ord", folder)
    found = support.scores(task, lambda sample: sample.target.partition("\n")[2])
    assert found["entity_f1"] > 0.9


def test_an_unreadable_answer_is_unparsed_and_wrong(folder: Path) -> None:
    task = support.load("legalbench_hearsay", folder)
    row = support.rows(task, lambda sample: Generation("That depends."))["exact_match"]
    assert (row.value, row.outcomes) == (0.0, {Outcome.UNPARSED.value: 20})


def test_holdings_are_asked_for_in_the_published_words(folder: Path) -> None:
    task = support.load("casehold_gen", folder)
    first = next(iter(task.samples()))
    (ask,) = task.requests(first)
    excerpt = first.doc["context"].replace("<HOLDING>", "[Masked Holding]")
    listed = "".join(f"- {holding}\n" for holding in first.doc["endings"])
    assert "[Masked Holding]" in excerpt
    assert ask.prompt.text == (
        f'Given the following excerpt from a US court opinion:\n"{excerpt}"\n\n'
        f"The [Masked Holding] is a placeholder for one of the following options:\n{listed}The relevant option is:"
    )


def test_holdings_have_an_f1_by_position(folder: Path) -> None:
    task = support.load("casehold_gen", folder)
    found = support.scores(task, lambda sample: sample.doc["endings"][0])
    assert found["exact_match"] == pytest.approx(0.2)
    assert found["f1_macro"] == pytest.approx(0.0667, abs=5e-5)


def test_official_titles_are_marked_wherever_they_occur() -> None:
    row = {"label": labels.LEDGAR.index("Defined Terms")}
    values = labels.ledgar_official_values(row, ["Defined terms."])
    assert values["multilabel_f1_micro"] == (("Defined Terms", "Terms"), ("Defined Terms", "Terms"), 100)
    assert labels.ledgar_official_values(row, ["A"])["unparsed_rate"] == 1.0


def test_entities_have_an_f1_of_each_type() -> None:
    tags = ["O", "B-PER", "I-PER", "I-LOC", "B-LOC", "B-ORG", "I-PER", "B-ORG"]
    rng = random.Random(3)
    for _ in range(50):
        predicted, gold = ([rng.choice(tags) for _ in range(8)] for _ in "ab")
        values = scoring._entity_values(predicted, gold)
        parts = [values[f"entity_f1_{kind}"] for kind in ("PER", "LOC", "ORG")]
        assert tuple(map(sum, zip(*parts, strict=True))) == values["entity_f1"]
