"""Everything after the last response: score, aggregate, and write what a run leaves behind."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mmeval.engine.gains import gains
from mmeval.engine.manifest import environment, read
from mmeval.engine.plan import PlannedTask
from mmeval.engine.progress import Progress
from mmeval.engine.score import ScoredTask, failed, score
from mmeval.engine.usage import usage
from mmeval.errors import MmevalError
from mmeval.hooks import Hooks
from mmeval.metrics.groups import group_rows
from mmeval.metrics.summarize import summarize
from mmeval.preparation import Preparation, metrics_of
from mmeval.registry import REPORTERS
from mmeval.report.files import write_results
from mmeval.report.images import write_images
from mmeval.report.results import GroupReport, TaskReport, build
from mmeval.report.samples import LoggedSample, write_samples
from mmeval.selection import SelectedGroup
from mmeval.types import Metric, SampleScore, TaskResult


@dataclass(frozen=True)
class Results:
    """A scored run: `data` is the content of `results.json`, `files` what was written, `exit_code` the verdict."""

    directory: Path
    data: dict[str, Any]
    files: tuple[Path, ...]
    exit_code: int

    @property
    def tasks(self) -> Mapping[str, Any]:
        """lm-eval's entry per task: `results.tasks["clegr_facts"]["acc,none"]`."""
        entries: Mapping[str, Any] = self.data["results"]
        return entries


def finish(prepared: Preparation, directory: Path, run: Mapping[str, Any], hooks: Hooks, progress: Progress) -> Results:
    """Score all tasks of an answered (or partly answered) plan and write the results."""
    reports, scored = _score_tasks(prepared, directory, hooks, progress)
    groups = [_group(group, reports) for group in prepared.selection.groups]
    complete = all(trial.done for trial in prepared.plan.trials)
    data = build(reports, groups, {**run, "environment": environment()}, complete)
    data["mmeval"]["usage"] = usage(prepared.plan, _prices(directory))
    files = [write_results(directory, data), *_write_samples(prepared, directory, scored)]
    _copy_results(prepared, files[0])
    for name in prepared.config.reporters:
        files += _report_by(name, data, directory, progress)
    hooks.call("mmeval_run_end", directory=directory, results=data)
    return Results(directory, data, tuple(files), _exit_code(prepared, reports, complete))


def _prices(directory: Path) -> dict[str, Mapping[str, float]]:
    """What models say that tokens cost, by role."""
    infos = {role: model.get("info", {}) for role, model in read(directory)["models"].items()}
    return {role: info["prices"] for role, info in infos.items() if "prices" in info}


def _report_by(name: str, data: Mapping[str, Any], directory: Path, progress: Progress) -> Sequence[Path]:
    try:
        paths: Sequence[Path] = REPORTERS.get(name)(data, directory)
    except Exception as error:  # noqa: BLE001  a report is a view: the results are written, others may follow
        progress.note(" ".join(f"reporter '{name}' failed: {type(error).__name__}: {error}".split()))
        return ()
    return paths


def _score_tasks(
    prepared: Preparation, directory: Path, hooks: Hooks, progress: Progress
) -> tuple[list[TaskReport], list[ScoredTask]]:
    reports: list[TaskReport] = []
    kept: list[ScoredTask] = []
    progress.start("scoring", len(prepared.plan.tasks))
    for planned in prepared.plan.tasks:
        try:
            scored = _score(prepared, planned, directory)
        except Exception as error:  # noqa: BLE001  one task's scorer may not take the others' results with it
            reason = str(error) if isinstance(error, MmevalError) else f"{type(error).__name__}: {error}"
            progress.note(f"task '{planned.name}' could not be scored: {reason}")
            reports.append(_report(planned, None, reason))
        else:
            kept.append(scored)
            reports.append(_report(planned, scored.result))
            hooks.call("mmeval_task_end", task=planned.name, result=scored.result)
        progress.advance()
    progress.finish()
    return [_with_gains(report, kept, prepared) for report in reports], kept


