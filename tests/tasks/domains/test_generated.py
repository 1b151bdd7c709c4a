"""Benchmarks with generated answers, and perplexity, on their sample rows."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from mmeval.metrics.labels import multilabel_f1_micro, multilabelled
from mmeval.metrics.numbers import num_em
from mmeval.types import Generation, Outcome, RollingLikelihood, Sample
from mmeval_tasks.domains.finance import scoring
from mmeval_tasks.domains.legal import labels
from tests.tasks.domains import support

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
def test_the_right_answers_have_the_best_scores(folder: Path, name: str, source: str, n: int) -> None:
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
def test_constant_answers(folder: Path, name: str, constant: str, wanted: dict[str, float]) -> None:
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


def test_a_lost_line_does_not_shift_the_others(folder: Path) -> None:
    task = support.load("finer_ord", folder)
    found = support.scores(task, lambda sample: sample.target.partition("\n")[2])
    assert found["entity_f1"] > 0.9


def test_none_is_a_label_of_its_own(folder: Path) -> None:
    task = support.load("lexglue_unfair_tos", folder)
    samples = list(task.samples())
    none = [not sample.doc["labels"] for sample in samples]
    always = support.scores(task, lambda sample: "none of these")["multilabel_f1_micro"]
    assert 0 < sum(none) < 20
    assert always > 0
    names = ["x"]
    values = [multilabelled([], ["x"] if full else [], labels=names, none=False) for full in none]
    assert multilabel_f1_micro.aggregate(values) == 0.0


@pytest.mark.parametrize(("domain", "units"), [("medical", (913, 152)), ("finance", (778, 125)), ("legal", (727, 128))])
def test_perplexity_of_a_uniform_model(folder: Path, domain: str, units: tuple[int, int]) -> None:
    task, vocabulary = support.load(f"domain_ppl_{domain}", folder), 50
    samples = list(task.samples())
    lengths = {sample.sample_id: len(sample.target) // 4 for sample in samples}
    tokens = sum(lengths.values())

    def answer(sample: Sample) -> RollingLikelihood:
        count = lengths[sample.sample_id]
        return RollingLikelihood(-count * math.log(vocabulary), count)

    found = {name: row.value for name, row in support.rows(task, answer).items()}
    texts = [sample.target for sample in samples]
    assert (sum(len(text.encode()) for text in texts), sum(len(text.split()) for text in texts)) == units
    assert found["token_perplexity"] == pytest.approx(vocabulary)
    assert found["byte_perplexity"] == pytest.approx(vocabulary ** (tokens / units[0]))
    assert found["word_perplexity"] == pytest.approx(vocabulary ** (tokens / units[1]))
    assert found["bits_per_byte"] == pytest.approx(tokens * math.log2(vocabulary) / units[0])


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
