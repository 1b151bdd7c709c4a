from __future__ import annotations

import hashlib

import pytest

from mmeval.serialize import canonical, content_hash, response_from_json, to_json
from mmeval.types import (
    ArrayData,
    ArrayRef,
    Failure,
    Generate,
    Generation,
    Graph,
    Image,
    Likelihoods,
    Loglikelihood,
    Message,
    Prompt,
    Representation,
    RollingLikelihood,
    RollingLoglikelihood,
    Sample,
    Text,
)

GRAPH = Graph(({"name": "A"}, {"name": "B"}), ({"source": 0, "target": 1},), "A-B")


def test_plain_text_joins_parts_and_delimiters() -> None:
    prompt = Prompt(
        (Message("system", (Text("Be brief."),), "\n"), Message("user", (GRAPH, Image("x.png"), Text(" ?")), " "))
    )
    assert prompt.text == "Be brief.\nA-B ? "
    assert [type(part) for part in prompt.parts] == [Text, Graph, Image, Text]


def test_a_graph_is_known_by_its_content() -> None:
    same = Graph(({"name": "A"}, {"name": "B"}), ({"target": 1, "source": 0},), "A-B")
    other = Graph(({"name": "A"}, {"name": "B"}), ({"source": 1, "target": 0},), "A-B")
    assert same.digest == GRAPH.digest != other.digest


@pytest.mark.parametrize(
    "response",
    [
        Generation("text", "length", 1, 2, 3),
        Likelihoods((-1.0, -2.5), (True, False), 4, 5),
        RollingLikelihood(-10.0, 7),
        Failure("why", skip=True),
        Representation(ArrayRef("states.npy", 3, (1, 2, 3, 4), "float32"), ((-0.5, None),), (" yes",), 9, 4),
        Representation(ArrayData(b"\x00\xff\x00\x01", (1, 1, 1, 1), "float32")),
    ],
)
def test_responses_survive_json(response) -> None:  # type: ignore[no-untyped-def]
    assert response_from_json(to_json(response)) == response


def test_the_content_hash_sees_everything_that_changes_an_answer() -> None:
    prompt = Prompt.of("q")
    asks = [
        Generate(prompt),
        Generate(Prompt.of("r")),
        Generate(Prompt(prompt.messages, chat=True)),
        Generate(prompt, max_tokens=1),
        Generate(prompt, stop=("\n",)),
        Generate(prompt, temperature=1.0),
        Generate(prompt, options={"top_p": 0.5}),
        Generate(prompt, role="judge"),
        Generate(Prompt.of(GRAPH, "q")),
        Generate(Prompt.of(Image("a.png"), "q")),
        Generate(Prompt.of(Image("b.png"), "q")),
        Loglikelihood(prompt, ("a",)),
        Loglikelihood(prompt, ("a", "b")),
        RollingLoglikelihood("q"),
    ]
    assert len({content_hash(ask) for ask in asks}) == len(asks)
    assert content_hash(Generate(Prompt.of("q"))) == content_hash(asks[0])


def test_canonical_json_has_one_form() -> None:
    assert canonical({"b": (1, 2), "a": {"ü"}}) == '{"a":["ü"],"b":[1,2]}'


def test_a_document_is_hashed_as_lm_eval_hashes_it() -> None:
    text = '{\n  "q": "é",\n  "n": 1\n}'
    assert Sample("s", {"q": "é", "n": 1}).doc_hash == hashlib.sha256(text.encode()).hexdigest()
