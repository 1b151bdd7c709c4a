"""Every metric of mmeval on random samples, against an independent computation: here, or in the test that is named."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mmeval.metrics.choice import ChoiceAnswer
from mmeval.metrics.likelihood import TextLogprob
from mmeval.metrics.retrieval import hit_value
from mmeval.registry import METRICS
from mmeval.types import Generation, Likelihoods, Sample
from mmeval_tasks.domains.finance.programs import program_values
from mmeval_tasks.domains.finance.scoring import named_entities
from mmeval_tasks.domains.finance.tatqa import tatqa_answer, values
from mmeval_tasks.omnimedvqa.protocols import MedR1, Official, Prefix

pytest.importorskip("numpy")

from tests.metrics import definitions as plain

ROOT = Path(__file__).resolve().parents[2]

ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(
        ("acc", "acc_norm", "acc_bytes", "acc_norm_tok", "acc_mutual_info"),
        "metrics/test_choice.py::test_the_chosen_options_are_numpys",
    ),
    "f1": "metrics/test_classification.py::test_f1_is_scikit_learns",
    "mcc": "metrics/test_classification.py::test_mcc_is_scikit_learns",
    **dict.fromkeys(
        ("f1_micro", "f1_macro", "f1_weighted"), "metrics/test_labels.py::test_f1_is_scikit_learns_over_all_labels"
    ),
    "balanced_acc": "metrics/test_labels.py::test_balanced_accuracy_is_scikit_learns",
    "f1_by_group": "metrics/test_labels.py::test_f1_by_group_is_the_mean_of_scikit_learns",
    **dict.fromkeys(
        ("multilabel_f1_micro", "multilabel_f1_macro"), "metrics/test_labels.py::test_multilabel_f1_is_scikit_learns"
    ),
    **dict.fromkeys(("mse", "r2"), "metrics/test_regression.py::test_both_are_scikit_learns"),
    "ece": "metrics/test_calibration.py::test_ece_is_the_weighted_gap_of_ten_bins",
    **dict.fromkeys(
        ("entity_f1", "entity_precision", "entity_recall", "entity_f1_conll"),
        "metrics/test_entities.py::test_f1_is_seqevals_over_the_corpus",
    ),
    **dict.fromkeys(
        ("entity_f1_partial", "entity_f1_type", "entity_f1_exact"),
        "metrics/test_entities.py::test_overlaps_are_nervaluates_over_the_corpus",
    ),
    **dict.fromkeys(
        ("rouge1", "rouge2", "rougeL"),
        "metrics/test_overlap.py::test_scores_of_random_texts_are_those_of_a_plain_count",
    ),
    **dict.fromkeys(
        ("bleu", "chrf", "chrf++"),
        "metrics/test_translation.py::test_bleu_and_chrf_of_random_texts_are_those_of_a_plain_count",
    ),
    "ter": "metrics/test_translation.py::test_ter_counts_words_that_are_changed_and_blocks_that_are_moved",
    **dict.fromkeys(
        ("refusal_rate", "truncated_rate"), "metrics/test_outcomes.py::test_rates_of_random_ends_are_a_plain_count"
    ),
    "bypass": "metrics/test_text.py::test_bypass_is_999_whatever_was_answered",
    # bert-score is an extra of its own: where it is not installed, this test is skipped
    "bertscore": "metrics/test_bertscore.py::test_scores_are_those_of_the_package",
}
"""Metrics by the test that compares them with an independent computation."""


@dataclass(frozen=True, slots=True)
class Case:
    """Random samples of a metric and its value by definition, or the bounds of it.

    `score` is how a task computes the value of a sample, where the metric itself does not. `needs` are modules.
    """

    samples: st.SearchStrategy[Any]
    wanted: Callable[[plain.Samples], float | tuple[float, float]]
    score: Callable[..., Any] | None = None
    needs: tuple[str, ...] = ()


def some(*arguments: st.SearchStrategy[Any], most: int = 8) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    return st.lists(st.tuples(*arguments), min_size=1, max_size=most)


# ---------------------------------------------------------------- multiple choice

EIGHTHS = st.integers(-80, -1).map(lambda number: number / 8)


@st.composite
def choices(draw: st.DrawFn, several: bool = True, outside: bool = True) -> list[tuple[ChoiceAnswer, Any]]:
    samples = []
    for _ in range(draw(st.integers(1, 6))):
        logprobs = draw(st.lists(EIGHTHS, min_size=2, max_size=5))
        places = st.integers(0, len(logprobs) - 1)
        golds = [*[places] * 3, *([st.just(-100)] if outside else [])]
        golds += [st.lists(places, min_size=1, unique=True).map(tuple)] if several else []
        options = tuple("abcde"[: len(logprobs)])
        samples.append((ChoiceAnswer(tuple(logprobs), (False,) * len(options), options), draw(st.one_of(golds))))
    return samples


def sure(least: int, most: int) -> st.SearchStrategy[list[tuple[ChoiceAnswer, int]]]:
    """Questions of two options, many of them equally sure."""

    def made(n: int, seed: int) -> list[tuple[ChoiceAnswer, int]]:
        rng = random.Random(seed)
        drawn = [(rng.choice((0, 1)), -rng.randrange(32) / 8, rng.randrange(2)) for _ in range(n)]
        return [
            (ChoiceAnswer((gap, 0.0) if last else (0.0, gap), (False, False), ("a", "b")), gold)
            for last, gap, gold in drawn
        ]

    return st.builds(made, st.integers(least, most), st.integers(0, 2**32))


CHOICE = {
    "acc_all": Case(
        some(st.lists(st.booleans(), min_size=1, max_size=3)),
        plain.average(lambda parts: not parts.count(False)),
        lambda parts: float(all(parts)),
    ),
    "chance_adj": Case(choices(outside=False), plain.average(plain.above_chance)),
    "brier_score": Case(choices(several=False), plain.brier),
    "likelihood": Case(choices(several=False), plain.gold_logprob),
    "nll": Case(choices(), plain.surprise),
    "ece_equal_mass": Case(sure(300, 340), plain.equal_mass_error),
    "ece_floor": Case(sure(300, 340), plain.floor_bounds),
    "selective_acc@10": Case(sure(1, 49), plain.surest_tenth),
}

# ---------------------------------------------------------------- likelihoods

LOGPROBS = st.integers(-400, 0).map(lambda number: number / 16)
TEXTS = st.text(st.sampled_from("ab é漢😀 \t\n\u00a0"), max_size=12)
KNOWN = st.builds(TextLogprob, LOGPROBS, st.one_of(st.none(), st.integers(1, 30)))

LIKELIHOOD = {
    "perplexity": Case(some(st.one_of(LOGPROBS, st.tuples(LOGPROBS, st.booleans())), TEXTS), plain.per_text),
    "word_perplexity": Case(some(LOGPROBS, TEXTS), plain.per_unit(plain.words)),
    "byte_perplexity": Case(some(LOGPROBS, TEXTS), plain.per_unit(plain.utf8)),
    "bits_per_byte": Case(some(LOGPROBS, TEXTS), plain.bits_per(plain.utf8)),
    "token_perplexity": Case(some(st.one_of(LOGPROBS, KNOWN), TEXTS), plain.tokens),
}

# ---------------------------------------------------------------- text and numbers

SHORT = st.text("aAb1.$", max_size=4)
FLAGS = ("ignore_case", "ignore_punctuation", "ignore_numbers")
OPTIONS = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys(FLAGS, st.booleans()), "regexes_to_ignore": st.just(["b", "1"])}
)
FACTORS = st.sampled_from(["1", "1", "1.004", "0.992", "1.03", "-1", "1000", "0.000001", "1000000000"])
FORMS = {
    **{word: word for word in ("red", "blue", "2")},
    **dict.fromkeys(("Red", "the red", "red!"), "red"),
    "two": "2",
    "a blue": "blue",
}


@st.composite
def numbers(draw: st.DrawFn) -> list[tuple[str | None, str]]:
    """Answers that are gold but for a factor, with a percent sign or a scale word, and other ones."""
    samples: list[tuple[str | None, str]] = []
    for _ in range(draw(st.integers(1, 6))):
        gold = Fraction(draw(st.integers(-(10**6), 10**6)), 1000)
        behind = draw(st.sampled_from(["", "", "%", " million"]))
        value = gold * Fraction(draw(FACTORS)) * (draw(st.sampled_from([1, 100])) if behind == "%" else 1)
        answer = draw(st.sampled_from([f"{float(value):.12f}{behind}"] * 4 + ["yes", "No", "none", None]))
        samples.append((answer, draw(st.sampled_from([f"{float(gold):,.3f}"] * 4 + ["yes", "no"]))))
    return samples


TEXT = {
    "exact_match": Case(
        some(st.one_of(SHORT, st.lists(SHORT, max_size=3)), st.one_of(SHORT, st.lists(SHORT, max_size=2)), OPTIONS),
        plain.average(plain.matched),
        lambda answer, target, options: METRICS.get("exact_match").score(answer, target, **options),  # type: ignore[misc]
    ),
    "unparsed_rate": Case(
        some(st.sampled_from([None, "", "a", ()]), st.just("a")), plain.average(lambda answer, _: answer is None)
    ),
    "num_em": Case(numbers(), plain.average(plain.by_number(plain.same))),
    "num_match": Case(numbers(), plain.average(plain.by_number(plain.near))),
    "scale_mismatch": Case(numbers(), plain.average(plain.by_number(plain.off_by_a_scale, of_words=False))),
    "anls": Case(
        some(
            st.text("abB ", max_size=5),
            st.one_of(st.text("abB ", max_size=5), st.lists(st.text("abB ", max_size=5), min_size=1, max_size=3)),
        ),
        plain.average(plain.nearest),
    ),
    "vqa_accuracy": Case(
        some(st.sampled_from(list(FORMS)), st.lists(st.sampled_from(list(FORMS)), min_size=1, max_size=10)),
        plain.average(plain.agreement(FORMS)),
    ),
    "rubric_score": Case(
        st.lists(
            st.integers(1, 4).flatmap(
                lambda size: st.tuples(
                    st.lists(st.sampled_from([True, True, False, False, None]), min_size=size, max_size=size),
                    st.lists(st.integers(-8, 8), min_size=size, max_size=size),
                )
            ),
            min_size=1,
            max_size=6,
        ),
        plain.rubric,
    ),
}

# ---------------------------------------------------------------- what tasks compute

NAMES = st.sampled_from(("Larch", "larch", "Alder", "Birch", "Fir"))
LISTED = st.lists(st.tuples(NAMES, st.sampled_from(("PER", "ORG", "OTHER"))), max_size=4)


def _of_names(metric: str) -> Callable[..., Any]:
    def score(text: str, listed: Sequence[tuple[str, str]]) -> Any:
        doc = {"text": text, "label": ["O"] * len(text.split())}
        return named_entities(doc, [[list(pair) for pair in listed]])[metric]

    return score


STEPS = st.sampled_from(("add", "subtract", "multiply"))


@st.composite
def chains(draw: st.DrawFn) -> list[tuple[Any, Any, str]]:
    """(program, gold program, gold result); programs as chains of (operation, number)."""
    samples = []
    for _ in range(draw(st.integers(1, 4))):
        gold = draw(st.lists(st.tuples(STEPS, st.integers(2, 9).map(str)), min_size=2, max_size=4))
        if draw(st.booleans()):
            gold[-1] = ("divide", gold[-1][1])
        value = plain.chain_value(gold, Fraction)
        assume((value * 10**5).denominator != 2)  # would be rounded either way
        chain = draw(
            st.sampled_from([gold, [gold[0], *gold[:0:-1]], [("", gold[1][1]), (gold[1][0], gold[0][1]), *gold[2:]]])
        )
        assume((plain.chain_value(chain, Fraction) * 10**5).denominator != 2)
        away = draw(st.sampled_from([Fraction(0), Fraction(0), Fraction(1, 10**5), Fraction(3)]))
        samples.append((chain, gold, f"{float(round(value + away, 5)):.5f}"))
    return samples


def _program(chain: Sequence[tuple[str, str]]) -> str:
    (_, one), (first, other), *rest = chain
    later = [f"{operation}(#{place}, {number})" for place, (operation, number) in enumerate(rest)]
    return ", ".join([f"{first}({one}, {other})", *later])


def _of_programs(metric: str) -> Callable[..., float]:
    def score(chain: Any, gold: Any, answer: str) -> float:
        return program_values({"rows": [], "answer": answer, "program": _program(gold)}, [_program(chain)])[metric]

    return score


WORDS = st.lists(st.sampled_from(("larch", "birch", "net", "sales", "of", "the")), max_size=3)
SPANS = st.lists(
    st.builds(lambda words, last: " ".join([*words, last]), WORDS, st.sampled_from(("fir", "larch"))),
    min_size=1,
    max_size=2,
)
AMOUNTS = st.tuples(
    st.sampled_from(("0.25", "2.50", "25.00", "250.00", "2500.00")), st.sampled_from(list(plain.SCALES))
)


def _of_answers(metric: str) -> Callable[..., float]:
    def score(said: Any, wanted: Any) -> float:
        if isinstance(wanted, tuple):
            doc = {"answer_type": "arithmetic", "gold": [wanted[0]], "scale": wanted[1]}
            return values(doc, [tatqa_answer(" ".join(said)).answer])[metric]
        doc = {"answer_type": "multi-span", "gold": wanted, "scale": ""}
        return values(doc, [tatqa_answer("\n".join(said)).answer])[metric]

    return score


def _by_kind(place: int) -> Callable[[Any, Any], Any]:
    return lambda said, wanted: (plain.amounts if isinstance(wanted, tuple) else plain.spans)(said, wanted)[place]


ANSWERED = st.lists(st.one_of(st.tuples(SPANS, SPANS), st.tuples(AMOUNTS, AMOUNTS)), min_size=1, max_size=6)
LISTS = st.lists(st.sampled_from(("CT", "MR", "Xray", "CT scan", "axial")), min_size=2, max_size=4)
SAID = st.lists(
    st.sampled_from(("CT", " scan", "A", "B", " ", "<answer>", "</answer>", "<answer> B </answer>", "x")), max_size=6
)


def _question(options: Sequence[str], gold: str) -> Sample:
    lettered = dict(zip("ABCD", options, strict=False))
    letters = [letter for letter, text in lettered.items() if text == gold]
    return Sample("q", {"options": lettered, "gold_text": gold}, letters)


def _prefix(options: Sequence[str], gold: str, losses: Sequence[int], sizes: Sequence[int]) -> float:
    said = Likelihoods(tuple(float(-loss) for loss in losses), (False,) * len(options), lengths=tuple(sizes))
    found: float = Prefix("token_mean", ".").score(_question(options, gold), said).values["omnimed_prefix_score"]
    return found


def asked(*more: Callable[[int], st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Options, the gold one, and what else there is for that number of options."""
    one = LISTS.flatmap(
        lambda options: st.tuples(st.just(options), st.sampled_from(options), *(each(len(options)) for each in more))
    )
    return st.lists(one, min_size=1, max_size=5)


