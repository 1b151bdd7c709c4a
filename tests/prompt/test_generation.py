"""Generation arguments mean what lm-eval's backends take them to mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.errors import UsageError
from mmeval.prompt.generation import generate, override
from mmeval.types import Generate, Prompt

PROMPT = Prompt.of("q")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, Generate(PROMPT)),
        ({"until": "\n"}, Generate(PROMPT, stop=("\n",))),
        ({"until": ["a", "b"]}, Generate(PROMPT, stop=("a", "b"))),
        ({"max_tokens": 3, "max_gen_toks": "7"}, Generate(PROMPT, max_tokens=7)),
        ({"max_new_tokens": 4, "max_tokens": 3}, Generate(PROMPT, max_tokens=4)),
        ({"temperature": 0.7}, Generate(PROMPT, temperature=0.7)),
        ({"temperature": 0.7, "do_sample": False}, Generate(PROMPT)),
        ({"temperature": "0.7", "do_sample": True}, Generate(PROMPT, temperature=0.7)),
        ({"do_sample": True}, Generate(PROMPT, temperature=1.0)),
        ({"top_p": 0.9, "num_beams": 2}, Generate(PROMPT, options={"top_p": 0.9, "num_beams": 2})),
    ],
)
def test_arguments(arguments: dict[str, Any], expected: Generate) -> None:
    assert generate(PROMPT, arguments) == expected


@pytest.mark.parametrize("arguments", [{"max_gen_toks": "many"}, {"temperature": "hot"}, {"max_gen_toks": [1]}])
def test_values_of_the_wrong_kind(arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="is not a number"):
        generate(PROMPT, arguments)


OWN = Generate(PROMPT, max_tokens=128, stop=("\n",), options={"top_p": 0.95, "top_k": 20})


@pytest.mark.parametrize(
    ("ask", "arguments", "expected"),
    [
        (OWN, {}, OWN),
        (OWN, {"max_gen_toks": "6"}, replace(OWN, max_tokens=6)),
        (OWN, {"until": ["a"]}, replace(OWN, stop=("a",))),
        (OWN, {"until": None}, replace(OWN, stop=())),
        (OWN, {"top_p": 0.5, "min_p": 0.1}, replace(OWN, options={"top_p": 0.5, "top_k": 20, "min_p": 0.1})),
        (OWN, {"temperature": 0.7}, OWN),
        (OWN, {"temperature": 0.7, "do_sample": True}, replace(OWN, temperature=0.7)),
        (replace(OWN, temperature=0.6), {"temperature": 0.7}, replace(OWN, temperature=0.7)),
        (replace(OWN, temperature=0.6), {"temperature": 0}, OWN),
        (replace(OWN, temperature=0.6), {"do_sample": False}, OWN),
        (replace(OWN, temperature=0.6), {"max_tokens": 5}, replace(OWN, temperature=0.6, max_tokens=5)),
    ],
)
def test_the_users_arguments_go_before_those_of_a_task(
    ask: Generate, arguments: Mapping[str, Any], expected: Generate
) -> None:
    assert override(ask, arguments) == expected


_ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "until": st.sampled_from([None, "a", ["a", "b"]]),
        "do_sample": st.sampled_from([None, False, True]),
        "temperature": st.sampled_from([0.0, 0.5]),
        "max_gen_toks": st.integers(1, 9),
        "top_p": st.sampled_from([0.5, 1.0]),
    },
)


@given(_ARGUMENTS, _ARGUMENTS)
def test_what_a_task_has_merged_with_its_own_stays(own: Mapping[str, Any], given_by_user: Mapping[str, Any]) -> None:
    merged = generate(PROMPT, {**own, **given_by_user})
    assert override(merged, given_by_user) == merged
