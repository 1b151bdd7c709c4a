"""What task files cost beside lm-eval: CPU seconds of index, listing and request building, one thread, least of three.

`LM_EVAL_PYTHON` is the Python of an environment with lm-eval, this one where it is not set. Where neither has lm-eval,
only mmeval's own figures for request building are printed: `.venv-lm-eval/bin/python benchmarks/lm_eval_tasks.py` has
both (`make test-lm-eval` makes that environment).
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

RUNS = 3
PEER = os.environ.get("LM_EVAL_PYTHON", sys.executable)
DOCS = 20_000
SHOTS = (0, 5)
TASK = """\
task: bench
dataset_path: json
dataset_kwargs: {{data_files: {{test: {folder}/test.jsonl, train: {folder}/train.jsonl}}}}
test_split: test
training_split: train
fewshot_config: {{sampler: first_n}}
output_type: multiple_choice
description: "The following are multiple choice questions (with answers).\\n\\n"
doc_to_text: "{{{{question.strip()}}}}\\nA. {{{{choices[0]}}}}\\nB. {{{{choices[1]}}}}\\n\
C. {{{{choices[2]}}}}\\nD. {{{{choices[3]}}}}\\nAnswer:"
doc_to_choice: ["A", "B", "C", "D"]
doc_to_target: answer
"""
OURS_INDEX = """
import sys
from mmeval.catalog import Catalog
print(len(Catalog([sys.argv[1]]).names()))
"""
THEIRS_INDEX = """
from lm_eval.tasks import TaskManager
print(len(TaskManager().all_tasks))
"""
THEIRS_FOLDER = """
from importlib.util import find_spec
print(find_spec("lm_eval").submodule_search_locations[0] + "/tasks")
"""
OURS_BUILD = """
import sys
from pathlib import Path
from mmeval.prompt.style import PromptStyle, resolve
from mmeval.yaml_task.load import TaskOptions, load_task
task = load_task(Path("bench.yaml"), TaskOptions(num_fewshot=int(sys.argv[1])))
style = PromptStyle()
samples = list(task.samples())
BEGIN()
asks = [resolve(ask, style) for sample in samples for ask in task.requests(sample)]
END()
print(sum(len(ask.continuations) for ask in asks))
"""
THEIRS_BUILD = """
import sys
from lm_eval.tasks import TaskManager
manager = TaskManager(include_path=".", include_defaults=False)
task = manager.load(["bench"])["tasks"]["bench"]
task.set_config("num_fewshot", int(sys.argv[1]))
task.set_fewshot_seed(1234)
BEGIN()
task.build_all_requests(rank=0, world_size=1)
END()
print(len(task.instances))
"""
CLOCK = """
import time
def BEGIN():
    global began
    began = time.process_time()
def END():
    print("seconds", time.process_time() - began)
"""


def child(
    *command: str, folder: Path, environment: dict[str, str] | None = None, python: str = sys.executable
) -> tuple[float, list[str]]:
    """CPU seconds (user and system) of a process, or those that it measured itself; and what it printed."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "HF_DATASETS_OFFLINE": "1", **(environment or {})}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([python, *command], cwd=folder, env=env, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = done.stdout.splitlines()
    own = [float(line.split()[1]) for line in lines if line.startswith("seconds ")]
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return own[0] if own else used, [line for line in lines if not line.startswith("seconds ")]


def least(run: Callable[[], tuple[float, list[str]]]) -> tuple[float, list[str]]:
    """The fastest of several runs."""
    return min((run() for _ in range(RUNS)), key=lambda pair: pair[0])


def line(what: str, ours: float, theirs: float | None) -> None:
    """Print one workload."""
    beside = "" if theirs is None else f" {theirs:>10.3f} {theirs / ours:>8.1f}x"
    print(f"{what:<44} {ours:>10.3f}{beside}", flush=True)


def index(folder: Path) -> None:
    """Names of lm-eval's own tasks, without a cache and with one, and the whole commands."""
    cache = {"MMEVAL_CACHE": str(folder / "cache")}
    _, (tasks,) = child("-c", THEIRS_FOLDER, folder=folder, python=PEER)
    theirs, names = least(lambda: child("-c", THEIRS_INDEX, folder=folder, python=PEER))
    cold, ours = least(lambda: child("-c", OURS_INDEX, tasks, folder=folder, environment={"MMEVAL_CACHE": "/dev/null"}))
    child("-c", OURS_INDEX, tasks, folder=folder, environment=cache)
    warm, _ = least(lambda: child("-c", OURS_INDEX, tasks, folder=folder, environment=cache))
    print(f"names: {ours[-1]} here (with installed ones), {names[-1]} there")
    line("all names, process and imports, cold", cold, theirs)
    line("all names, process and imports, warm", warm, theirs)
    listed, _ = least(
        lambda: child("-m", "mmeval", "ls", "tasks", "--include_path", tasks, folder=folder, environment=cache)
    )
    line("ls tasks, warm", listed, least(lambda: child("-m", "lm_eval", "ls", "tasks", folder=folder, python=PEER))[0])


def building(folder: Path, beside: bool) -> None:
    """Requests of one task, without reading its data."""
    for name, count in (("train", 100), ("test", DOCS)):
        rows = (
            {
                "question": f"What is number {row} of {name}? ",
                "choices": [f"it {row}", "two", "three", "four"],
                "answer": row % 4,
            }
            for row in range(count)
        )
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "bench.yaml").write_text(TASK.format(folder=folder), encoding="utf-8")
    for shots in SHOTS:
        ours, counted = least(lambda: child("-c", CLOCK + OURS_BUILD, str(shots), folder=folder))  # noqa: B023
        theirs = None
        if beside:
            theirs, others = least(lambda: child("-c", CLOCK + THEIRS_BUILD, str(shots), folder=folder, python=PEER))  # noqa: B023
            assert counted[-1] == others[-1]
        line(f"requests of {DOCS:,} documents, {shots} shots", ours, theirs)


def main() -> None:
    """Print a line for each workload: mmeval, lm-eval, how many times less."""
    beside = "LM_EVAL_PYTHON" in os.environ or find_spec("lm_eval") is not None
    print(f"{'CPU seconds, least of ' + str(RUNS):<44} {'mmeval':>10}" + (f" {'lm-eval':>10}" if beside else ""))
    with tempfile.TemporaryDirectory() as name:
        if beside:
            index(Path(name))
        building(Path(name), beside)


if __name__ == "__main__":
    main()
