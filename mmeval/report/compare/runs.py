"""A scored run as its directory holds it: `results.json` and `samples.jsonl`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmeval.errors import SpecError, UsageError
from mmeval.types import Outcome, Sample, SampleScore

SAMPLES = "samples.jsonl"
_KEYS = {
    "": ("configs", "versions", "n-shot", "n-samples", "group_subtasks"),
    "config": ("model", "model_args"),
    "mmeval": ("complete", "tasks", "groups"),
}
CLUSTER = "cluster"
"""The metadata key under which a sample that is read from a log keeps its cluster."""


@dataclass
class Answers:
    """What a log says of one task under one pipeline, by sample id in the log's order."""

    scores: dict[str, list[SampleScore]] = field(default_factory=dict)
    samples: dict[str, Sample] = field(default_factory=dict)
    doc_hashes: dict[str, str] = field(default_factory=dict)
    words_hashes: dict[str, str] = field(default_factory=dict)

    @property
    def unparsed(self) -> float:
        """The share of answers from which nothing could be extracted."""
        outcomes = [score.outcome for scores in self.scores.values() for score in scores]
        return outcomes.count(Outcome.UNPARSED) / len(outcomes)

    @property
    def repeats(self) -> int:
        """Answers per sample."""
        return max(map(len, self.scores.values()))

    def add(self, line: Mapping[str, Any]) -> None:
        """Take a line of `samples.jsonl`. Raises KeyError or ValueError for another one."""
        name = line["sample_id"]
        score = SampleScore(
            name, line["values"], Outcome(line["outcome"]), line["answer"], line["reason"], line["repeat"]
        )
        self.scores.setdefault(name, []).append(score)
        self.samples[name] = Sample(name, {}, line["target"], {CLUSTER: line["cluster"]})
        self.doc_hashes[name] = line["doc_hash"]
        self.words_hashes.setdefault(name, line["words_hash"])


@dataclass(frozen=True)
class Run:
    """`data` is the content of `results.json`; `answers` come by (task, pipeline)."""

    directory: Path
    data: Mapping[str, Any]
    answers: Mapping[tuple[str, str], Answers]

    @property
    def tasks(self) -> Mapping[str, Mapping[str, Any]]:
        """The figures of each task that lm-eval's layout has no place for."""
        tasks: Mapping[str, Mapping[str, Any]] = self.data["mmeval"]["tasks"]
        return tasks

    def rows(self, task: str) -> Sequence[Mapping[str, Any]]:
        """The task's metric rows, the first the one that it is known by; empty where it was not scored."""
        rows: Sequence[Mapping[str, Any]] = self.tasks[task].get("metrics", ())
        return rows

    @property
    def groups(self) -> Mapping[str, Mapping[str, Any]]:
        """The `leaves` of each group, and whether it is `pooled`."""
        groups: Mapping[str, Mapping[str, Any]] = self.data["mmeval"].get("group_definitions", {})
        return groups

    def group_rows(self, group: str) -> Sequence[Mapping[str, Any]]:
        """The metric rows of a group; empty where it reports none."""
        rows: Sequence[Mapping[str, Any]] = self.data["mmeval"]["groups"][group]
        return rows

    def words_hashes(self, task: str) -> Mapping[str, str]:
        """What the task's prompts say, as a hash for each sample; empty where the task was not scored."""
        return next((found.words_hashes for (name, _), found in self.answers.items() if name == task), {})

    def leaves(self, name: str) -> Sequence[str]:
        """The tasks of a group; a task by itself."""
        leaves: Sequence[str] = self.groups[name]["leaves"] if name in self.groups else (name,)
        return leaves

    def scores(self, name: str) -> Sequence[Mapping[str, Any]]:
        """The metric rows of a task or a group; empty for another name."""
        return self.rows(name) if name in self.tasks else self.group_rows(name) if name in self.groups else ()

    def domain(self, task: str) -> str:
        """The task's domain: its metadata, else its first tag, else the innermost group that holds it."""
        config = self.config(task)
        tags = config.get("tag") or ()
        groups = [name for name, members in self.data["group_subtasks"].items() if task in members]
        named = [(config.get("metadata") or {}).get("domain"), *([tags] if isinstance(tags, str) else tags), *groups]
        return next((str(name) for name in named if name), "")

    def reliability(self, task: str) -> Sequence[Mapping[str, Any]]:
        """The bins of the task's reliability diagram; empty where it has none (it does not list `ece`)."""
        details = self.tasks.get(task, {}).get("details", {})
        bins: Sequence[Mapping[str, Any]] = details.get("reliability", ())
        return bins

    def config(self, task: str) -> Mapping[str, Any]:
        """What defines the task."""
        config: Mapping[str, Any] = self.data["configs"].get(task, {})
        return config

    @property
    def card(self) -> Mapping[str, Any]:
        """What was said of the model (`--model_card`); empty where nothing was."""
        card: Mapping[str, Any] = self.data["config"].get("model_card", {})
        return card

    @property
    def precision(self) -> str:
        """That of the weights, as the card or the run says; empty where neither does."""
        config = self.data["config"]
        said = (
            *(self.card.get("quantisation"), config["model_args"].get("quantization")),
            *(self.card.get("precision"), config.get("model_dtype")),
        )
        return next((str(each) for each in said if each), "")

    @property
    def specialized_in(self) -> str:
        """The domain that the model was made for; empty for a general one."""
        domain = str(self.card.get("domain", ""))
        return "" if domain == "general" else domain

    def trained_on(self, task: str) -> bool:
        """Whether the model's card names the task, or its data set, among what it was trained on."""
        config = self.config(task)
        path, name = config.get("dataset_path"), config.get("dataset_name")
        names = {task, path, f"{path}/{name}", f"{path}:{name}"}
        return not names.isdisjoint(self.card.get("train_sets", ()))

    @property
    def model(self) -> str:
        """The model by its most telling argument, and the plugin where there is none."""
        arguments = self.data["config"]["model_args"]
        name = next((arguments[key] for key in ("peft", "pretrained", "model", "path") if arguments.get(key)), "")
        return str(name or self.data["config"]["model"])

    def goes_by(self, name: str) -> bool:
        """Whether this is the model's name."""
        return short_name(name) == short_name(self.model)


