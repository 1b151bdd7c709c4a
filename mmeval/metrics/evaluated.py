"""`evaluate:NAME_OR_PATH`: a metric of the library `evaluate`, over a whole task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mmeval.errors import MissingRequirementError, UsageError
from mmeval.metrics.choice import ChoiceAnswer
from mmeval.types import Metric

PREFIX = "evaluate:"


@dataclass(frozen=True)
class Evaluated:
    """The aggregation of such a metric, from (target, answer) pairs. Its code is loaded when it is first used."""

    source: str

    @property
    def name(self) -> str:
        """The last part of the name or path."""
        return Path(self.source).stem

    def check(self, trust_remote_code: bool) -> None:
        """Raise UsageError for code of a hub that is not trusted, MissingRequirementError without the library."""
        if find_spec("evaluate") is None:
            raise MissingRequirementError(
                f"metric '{PREFIX}{self.source}' needs the package evaluate",
                hint="pip install 'mmeval-harness[evaluate]'",
            )
        if not Path(self.source).exists() and not trust_remote_code:
            raise UsageError(
                f"metric '{PREFIX}{self.source}' is code that the library evaluate fetches from a hub",
                hint="allow it with --trust_remote_code, or give the path of a local folder",
            )

    def __call__(self, values: Sequence[tuple[Any, Any]]) -> float:
        references, predictions = zip(*values, strict=True)
        found = _loaded(self.source).compute(predictions=list(predictions), references=list(references))
        return self._number(found or {})

    def _number(self, found: Mapping[str, Any]) -> float:
        """The value under the metric's own name, or the only one."""
        if self.name in found or len(found) == 1:
            return float(found.get(self.name, next(iter(found.values()))))
        raise UsageError(f"metric '{self.name}' gives {', '.join(found) or 'nothing'}, and none of it by its own name")


@lru_cache
def _loaded(source: str) -> Any:
    import evaluate

    try:
        return evaluate.load(source, keep_in_memory=True)
    except Exception as error:
        raise UsageError(f"metric '{PREFIX}{source}' cannot be loaded: {type(error).__name__}: {error}") from error


def _pair(answer: Any, target: Any) -> tuple[Any, Any]:
    if isinstance(answer, ChoiceAnswer):
        return target, answer.best
    return target, "" if answer is None else answer


def evaluated(name: str) -> Metric:
    """The metric of a name with the prefix. Nothing is loaded; its direction and range are not known."""
    aggregate = Evaluated(name.removeprefix(PREFIX))
    return Metric(aggregate.name, aggregate, "bootstrap", higher_is_better=None, worst=None, score=_pair)
