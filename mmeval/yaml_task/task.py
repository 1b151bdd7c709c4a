"""`YamlTask`: the one class that task files compile to."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from mmeval.data import DataRecord, Retrieved
from mmeval.errors import UsageError
from mmeval.extract import Pipeline
from mmeval.metrics.calibration import reliability
from mmeval.metrics.numbers import is_number
from mmeval.metrics.retrieval import hit_value, retrieval_hit_rate
from mmeval.metrics.signatures import signature
from mmeval.prompt.generation import generate
from mmeval.prompt.turns import answer_text
from mmeval.serialize import to_json
from mmeval.spec.task_spec import TaskSpec
from mmeval.spec.yaml import FunctionRef
from mmeval.task import Answered, Artifacts, Baseline, Task, score_one
from mmeval.types import (
    Ask,
    Extraction,
    Failure,
    Generate,
    Loglikelihood,
    Metric,
    Outcome,
    Prompt,
    Response,
    RollingLoglikelihood,
    Sample,
    SampleScore,
    TaskResult,
)
from mmeval.yaml_task.annotations import Annotations, certain, most_frequent, rolling_stride
from mmeval.yaml_task.code_eval import runs_code_itself
from mmeval.yaml_task.documents import Documents
from mmeval.yaml_task.functions import references, resolved
from mmeval.yaml_task.images import without_pictures
from mmeval.yaml_task.metrics import scored_by
from mmeval.yaml_task.options import TaskOptions
from mmeval.yaml_task.pipelines import pipelines
from mmeval.yaml_task.prompting import Examples, Wording
from mmeval.yaml_task.scoring import Scorer, raw_answers

logger = logging.getLogger(__name__)

_WITH_DEFAULTS = ("description", "target_delimiter", "fewshot_delimiter", "output_type", "repeats")
_UNSUPPORTED = {
    "use_prompt": "write its templates as doc_to_text and doc_to_target",
    "doc_to_audio": "no model of mmeval takes audio; run it with lm-eval",
}


class YamlTask(Task):
    """A task file as a task, with lm-eval's prompts, requests and scores. Data is read when it is first asked for.

    Construction raises SpecError for what is wrong in the file itself.
    """

    metrics: Sequence[Metric]

    def __init__(self, spec: TaskSpec, options: TaskOptions | None = None) -> None:
        self.spec, self.options = spec, options or TaskOptions()
        self._details = self.options.metadata_of(spec)
        self._refuse_unsupported()
        self.name, self.alias = spec.task, spec.task_alias or ""
        self.version = self._details.get("version", "Yaml")  # type: ignore[misc]  # one class serves all files
        self.repeats, self.fewshot_delimiter = spec.repeats, spec.fewshot_delimiter
        self.num_fewshot = self._shots()
        self._annotations = Annotations.of(spec)
        self.slices, self.cluster = self._annotations.slices, self._annotations.cluster
        self._stride = rolling_stride(spec, self._details)
        self._metrics = scored_by(spec, self.options)
        self.metrics = [entry.metric for entry in self._metrics]
        self._pipelines = pipelines(spec)  # a broken extractor is told before anything is asked
        self._documents = Documents(spec, self.options, self.num_fewshot)
        self._retrieved = self._passages()
        self._warned = False

    def _refuse_unsupported(self) -> None:
        for key, hint in _UNSUPPORTED.items():
            if getattr(self.spec, key) is not None:
                raise self.spec.error(f"the key '{key}' is not supported", key, hint=hint)
        if self.spec.doc_to_target is None and self.spec.process_results is None:
            raise self.spec.error("the key 'doc_to_target' is missing")
        self._refuse_code()

    def _passages(self) -> Retrieved | None:
        """The file that the task's only argument names."""
        arguments = dict(self.options.task_args.get(self.name, {}))
        file = arguments.pop("retrieved", None)
        for name in arguments:
            hint = "its file fixes everything but retrieved=FILE, the passages of --variants retrieved"
            raise UsageError(f"task '{self.name}' takes no argument '{name}'", hint=hint)
        return None if file is None else Retrieved.read(Path(str(file)))

    def _refuse_code(self) -> None:
        spec = self.spec
        if self.options.no_task_code and (found := next(references(spec.keys), None)):
            raise spec.error(f"it needs the function {found} of its own, and --no_task_code is set")
        if not spec.unsafe_code:
            return
        if not self.options.confirm_run_unsafe_code:
            hint = "allow it with --confirm_run_unsafe_code; it runs in a sandbox"
            raise spec.error("it runs code that a model wrote", "unsafe_code", hint=hint)
        for key in ("process_results", "metric_list", "filter_list"):
            for reference in references(spec.keys.get(key)):
                if escape := runs_code_itself(resolved(reference, spec, key)):
                    problem = f"!function {reference} would run a model's code outside the sandbox ({escape})"
                    raise spec.error(problem, key, hint="run it with lm-eval, in a container")

    def _shots(self) -> int:
        own = self.spec.num_fewshot
        if own == 0 or self.options.num_fewshot is None:
            return own or 0
        return self.options.num_fewshot

    @cached_property
    def _wording(self) -> Wording:
        return Wording(self.spec, self._documents)

    @cached_property
    def _examples(self) -> Examples:
        return Examples(self.spec, self._documents, self._wording, self.num_fewshot, self.options.fewshot_seed)

    @cached_property
    def _scorer(self) -> Scorer:
        return Scorer(self.spec, self._wording, self._metrics)

    @cached_property
    def _generation_kwargs(self) -> Mapping[str, Any]:
        until = [self.spec.fewshot_delimiter]
        if self.spec.generation_kwargs is None:
            own: dict[str, Any] = {"until": until, "do_sample": False, "temperature": 0.0, "max_gen_toks": 256}
        else:
            own = {"until": until, **self.spec.generation_kwargs}
            if isinstance(own.get("temperature"), int):
                own["temperature"] = float(own["temperature"])
        return {**own, **self.options.gen_kwargs}

    @property
    def data(self) -> DataRecord:
        """What pins the documents of this task and its examples. Reads them."""
        return self._documents.record

    def size(self) -> int:
        return len(self._documents.evaluated)

    def samples(self) -> Iterator[Sample]:
        ids = [f"{self._documents.split}:{row}" for row in range(self.size())]
        if self._retrieved is not None:
            self._retrieved.check(ids)
        self._warn_of_numbers()
        for sample_id, doc in zip(ids, self._documents.evaluated, strict=True):
            shown = doc if self.spec.doc_to_image is None else without_pictures(doc)
            yield Sample(sample_id, shown, self._wording.target(doc), self._kept(sample_id, doc))

    def _warn_of_numbers(self) -> None:
        """Warn once where every target is a number, and punctuation is taken out of it before it is compared."""
        options = [entry.options for entry in self._metrics if entry.metric.name == "exact_match"]
        if self._warned or not any(each.get("ignore_punctuation") for each in options) or not self.size():
            return
        self._warned = True
        if all(is_number(self._wording.target(doc)) for doc in self._documents.evaluated):
            logger.warning(
                "task '%s': exact_match has ignore_punctuation, and its targets are numbers: -12.5 equals 125",
                self.name,
            )

    def _doc(self, sample: Sample) -> Mapping[str, Any]:
        """The document itself: a sample's own shows hashes in place of pictures."""
        return sample.doc if self.spec.doc_to_image is None else self._documents.evaluated[_row(sample)]

    def _kept(self, sample_id: str, doc: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            kept = self._annotations.kept(doc)
            if self._retrieved is None:
                return kept
            return {**kept, **self._retrieved.metadata(sample_id, self._annotations.evidence_of(doc))}
        except KeyError as error:
            hint = f"columns: {', '.join(map(str, doc))}"
            raise self.spec.error(f"the data has no column {error}", "metadata", hint=hint) from None

    def requests(self, sample: Sample) -> Sequence[Ask]:
        doc = self._doc(sample)
        if self.spec.output_type == "loglikelihood_rolling":
            return [RollingLoglikelihood(self._target_text(sample), stride=self._stride)]
        examples = self._examples.of(_row(sample))
        if self._wording.multiple_input:
            prompts = self._wording.prompts(doc, examples)
            return [self._likelihood(prompt, (self._target_text(sample),)) for prompt in prompts]
        prompt = self._wording.prompt(doc, examples)
        if self.spec.output_type == "generate_until":
            return [self._generate(prompt)]
        if self.spec.output_type == "loglikelihood":
            return [Loglikelihood(prompt, (self._target_text(sample),))]
        return self._choices(prompt, sample)

    def _generate(self, prompt: Prompt) -> Generate:
        try:
            return generate(prompt, self._generation_kwargs)
        except UsageError as error:
            raise self.spec.error(str(error), "generation_kwargs") from None

    def _choices(self, prompt: Prompt, sample: Sample) -> Sequence[Ask]:
        choices = self._wording.choices(sample.doc)
        if choices is None:
            raise self.spec.error("multiple_choice needs doc_to_choice", "output_type")
        asks = [self._likelihood(prompt, tuple(choices))]
        if any(entry.metric.name == "acc_mutual_info" for entry in self._metrics):
            asks.append(self._likelihood(Prompt(()), tuple(choices)))
        return asks

    def _likelihood(self, prompt: Prompt, continuations: tuple[str, ...]) -> Loglikelihood:
        """Under a chat template nothing stands before a choice, unless a prefill ends without a space."""
        delimiter, prefix = self.spec.target_delimiter, self.spec.gen_prefix
        open_ended = bool(prefix) and not str(prefix)[-1].isspace()
        return Loglikelihood(prompt, continuations, delimiter, delimiter if open_ended else "")

    def _target_text(self, sample: Sample) -> str:
        if not isinstance(sample.target, str):
            raise self.spec.error(f"doc_to_target gives {sample.target!r}, not text", "doc_to_target")
        return sample.target

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        return next(self.score_all([Answered(sample, [responses])]))

    def score_all(self, answered: Sequence[Answered]) -> Iterator[SampleScore]:
        """Every pipeline maps the answers of the whole task; a sample with a failed request stays out of it."""
        complete = [item for item in answered if not _failures(item)]
        for pipeline in self._pipelines:
            extracted = iter(self._extract(pipeline, complete))
            by_id = {item.sample.sample_id: next(extracted) for item in complete}
            for item in answered:
                yield self._scored(item, by_id.get(item.sample.sample_id, ()), pipeline.name)

    def _extract(self, pipeline: Pipeline, items: Sequence[Answered]) -> Iterator[list[Any]]:
        """For each sample what the pipeline makes of each of its requests."""
        raw = [[raw_answers(responses) for responses in item.repeats] for item in items]
        answers = [[repeat[index] for repeat in repeats] for repeats in raw for index in range(len(repeats[0]))]
        samples = [item.sample for item, repeats in zip(items, raw, strict=True) for _ in repeats[0]]
        extracted = iter(pipeline.apply(answers, samples))
        for repeats in raw:
            yield [next(extracted) for _ in repeats[0]]

    def _scored(self, item: Answered, extracted: Sequence[Any], pipeline: str) -> SampleScore:
        responses = [response for repeat in item.repeats for response in repeat]
        score = score_one(partial(self._score_extracted, extracted=extracted), item.sample, responses)
        return replace(score, pipeline=pipeline)

    def _score_extracted(
        self, sample: Sample, responses: Sequence[Response], *, extracted: Sequence[Any]
    ) -> SampleScore:
        del responses
        answers = [_answer(item) for item in extracted]
        reason = next((reason for reason in map(_reason, extracted) if reason), "")
        values = self._scorer.values(replace(sample, doc=self._doc(sample)), answers)
        outcome = Outcome.UNPARSED if reason else Outcome.SCORED
        values = {**values, **hit_value(sample)}
        answer = answers[0] if len(answers) == 1 else answers
        rule = next((rule for rule in map(_rule, extracted) if rule), "")
        return SampleScore(sample.sample_id, values, outcome, answer, reason, rule=rule)

    def aggregate(self, scored: Sequence[SampleScore], artifacts: Artifacts) -> TaskResult:
        """Rows for what the documents' values hold: a listed metric that never has a value has no row."""
        produced = dict.fromkeys(name for score in scored for name in score.values)
        listed = {metric.name for metric in self.metrics}
        further = [self._unlisted(name) for name in produced if name not in listed]
        result = artifacts.summarize(scored, further)
        valued = {metric.name for metric in self.metrics if metric.outcome is None}
        silent = valued - produced.keys() if produced else set()
        return replace(
            result,
            metrics=tuple(row for row in result.metrics if row.metric not in silent),
            details={**result.details, **self._details_of(scored)},
        )

    def _unlisted(self, name: str) -> Metric:
        return retrieval_hit_rate if name == retrieval_hit_rate.name else self._scorer.unlisted(name)

    def _details_of(self, scored: Sequence[SampleScore]) -> dict[str, Any]:
        """The bins of a reliability diagram, and by which rules libraries computed the metrics."""
        details: dict[str, Any] = {}
        signatures: dict[str, str] = {}
        for entry in self._metrics:
            name = entry.metric.name
            values = [score.values[name] for score in scored if name in score.values]
            if name == "ece" and values:
                details["reliability"] = reliability(values)
            if values and (found := signature(entry.metric, values, entry.options)):
                signatures[name] = found
        return {**details, **({"signatures": signatures} if signatures else {})}

    def baselines(self) -> Mapping[str, Baseline]:
        """The majority's answer, where `metadata` asks for it."""
        within = self._annotations.majority
        if within is False:
            return {}
        label = most_frequent(self.samples(), self._label, within)
        return {"majority": lambda sample: self._said(sample, label(sample))}

    def _label(self, sample: Sample) -> str:
        choices = self._wording.choices(sample.doc)
        if choices is None:
            return str(sample.target)
        target = sample.target[0] if isinstance(sample.target, list) else sample.target  # of several the first
        return answer_text(target, choices)

    def _said(self, sample: Sample, label: str) -> str | Response:
        choices = self._wording.choices(sample.doc)
        multiple_choice = self.spec.output_type == "multiple_choice" and choices is not None
        if multiple_choice:
            return certain(tuple(choices or ()), label)
        return self._annotations.majority_said.replace("{}", label)

    def about(self) -> Mapping[str, Any]:
        spec, documents = self.spec, self._documents
        own_function = spec.custom_dataset is not None
        told: dict[str, Any] = {"data": str(spec.custom_dataset) if own_function else str(documents.declared)}
        told["split"] = documents.split
        if spec.output_type != "loglikelihood_rolling":
            told["examples"] = f"{self.num_fewshot}, of {documents.pool_split or 'the task file'}"
        return {**told, "metrics": ", ".join(metric.name for metric in self.metrics), "metadata": dict(spec.details)}

    def config(self) -> Mapping[str, Any]:
        """The task's keys as resolved, functions by name, and the record of its data."""
        config: dict[str, Any] = {name: getattr(self.spec, name) for name in _WITH_DEFAULTS}
        config.update(_named(self.spec.keys), num_fewshot=self.num_fewshot, metadata=dict(self.spec.details))
        if self.spec.output_type == "loglikelihood_rolling":
            config["rolling_stride"] = self._stride
        if self.spec.output_type == "generate_until":
            config["generation_kwargs"] = dict(self._generation_kwargs)
        if self.num_fewshot and self._documents.pool_is_evaluated:
            config["fewshot_from_test"] = True
        if self._retrieved is not None:
            config["retrieved"] = self._retrieved.config()
        return {**config, "data": to_json(self.data)}


def _row(sample: Sample) -> int:
    return int(sample.sample_id.rpartition(":")[2])


def _failures(item: Answered) -> bool:
    return any(isinstance(response, Failure) for responses in item.repeats for response in responses)


def _answer(extracted: Any) -> Any:
    """Answers as metrics take them: a pipeline that did not reduce gives a list."""
    return [_answer(item) for item in extracted] if isinstance(extracted, list) else extracted.answer


def _reason(extracted: Extraction | list[Extraction]) -> str:
    if isinstance(extracted, list):
        reasons = [_reason(item) for item in extracted]
        return reasons[0] if reasons and all(reasons) else ""
    return extracted.reason


def _rule(extracted: Extraction | list[Extraction]) -> str:
    """The rule of the first answer that one gave."""
    if isinstance(extracted, list):
        return next((rule for rule in map(_rule, extracted) if rule), "")
    return extracted.rule


def _named(value: Any) -> Any:
    if isinstance(value, FunctionRef):
        return f"!function {value.target}"
    if isinstance(value, Mapping):
        return {str(key): _named(item) for key, item in value.items()}
    return [_named(item) for item in value] if isinstance(value, list) else value
