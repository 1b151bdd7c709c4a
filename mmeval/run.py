"""A run from configuration to results: the stages, wired."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

from mmeval.catalog import Catalog
from mmeval.data import hub
from mmeval.engine import manifest
from mmeval.engine.cache import ResponseCache, check_same_model
from mmeval.engine.efficiency import Meter, efficiency
from mmeval.engine.execute import Executor, check_unchanged
from mmeval.engine.progress import Progress, Silent
from mmeval.engine.replicas import Actors, Processes, Replicas, check_alone, check_ray
from mmeval.engine.runlog import RunLog
from mmeval.errors import IncompleteRunError, MmevalError
from mmeval.finishing import Results, finish
from mmeval.hooks import Hooks
from mmeval.loading import ChosenModel, ModelFacts, choose_models
from mmeval.model import Model
from mmeval.plugins import installed
from mmeval.preparation import Preparation, check_roles, prepare
from mmeval.registry import TASKS, register
from mmeval.selection import Selection, select
from mmeval.spec.run_config import RunConfig
from mmeval.task import Task
from mmeval.types import Ask, Represent, Sample


def evaluate(
    *, tasks: str | Task | Sequence[str | Task], model: str | Model, progress: Progress | None = None, **options: Any
) -> Results:
    """Evaluate a model on tasks; the Python face of the command line.

    `tasks` and `model` are names, or objects of one's own. `options` are the fields of `RunConfig`, which have
    the names of the command line's flags. Raises MmevalError where something does not fit.
    """
    listed = [tasks] if isinstance(tasks, str | Task) else list(tasks)
    for task in listed:
        if isinstance(task, Task):
            TASKS.register(task.name, task)
    names = ",".join(task if isinstance(task, str) else task.name for task in listed)
    instances = {} if isinstance(model, str) else {"model": model}
    name = model if isinstance(model, str) else type(model).__name__
    return start(RunConfig.of(tasks=names, model=name, **options), progress or Silent(), instances)


def start(config: RunConfig, progress: Progress, instances: Mapping[str, Model] | None = None) -> Results:
    """Plan, answer, score and write a new run."""
    hooks = _hooks(progress)
    changed = config.model_dump(mode="json")
    hooks.call("mmeval_configure", config=changed)
    config = RunConfig.of(**changed)
    _set_up(config)
    models = choose_models(config, instances or {})
    _check_installed(config, models)
    prepared = prepare(config, {role: model.facts for role, model in models.items()}, progress)
    check_roles(prepared.selection.tasks, models)
    directory = manifest.new_directory(config.output_path, config.model, config.model_args, manifest.utc_now())
    progress.note(f"run directory: {directory}")
    manifest.write(directory, _manifest(prepared, models))
    hooks.call("mmeval_run_start", directory=directory, manifest=manifest.read(directory))
    return _answer_and_finish(prepared, models, directory, hooks, progress)


def resume(directory: Path, progress: Progress, *, retry_errors: bool = False) -> Results:
    """Go on with an interrupted run: send only what its log does not hold, then score.

    `retry_errors` also sends again what failed.
    """
    config = RunConfig.of(**manifest.read(directory)["config"])
    hooks = _hooks(progress)
    _set_up(config)
    models = choose_models(config, {})
    _check_installed(config, models)
    prepared = prepare(config, {role: model.facts for role, model in models.items()}, progress)
    return _answer_and_finish(prepared, models, directory, hooks, progress, retry_errors=retry_errors)


def rescore(
    directory: Path, progress: Progress, *, task_args: Mapping[str, Mapping[str, Any]] | None = None
) -> Results:
    """Score a run again from its log. No model is loaded, and its plugin need not be installed."""
    kept = manifest.read(directory)
    config = RunConfig.of(**{**kept["config"], "task_args": _merged(kept["config"]["task_args"], task_args or {})})
    hooks = _hooks(progress)
    _set_up(config)
    facts = {role: ModelFacts.from_json(model) for role, model in kept["models"].items()}
    prepared = prepare(config, facts, progress)
    log = RunLog.read(directory / manifest.RESPONSES)
    check_unchanged(prepared.plan, log)
    missing = prepared.plan.unanswered(log.responses)
    if missing:
        progress.note(f"{len(missing)} requests are not answered yet; go on with: mmeval resume {directory}")
    return finish(prepared, directory, _run_keys(config, kept, 0.0), hooks, progress)


@dataclass(frozen=True)
class DryTask:
    """A task of a dry run; `prompts` are the first few asks, `tokens` counts all prompts (None: not known)."""

    name: str
    samples: int
    requests: int
    asks: tuple[Ask, ...]
    tokens: int | None


@dataclass(frozen=True)
class DryRun:
    """What a run would send, and what it still lacks (each line with the way to get it)."""

    tasks: tuple[DryTask, ...]
    seeds: Mapping[str, int | None]
    missing: tuple[str, ...]


def dry_run(config: RunConfig, progress: Progress, shown: int = 1) -> DryRun:
    """Plan a run without loading weights or sending anything."""
    _hooks(progress)
    _set_up(config)
    models = choose_models(config, {})
    missing = tuple(f"{lack}: {lack.hint}" for model in models.values() if (lack := model.missing))
    prepared = prepare(config, {role: model.facts for role, model in models.items()}, progress)
    check_roles(prepared.selection.tasks, models)
    tasks = tuple(_dry_task(prepared, name, models["model"], shown, bool(missing)) for name in _names(prepared))
    return DryRun(tasks, config.seeds.model_dump(), missing)


@dataclass(frozen=True)
class ShownSample:
    """A sample and its asks, worded as a model that takes text is shown them; `task` has the name of a variant."""

    task: str
    sample: Sample
    asks: tuple[Ask, ...]


@dataclass(frozen=True)
class Preview:
    """A task to look at. `about` is known without its data; `samples` reads them, and raises MmevalError."""

    task: str
    about: Mapping[str, Any]
    samples: Callable[[], list[ShownSample]]


def preview(config: RunConfig, progress: Progress) -> tuple[Mapping[str, Sequence[str]], list[Preview]]:
    """Groups with their members, and tasks with the prompts of their first samples (`config.limit`); no model."""
    _hooks(progress)
    _set_up(config)
    selection = select(Catalog(config.include_path, progress.note), config)
    groups = {one.group.name: one.members for one in reversed(selection.groups)}
    return groups, [
        Preview(task.name, task.about(), partial(_shown, config, replace(selection, tasks=[task]), progress))
        for task in selection.tasks
    ]


def _shown(config: RunConfig, selection: Selection, progress: Progress) -> list[ShownSample]:
    anything = ModelFacts("any", frozenset(kind.__name__ for kind in get_args(Ask)), frozenset({"text", "image"}))
    prepared = prepare(config, {"model": anything}, progress, selection)
    return [
        ShownSample(trial.planned.name, trial.sample, tuple(request.ask for request in trial.requests))
        for trial in prepared.plan.trials
    ]


def _names(prepared: Preparation) -> list[str]:
    return [planned.name for planned in prepared.plan.tasks]


def _dry_task(prepared: Preparation, name: str, model: ChosenModel, shown: int, incapable: bool) -> DryTask:
    trials = [trial for trial in prepared.plan.trials if trial.planned.name == name]
    asks = [request.ask for trial in trials for request in trial.requests]
    prompts = [prompt for ask in asks for prompt in (ask.prompts if isinstance(ask, Represent) else (ask.prompt,))]
    lengths = None if incapable else model.factory.count_tokens(prompts, **model.args)
    samples = len({trial.sample.sample_id for trial in trials})
    return DryTask(name, samples, len(asks), tuple(asks[:shown]), None if lengths is None else sum(lengths))


def _hooks(progress: Progress) -> Hooks:
    hooks = Hooks(progress.note)
    hooks.call("mmeval_register", register=register)
    return hooks


def _set_up(config: RunConfig) -> None:
    """Seed the global generators that task code may use, and close the hub where the run is offline."""
    if config.offline:
        hub.go_offline()
    if config.seeds.python is not None:
        random.seed(config.seeds.python)
    if config.seeds.numpy is not None:
        import numpy as np

        np.random.seed(config.seeds.numpy)


def _check_installed(config: RunConfig, models: Mapping[str, ChosenModel]) -> None:
    """Raise MissingRequirementError for what must be installed first, UsageError where many copies would run."""
    check_alone()
    for model in models.values():
        if model.missing:
            raise model.missing
    if config.executor == "ray":
        check_ray()


def _manifest(prepared: Preparation, models: Mapping[str, ChosenModel]) -> dict[str, Any]:
    return {
        "created": manifest.utc_now().isoformat(timespec="seconds"),
        "config": prepared.config.model_dump(mode="json"),
        "models": {role: {**model.facts.to_json(), "args": dict(model.args)} for role, model in models.items()},
        "adapters": dict(prepared.adapters),
        "plugins": dict(installed().versions),
        "environment": manifest.environment(),
        "tasks": {
            planned.name: {
                "version": planned.task.version,
                "origin": prepared.selection.origins.get(planned.task.name, ""),
                "samples": len(planned.samples),
                "size": planned.size,
                "repeated_questions": prepared.plan.questions[planned.name].repeated,
                "empty_prompts": prepared.plan.questions[planned.name].empty,
                "config": dict(planned.task.config()),
            }
            for planned in prepared.plan.tasks
        },
    }


def _answer_and_finish(
    prepared: Preparation,
    models: Mapping[str, ChosenModel],
    directory: Path,
    hooks: Hooks,
    progress: Progress,
    *,
    retry_errors: bool = False,
) -> Results:
    began = time.monotonic()
    try:
        with ExitStack() as stack:
            log = stack.enter_context(RunLog.open(directory / manifest.RESPONSES, drop_failures=retry_errors))
            check_unchanged(prepared.plan, log)
            if prepared.plan.unanswered(log.responses):
                _answer(prepared, models, directory, log, progress, stack)
    except KeyboardInterrupt:
        raise IncompleteRunError("interrupted; every response so far is saved", hint=_resume(directory)) from None
    except MmevalError as error:
        error.hint = "; ".join(filter(None, (error.hint, f"then {_resume(directory)}")))
        raise
    except Exception as error:
        problem = f"model '{prepared.config.model}' stopped: {type(error).__name__}: {error}"
        raise IncompleteRunError(" ".join(problem.split()), hint=_resume(directory)) from error
    run = _run_keys(prepared.config, manifest.read(directory), time.monotonic() - began)
    return finish(prepared, directory, run, hooks, progress)


def _resume(directory: Path) -> str:
    return f"go on with: mmeval resume {directory}"


def _answer(
    prepared: Preparation,
    models: Mapping[str, ChosenModel],
    directory: Path,
    log: RunLog,
    progress: Progress,
    stack: ExitStack,
) -> None:
    loaded: dict[str, Model] = {}
    kept = manifest.read(directory)
    for role, chosen in models.items():
        progress.note(f"loading model '{chosen.name}'")
        loaded[role] = _load(chosen, prepared.config, progress) if role == "model" else chosen.load()
        stack.callback(loaded[role].close)
        info = dict(loaded[role].info())
        check_same_model(role, kept["models"][role].get("info"), info)
        kept["models"][role]["info"] = info
    manifest.write(directory, kept)
    if "torch" in sys.modules and prepared.config.seeds.torch is not None:
        sys.modules["torch"].manual_seed(prepared.config.seeds.torch)
    cache = None
    if prepared.config.use_cache:
        cache = ResponseCache(Path(prepared.config.use_cache), kept["models"])
        stack.callback(cache.close)
    meter = Meter()
    try:
        Executor(loaded, log, progress, cache, meter).run(prepared.plan)
    finally:
        replicas = [model.took for model in loaded.values() if isinstance(model, Replicas)]
        kept.setdefault("sessions", []).append(meter.session(replicas))
        manifest.write(directory, kept)


def _load(chosen: ChosenModel, config: RunConfig, progress: Progress) -> Model:
    """The model that is evaluated, as one or as replicas."""
    if chosen.instance is not None:
        return chosen.load()
    if config.executor == "ray":
        return Replicas(Actors(chosen.factory, chosen.args, config.replicas, config.resources), progress.note)
    if config.devices:
        return Replicas(Processes(chosen.factory, chosen.args, config.devices), progress.note)
    return chosen.load()


def _run_keys(config: RunConfig, written: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """lm-eval's run-level keys of `results.json`, and the efficiency. `written` is the content of `run.json`."""
    kept = config.model_dump(mode="json")
    shown = ("model", "model_args", "batch_size", "device", "use_cache", "limit", "bootstrap_iters", "gen_kwargs")
    seeds = {f"{name if name != 'python' else 'random'}_seed": value for name, value in kept["seeds"].items()}
    info = {f"model_{name}": value for name, value in written["models"]["model"].get("info", {}).items()}
    card = {"model_card": config.model_card.model_dump(mode="json", exclude_defaults=True)} if config.model_card else {}
    return {
        "config": {name: kept[name] for name in shown} | info | seeds | card,
        "model_source": config.model,
        "system_instruction": config.system_instruction,
        "apply_chat_template": config.apply_chat_template,
        "date": time.time(),
        "total_evaluation_time_seconds": str(round(seconds, 3)),
        "efficiency": efficiency(written.get("sessions", ())) | {"replicas": len(config.devices) or config.replicas},
    }


def _merged(old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {task: {**old.get(task, {}), **new.get(task, {})} for task in {**old, **new}}
