"""Whatever a task file says, a run ends with results or with a line that says what is wrong; never with a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmeval.cli.main import execute

ROWS = [
    {"q": "Q0", "opts": ["a0", "bb"], "gold": 1, "answer": "bb", "none": None, "deep": {"x": [1]}},
    {"q": "", "opts": ["", "cc"], "gold": 0, "answer": "7", "none": None, "deep": {"x": []}},
    {"q": "Q2 ü\n", "opts": ["a2"], "gold": 5, "answer": "[1, 2]", "none": None, "deep": {"x": [2]}},
]
TEMPLATES = (
    *("q", "opts", "gold", "answer", "none", "deep", "{{q}}?", "{{gold}}", "{{opts}}", "{{opts[gold]}}", "{{deep.x}}"),
    *(
        "{{nope}}",
        "{{q",
        "{% if q %}yes{% endif %}",
        "{% if %}",
        "{{q|nofilter}}",
        "{{1/0}}",
        "{{opts[9]}}",
        "{{q.x.y}}",
    ),
    *(
        "",
        "0",
        "00",
        "²",
        "[1, 2",
        "['a', 'b']",
        "{{[q, answer]}}",
        "{{[1, none]}}",
        "{{q()}}",
        "{{self}}",
        "{{gold - 3}}",
    ),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 6) | st.floats(width=16) | st.sampled_from(TEMPLATES),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["metric", "name", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)
TEMPLATE = st.sampled_from(TEMPLATES)
SPLIT = st.sampled_from(["test", "train", "validation"])
METRICS = (
    "acc",
    "acc_norm",
    "exact_match",
    "f1",
    "mcc",
    "bleu",
    "ter",
    "brier_score",
    "perplexity",
    "likelihood",
    "nope",
)
METRIC = st.fixed_dictionaries(
    {"metric": st.sampled_from(METRICS)},
    optional={"aggregation": st.sampled_from(["mean", "median", "f1", "nope", "!function"]), "ignore_case": ANYTHING},
)
STEP = st.fixed_dictionaries(
    {
        "function": st.sampled_from(
            ["regex", "take_first", "take_first_k", "majority_vote", "map", "lowercase", "custom"]
        )
    },
    optional={"regex_pattern": st.sampled_from(["(a", "([ab]+)|(c)", "x"]), "k": ANYTHING, "group_select": ANYTHING},
)
PLAUSIBLE: dict[str, st.SearchStrategy[Any]] = {
    "output_type": st.sampled_from(["multiple_choice", "generate_until", "loglikelihood", "loglikelihood_rolling"]),
    "doc_to_text": TEMPLATE | st.integers(0, 1),
    "doc_to_target": TEMPLATE | st.integers(0, 9) | st.lists(TEMPLATE, max_size=2),
    "doc_to_choice": TEMPLATE | st.lists(TEMPLATE, max_size=3) | st.just({"a": "x", "b": "y"}),
    "doc_to_image": TEMPLATE,
    "test_split": SPLIT,
    "validation_split": SPLIT,
    "fewshot_split": SPLIT,
    "num_fewshot": st.integers(0, 4),
    "fewshot_config": st.fixed_dictionaries(
        {},
        optional={
            "sampler": st.sampled_from(["first_n", "default", "x"]),
            "doc_to_text": TEMPLATE,
            "samples": ANYTHING,
        },
    ),
    "gen_prefix": TEMPLATE,
    "description": TEMPLATE,
    "target_delimiter": st.sampled_from(["", " ", "\n"]),
    "generation_kwargs": st.dictionaries(
        st.sampled_from(["until", "max_gen_toks", "temperature", "do_sample"]), ANYTHING
    ),
    "repeats": st.integers(1, 2),
    "filter_list": st.lists(
        st.fixed_dictionaries({"name": st.sampled_from(["a", "b"]), "filter": st.lists(STEP, max_size=2)}), max_size=2
    ),
    "metric_list": st.lists(METRIC, max_size=2),
    "metadata": ANYTHING,
    "dataset_name": ANYTHING,
    "dataset_kwargs": ANYTHING,
    "tag": ANYTHING,
    "unsafe_code": st.booleans(),
}


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    """Mostly what a key takes, now and then anything; a few keys are always there, so that some files get far."""
    keys = draw(st.lists(st.sampled_from(sorted(PLAUSIBLE)), unique=True, max_size=5))
    config = {key: draw(ANYTHING if draw(st.integers(0, 24)) == 0 else PLAUSIBLE[key]) for key in keys}
    return {
        "task": "t",
        "dataset_path": "rows.jsonl",
        "test_split": "test",
        "doc_to_text": "q",
        "doc_to_target": "gold",
        **config,
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(config=configurations())
def test_a_run_ends_in_words(config: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    file = tmp_path / "t.yaml"
    file.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    runs = ("--output_path", str(tmp_path / "runs"), "--bootstrap_iters", "2", "--offline")
    for command in (
        ["validate", str(file), "--data"],
        ["--tasks", str(file), "--model", "dummy", "--log_samples", *runs],
    ):
        code = execute(command)
        told = "".join(capsys.readouterr())
        assert "this is a bug" not in told, told
        assert "Traceback" not in told, told
        assert code in (0, 1, 2, 3)


def test_some_of_them_get_to_the_end(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    config = {
        "task": "t",
        "dataset_path": "rows.jsonl",
        "test_split": "test",
        "doc_to_text": "q",
        "doc_to_target": "gold",
    }
    (tmp_path / "t.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    assert (
        execute(["--tasks", str(tmp_path / "t.yaml"), "--model", "dummy", "--output_path", str(tmp_path / "runs")]) == 0
    )
