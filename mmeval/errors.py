"""Everything that mmeval raises on purpose, as one tree.

    MmevalError                exit 1   a task failed, or more samples failed than the run allows
      UsageError               exit 2   wrong flags, arguments or values
        UnknownNameError       exit 2   a name that nothing provides; carries the nearest known ones
        SpecError              exit 2   a file (YAML, data, run directory) to mend or to name aright; carries its line
      PluginError              exit 2   an installed plugin that is broken or in conflict; carries its distribution
      MissingRequirementError  exit 3   a package or weight that is not here; carries the install line
      IncompleteRunError       exit 4   interrupted; carries the command that resumes it

Each message is one line that says what is wrong; `hint` says what to do. A sample that cannot be scored is
a value (`Outcome`), not an exception.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar


class MmevalError(Exception):
    """Root of the tree. `str(error)` is one line; `hint`, where there is one, says what to do."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors travel between processes; what pickle would call instead is each class's own constructor."""
        return _restored, (type(self), self.args, vars(self))


class UsageError(MmevalError):
    """The user asked for something that does not fit: a flag, an argument, a value."""

    exit_code = 2


class UnknownNameError(UsageError):
    """`name` is not provided by anything installed; `nearest` holds the closest known names, best first."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, hint: str = "") -> None:
        self.kind, self.name = kind, name
        self.nearest = nearest_names(name, known)
        guess = f"did you mean {' or '.join(self.nearest)}?" if self.nearest else ""
        super().__init__(f"unknown {kind} '{name}'", hint=guess or hint)


class SpecError(UsageError):
    """A file that the user can mend. The message starts with `file:line:` as compilers write it."""

    def __init__(self, message: str, *, file: str | Path, line: int | None = None, hint: str = "") -> None:
        self.file, self.line, self.problem = Path(file), line, message
        place = f"{file}:{line}" if line is not None else f"{file}"
        super().__init__(f"{place}: {message}", hint=hint)


class PluginError(MmevalError):
    """An installed plugin cannot be used; `distribution` names the package that ships it."""

    exit_code = 2

    def __init__(self, message: str, *, distribution: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.distribution = distribution


class MissingRequirementError(MmevalError):
    """Something must be installed or fetched first; the hint is the exact command."""

    exit_code = 3


class IncompleteRunError(MmevalError):
    """The run stopped early and nothing is lost; the hint is the command that resumes it."""

    exit_code = 4


def _restored(kind: type[MmevalError], args: tuple[Any, ...], state: dict[str, Any]) -> MmevalError:
    error = kind.__new__(kind, *args)
    vars(error).update(state)
    return error


def nearest_names(name: str, known: Iterable[str], count: int = 3) -> Sequence[str]:
    """The up to `count` known names closest to `name`, best first."""
    import difflib

    return difflib.get_close_matches(name, sorted(set(known)), n=count, cutoff=0.6)