def _numbers(low: int, high: int) -> Callable[[int], st.SearchStrategy[Any]]:
    return lambda size: st.lists(st.integers(low, high), min_size=size, max_size=size)


BY_TASKS = {
    "retrieval_hit_rate": Case(
        some(st.sampled_from([True, False])),
        plain.average(int),
        lambda hit: hit_value(Sample("q", {}, None, {"retrieval_hit": hit}))["retrieval_hit_rate"],
    ),
    "hallucinated_entity_rate": Case(
        some(st.lists(NAMES, min_size=1, max_size=4).map(" ".join), LISTED, most=4),
        plain.absent_names,
        _of_names("hallucinated_entity_rate"),
        ("seqeval", "nervaluate"),
    ),
    "dropped_entity_rate": Case(
        some(st.just("Larch"), LISTED),
        plain.other_names,
        _of_names("dropped_entity_rate"),
        ("seqeval", "nervaluate"),
    ),
    "execution_acc": Case(chains(), plain.average(plain.executes), _of_programs("execution_acc"), ("sympy",)),
    "program_acc": Case(chains(), plain.average(plain.same_program), _of_programs("program_acc"), ("sympy",)),
    "tatqa_em": Case(ANSWERED, plain.average(_by_kind(0)), _of_answers("tatqa_em")),
    "tatqa_f1": Case(ANSWERED, plain.average(_by_kind(1)), _of_answers("tatqa_f1")),
    "omnimed_qa_score": Case(
        asked(lambda _: SAID.map("".join)),
        plain.average(plain.most_similar),
        lambda options, gold, text: (
            Official().score(_question(options, gold), Generation(text)).values["omnimed_qa_score"]
        ),
    ),
    "med_r1_acc": Case(
        asked(lambda _: SAID.map("".join)),
        plain.average(plain.in_the_first_tag),
        lambda options, gold, text: (
            MedR1("think").score(_question(options, gold), Generation(text)).values["med_r1_acc"]
        ),
    ),
    "omnimed_prefix_score": Case(asked(_numbers(1, 9), _numbers(1, 4)), plain.average(plain.least_loss), _prefix),
}

