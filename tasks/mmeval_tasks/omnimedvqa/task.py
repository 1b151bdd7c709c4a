"""OmniMedVQA as one task, sliced by modality, question type and source; filtered tasks; ways to ask."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Literal

from mmeval.errors import UsageError
from mmeval.metrics.statistics import wilson_interval
from mmeval.task import Artifacts, Baseline, Task
from mmeval.types import Ask, Image, Metric, MetricResult, Response, Sample, SampleScore, TaskResult
from mmeval_tasks.omnimedvqa.baselines import Prior, cross_fitted, fitted, fold, random_letter
from mmeval_tasks.omnimedvqa.codes import MEANING
from mmeval_tasks.omnimedvqa.collection import Checked, Collection, Coverage
from mmeval_tasks.omnimedvqa.items import Item
from mmeval_tasks.omnimedvqa.protocols import Letter, MedR1, Normalise, Official, Prefix, Protocol
from mmeval_tasks.omnimedvqa.report import figures, markdown
from mmeval_tasks.omnimedvqa.selection import Selection
from mmeval_tasks.omnimedvqa.source import Source
from mmeval_tasks.omnimedvqa.sources import open_source
from mmeval_tasks.omnimedvqa.splits import in_split, read_split

_log = logging.getLogger(__name__)

ProtocolName = Literal["letter", "official", "think", "no_think", "zero_shot", "prefix"]


class OmniMedVQA(Task):
    """Multiple-choice questions about medical images (arXiv 2402.09181).

    `data_dir` is a folder with the extracted benchmark or its zip file; `dataset` a zip file, a folder, or `hub:ID`.
    `access` takes the open part, the restricted one or both. `modalities`, `question_types` and `sources` are names
    joined by `+`. `sample` draws that many items, stratified. `split_file` keeps the items of a Med-R1 split file.
    `strict` refuses data of which anything must be left out. `quirks` leaves failed requests out of the official score,
    as published; by default they count as wrong.
    """

    name = "omnimedvqa"
    version = 1
    slices = ("modality", "question_type", "source")
    cluster = "image"

    default_protocol: ClassVar[ProtocolName] = "letter"
    only: ClassVar[Mapping[str, str]] = {}
    """The filter of a filtered task: `modalities` or `question_types`."""

    def __init__(
        self,
        *,
        data_dir: str | None = None,
        dataset: str | None = None,
        access: Literal["open", "restricted", "all"] = "open",
        protocol: ProtocolName | None = None,
        modalities: str = "",
        question_types: str = "",
        sources: str = "",
        sample: int = 0,
        sample_seed: int = 0,
        split_file: str = "",
        strict: bool = False,
        max_tokens: int | None = None,
        normalise: Normalise = "token_mean",
        candidate_suffix: str = ".",
        quirks: bool = False,
    ) -> None:
        self._where = (data_dir, dataset)
        self.access, self.strict, self.quirks, self.split_file = access, strict, quirks, split_file
        self.protocol_name = protocol or self.default_protocol
        self.protocol = _protocol(self.protocol_name, max_tokens, normalise, candidate_suffix)
        self.metrics: Sequence[str | Metric] = self.protocol.metrics
        filters = {"modalities": modalities, "question_types": question_types, "sources": sources}
        self.selection = Selection(**{**filters, **self.only}, sample=sample, sample_seed=sample_seed)
        self.coverage: Coverage | None = None

    # ---------------------------------------------------------------- data

    @cached_property
    def _source(self) -> Source:
        return open_source(*self._where)

    @cached_property
    def _collection(self) -> Collection:
        return Collection.read(self._source, self.access)

    @cached_property
    def _items(self) -> list[Item]:
        items = self.selection.of(self._collection.items)
        return in_split(items, read_split(Path(self.split_file))) if self.split_file else items

    def samples(self) -> Iterator[Sample]:
        """The items that can be scored; what is left out is counted in `coverage` and told once."""
        coverage = self._coverage_of_files()
        if self.strict:
            self._refuse_drops(coverage)
        try:
            for item, checked in self._collection.check(self._items):
                coverage.codes.update((*item.codes, *checked.codes))
                if checked.image is not None:
                    coverage.scorable += 1
                    yield _sample(item, checked, checked.image)
        finally:
            if coverage.codes and self.coverage is None:
                _log.warning("%s: %s", self.name, coverage.line())
            self.coverage = coverage
        if not coverage.scorable:
            raise UsageError(f"task '{self.name}': {coverage.line()}", hint=self._filter_hint(coverage))

    def _coverage_of_files(self) -> Coverage:
        for file in self._collection.broken:
            if self.coverage is None:
                _log.warning("%s: %s.json: %s", self.name, file.name, ", ".join(MEANING[code] for code in file.codes))
        return Coverage(raw=self._collection.raw, codes=self._collection.codes.copy())

    def _refuse_drops(self, coverage: Coverage) -> None:
        for item, checked in self._collection.check(self._items):
            coverage.codes.update((*item.codes, *checked.codes))
            coverage.scorable += checked.image is not None
        if coverage.dropped:
            raise UsageError(
                f"task '{self.name}', strict: {coverage.line()}", hint="mend the data, or leave out strict"
            )
        coverage.codes, coverage.scorable = self._collection.codes.copy(), 0

    def _filter_hint(self, coverage: Coverage) -> str:
        return (
            "" if coverage.codes else "the filters leave nothing: see modalities, question_types, sources, split_file"
        )

    # ---------------------------------------------------------------- asks and scores

    def requests(self, sample: Sample) -> Sequence[Ask]:
        found = self._source.find(sample.doc["image_path"]).image or Image(sample.doc["image_path"])
        return (self.protocol.ask(sample, replace(found, digest=sample.doc["image_digest"])),)

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        return self.protocol.score(sample, responses[0])

    def aggregate(self, scored: Sequence[SampleScore], artifacts: Artifacts) -> TaskResult:
        """The metrics' rows; the sheet's figures as details, and as `report.md` in the run."""
        figured = figures(scored, artifacts.samples, self.protocol.metrics[0])
        coverage = self.coverage.to_json() if self.coverage else {}
        (artifacts.directory / "report.md").write_text(
            markdown(self.name, figured, coverage, MEANING), encoding="utf-8"
        )
        result = replace(artifacts.summarize(scored), details={**figured, "coverage": coverage})
        return result if self.quirks else _failures_are_wrong(result)

    # ---------------------------------------------------------------- baselines

    def baselines(self) -> Mapping[str, Baseline]:
        """A random letter, always A, and the option whose text is gold most often on other images."""
        say = self.protocol.say
        return {
            "random": lambda sample: say(sample, random_letter(sample)),
            "always_A": lambda sample: say(sample, "A"),
            "option_prior": lambda sample: say(sample, self._prior_choice(sample)),
        }

    def _prior_choice(self, sample: Sample) -> str:
        prior = self._priors[fold(sample.doc["image_path"]) % len(self._priors)]
        return prior.choose(sample.doc["options"])

    @cached_property
    def _priors(self) -> Sequence[Prior]:
        """Of everything outside of the split file where there is one, else cross-fitted by image."""
        if not self.split_file:
            return cross_fitted(self._collection.items)
        asked = {item.id for item in self._items}
        return [fitted(item for item in self._collection.items if item.id not in asked)]

    def config(self) -> Mapping[str, Any]:
        selection = {name: getattr(self.selection, name) for name in Selection.__dataclass_fields__}
        return {
            "data": dict(self._source.info()),
            "access": self.access,
            **selection,
            "split_file": self.split_file,
            "strict": self.strict,
            "protocol": self.protocol_name,
            "max_tokens": self.protocol.max_tokens,
            "quirks": self.quirks,
            "items": len(self._items),
            "item_ids_sha256": sha256("\n".join(item.id for item in self._items).encode()).hexdigest(),
        }


def _protocol(name: ProtocolName, max_tokens: int | None, normalise: Normalise, suffix: str) -> Protocol:
    if max_tokens is not None and max_tokens < 1:
        raise UsageError(f"omnimedvqa: argument 'max_tokens' must be at least 1, got {max_tokens}")
    if name == "letter":
        return Letter(max_tokens)
    if name == "official":
        return Official(max_tokens)
    return Prefix(normalise, suffix) if name == "prefix" else MedR1(name, max_tokens)


def _sample(item: Item, checked: Checked, image: Image) -> Sample:
    return Sample(
        sample_id=item.id,
        doc={
            "question": item.question,
            "options": dict(item.options),
            "gold_text": item.gold_text,
            "image_path": item.image_path,
            "image_digest": image.digest,
            "file": item.file,
            "index": item.index,
            "modality_type": item.modality_label,
        },
        target=list(item.gold),
        metadata={
            "modality": item.modality,
            "question_type": item.question_type,
            "source": item.source,
            "image": checked.pixels,
        },
    )


def _failures_are_wrong(result: TaskResult) -> TaskResult:
    """The official score counts requests that failed; other metrics leave them out."""
    slices = {
        key: {value: tuple(map(_with_failures, rows)) for value, rows in parts.items()}
        for key, parts in result.slices.items()
    }
    return replace(result, metrics=tuple(map(_with_failures, result.metrics)), slices=slices)


def _with_failures(row: MetricResult) -> MetricResult:
    failed = row.outcomes.get("error", 0)
    if row.metric != "omnimed_qa_score" or not failed:
        return row
    value, n = (row.value * row.n if row.n else 0.0) / (row.n + failed), row.n + failed
    return replace(row, value=value, n=n, stderr=None, interval=wilson_interval(value, n), bounds=None)


class OmniMedVQAOfficial(OmniMedVQA):
    """The question-answering score as published."""

    name, default_protocol = "omnimedvqa_official", "official"


class OmniMedVQALetter(OmniMedVQA):
    """Answers by letter, whatever the default of `omnimedvqa` is."""

    name, default_protocol = "omnimedvqa_letter", "letter"


class OmniMedVQAThink(OmniMedVQA):
    """Med-R1's prompt with reasoning."""

    name, default_protocol = "omnimedvqa_think", "think"


class OmniMedVQAPrefix(OmniMedVQA):
    """The prefix-based score as published."""

    name, default_protocol = "omnimedvqa_prefix", "prefix"
