"""What model cards say of compared runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import UnknownNameError
from mmeval.report.compare.cards import general
from mmeval.report.compare.compared import Compared
from mmeval.report.compare.comparison import compare
from mmeval.report.compare.numbers import as_json
from mmeval.report.compare.runs import Run, read_run
from mmeval.report.compare.tables import specialization_table

from .made import CONFIG, Made

BASE: dict[str, Any] = {}
MEDICAL = {"domain": "medical", "specialisation": "continued_pretraining", "base_model": "org/Base-7B"}


def run(path: Path, model: str, card: dict[str, Any], right: int = 50, domain: str = "medical", **task: Any) -> Run:
    config = {"metadata": {"domain": domain, "chance": 0}}
    made = Made(config={**CONFIG, "model_args": {"pretrained": model}, "model_card": card})
    made.task("quiz", [1.0] * right + [0.0] * (100 - right), config=config, **task)
    return read_run(made.write(path / f"{model.replace('/', '_')}{len(list(path.iterdir()))}"))


@pytest.mark.parametrize(
    ("cards", "place"),
    [
        ([("x/med", MEDICAL), ("y/base-7b", BASE)], 1),
        ([("y/Base-7B/", BASE), ("x/med", MEDICAL)], 0),
        ([("x/med", {"domain": "medical"}), ("x/law", {"domain": "legal"}), ("z", {"domain": "general"})], 2),
        ([("x/med", {"domain": "medical"}), ("z", {})], 0),
        ([("x/med-lora", {"base_model": "med"}), ("x/med", MEDICAL), ("base-7b", {})], 2),
    ],
)
def test_the_general_model_is_the_base_of_another_or_says_so(
    tmp_path: Path, cards: list[tuple[str, dict[str, Any]]], place: int
) -> None:
    assert general([run(tmp_path, name, card) for name, card in cards]) == place


def compared(*runs: Run, **options: Any) -> Compared:
    first, *others = runs
    return Compared.of(
        [compare(first, other, iters=200) for other in others],
        compared=lambda one, other: compare(one, other, iters=200),
        **options,
    )


def test_a_module_on_and_off_is_a_row(tmp_path: Path) -> None:
    """Of runs of one base, whichever comes first; also of two of which neither is the baseline."""
    base = run(tmp_path, "org/base-7b", {"domain": "general"}, 50)
    lora = run(tmp_path, "me/tuned", {"base_model": "Base-7B", "modular": "lora"}, 60)
    small = run(tmp_path, "me/tuned", {"base_model": "Base-7B", "modular": "lora", "quantisation": "q4"}, 55)
    other = run(tmp_path, "other", {"modular": "moe"})
    found = as_json(compared(base, small, lora, other))["ablations"]
    assert [(each["runs"], each["base"], each["changes"]) for each in found] == [
        (["A", "B"], "org/base-7b", ("module: none -> lora", "quantisation: none -> q4")),
        (["A", "C"], "org/base-7b", ("module: none -> lora",)),
        (["C", "B"], "Base-7B", ("quantisation: none -> q4",)),
    ]
    assert [round(each["gain"]["gain"], 2) for each in found] == [0.05, 0.1, -0.05]


def test_from_without_to_with(tmp_path: Path) -> None:
    lora = run(tmp_path, "m", {"modular": "lora"}, 60)
    plain = run(tmp_path, "m", {"modular": "none"}, 50)
    (found,) = compared(lora, plain).ablations
    assert (found.one, found.other, found.changes) == (1, 0, ("module: none -> lora",))
    assert found.gain.gain == pytest.approx(0.1)
    titles = [title for title, _ in compared(lora, plain).tables]
    assert "Ablations" in titles


def test_without_cards_nothing_is_an_ablation(tmp_path: Path) -> None:
    assert compared(run(tmp_path, "m", {}), run(tmp_path, "m", {}, 40)).ablations == []


def test_the_specialists_card_counts_in_either_order(tmp_path: Path) -> None:
    base, special = run(tmp_path, "base-7b", BASE, 50), run(tmp_path, "x/med", MEDICAL, 80)
    for runs, letter in (((base, special), "B"), ((special, base), "A over B")):
        found = compared(*runs)
        ((_, each),) = found.specializations
        assert (each.domain, each.worth_it, each.on.gain) == ("medical", True, pytest.approx(0.3))
        assert specialization_table(found.specializations).rows[0][0] == letter


def test_a_domain_of_no_task_is_unknown(tmp_path: Path) -> None:
    runs = [run(tmp_path, name, {}) for name in ("a", "b")]
    with pytest.raises(UnknownNameError, match="unknown domain 'medcal'") as caught:
        compared(*runs, specialized_in="medcal")
    assert caught.value.hint == "did you mean medical?"
    with pytest.raises(UnknownNameError) as caught:
        compared(*runs, specialized_in="law")
    assert caught.value.hint == "the tasks are of medical"


def test_a_card_with_a_domain_of_no_task_is_remarked(tmp_path: Path) -> None:
    found = compared(run(tmp_path, "a", {}), run(tmp_path, "b", {"domain": "medcal"}))
    assert found.remarks == ["the card of B says domain=medcal, of which there is no task; is medical meant?"]
    assert not found.specializations[0][1].worth_it


def test_a_run_and_itself(tmp_path: Path) -> None:
    one = run(tmp_path, "a", {})
    assert compared(one, one).remarks == ["A and B are the same run"]
