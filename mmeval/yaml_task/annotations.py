"""What `metadata` says about a task's rows: their breakdown, the majority's answer, the windows over whole texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from mmeval.data.files import Row
from mmeval.data.schema import missing_columns
from mmeval.spec.task_spec import TaskSpec
from mmeval.types import Likelihoods, Sample, Stride


@dataclass(frozen=True, slots=True)
class Annotations:
    """mmeval's own keys of `metadata`, all optional.

    `slices` and `cluster` name columns (`Task.slices`, `Task.cluster`). `majority` asks for the baseline that always
    gives the most frequent answer: of all rows where it is true, else of the rows that agree in the column it names.
    `majority_said` is the sentence that gives it, with `{}` for the label, where more than a label is looked for.
    `evidence` names the column of the text or texts that the answer follows from.
    `required_columns` must be there and never null; `local_filter` holds what the task's rows have in its columns, for
    local files that serve several tasks.
    """

    slices: tuple[str, ...] = ()
    cluster: str | None = None
    majority: str | bool = False
    majority_said: str = "{}"
    evidence: str | None = None
    required_columns: tuple[str, ...] = ()
    local_filter: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: TaskSpec) -> Annotations:
        """Raises SpecError for a value of the wrong kind."""
        cluster, majority = spec.details.get("cluster"), spec.details.get("majority", False)
        evidence, local_filter = spec.details.get("evidence"), spec.details.get("local_filter", {})
        if not isinstance(cluster, str | None):
            raise spec.error("metadata.cluster: expected a column", "metadata", "cluster")
        if not isinstance(majority, str | bool):
            raise spec.error("metadata.majority: expected true or a column", "metadata", "majority")
        said = spec.details.get("majority_said", "{}")
        if not isinstance(said, str) or "{}" not in said:
            raise spec.error("metadata.majority_said: expected a sentence with {}", "metadata", "majority_said")
        if not isinstance(evidence, str | None):
            raise spec.error("metadata.evidence: expected a column", "metadata", "evidence")
        if not isinstance(local_filter, dict):
            raise spec.error("metadata.local_filter: expected columns with values", "metadata", "local_filter")
        slices, required = _column_list(spec, "slices"), _column_list(spec, "required_columns")
        return cls(slices, cluster, majority, said, evidence, required, local_filter)

    def own_rows(self, rows: Sequence[Row], present: Sequence[str], *, local: bool) -> Sequence[Row]:
        """The rows that fit the filter, of local files. Raises ValueError for rows without a required value."""
        wanted = self.local_filter if local else {}
        if problem := missing_columns([*self.required_columns, *wanted], present):
            raise ValueError(problem)
        if wanted:
            rows = [row for row in rows if all(row[column] == value for column, value in wanted.items())]
        if not len(rows):
            raise ValueError(f"no row has {', '.join(f'{column} {value!r}' for column, value in wanted.items())}")
        for number, row in enumerate(rows if self.required_columns else ()):
            if null := next((column for column in self.required_columns if row[column] is None), None):
                raise ValueError(f"row {number}: '{null}' is null")
        return rows

    def kept(self, doc: Mapping[str, Any]) -> dict[str, Any]:
        """A document's values of these columns. Raises KeyError with the name of one that it lacks."""
        columns = [*self.slices, self.cluster, self.majority]
        return {name: doc[name] for name in columns if isinstance(name, str)}

    def evidence_of(self, doc: Mapping[str, Any]) -> Sequence[str]:
        """The texts that a document's answer follows from. Raises KeyError with the name of a column that it lacks."""
        found = doc[self.evidence] if self.evidence else None
        return [found] if isinstance(found, str) else found or []


def _column_list(spec: TaskSpec, key: str) -> tuple[str, ...]:
    names = spec.details.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise spec.error(f"metadata.{key}: expected a list of columns", "metadata", key)
    return tuple(names)


def rolling_stride(spec: TaskSpec, details: Mapping[str, Any]) -> Stride:
    """How far windows over a whole text move: a task's metadata, or the run's over it. Raises SpecError."""
    found: Stride = details.get("rolling_stride", "full")
    if found not in get_args(Stride):
        raise spec.error("metadata.rolling_stride: expected full or half", "metadata", "rolling_stride")
    return found


def most_frequent(
    samples: Iterable[Sample], label: Callable[[Sample], str], within: str | bool
) -> Callable[[Sample], str]:
    """For each sample the label that most samples have, or most with the same `within`; of equals the first."""
    counts: dict[Any, Counter[str]] = {}
    for sample in samples:
        counts.setdefault(_part(sample, within), Counter())[label(sample)] += 1
    winners = {part: counter.most_common(1)[0][0] for part, counter in counts.items()}
    return lambda sample: winners[_part(sample, within)]


def _part(sample: Sample, within: str | bool) -> Any:
    return sample.metadata[within] if isinstance(within, str) else None


def certain(choices: tuple[str, ...], label: str) -> Likelihoods:
    """The answer of a model that is sure of one choice."""
    chosen = tuple(choice == label for choice in choices)
    return Likelihoods(tuple(0.0 if right else -100.0 for right in chosen), chosen)
