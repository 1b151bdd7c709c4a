"""The names that task folders written for lm-eval import from it, for as long as one of their helpers is loaded.

Whether lm-eval is installed makes no difference: what a helper gets are the light stand-ins below.
`lm_eval.tasks.<package>` means the folder of that name above the helper.
"""

from __future__ import annotations

import importlib.machinery
import logging
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any, TypeVar

from mmeval.metrics.aggregations import mean
from mmeval.yaml_task.code_eval import evaluate_module

T = TypeVar("T")
_ROOT = "lm_eval"


@contextmanager
def lm_eval_names(helper: Path, *, runs_code: bool = False) -> Iterator[None]:
    """Put the stand-ins where `import lm_eval` finds them, and take them away again afterwards.

    For a helper that `runs_code`, `evaluate` is a stand-in too, whose `code_eval` works in the sandbox.
    """
    modules = _modules(helper) | ({"evaluate": evaluate_module()} if runs_code else {})
    roots = {name.partition(".")[0] for name in modules}
    before = _taken(roots)
    for name in before:
        del sys.modules[name]
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in _taken(roots):
            del sys.modules[name]
        sys.modules.update(before)


def _taken(roots: Collection[str]) -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.items() if name.partition(".")[0] in roots}


def _modules(helper: Path) -> dict[str, ModuleType]:
    """All stand-ins by dotted name, each a package that knows its parts."""
    modules: dict[str, ModuleType] = {}
    for name, content in _CONTENT.items():
        module = ModuleType(name)
        module.__dict__.update(content)
        folders = [str(folder) for folder in helper.parents] if name == _TASKS else []
        module.__path__ = folders
        module.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
        modules[name] = module
        parent, _, own = name.rpartition(".")
        if parent:
            setattr(modules[parent], own, module)
    return modules


class Filter:
    """Base of a pipeline step: maps the answer lists of all requests, given their documents."""

    def __init__(self, **options: Any) -> None:
        """Take no options; a subclass says which it has."""

    def apply(self, resps: Iterable[Any], docs: Sequence[Any]) -> Iterable[Any]:
        return resps


class RegexFilter(Filter):
    """The `group_select`-th match of a pattern in each answer, stripped; `fallback` where there is none."""

    def __init__(
        self, regex_pattern: str = r"#### (\-?[0-9\.\,]+)", group_select: int = 0, fallback: str = "[invalid]"
    ) -> None:
        self.regex_pattern, self.group_select, self.fallback = regex_pattern, group_select, fallback
        self.regex = re.compile(regex_pattern)

    def apply(self, resps: Iterable[Any], docs: Sequence[Any]) -> Iterable[Any]:
        return [[self._first(answer if isinstance(answer, str) else "") for answer in answers] for answers in resps]

    def _first(self, answer: str) -> str:
        matches = self.regex.findall(answer)
        if not matches:
            return self.fallback
        match = matches[self.group_select]
        if isinstance(match, tuple):
            match = next((group for group in match if group), self.fallback)
        return str(match).strip()


class ContextSampler:
    """Base of a task's own sampler: `sample` gives `n` documents of `df`, without any that equals `eval_doc`."""

    def __init__(self, df: Sequence[Any] | None = None, *, rnd: int | None = None, **_: Any) -> None:
        self.df: Sequence[Any] = df or []
        self.rnd = Random(rnd)

    def set_rnd(self, rnd: int | None) -> ContextSampler:
        self.rnd = Random(rnd)
        return self

    def fewshot_docs(self) -> Sequence[Any]:
        return self.df

    @staticmethod
    def rm_eval_doc(doc: Any, _iter: Iterable[Any], n: int | None = None) -> Sequence[Any]:
        return [other for other in _iter if other != doc][:n]

    def sample(self, n: int, eval_doc: Any = None, df: Sequence[Any] | None = None, **_: Any) -> Sequence[Any]:
        pool = df or self.df
        if not eval_doc:
            return self.rnd.sample(list(pool), n)
        drawn = self.rm_eval_doc(eval_doc, self.rnd.sample(list(pool), n + 1), n)
        return drawn if len(drawn) == n else self.rnd.sample(list(self.rm_eval_doc(eval_doc, pool)), n)


class FirstNSampler(ContextSampler):
    """The first `n` documents, without any that equals `eval_doc`."""

    def sample(self, n: int, eval_doc: Any = None, df: Sequence[Any] | None = None, **_: Any) -> Sequence[Any]:
        return self.rm_eval_doc(eval_doc, df or self.df, n)


FILTERS: dict[str, type[Filter]] = {}
"""What helpers registered as filters, by name."""


def _register_filter(name: str) -> Callable[[type[Filter]], type[Filter]]:
    def keep(own: type[Filter]) -> type[Filter]:
        FILTERS[name] = own
        return own

    return keep


def _registered(*names: str) -> Callable[[T], T]:
    """A decorator that leaves alone what it is put on: a task file refers to its helpers by `!function`."""
    del names
    return lambda value: value


def _weighted_f1_score(items: Sequence[tuple[Any, Any]]) -> float:
    from sklearn.metrics import f1_score

    golds, predictions = zip(*items, strict=True)
    return float(f1_score(golds, predictions, average="weighted"))


def _general_detokenize(text: str) -> str:
    for spaced, joined in ((" n't", "n't"), (" )", ")"), ("( ", "("), ('" ', '"'), (' "', '"')):
        text = text.replace(spaced, joined)
    return re.sub(r" (['.,])", r"\1", text)


def _metric_max_over_ground_truths(
    metric_fn: Callable[[Any, Any], float], prediction: Any, ground_truths: Iterable[Any]
) -> float:
    return max(metric_fn(prediction, truth) for truth in ground_truths)


_TASKS = f"{_ROOT}.tasks"
_CONTENT: dict[str, dict[str, Any]] = {
    _ROOT: {},
    f"{_ROOT}.utils": {
        "eval_logger": logging.getLogger(__name__),
        "general_detokenize": _general_detokenize,
        "handle_non_serializable": str,
        "logging": logging,
        "weighted_f1_score": _weighted_f1_score,
    },
    f"{_ROOT}.api": {},
    f"{_ROOT}.api.filter": {"Filter": Filter},
    f"{_ROOT}.api.metrics": {"mean": mean, "metric_max_over_ground_truths": _metric_max_over_ground_truths},
    f"{_ROOT}.api.registry": {
        "register_aggregation": _registered,
        "register_filter": _register_filter,
        "register_metric": lambda **names: _registered(*names),
        "register_model": _registered,
    },
    f"{_ROOT}.api.samplers": {"ContextSampler": ContextSampler, "FirstNSampler": FirstNSampler},
    f"{_ROOT}.filters": {},
    f"{_ROOT}.filters.extraction": {"Filter": Filter, "RegexFilter": RegexFilter},
    _TASKS: {},
}
