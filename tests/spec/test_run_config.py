from __future__ import annotations

from typing import Any

import pytest

from mmeval.errors import UsageError
from mmeval.spec.run_config import RunConfig


def test_names_are_split_at_commas_and_spaces() -> None:
    assert RunConfig.of(tasks="a,b c", model="m").tasks == ("a", "b", "c")
    assert RunConfig.of(tasks=["a", "b"], model="m").tasks == ("a", "b")


def test_a_configuration_survives_json() -> None:
    config = RunConfig.of(tasks="a", model="m", roles={"judge": {"name": "j"}}, limit=0.5, task_args={"": {"k": 1}})
    assert RunConfig.of(**config.model_dump(mode="json")) == config


def test_a_model_card_takes_what_cards_write() -> None:
    card = RunConfig.of(
        tasks="a", model="m", model_card={"params_total": 7, "train_cutoff": 2024, "train_sets": "a/b, c"}
    ).model_card
    assert card is not None
    assert (card.params_total, card.train_cutoff, card.train_sets) == ("7", "2024", ("a/b", "c"))


@pytest.mark.parametrize(
    ("given", "devices"),
    [
        ("2", ("cuda:0", "cuda:1")),
        (1, ("cuda:0",)),
        ("0,2", ("cuda:0", "cuda:2")),
        ("cuda:3", ("cuda:3",)),
        ("cpu,cpu", ("cpu", "cpu")),
    ],
)
def test_devices_are_a_number_of_gpus_or_names(given: Any, devices: tuple[str, ...]) -> None:
    assert RunConfig.of(tasks="a", model="m", devices=given).devices == devices


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        ({"modle": "x"}, "unknown option 'modle'", "did you mean model?"),
        ({"limit": 0}, "option 'limit': input should be greater than 0 (got 0)", ""),
        ({"num_fewshot": "many"}, "option 'num_fewshot': input should be a valid integer", ""),
        (
            {"model_card": {"specialisation": "magic"}},
            "option 'model_card.specialisation': input should be 'scratch', 'continued_pretraining'",
            "",
        ),
        ({"model_card": {"domian": "law"}}, "unknown option 'model_card.domian'", "did you mean domain?"),
        ({"devices": "0"}, "option 'devices': a number of GPUs is 1 or more; one of them is cuda:0 (got '0')", ""),
        ({"devices": "cuda:x"}, "option 'devices.0': string should match pattern", ""),
        ({"devices": "2", "device": "cuda:0"}, "give 'devices' or 'device', not both", ""),
        ({"devices": "2", "model_args": {"device": "cpu"}}, "give 'devices' or 'device', not both", ""),
        ({"devices": "2", "executor": "ray"}, "give 'devices' or executor 'ray' (its replicas: --replicas)", ""),
        ({"replicas": 2}, "'replicas' and 'resources' are of --executor ray; on this machine: --devices", ""),
        ({"tasks": None}, "option 'tasks': input should be a valid tuple (got None)", ""),
    ],
)
def test_what_does_not_fit_is_one_line(options: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        RunConfig.of(**{"tasks": "a", "model": "m"} | options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint == hint


def test_a_required_option_is_named() -> None:
    with pytest.raises(UsageError, match="option 'model' is required"):
        RunConfig.of(tasks="a")
