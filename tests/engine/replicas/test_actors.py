"""Replicas through a real Ray on this machine: the same results as one process, and nothing lost with a replica."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mmeval
from mmeval.engine.footprint import peak_rss
from mmeval.engine.replicas import Actors, Replicas
from mmeval.engine.runlog import RunLog
from mmeval.errors import UnknownNameError, UsageError
from mmeval.registry import MODELS
from mmeval.testing import ListTask
from tests.engine.replicas import doubles
from tests.engine.replicas.doubles import COUNT, Mortal
from tests.engine.replicas.runs import logged, results, steady

needs_ray = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    ray = pytest.importorskip("ray")
    ray.cloudpickle.register_pickle_by_value(doubles)
    MODELS.register("mortal", Mortal)
    yield ray
    ray.shutdown()


class TestRay:
    pytestmark = needs_ray

    @pytest.fixture(autouse=True)
    def _ray(self, ray: Any) -> None:
        pass

    def test_results_are_those_of_one_process(self, tmp_path: Path) -> None:
        alone = results(tmp_path / "alone", "dummy")
        shared = results(tmp_path / "shared", "dummy", executor="ray", replicas=2)
        assert steady(shared) == steady(alone)

    def test_the_peak_of_memory_is_that_of_all_replicas_together(self, tmp_path: Path) -> None:
        own = peak_rss()
        run = results(tmp_path, "mortal", executor="ray", replicas=2, model_args={"mib": 500})
        found = run.data["efficiency"]
        assert own + 2 * 500 / 1024 < found["peak_rss_gib"] < 1.1 * own + 2 * (own + 600 / 1024)
        assert (found["replicas"], found["processes"]) == (2, 3)

    def test_a_lost_replica_loses_nothing(self, tmp_path: Path) -> None:
        deaths = tmp_path / "deaths"
        deaths.mkdir()
        args = {"folder": str(deaths), "deadly": "q67", "lives": 2}
        run = results(tmp_path / "runs", "mortal", executor="ray", replicas=2, model_args=args)
        assert {row: answer["text"] for row, answer in logged(run).items()} == {
            str(row): f"Q{row}" for row in range(COUNT)
        }
        assert len(list(deaths.iterdir())) == 2

    def test_a_request_that_ends_every_replica_fails_alone(self, tmp_path: Path) -> None:
        deaths = tmp_path / "deaths"
        deaths.mkdir()
        args = {"folder": str(deaths), "deadly": f"q{COUNT - 1}", "lives": 100}
        run = results(tmp_path / "runs", "mortal", executor="ray", replicas=1, model_args=args)
        failed = {row for row, answer in logged(run).items() if answer["kind"] == "Failure"}
        assert failed == {str(COUNT - 1)}

    def test_a_real_model_scores_as_in_one_process(self, tmp_path: Path) -> None:
        pytest.importorskip("transformers")
        from tests.models.tiny import build

        task = ListTask(
            [(f"the dog and {row} cats", " sat") for row in range(40)], "choice", (" sat", " jumps", " over")
        )
        args = {"pretrained": str(build(tmp_path / "weights", "llama")), "device": "cpu"}
        found = [
            mmeval.evaluate(tasks=task, model="hf", model_args=args, output_path=str(tmp_path / name), **options)
            for name, options in (("alone", {}), ("shared", {"executor": "ray", "replicas": 2}))
        ]
        alone, shared = (dict(RunLog.read(run.directory / "responses.jsonl").responses) for run in found)
        assert alone.keys() == shared.keys()
        for key, response in alone.items():
            assert shared[key].logprobs == pytest.approx(response.logprobs, abs=1e-4)
            assert shared[key].greedy == response.greedy

    def test_why_a_model_cannot_be_made_is_told_as_in_one_process(self) -> None:
        model = Replicas(Actors(Mortal, {"broken": "start"}, 1, {}))
        with pytest.raises(UnknownNameError, match="unknown weight 'torn'") as caught:
            model.info()
        assert caught.value.hint == "did you mean worn?"
        model.close()

    def test_more_than_this_machine_has_is_refused(self) -> None:
        with pytest.raises(UsageError, match="2 replicas need 128 GPU, Ray has 0"):
            Actors(Mortal, {}, 2, {"GPU": 64}).start()
