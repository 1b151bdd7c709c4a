"""Everything before the first request: tasks selected and loaded, asks resolved for their models, all planned."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from random import Random

from mmeval.catalog import Catalog
from mmeval.engine.plan import Plan, PlannedTask, plan, request_seed, take
from mmeval.engine.progress import Progress
from mmeval.errors import PluginError, UsageError
from mmeval.loading import ModelFacts
from mmeval.metrics.evaluated import PREFIX, Evaluated, evaluated
from mmeval.prompt.adapters import Adapter, adapt
from mmeval.prompt.generation import override
from mmeval.prompt.style import PromptStyle, resolve
from mmeval.registry import ADAPTERS, METRICS, REPORTERS, VARIANTS
from mmeval.selection import Selection, select
from mmeval.spec.run_config import RunConfig
from mmeval.task import Task
from mmeval.types import MODALITY, Ask, Generate, Metric, RequestKey, Sample


@dataclass(frozen=True)
class Preparation:
    """A planned run. `adapters` says which adapter stands in for a modality that a model does not take."""

    config: RunConfig
    selection: Selection
    plan: Plan
    adapters: Mapping[str, str]


def prepare(
    config: RunConfig, models: Mapping[str, ModelFacts], progress: Progress, selection: Selection | None = None
) -> Preparation:
    """Plan a run, of `selection` where it is made already. Raises MmevalError for whatever does not fit together.

    Nothing heavy is loaded.
    """
    if config.fewshot_as_multiturn and not config.apply_chat_template:
        raise UsageError("--fewshot_as_multiturn makes turns of a chat", hint="add --apply_chat_template")
    if config.samples and config.limit is not None:
        raise UsageError("--samples and --limit exclude each other")
    selection = selection or select(Catalog(config.include_path, progress.note), config)
    resolver = _Resolver(config, models, progress.note)
    tasks = list(_planned_tasks(config, selection, resolver))
    for planned in tasks:
        metrics_of(planned.task, config)
    for name in config.reporters:
        REPORTERS.get(name)
    made = plan(tasks, config.seeds.run, progress)
    _note_equal_repeats(made, progress)
    _note_questions(made, progress)
    return Preparation(config, selection, made, resolver.used)


def _note_equal_repeats(planned: Plan, progress: Progress) -> None:
    sampled = {trial.planned.name for trial in planned.trials if any(each.ask.sampled for each in trial.requests)}
    for task in planned.tasks:
        if task.repeats > 1 and task.name not in sampled:
            progress.note(
                f"task '{task.name}' samples no answer: its {task.repeats} repeats are equal "
                "(a YAML task samples with --gen_kwargs do_sample=true,temperature=0.7)"
            )


def _note_questions(planned: Plan, progress: Progress) -> None:
    for task in planned.tasks:
        if told := str(planned.questions[task.name]):
            progress.note(f"task '{task.name}', {len(task.samples)} samples: {told}")


def metrics_of(task: Task, config: RunConfig) -> list[Metric]:
    """The task's metrics, looked up; under `--predict_only` the constant `bypass`."""
    names = ("bypass",) if config.predict_only else task.metrics
    metrics = [_named(metric) if isinstance(metric, str) else metric for metric in names]
    for metric in metrics:
        if isinstance(metric.aggregate, Evaluated):
            metric.aggregate.check(config.trust_remote_code)
    return metrics


def _named(name: str) -> Metric:
    return evaluated(name) if name.startswith(PREFIX) else METRICS.get(name)


def _planned_tasks(config: RunConfig, selection: Selection, resolver: _Resolver) -> Iterator[PlannedTask]:
    for task in selection.tasks:
        samples, size = take(task, config.limit, config.samples.get(task.name))
        repeats = config.repeats or task.repeats
        for variant in ("", *config.variants):
            name = f"{task.name}@{variant}" if variant else task.name
            resolution = _Resolution(resolver, name, variant, task.fewshot_delimiter)
            yield PlannedTask(name, task, samples, resolution, repeats, size)


def check_roles(tasks: Sequence[Task], models: Container[str]) -> None:
    """Refuse a task whose follow-ups would ask a model that the run does not have."""
    for task in tasks:
        for role in task.roles:
            if role not in models:
                raise _without_model(task.name, role)


def _without_model(task: str, role: str) -> UsageError:
    return UsageError(
        f"task '{task}' asks a model in the role '{role}'", hint=f"name one: --role {role}=MODEL,argument=value"
    )


@dataclass(frozen=True)
class _Resolution:
    """The `Resolve` of one planned task."""

    resolver: _Resolver
    name: str
    variant: str
    fewshot_delimiter: str

    def __call__(self, sample: Sample, ask: Ask) -> Ask:
        if self.variant:
            rng = Random(request_seed(self.resolver.config.seeds.run, RequestKey(self.name, sample.sample_id)))
            ask = VARIANTS.get(self.variant)(sample, ask, rng)
        return self.resolver.resolve(self.name, ask, self.fewshot_delimiter)


@dataclass
class _Resolver:
    """Makes asks final for the models that answer them, and notes the adapters that it used."""

    config: RunConfig
    models: Mapping[str, ModelFacts]
    note: Callable[[str], None]
    used: dict[str, str] = field(default_factory=dict)

    def style(self, fewshot_delimiter: str) -> PromptStyle:
        chat = bool(self.config.apply_chat_template)
        multiturn = chat if self.config.fewshot_as_multiturn is None else self.config.fewshot_as_multiturn
        return PromptStyle(chat, self.config.system_instruction, multiturn, fewshot_delimiter)

    def resolve(self, task: str, ask: Ask, fewshot_delimiter: str) -> Ask:
        model = self.models.get(ask.role)
        if model is None:
            raise _without_model(task, ask.role)
        model.check_answers(task, ask)
        if isinstance(ask, Generate) and ask.role == "model":
            ask = override(ask, self.config.gen_kwargs)
        lacking = {MODALITY[type(part)] for part in ask.prompt.parts} - model.modalities
        if lacking:
            ask = adapt(ask, model.modalities, self._adapters(lacking, model))
        return resolve(ask, self.style(fewshot_delimiter))

    @cached_property
    def _offered(self) -> Sequence[Adapter]:
        """All adapters that can be loaded; a broken one is named, and another may do."""
        offered: list[Adapter] = []
        for name in ADAPTERS.names():
            try:
                offered.append(ADAPTERS.get(name))
            except PluginError as error:
                self.note(f"{error} ({error.hint})")
        return offered

    def _adapters(self, lacking: set[str], model: ModelFacts) -> Sequence[Adapter]:
        """Adapters are loaded only where a modality is lacking; for each, the first by name that fits is used."""
        fitting = [one for one in self._offered if one.source in lacking and one.target in model.modalities]
        for adapter in fitting:
            self.used.setdefault(f"{adapter.source} -> {adapter.target}", adapter.name)
        return fitting
