"""Why the code of a task folder could not be loaded, as an error that says whether something can be installed."""

from __future__ import annotations

import importlib.util
import traceback
from pathlib import Path

from mmeval.errors import MissingRequirementError, SpecError
from mmeval.spec.task_spec import TaskSpec
from mmeval.spec.yaml import FunctionRef

_DISTRIBUTIONS = {
    "antlr4": "antlr4-python3-runtime==4.11",  # what sympy reads LaTeX with
    "cv2": "opencv-python",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
}
"""What installs a module that is called otherwise."""
_FETCHING = frozenset({"datasets", "evaluate", "huggingface_hub"})


def failure(
    error: BaseException, ref: FunctionRef, file: Path, spec: TaskSpec, *key: str | int
) -> SpecError | MissingRequirementError:
    """What `error`, raised while `file` was loaded for `ref`, means for the task: a requirement, or a mistake."""
    for cause in (error, error.__cause__, error.__context__):  # many helpers say what to install in their own words
        if isinstance(cause, ModuleNotFoundError) and cause.name is not None:
            return _missing(cause.name, ref, file, spec, *key)
        if isinstance(cause, OSError) and fetched(cause):
            return unfetched(f"task '{spec.task}' ({ref})", cause)
    if isinstance(error, SystemExit):
        if isinstance(error.code, str):  # a helper that looks for a program and says which
            return MissingRequirementError(f"task '{spec.task}': the module of {ref} gave up: {_line(error)}")
        return spec.error(f"!function {ref.target}: its module exits on import", *key)
    return spec.error(f"!function {ref.target}: {type(error).__name__}: {_line(error)}", *key)


def fetched(error: BaseException) -> bool:
    """Whether a library that reads from a hub raised it."""
    frames = traceback.walk_tb(error.__traceback__)
    return any(str(frame.f_globals.get("__name__")).partition(".")[0] in _FETCHING for frame, _ in frames)


def unfetched(what: str, error: BaseException) -> MissingRequirementError:
    """`what` reads something from a hub that is neither there nor kept on this machine."""
    return MissingRequirementError(
        f"{what} needs something from a hub: {_line(error)}", hint="run it once where the hub can be reached"
    )


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())


def _missing(
    module: str, ref: FunctionRef, file: Path, spec: TaskSpec, *key: str | int
) -> SpecError | MissingRequirementError:
    if not file.is_file() and ref.target.startswith(module):
        return spec.error(f"!function {ref.target}: there is no file {file}", *key)
    package = module.partition(".")[0]
    if package == "lm_eval":
        return spec.error(f"!function {ref.target}: mmeval offers no '{module}' in lm-eval's place", *key)
    if package != module and importlib.util.find_spec(package) is not None:
        problem = f"task '{spec.task}' needs the module {module} ({ref}), which the installed {package} does not have"
        return MissingRequirementError(problem, hint=f"install another version of {package}")
    return MissingRequirementError(
        f"task '{spec.task}' needs the package {package} ({ref.target})",
        hint=f"pip install {_DISTRIBUTIONS.get(package, package)}",
    )
