from __future__ import annotations

from pathlib import Path

import pytest

from mmeval.errors import SpecError, UnknownNameError
from mmeval_tasks.layer_probes.prompts import Modality, load

ANCHOR = "Does this image show an animal? The answer must be always yes or no."


def test_the_papers_strings_are_exact() -> None:
    texts = {prompt.id: prompt.text for prompt in load("paper", "images").filled({}).prompts}
    assert texts == {
        "anchor": ANCHOR,
        "lex_picture": ANCHOR.replace("image", "picture"),
        "lex_feature": ANCHOR.replace("show", "feature"),
        "neg_foil": ANCHOR.replace("an animal", "a plane"),
        "fmt_10": ANCHOR.replace("yes or no", "1 or 0"),
    }


@pytest.mark.parametrize("modality", ["images", "text"])
@pytest.mark.parametrize("name", ["paper", "extended"])
def test_shipped_sets_hold_together(name: str, modality: Modality) -> None:
    prompts = load(name, modality).filled({})
    texts = [prompt.text for prompt in prompts.prompts if prompt.family != "null"]
    assert len(set(texts)) == len(texts)
    assert not any("{" in text for text in texts)
    for prompt in prompts.variants:
        assert (prompt.factors == (0, 0, 0, 0)) == (prompt.family == "null")
        flipped, output = prompt.factors[2], prompt.factors[3]
        assert prompt.expected in ({"no", "0", "false"} if flipped else {"yes", "1", "true"})
        assert (prompt.expected in ("yes", "no")) != bool(output)


def test_null_is_the_anchor_to_the_byte() -> None:
    prompts = load("extended", "images").prompts
    assert prompts[-1].id == "null"
    assert prompts[-1].text == prompts[0].text


def test_slots_are_filled_in_and_spellings_come_with_a_space() -> None:
    prompts = load("paper", "images").filled({"concept": "food", "unknown": "x"})
    assert prompts.anchor.text == ANCHOR.replace("an animal", "food")
    assert prompts.spellings[0][:2] == ("yes", " yes")
    assert prompts.place("1") == 2


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("answers: [", "while parsing"),
        ("answers: {}\nprompts: []", "at least 1 item"),
        (
            "answers: {yes: [y], no: [n]}\nprompts:\n- {id: a, family: lexical, text: t, expected: yes, against: no}",
            "anchor",
        ),
        (
            "answers: {'yes': [y]}\nprompts:\n- {id: a, family: anchor, text: t, expected: 'yes', against: 'no'}",
            "there is no answer set 'no'",
        ),
        (
            "answers: {'yes': [y], 'no': [n]}\nprompts:\n"
            "- {id: a, family: anchor, text: 't {thing}', expected: 'yes', against: 'no'}",
            "there is no slot 'thing'",
        ),
        ("answers: {}\nprompt: []", "prompts: Field required"),
    ],
)
def test_a_broken_set_is_named_with_its_file(tmp_path: Path, content: str, problem: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SpecError, match=problem) as raised:
        load(str(file), "images")
    assert "mine.yaml" in str(raised.value)


def test_an_unknown_set_names_the_known() -> None:
    with pytest.raises(UnknownNameError) as raised:
        load("papre", "images")
    assert raised.value.nearest == ["paper"]
    with pytest.raises(SpecError, match="no such prompt set"):
        load("nowhere.yaml", "images")
