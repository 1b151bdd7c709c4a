"""mmeval: evaluate language, vision-language and graph-language models.

Everything that a plugin or a script needs is importable from here. Nothing heavy is: what runs is imported when
`evaluate` is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
)

if TYPE_CHECKING:
    from mmeval.run import evaluate

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
    "UnknownNameError",
    "UsageError",
    "evaluate",
    "hookimpl",
]


def __getattr__(name: str) -> Any:
    if name != "evaluate":
        raise AttributeError(f"module 'mmeval' has no attribute '{name}'")
    from mmeval.run import evaluate

    return evaluate
