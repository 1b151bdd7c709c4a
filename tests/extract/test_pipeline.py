"""Pipelines: lifting, reasons, reduction, options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.errors import UnknownNameError, UsageError
from mmeval.extract import Pipeline, TaskExtractor, build_pipeline
from mmeval.extract.boxed import boxed
from mmeval.extract.letters import option_letter
from mmeval.extract.reasoning import strip_reasoning
from mmeval.extract.regex import multi_choice_regex, regex
from mmeval.extract.selection import Custom, MajorityVote, TakeFirst, TakeFirstK
from mmeval.extract.spans import format_span, regex_pos
from mmeval.extract.text import lowercase, map_answer, remove_whitespace, uppercase
from mmeval.extract.words import boolean_word, first_number
from mmeval.types import Extraction, Sample

SAMPLE = Sample("s", {"choices": ["red", "blue"]}, metadata={"suffix": "!"})
BUILT_IN: dict[str, Any] = {
    "boolean_word": boolean_word,
    "boxed": boxed,
    "custom": Custom,
    "first_number": first_number,
    "format_span": format_span,
    "lowercase": lowercase,
    "majority_vote": MajorityVote,
    "map": map_answer,
    "multi_choice_regex": multi_choice_regex,
    "option_letter": option_letter,
    "regex": regex,
    "regex_pos": regex_pos,
    "remove_whitespace": remove_whitespace,
    "strip_reasoning": strip_reasoning,
    "take_first": TakeFirst,
    "take_first_k": TakeFirstK,
    "uppercase": uppercase,
}


def lookup(name: str) -> Any:
    if name not in BUILT_IN:
        raise UnknownNameError("extractor", name, BUILT_IN)
    return BUILT_IN[name]


def pipeline(*steps: Any) -> Pipeline:
    written = [step if isinstance(step, dict) else {"function": step} for step in steps]
    return build_pipeline("p", written, lookup)


def ends_with(text: str, *, ending: str = ".") -> Extraction:
    return Extraction(text) if text.endswith(ending) else Extraction(reason=f"no {ending} at the end")


def with_suffix(text: str, *, sample: Sample) -> Extraction:
    return Extraction(text + sample.metadata["suffix"])


class Neighbours(TaskExtractor):
    """Joins what all requests say."""

    def __init__(self, joint: str = "+") -> None:
        self.joint = joint

    def apply(self, answers: Sequence[list[Extraction]], samples: Sequence[Sample]) -> list[Extraction]:
        said = self.joint.join(answer.answer for given in answers for answer in given)
        return [Extraction(said) for _ in answers]


def test_a_function_is_lifted_over_requests_and_repeats() -> None:
    made = pipeline("lowercase").apply([["A", "B"], ["C"]], [SAMPLE, SAMPLE])
    assert made == [[Extraction("a"), Extraction("b")], [Extraction("c")]]


def test_without_a_reducing_step_a_list_stays() -> None:
    assert pipeline().apply([["A"]], [SAMPLE]) == [[Extraction("A")]]


def test_a_reduced_answer_stays_reduced() -> None:
    assert pipeline("take_first", "lowercase", "take_first").apply([["A", "B"]], [SAMPLE]) == [Extraction("a")]


def test_answers_that_are_not_text_pass_through() -> None:
    assert pipeline("take_first").apply([[(-1.5, True)], [-2.0]], [SAMPLE] * 2) == [
        Extraction((-1.5, True)),
        Extraction(-2.0),
    ]


def test_a_fallback_travels_on_with_the_first_reason() -> None:
    made = pipeline({"function": "regex", "fallback": "[NONE]"}, "lowercase", {"function": ends_with}, "take_first")
    assert made.extract("nothing", SAMPLE).answer is None
    assert made.extract("nothing", SAMPLE).reason == "no match"
    assert pipeline("regex", "uppercase", "take_first").extract("x", SAMPLE) == Extraction("[INVALID]", "no match")


def test_no_answer_is_not_looked_at_again() -> None:
    made = pipeline({"function": ends_with}, {"function": with_suffix}, "take_first")
    assert made.extract("yes", SAMPLE) == Extraction(None, "no . at the end")
    assert made.extract("yes.", SAMPLE) == Extraction("yes.!")


def test_the_rule_that_gave_an_answer_is_kept() -> None:
    chain = pipeline("option_letter", "lowercase", "take_first")
    assert chain.extract("The answer is B.", SAMPLE).rule == "statement"
    assert pipeline("boxed", "first_number", "take_first").extract(r"\boxed{5 cm}", SAMPLE).rule == "first_number"
    assert pipeline("option_letter", "majority_vote").apply([["A", "B.", "B"]], [SAMPLE])[0][0].rule == "leading_letter"
    assert chain.extract("none", SAMPLE).rule == ""


def test_equal_answers_may_come_from_different_rules() -> None:
    assert Extraction("B", rule="statement") == Extraction("B")


def test_options_reach_the_extractor() -> None:
    assert pipeline({"function": ends_with, "ending": "?"}).extract("yes?", SAMPLE) == Extraction("yes?")


def test_a_class_sees_the_whole_task() -> None:
    made = pipeline({"function": Neighbours, "joint": "-"}).apply([["a"], ["b", "c"]], [SAMPLE, SAMPLE])
    assert made == [Extraction("a-b-c")] * 2


@pytest.mark.parametrize(
    ("step", "message", "hint"),
    [
        (
            {"function": "regex", "regex_patern": "x"},
            "'regex' does not take the option 'regex_patern'",
            "regex_pattern",
        ),
        ({"function": "lowercase", "deep": True}, "'lowercase' does not take the option 'deep'", "it takes none"),
        ({"function": "option_letter", "sample": 1}, "does not take the option 'sample'", "choices_field"),
        ({"function": "take_first_k"}, "'take_first_k' needs the option 'k'", ""),
        ({"function": "take_first_k", "kk": 1}, "does not take the option 'kk'", "k"),
        ({"function": ends_with, "text": "x"}, "'ends_with' does not take the option 'text'", "ending"),
        ({"regex_pattern": "x"}, "no 'function'", "mmeval ls extractors"),
    ],
)
def test_a_step_that_does_not_fit(step: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        build_pipeline("p", [step], lookup)
    assert hint in caught.value.hint


def test_an_unknown_extractor_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        pipeline("box")
    assert caught.value.nearest[0] == "boxed"


def test_a_function_with_free_options_takes_any() -> None:
    def free(text: str, **options: Any) -> Extraction:
        return Extraction(sorted(options))

    assert pipeline({"function": free, "a": 1, "b": 2}).extract("x", SAMPLE) == Extraction(["a", "b"])


def test_an_extractor_that_returns_something_else_is_told_so() -> None:
    with pytest.raises(TypeError, match="returned str in place of an Extraction"):
        pipeline({"function": str.strip}).extract("x", SAMPLE)


TEXT_STEPS = sorted(BUILT_IN.keys() - {"custom", "take_first_k", "format_span", "regex_pos"})


@given(
    st.lists(st.sampled_from(TEXT_STEPS), max_size=4),
    st.lists(st.lists(st.text(alphabet="aB12 .:(){}\\boxed<think>/\n,'-#", max_size=30), max_size=3), max_size=3),
)
def test_any_chain_over_any_text_gives_as_many_results_in_order(names: list[str], answers: list[list[str]]) -> None:
    made = pipeline(*names).apply(answers, [SAMPLE] * len(answers))
    alone = [result for given in answers for result in pipeline(*names).apply([given], [SAMPLE])]
    assert made == alone
