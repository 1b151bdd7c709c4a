"""The data file of specialised models."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from mmeval.report.references import Reference, is_share
from tests.tasks.domains.test_definitions import FILES, ROOT

DATA: dict[str, Any] = yaml.safe_load((ROOT / "models.yml").read_text(encoding="utf-8"))
MODELS: list[dict[str, Any]] = DATA["models"]
DOMAINS = {"medical", "finance", "legal", "math", "code", "science", "education", "ecommerce", "general"}
WAYS = {"scratch", "continued_pretraining", "instruction", "rlhf", "merge", "adapter"}


def test_only_eleven_rows_of_the_survey_are_known() -> None:
    rows = [model["survey_row"] for model in MODELS if "survey_row" in model]
    assert rows == list(range(1, 12))
    assert (DATA["survey"]["known"], DATA["survey"]["rows"]) == (11, 48)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model["name"])
def test_a_model_is_described_or_marked(model: dict[str, Any]) -> None:
    missing = set(model.get("not_found", ()))
    assert model["domain"] in DOMAINS
    assert model.get("specialisation", "adapter") in WAYS
    assert ("specialisation" in model) is not ("specialisation" in missing)
    assert bool(model.get("figures") or model.get("references")) is not ("figures" in missing)
    assert all(figure["mark"] in ("V", "S", "U") for figure in model.get("figures", ()))


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
    (figure,) = model["figures"]
    assert not is_share(figure["value"] / 100, figure["n"], figure["decimals"] + 2)
    assert "references" not in model
    assert model["caution"]


def test_scores_of_groups_are_complete() -> None:
    entries = yaml.safe_load((ROOT / "published.yml").read_text(encoding="utf-8"))
    for entry in entries:
        reference = Reference.model_validate({key: value for key, value in entry.items() if key != "task"})
        assert reference.setting
        assert reference.is_possible
    assert len({(entry["task"], entry["model"], entry.get("shots")) for entry in entries}) == len(entries) > 30
