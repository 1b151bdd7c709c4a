"""The data file of specialised models."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from mmeval.report.compare.listed import read_models, read_published
from tests.tasks.domains.test_definitions import FILES, ROOT

DATA: dict[str, Any] = yaml.safe_load((ROOT / "models.yml").read_text(encoding="utf-8"))
MODELS: list[dict[str, Any]] = DATA["models"]
FIGURES = [(model["name"], figure) for model in MODELS for figure in model.get("figures", ())]
DOMAINS = {"medical", "finance", "legal", "math", "code", "science", "education", "ecommerce", "general"}
WAYS = {"scratch", "continued_pretraining", "instruction", "rlhf", "merge", "adapter"}
MODULES = {"none", "lora", "mixture_of_loras", "moe", "router", "rag", "tool"}


def test_only_eleven_rows_of_the_survey_are_known() -> None:
    rows = [model["survey_row"] for model in MODELS if "survey_row" in model]
    assert rows == list(range(1, 12))
    assert (DATA["survey"]["known"], DATA["survey"]["rows"]) == (11, 48)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model["name"])
def test_a_model_is_described_or_marked(model: dict[str, Any]) -> None:
    missing = set(model.get("not_found", ()))
    assert model.get("domain", "general") in DOMAINS
    assert model.get("specialisation", "adapter") in WAYS
    assert model.get("modular", "none") in MODULES
    for key in ("domain", "specialisation"):
        assert (key in model) is not (key in missing)
    assert bool(model.get("figures") or model.get("references")) is not ("figures" in missing)
    assert all(figure["mark"] in ("V", "S", "U") and figure["source"] for figure in model.get("figures", ()))


def test_the_file_is_one_that_compare_reads() -> None:
    models = read_models(ROOT / "models.yml")
    assert [model.name for model in models] == [model["name"] for model in MODELS]
    confirmed = {model.name for model in models if model.survey_confirmed}
    assert confirmed == {model["name"] for model in MODELS if "survey_row" in model}


@pytest.mark.parametrize(
    ("model", "figure"), [pair for pair in FIGURES if "task" in pair[1]], ids=lambda one: str(one)[:40]
)
def test_a_figure_of_a_task_is_of_one_of_its_metrics(model: str, figure: dict[str, Any]) -> None:
    metrics = {entry.metric for entry in FILES[figure["task"]].metric_list or ()}
    assert figure["metric"] in metrics


def test_references_of_a_model_are_in_the_task_files() -> None:
    for model in MODELS:
        for task in model.get("references", ()):
            # the group stands for its six subjects
            specs = [FILES["mmlu_anatomy" if task == "mmlu_clinical" else task]]
            listed = {one["model"] for spec in specs for one in spec.details.get("references", ())}
            assert any(_same(model["name"], name) for name in listed), (model["name"], task)


def _same(model: str, name: str) -> bool:
    return name.lower().removesuffix("-full").startswith(model.lower())


def test_what_cannot_be_a_share_is_no_reference() -> None:
    (model,) = (model for model in MODELS if model["name"] == "OpenBioLLM-70B")
    assert [figure["task"] for figure in model["figures"]] == ["pubmedqa", "mmlu_medical_genetics"]
    assert not any(reference.is_possible for _, reference in read_models(ROOT / "models.yml")[_place(model)].scores())
    assert "references" not in model
    assert model["caution"]


def _place(model: dict[str, Any]) -> int:
    return MODELS.index(model)


def test_scores_of_groups_are_complete() -> None:
    entries = read_published(ROOT / "published.yml")
    for _, reference in entries:
        assert reference.setting
        assert reference.is_possible or reference.note
    assert len({(task, reference.model, reference.shots) for task, reference in entries}) == len(entries) > 30