CASES: Mapping[str, Case] = {**CHOICE, **LIKELIHOOD, **TEXT, **BY_TASKS}


@pytest.mark.parametrize("name", list(CASES))
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(data=st.data())
def test_the_value_is_that_of_the_definition(name: str, data: st.DataObject) -> None:
    case, metric = CASES[name], METRICS.get(name)
    for module in case.needs:
        pytest.importorskip(module)
    samples = data.draw(case.samples)
    score = case.score or metric.score
    assert score is not None
    scored = [value for value in (score(*sample) for sample in samples) if value is not None]
    assume(scored)
    found, wanted = metric.aggregate(scored), case.wanted(samples)
    if isinstance(wanted, tuple):
        low, high = wanted
        assert low <= found <= high
    else:
        assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12, nan_ok=True)


def test_no_metric_is_without_an_independent_computation() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    registered = project["entry-points"]["mmeval.metrics"]
    assert sorted([*CASES, *ELSEWHERE]) == sorted(registered)


@pytest.mark.parametrize("place", sorted(set(ELSEWHERE.values())))
def test_the_tests_that_are_named_are_there(place: str) -> None:
    file, _, test = place.partition("::")
    assert f"\ndef {test}(" in (ROOT / "tests" / file).read_text(encoding="utf-8")
