"""Writes golden/requests.json with lm-eval 0.4.13: `python -m tests.yaml_task.record_golden` in the root.

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
    file = Path(__file__).parent / "golden" / "requests.json"
    file.write_text(json.dumps(golden, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