def _with_gains(report: TaskReport, scored: Sequence[ScoredTask], prepared: Preparation) -> TaskReport:
    """The report of a task with what it gains over its variants in this run."""
    config = prepared.config
    related = [one for one in scored if one.planned.name.partition("@")[0] == report.name]
    if report.result is None or config.predict_only or len(related) < 2 or related[0].planned.name != report.name:
        return report
    found = gains(related, metrics_of(related[0].planned.task, config), config.bootstrap_iters)
    return replace(report, result=replace(report.result, gains=found))


def _score(prepared: Preparation, planned: PlannedTask, directory: Path) -> ScoredTask:
    config = prepared.config
    metrics = metrics_of(planned.task, config)

    def summary(scores: Sequence[SampleScore], of: PlannedTask, further: Sequence[Metric] = ()) -> TaskResult:
        return summarize(
            scores,
            [*metrics, *further],
            samples={sample.sample_id: sample for sample in of.samples},
            slices=of.task.slices,
            cluster=of.task.cluster,
            bootstrap_iters=config.bootstrap_iters,
        )

    if not config.predict_only:
        return score(prepared.plan, planned, directory, summary)
    trials = list(prepared.plan.trials_of(planned))
    scores = [SampleScore(trial.sample.sample_id, {"bypass": 0}, repeat=trial.repeat) for trial in trials]
    return ScoredTask(planned, trials, scores, summary(scores, planned))


def _report(planned: PlannedTask, result: TaskResult | None, failure: str = "") -> TaskReport:
    task = planned.task
    return TaskReport(
        planned.name,
        task.version,
        task.num_fewshot,
        task.config(),
        planned.size,
        len(planned.samples),
        result,
        failure,
        alias=task.alias,
    )


def _group(group: SelectedGroup, reports: Sequence[TaskReport]) -> GroupReport:
    rows = group_rows(
        group.group,
        {report.name: report.result.metrics for report in reports if report.name in group.leaves and report.result},
    )
    return GroupReport(
        group.group.name,
        group.members,
        group.leaves,
        rows,
        alias=group.group.alias,
        version=group.group.version,
        pooled=group.group.pooled,
    )


def _write_samples(prepared: Preparation, directory: Path, scored: Sequence[ScoredTask]) -> Sequence[Path]:
    config = prepared.config
    logged = {task.planned.name: _logged(task) for task in scored}
    paths = [*write_samples(directory, logged, lm_eval_layout=config.log_samples or config.predict_only)]
    if config.log_images:
        paths += write_images(directory, [one for samples in logged.values() for one in samples])
    return paths


def _logged(task: ScoredTask) -> list[LoggedSample]:
    trials = {(trial.sample.sample_id, trial.repeat): trial for trial in task.trials}
    repeats: dict[str, list[Any]] = {}
    for trial in task.trials:
        repeats.setdefault(trial.sample.sample_id, []).append(trial.responses)
    key = task.planned.task.cluster
    return [
        LoggedSample(
            task.planned.name,
            (trial := trials[score.sample_id, score.repeat]).sample,
            score,
            [request.ask for request in trial.requests],
            repeats[score.sample_id],
            trial.opening,
            trial.sample.metadata.get(key) if key else None,
        )
        for score in task.scores
    ]


def _copy_results(prepared: Preparation, results: Path) -> None:
    """lm-eval's users name a file (`--output_path out.json`), and its readers look for `results_<time>.json`."""
    wanted = Path(prepared.config.output_path or "")
    if wanted.suffix == ".json":
        shutil.copyfile(results, wanted)
    if prepared.config.log_samples:
        shutil.copyfile(results, results.with_name(f"results_{results.parent.name}.json"))


def _exit_code(prepared: Preparation, reports: Sequence[TaskReport], complete: bool) -> int:
    if not complete:
        return 4
    limit = prepared.config.max_errors
    return int(any(report.result is None or failed(report.result, limit) for report in reports))
