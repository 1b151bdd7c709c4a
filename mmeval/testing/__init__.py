"""What a plugin author tests with: conformance classes and small doubles.

    from mmeval.testing import TaskConformance
    from my_package import MyTask

    class TestMyTask(TaskConformance):
        task = MyTask

Run by pytest, each method is one promise of the contract, and its message says what breaks it. The built-in plugins
pass the same classes. The fixture `mmeval_run` (`mmeval.testing.pytest_plugin`) evaluates in a temporary folder.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmeval.testing.doubles import ListTask, ScriptedModel
    from mmeval.testing.extractors import ExtractorConformance
    from mmeval.testing.metrics import MetricConformance
    from mmeval.testing.models import ModelConformance
    from mmeval.testing.tasks import TaskConformance

__all__ = [
    "ExtractorConformance",
    "ListTask",
    "MetricConformance",
    "ModelConformance",
    "ScriptedModel",
    "TaskConformance",
]

_MODULES = {
    "ExtractorConformance": "extractors",
    "ListTask": "doubles",
    "MetricConformance": "metrics",
    "ModelConformance": "models",
    "ScriptedModel": "doubles",
    "TaskConformance": "tasks",
}


def __getattr__(name: str) -> Any:
    """Import on first use: pytest loads this package wherever mmeval is installed."""
    if name not in _MODULES:
        raise AttributeError(f"module 'mmeval.testing' has no attribute '{name}'")
    return getattr(importlib.import_module(f"mmeval.testing.{_MODULES[name]}"), name)
