"""What loading the built-in metrics costs."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("numpy", "sklearn", "sacrebleu", "scipy")
MODULES = ("choice", "text", "likelihood", "classification", "translation", "summarize", "groups", "bootstrap")


def test_no_metric_loads_anything_heavy() -> None:
    program = f"import sys; from mmeval.metrics import {', '.join(MODULES)}; print(set({HEAVY}) & sys.modules.keys())"
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "set()"
