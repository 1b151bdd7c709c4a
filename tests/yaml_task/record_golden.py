"""Writes the files in golden/ with lm-eval: `python -m tests.yaml_task.record_golden` in the root.

Needs an environment with `lm-eval==0.4.13`. Requests are lists [kind, arguments..., repeats]; the file keeps a digest
of each case and, every hundredth case, the requests themselves.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import datasets
from lm_eval.api.task import ConfigurableTask  # type: ignore[import-not-found, unused-ignore]

from tests.yaml_task import parity

TABLES = datasets.DatasetDict({split: datasets.Dataset.from_list(parity.rows(split)) for split in parity.SPLITS})


def template(messages: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
    assert add_generation_prompt == (messages[-1]["role"] != "assistant")
    return parity.chat_text([(message["role"], message["content"]) for message in messages])


def requests_of(case: parity.Case) -> Any:
    try:
        task = ConfigurableTask(config=copy.deepcopy({**case.config, "dataset_path": "x"}))
        task.set_config(key="num_fewshot", value=case.shots)
        task.set_fewshot_seed(1234)
        task.build_all_requests(
            rank=0,
            world_size=1,
            system_instruction=case.system,
            apply_chat_template=case.style != "plain",
            fewshot_as_multiturn=case.style == "multiturn",
            chat_template=template if case.style != "plain" else None,
        )
    except Exception as error:  # noqa: BLE001  what lm-eval cannot do is part of the record
        return f"{type(error).__name__}: {error}"
    return [[one.request_type, *one.arguments, one.repeats] for one in task.instances]


def scores_of(config: dict[str, Any]) -> Any:
    """{pipeline: [values of each document]}."""
    task = ConfigurableTask(
        config=copy.deepcopy({"task": "case", **parity.SOURCES["train"], **config, "dataset_path": "x"})
    )
    task.build_all_requests(rank=0, world_size=1)
    for one in task.instances:
        one.resps = [
            parity.answer(one.request_type, list(one.arguments), repeat, one.doc) for repeat in range(one.repeats)
        ]
    task.apply_filters()
    by_doc: dict[int, list[Any]] = {}
    for one in sorted(task.instances, key=lambda one: one.idx):
        by_doc.setdefault(one.doc_id, []).append(one)
    return {
        pipeline: [
            parity.plain(task.process_results(ones[0].doc, [one.filtered_resps[pipeline] for one in ones]))
            for _, ones in sorted(by_doc.items())
        ]
        for pipeline in task.instances[0].filtered_resps
    }


def main() -> None:
    datasets.load_dataset = lambda *args, **kwargs: TABLES
    golden: dict[str, Any] = {}
    for number, case in enumerate(parity.cases()):
        requests = requests_of(case)
        if isinstance(requests, str):
            golden[case.name] = {"error": requests.splitlines()[0][:120]}
        else:
            golden[case.name] = {"digest": parity.digest(requests)}
            if number % 100 == 0:
                golden[case.name]["requests"] = requests
    _write("requests", golden)
    _write("scores", {name: scores_of(config) for name, config in parity.SCORED.items()})


def _write(name: str, golden: Any) -> None:
    file = Path(__file__).parent / "golden" / f"{name}.json"
    file.write_text(json.dumps(golden, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
