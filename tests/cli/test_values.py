from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.cli.values import batch_size, key_values, model_card, pair, role_model, seeds, task_arguments, typed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("None", None),
        ("12", 12),
        ("-1", -1),
        ("0.5", 0.5),
        ("1e-5", 1e-5),
        ("1e5", 100_000.0),
        ("007", "007"),
        ("1_000", "1_000"),
        ("12e4567", "12e4567"),
        ("nan", "nan"),
        ("float16", "float16"),
        ("'12'", "12"),
        ('"a b"', "a b"),
        ("['a', 1]", ["a", 1]),
        (r'["\n\n"]', ["\n\n"]),
        ("{'a': 1}", {"a": 1}),
        ("[unclosed", "[unclosed"),
        ("", ""),
        ("__import__('os')", "__import__('os')"),
    ],
)
def test_values_are_typed_as_lm_eval_does(text: str, value: Any) -> None:
    found = typed(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", {}),
        ("a=1", {"a": 1}),
        ("a=1,b=x", {"a": 1, "b": "x"}),
        (" a = 1 , b = x ,", {"a": 1, "b": "x"}),
        ("a=b=c,d=e", {"a": "b=c", "d": "e"}),
        ("url=http://host:1/?x=1&y=2", {"url": "http://host:1/?x=1&y=2"}),
        ("a=", {"a": ""}),
        ("a=1,a=2", {"a": 2}),
        ("until=['a','b'],n=2", {"until": ["a", "b"], "n": 2}),
        ("text='x, y',n=2", {"text": "x, y", "n": 2}),
        ("said=don't,n=2", {"said": "don't", "n": 2}),
        ('{"a": {"b": [1, null]}}', {"a": {"b": [1, None]}}),
    ],
)
def test_key_values(text: str, pairs: dict[str, Any]) -> None:
    assert key_values(text) == pairs


@pytest.mark.parametrize(
    ("text", "said"), [("a", "'a' is not"), ("a=1,b", "'b' is not"), ("=1", "is not"), ("{", "JSON")]
)
def test_what_is_no_key_value_is_named(text: str, said: str) -> None:
    with pytest.raises(click.BadParameter, match=said):
        key_values(text)


@given(st.text())
def test_any_text_is_a_dict_or_a_usage_error(text: str) -> None:
    with contextlib.suppress(click.BadParameter):
        assert isinstance(key_values(text), dict)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.integers() | st.booleans() | st.none(), max_size=5
    )
)
def test_plain_values_come_back(values: dict[str, Any]) -> None:
    assert key_values(",".join(f"{key}={value}" for key, value in values.items())) == values
    assert key_values(json.dumps(values)) == values


@pytest.mark.parametrize(
    ("text", "task", "pairs"),
    [
        ("k=v", "", {"k": "v"}),
        ("clegr:k=v,l=2", "clegr", {"k": "v", "l": 2}),
        ("dist:task:k=v", "dist:task", {"k": "v"}),
        ("k=a:b", "", {"k": "a:b"}),
        ('clegr:{"k": "a:b=c"}', "clegr", {"k": "a:b=c"}),
        ('{"k": 1}', "", {"k": 1}),
    ],
)
def test_task_arguments(text: str, task: str, pairs: dict[str, Any]) -> None:
    assert task_arguments(text) == (task, pairs)


def test_a_model_card_is_a_file_or_pairs(tmp_path: Path) -> None:
    card = tmp_path / "card.yaml"
    card.write_text("domain: medical\ntrain_sets: [a/b, c]\n", encoding="utf-8")
    assert model_card(str(card)) == {"domain": "medical", "train_sets": ["a/b", "c"]}
    assert model_card("domain=medical,params_total=7B") == {"domain": "medical", "params_total": "7B"}


@pytest.mark.parametrize(
    ("text", "said"),
    [("[", "is not YAML"), ("medical", "does not hold keys"), ("\N{LATIN SMALL LETTER E WITH ACUTE}", "is not YAML")],
)
def test_a_file_that_is_no_model_card(tmp_path: Path, text: str, said: str) -> None:
    card = tmp_path / "card.yaml"
    card.write_text(text, encoding="latin-1")
    with pytest.raises(click.BadParameter, match=said):
        model_card(str(card))


def test_a_model_card_that_is_not_there() -> None:
    with pytest.raises(click.BadParameter, match=r"'card.yaml' is neither key=value nor a file"):
        model_card("card.yaml")


def test_pairs_and_roles() -> None:
    assert pair("fpb=path/a=b.jsonl") == ("fpb", "path/a=b.jsonl")
    assert role_model("judge=hf,pretrained=x,n=2") == ("judge", {"name": "hf", "args": {"pretrained": "x", "n": 2}})
    assert role_model("judge=dummy") == ("judge", {"name": "dummy", "args": {}})
    for wrong in ("fpb", "=x", "fpb="):
        with pytest.raises(click.BadParameter):
            pair(wrong)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("7", {"python": 7, "numpy": 7, "torch": 7, "fewshot": 7}),
        ("None", {"python": None, "numpy": None, "torch": None, "fewshot": None}),
        ("1,None,3,4", {"python": 1, "numpy": None, "torch": 3, "fewshot": 4}),
        ("1,2,3", {"python": 1, "numpy": 2, "torch": 3}),
    ],
)
def test_seeds(text: str, values: dict[str, int | None]) -> None:
    assert seeds(text) == values


@pytest.mark.parametrize("text", ["", "x", "1,2", "1,2,3,4,5", "1.5"])
def test_wrong_seeds(text: str) -> None:
    with pytest.raises(click.BadParameter):
        seeds(text)


def test_batch_size() -> None:
    assert [batch_size(text) for text in ("8", "auto", "auto:4")] == [8, "auto", "auto:4"]
    for wrong in ("0", "-2"):
        with pytest.raises(click.BadParameter):
            batch_size(wrong)
