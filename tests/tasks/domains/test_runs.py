"""Whole runs over the sample rows: sources, prompts as shown, and a real model."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mmeval import MmevalError, evaluate
from mmeval.cli.main import execute
from tests.tasks.domains.test_choice import SOURCES as CHOICE
from tests.tasks.domains.test_generated import SOURCES as GENERATED

PERPLEXITY = [(f"domain_ppl_{domain}", "", 6) for domain in ("medical", "finance", "legal")]
SOURCES = [*CHOICE, *GENERATED, *PERPLEXITY]


def run(name: str, folder: Path, out: Path, source: str = "", **options: Any) -> Mapping[str, Any]:
    """The content of `results.json` of a run with the dummy model."""
    override = {name: str(folder / source)} if source else {}
    options = {"model": "dummy", "bootstrap_iters": 0, **options}
    results = evaluate(
        tasks=name, data_dir=str(folder), dataset_override=override, offline=True, output_path=str(out), **options
    )
    assert results.exit_code == 0
    return results.data


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(("name", "source", "n"), SOURCES)
def test_1_every_benchmark_runs_without_network(folder: Path, tmp_path: Path, name: str, source: str, n: int) -> None:
    data = run(name, folder, tmp_path, source)
    (rows,) = (own["metrics"] for own in data["mmeval"]["tasks"].values())
    assert {(row["n"], row["total"]) for row in rows} == {(n, n)}
    used = data["configs"][name]["data"]
    assert used["origin"] == ("override" if source else "data_dir")
    assert all(len(digest) == 64 for digest in used["files"].values())


@pytest.mark.slow
def test_every_benchmark_runs_on_a_real_model(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    names = sorted({name for name, _, _ in SOURCES})
    results = evaluate(
        tasks=",".join(names),
        model="hf",
        data_dir=str(folder),
        offline=True,
        limit=2,
        model_args={"pretrained": "bundled:smollm2-135m", "dtype": "float32"},
        num_fewshot=0,
        output_path=str(tmp_path),
        gen_kwargs={"max_gen_toks": 16},
        bootstrap_iters=0,
    )
    assert results.exit_code == 0
    assert sorted(results.data["mmeval"]["tasks"]) == names
    for name, own in results.data["mmeval"]["tasks"].items():
        assert {row["n"] for row in own["metrics"]} == {2}, name
        if name.startswith("domain_ppl"):
            assert all(row["value"] > 0 and math.isfinite(row["value"]) for row in own["metrics"])


def test_11_an_override_beats_the_folder(folder: Path, tmp_path: Path) -> None:
    config = run("fpb", folder, tmp_path, "fpb.jsonl")["configs"]["fpb"]
    assert config["data"]["source"].endswith("fpb.jsonl")
    assert config["fewshot_from_test"] is True  # the override has no pool


def test_11_without_files_an_offline_run_names_what_it_looked_for(tmp_path: Path) -> None:
    with pytest.raises(MmevalError, match=r"task 'fpb': there is no .*fpb_flare.test.jsonl"):
        evaluate(tasks="fpb", model="dummy", data_dir=str(tmp_path), offline=True, output_path=str(tmp_path))


def test_a_pool_that_is_too_small_says_both_numbers(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(MmevalError, match="7 examples are asked for, and the pool has 6"):
        run("fpb", folder, tmp_path, num_fewshot=7)


# ---------------------------------------------------------------- prompts, written out from a row by other means

Row = Mapping[str, Any]


def _lettered(texts: list[str]) -> str:
    return "".join(f"{letter}. {text}\n" for letter, text in zip("ABCDE", texts, strict=False))


MARKS = (
    "A mark is generic if it is the common name for the product. A mark is descriptive if it describes a purpose, "
    "nature, or attribute of the product. A mark is suggestive if it suggests or implies a quality or characteristic "
    "of the product. A mark is arbitrary if it is a real English word that has no relation to the product. A mark is "
    "fanciful if it is an invented word."
)
PROMPTS: Mapping[str, tuple[str, Callable[[Row], str]]] = {
    "medqa_4options": (
        "medqa.jsonl",
        lambda row: f"Question: {row['sent1']}\n{_lettered([row[f'ending{n}'] for n in range(4)])}Answer:",
    ),
    "medmcqa": (
        "medmcqa.jsonl",
        lambda row: f"Question: {row['question']}\nChoices:\n{_lettered([row[f'op{x}'] for x in 'abcd'])}Answer:",
    ),
    "pubmedqa": (
        "pubmedqa.jsonl",
        lambda row: "Abstract: " + "\n".join(row["CONTEXTS"]) + f"\nQuestion: {row['QUESTION']}\nAnswer:",
    ),
    "mmlu_anatomy": (
        "mmlu_clinical.jsonl",
        lambda row: (
            "The following are multiple choice questions (with answers) about anatomy.\n\n"
            f"{row['question']}\n{_lettered(row['choices'])}Answer:"
        ),
    ),
    "fpb": ("fpb_flare.jsonl", lambda row: f"{row['text']}\nQuestion: what is the sentiment?\nAnswer:"),
    "fpb_gen": ("fpb_flare.jsonl", lambda row: row["query"]),
    "fiqa_sa": (
        "fiqa_sa.jsonl",
        lambda row: f"{row['sentence']}\nQuestion: what is the sentiment on {row['target']}?\nAnswer:",
    ),
    "headline": ("headlines.jsonl", lambda row: row["query"]),
    "ner_fin3": ("ner_fin3.jsonl", lambda row: row["query"]),
    "finer_ord": ("finer_ord.jsonl", lambda row: row["query"]),
    "legalbench_hearsay": (
        "legalbench_hearsay.jsonl",
        lambda row: (
            "Hearsay is an out-of-court statement introduced to prove the truth of the matter asserted.\n\n"
            f"Q: {row['text']} Is there hearsay?\nA:"
        ),
    ),
    "legalbench_abercrombie": (
        "legalbench_abercrombie.jsonl",
        lambda row: f"{MARKS}\n\nQ: {row['text']} What is the type of mark?\nA:",
    ),
    "legalbench_proa": (
        "legalbench_proa.jsonl",
        lambda row: (
            "A private right of action is when a regular person, a private citizen, is legally entitled to enforce "
            "their rights under a given statute. Does the clause specify a private right of action?\n\n"
            f"Clause: {row['text']}\nA:"
        ),
    ),
    "casehold": (
        "casehold.jsonl",
        lambda row: (
            f"Excerpt: {row['context']}\nWhich holding statement should replace <HOLDING>?\n"
            f"{_lettered(row['endings'])}Answer:"
        ),
    ),
    "domain_ppl_legal": ("domain_ppl_legal.jsonl", lambda row: row["text"]),
}


@pytest.mark.parametrize("name", list(PROMPTS))
def test_show_prints_the_exact_prompt(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    file, written = PROMPTS[name]
    row = json.loads((folder / file).read_text(encoding="utf-8").splitlines()[0])
    assert execute(["show", name, "-n", "1", "--num_fewshot", "0", "--data_dir", str(folder), "--offline"]) == 0
    head, _, shown = capsys.readouterr().out.partition(f"=== {name}, sample ")
    prompt = shown.partition("\n--- ")[2].partition("\n")[2]
    assert prompt.startswith(written(row) + "\n--- ")
    assert "\nlicence: " in head


def test_show_prints_titles_and_kinds_of_terms(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("lexglue_ledgar", "lexglue_unfair_tos"):
        names = json.loads((folder / f"{name}_labels.json").read_text(encoding="utf-8"))
        assert execute(["show", name, "-n", "1", "--data_dir", str(folder), "--offline"]) == 0
        assert "".join(f"- {label}\n" for label in names) in capsys.readouterr().out


def test_examples_stand_before_the_question(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["show", "fpb", "-n", "1", "--data_dir", str(folder), "--offline"]) == 0
    assert capsys.readouterr().out.count("Question: what is the sentiment?") == 6
