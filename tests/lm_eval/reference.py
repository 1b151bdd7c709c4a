"""The other side of a comparison: lm-eval's own task, its requests, the values it gives and what it makes of them."""

from __future__ import annotations

import copy
import random
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any

import datasets
import lm_eval.api.task as lm_eval_task  # type: ignore[import-not-found, unused-ignore]
import lm_eval.utils as lm_eval_utils  # type: ignore[import-not-found, unused-ignore]
import numpy as np
from lm_eval.api.task import ConfigurableTask  # type: ignore[import-not-found, unused-ignore]
from lm_eval.evaluator_utils import _compute_task_aggregations  # type: ignore[import-not-found, unused-ignore]

from tests.lm_eval.synthetic import Columns
from tests.yaml_task import parity

ITERATIONS = 20
"""Of the bootstrap; few, since its draws are compared elsewhere."""


class Tables(dict[str, list[dict[str, Any]]]):
    """Rows by split, which both sides find whatever data set they ask for."""

    def load_dataset(self, *_: Any, **__: Any) -> datasets.DatasetDict:
        return datasets.DatasetDict({split: datasets.Dataset.from_list(rows) for split, rows in self.items()})

    def fill(self, columns: Columns, config: Mapping[str, Any]) -> None:
        """Other rows for every split that the task names."""
        fewshot = config.get("fewshot_config") or {}
        keys = ("training_split", "validation_split", "test_split", "fewshot_split")
        named = {config.get(key) for key in keys} | {fewshot.get("split")}
        self.clear()
        for place, split in enumerate(sorted(filter(None, named))):
            self[split] = columns.rows(10 * place, 6 if split == "test" else 8)


def prepare() -> None:
    """No bars; and templates are compiled once, which lm-eval does for every document."""
    lm_eval_task.tqdm = lambda values, **_: values
    datasets.disable_progress_bars()
    lm_eval_utils.env.from_string = cache(lm_eval_utils.env.from_string)


def seed() -> None:
    random.seed(0)
    np.random.seed(1234)


def task_of(config: Mapping[str, Any], shots: int | None) -> Any:
    """lm-eval's task with its requests built, from a configuration whose functions are resolved."""
    seed()
    own = {key: value for key, value in config.items() if key not in ("tag", "group", "task_list")}
    own = copy.deepcopy(own)
    metadata = own.get("metadata", {})
    own["metadata"] = metadata if isinstance(metadata, dict) else {"_metadata": metadata}
    task = ConfigurableTask(config=own)
    if shots is not None and task.config.num_fewshot != 0:
        task.set_config("num_fewshot", shots)
    task.set_fewshot_seed(1234)
    task.build_all_requests(rank=0, world_size=1)
    return task


def requests_of(task: Any) -> list[list[Any]]:
    """[kind, arguments..., repeats] for each request; pictures and sounds are left out."""
    return [[one.request_type, *_texts(one.arguments), one.repeats] for one in task.instances]


def _texts(arguments: tuple[Any, ...]) -> list[Any]:
    return [one for one in arguments if not (isinstance(one, dict) and one.keys() & {"visual", "audio"})]


def answer(kind: str, arguments: list[Any], repeat: int, target: Any) -> Any:
    """What the model of the comparison answers: a function of the request, right now and then."""
    number = int(parity.digest([kind, *arguments, repeat]), 16)
    if kind == "loglikelihood":
        return -(number % 997) / 100, number % 2 == 0
    if kind == "loglikelihood_rolling":
        return -(number % 997) / 10
    text = str(target)
    return [text, f"{text.strip()}!", "The answer is (B).", "#### 42", "", "A", "alpha 1 yes"][number % 7]


def scores_of(task: Any) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """The values of each document by pipeline, and the task's entry in lm-eval's results."""
    for one in task.instances:
        target = task.doc_to_target(one.doc) if task.config.doc_to_target is not None else ""
        one.resps = [answer(one.request_type, _texts(one.arguments), repeat, target) for repeat in range(one.repeats)]
    task.apply_filters()
    by_doc: dict[int, list[Any]] = defaultdict(list)
    for one in sorted(task.instances, key=lambda one: one.idx):
        by_doc[one.doc_id].append(one)
    values: dict[str, list[Any]] = {}
    raw: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for pipeline in task.instances[0].filtered_resps:
        for _, ones in sorted(by_doc.items()):
            given = task.process_results(ones[0].doc, [one.filtered_resps[pipeline] for one in ones])
            values.setdefault(pipeline, []).append(parity.plain(given))
            for metric, value in given.items():
                raw[metric, pipeline].append(value)
    return values, _compute_task_aggregations(task, raw, bootstrap_iters=ITERATIONS)[0]
