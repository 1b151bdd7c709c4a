"""mmeval: evaluate language, vision-language and graph-language models.

Everything that a plugin or a script needs is importable from here, and is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmeval.errors import (
        IncompleteRunError,
        MissingRequirementError,
        MmevalError,
        PluginError,
        SpecError,
        UnknownNameError,
        UsageError,
    )
    from mmeval.hookspecs import hookimpl
    from mmeval.model import Model, OneByOneModel
    from mmeval.run import evaluate
    from mmeval.task import Group, Task
    from mmeval.types import (
        Extraction,
        Failure,
        Generate,
        Generation,
        Graph,
        Image,
        Likelihoods,
        Loglikelihood,
        Message,
        Metric,
        Outcome,
        Prompt,
        Request,
        RequestKey,
        Response,
        RollingLikelihood,
        RollingLoglikelihood,
        Sample,
        SampleScore,
        TaskResult,
        Text,
        Timing,
    )

__all__ = [
    "Extraction",
    "Failure",
    "Generate",
    "Generation",
    "Graph",
    "Group",
    "Image",
    "IncompleteRunError",
    "Likelihoods",
    "Loglikelihood",
    "Message",
    "Metric",
    "MissingRequirementError",
    "MmevalError",
    "Model",
    "OneByOneModel",
    "Outcome",
    "PluginError",
    "Prompt",
    "Request",
    "RequestKey",
    "Response",
    "RollingLikelihood",
    "RollingLoglikelihood",
    "Sample",
    "SampleScore",
    "SpecError",
    "Task",
    "TaskResult",
    "Text",
    "Timing",
    "UnknownNameError",
    "UsageError",
    "evaluate",
    "hookimpl",
]

_HOMES = ("errors", "types", "model", "task", "hookspecs", "run")


def __getattr__(name: str) -> Any:
    """A public name, from its module: `mmeval --help` needs none of them and is not to wait."""
    for home in _HOMES if name in __all__ else ():
        names = vars(import_module(f"mmeval.{home}"))
        if name in names:
            return globals().setdefault(name, names[name])
    raise AttributeError(f"module 'mmeval' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