def short_name(name: str) -> str:
    """A model's name as it is compared: owner or folder before it and upper case do not count."""
    return name.rstrip("/").rpartition("/")[2].lower()


def read_run(directory: Path) -> Run:
    """Read a run. Raises UsageError or SpecError where it cannot be compared."""
    path = directory / "results.json"
    if not path.is_file():
        raise UsageError(f"{directory} is not a scored run (it has no {path.name})", hint="see: ls mmeval-runs/*/*")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SpecError(f"not the results of an mmeval run: {error}", file=path, hint=_anew(directory)) from error
    if missing := list(_missing(data)):
        problem = f"not the results of an mmeval run: it has no {', '.join(missing)}"
        raise SpecError(problem, file=path, hint=_anew(directory))
    if not data["mmeval"]["complete"]:
        raise UsageError(f"run {directory} is not complete", hint=f"go on with: mmeval resume {directory}")
    run = Run(directory, data, _answers(directory))
    _check_log(run)
    return run


def _anew(directory: Path) -> str:
    return f"write it anew: mmeval score {directory}"


def _missing(data: Any) -> Iterator[str]:
    """The keys of `results.json` that are not there and without which nothing can be compared."""
    for name, keys in _KEYS.items():
        of = data.get(name) if name and isinstance(data, dict) else data
        yield from (f"'{name}.{key}'".replace("'.", "'") for key in keys if not isinstance(of, dict) or key not in of)


def _check_log(run: Run) -> None:
    """Raises SpecError where the log lacks samples that were scored: it was cut off, or is of another run."""
    logged: dict[str, set[str]] = {}
    for (task, _), answers in run.answers.items():
        logged.setdefault(task, set()).update(answers.samples)
    for task in run.tasks:
        scored, found = run.data["n-samples"].get(task, {}).get("effective") or 0, len(logged.get(task, ()))
        if run.rows(task) and found < scored:
            problem = f"it has {found} of the {scored} samples of task '{task}'"
            raise SpecError(problem, file=run.directory / SAMPLES, hint=_anew(run.directory))


def _answers(directory: Path) -> Mapping[tuple[str, str], Answers]:
    path = directory / SAMPLES
    answers: dict[tuple[str, str], Answers] = {}
    for number, line in _lines(path):
        try:
            row = json.loads(line)
            answers.setdefault((row["task"], row["pipeline"]), Answers()).add(row)
        except (ValueError, KeyError, TypeError) as error:
            problem = f"not a line of this version's sample log: {type(error).__name__}: {error}"
            raise SpecError(problem, file=path, line=number, hint=_anew(directory)) from error
    return answers


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            yield from enumerate(file, start=1)
    except FileNotFoundError:
        raise UsageError(f"{path.parent} has no {path.name}", hint=_anew(path.parent)) from None
