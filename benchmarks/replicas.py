"""What replicas cost: start-up, and processor time of each request, in one process and in several.

    python benchmarks/replicas.py

Runs the command line with few and with many samples: what the many take more is the rate, and the rest of a run the
start-up. Processor time counts all processes of a run but those of Ray. Each process computes on one core.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

TOKENS = 32
MODELS = {
    "dummy": (["--model", "dummy"], 1000, 31_000),
    "SmolLM2-135M": (
        [
            *("--model", "hf", "--model_args", "pretrained=bundled:smollm2-135m,dtype=float32,batch_size=16"),
            "--apply_chat_template",
        ],
        16,
        112,
    ),
}
WAYS = {
    "one process": (),
    "--devices cpu": ("--devices", "cpu"),
    "--devices cpu,cpu": ("--devices", "cpu,cpu"),
    **({"2 actors of Ray": ("--executor", "ray", "--replicas", "2")} if find_spec("ray") else {}),
}


def task(folder: Path, samples: int) -> Path:
    """A task file with so many short prompts, each answered with `TOKENS` tokens."""
    rows = [json.dumps({"q": f"Tell me a story about the number {row}.", "a": "1"}) for row in range(samples)]
    (folder / "rows.jsonl").write_text("\n".join(rows), encoding="utf-8")
    file = folder / "stories.yaml"
    file.write_text(
        "task: stories\ndataset_path: rows.jsonl\ntest_split: test\noutput_type: generate_until\n"
        'doc_to_text: "{{q}}"\ndoc_to_target: "{{a}}"\nmetric_list:\n  - metric: exact_match\n'
        f"generation_kwargs:\n  until: []\n  max_gen_toks: {TOKENS}\n",
        encoding="utf-8",
    )
    return file


@dataclass(frozen=True)
class Took:
    """What a run took: seconds, those of processors, and the tokens that it wrote (0: not told)."""

    seconds: float
    work: float
    tokens: int


def measure(arguments: list[str], samples: int) -> Took:
    """A run on so many samples."""
    with tempfile.TemporaryDirectory() as folder:
        file = task(Path(folder), samples)
        whole = [sys.executable, "-m", "mmeval", "--tasks", str(file), "--output_path", folder, *arguments]
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(whole, check=True, capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        (written,) = Path(folder).glob("*/*/results.json")
        (answers,) = json.loads(written.read_text(encoding="utf-8"))["efficiency"]["answers"]
    work = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(seconds, work, answers["tokens_out"] or 0)


def row(model: list[str], few: int, many: int) -> str:
    """Start-up in seconds, milliseconds for a request, tokens for a second of a processor."""
    short, long = measure(model, few), measure(model, many)
    seconds = (long.seconds - short.seconds) / (many - few)
    work = (long.work - short.work) / (many - few)
    rate = (long.tokens - short.tokens) / (many - few) / work
    wall, worked = short.seconds - few * seconds, short.work - few * work
    return f"{wall:>9.1f}{worked:>9.1f}{1000 * seconds:>13.2f}{1000 * work:>9.2f}{rate:>13.0f}"


def main() -> None:
    """Print a row for each model and way."""
    measure(MODELS["dummy"][0], 1)  # caches of the interpreter
    print("                              start-up, s        request, ms    tokens for a")
    print("model        way             wall     work     wall     work    s of work")
    for name, (model, few, many) in MODELS.items():
        for way, flags in WAYS.items():
            print(f"{name:<13}{way:<18}{row([*model, *flags], few, many)}", flush=True)


if __name__ == "__main__":
    main()
