"""Generation arguments mean what lm-eval's backends take them to mean."""

from __future__ import annotations

from typing import Any

import pytest

from mmeval.errors import UsageError
from mmeval.types import Generate, Prompt
from mmeval.yaml_task.generation import generate

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
