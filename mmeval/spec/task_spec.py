"""The keys of a task file (lm-eval 0.4.13), checked before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    InstanceOf,
    PrivateAttr,
    StrictBool,
    StrictInt,
    StrictStr,
    WithJsonSchema,
)

from mmeval.errors import SpecError
from mmeval.spec.problems import problems
from mmeval.spec.yaml import Document, FunctionRef, load

Function: TypeAlias = Annotated[
    InstanceOf[FunctionRef],
    WithJsonSchema({"type": "string", "description": "!function module.attribute, in a Python file beside this one"}),
]
OutputType: TypeAlias = Literal["multiple_choice", "generate_until", "loglikelihood", "loglikelihood_rolling"]
Choices: TypeAlias = StrictStr | list[Any] | dict[Any, Any] | Function
Target: TypeAlias = StrictStr | StrictInt | list[Any] | Function


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


Names: TypeAlias = Annotated[StrictStr | list[StrictStr], AfterValidator(_as_list)]
"""One name or several, as a list."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MetricSpec(_Section):
    """One entry of `metric_list`; further keys are options of the metric."""

    model_config = ConfigDict(extra="allow", frozen=True)

    metric: StrictStr | Function
    aggregation: StrictStr | Function | None = None
    higher_is_better: StrictBool | None = None
    hf_evaluate: StrictBool = False

    @property
    def options(self) -> Mapping[str, Any]:
        return self.model_extra or {}


class StepSpec(_Section):
    """One step of a pipeline; further keys are arguments of the extractor."""

    model_config = ConfigDict(extra="allow", frozen=True)

    function: StrictStr | Function

    @property
    def options(self) -> Mapping[str, Any]:
        return self.model_extra or {}


class PipelineSpec(_Section):
    """One entry of `filter_list`: steps from raw answers to the answers that are scored."""

    name: StrictStr
    filter: list[StepSpec]


class FewshotSpec(_Section):
    """`fewshot_config`: where examples come from and how they are shown, where it differs from the question itself."""

    sampler: Literal["default", "first_n"] | Function = "default"
    split: StrictStr | None = None
    samples: list[dict[str, Any]] | Function | None = None
    process_docs: Function | None = None
    fewshot_indices: list[StrictInt] | None = None
    fewshot_delimiter: StrictStr | None = None
    target_delimiter: StrictStr | None = None
    gen_prefix: StrictStr | None = None
    doc_to_text: StrictStr | StrictInt | Function | None = None
    doc_to_choice: Choices | None = None
    doc_to_target: Target | None = None


class TaskSpec(_Section):
    """A task file. Keys, types and defaults are lm-eval's; `dataset_revision` is mmeval's own.

    `error` makes a SpecError that names the line of a key.
    """

    task: StrictStr
    task_alias: StrictStr | None = None
    tag: Names | None = None
    class_: Function | None = Field(None, alias="class")

    custom_dataset: Function | None = None
    dataset_path: StrictStr | None = None
    dataset_name: StrictStr | None = None
    dataset_kwargs: dict[str, Any] | None = None
    dataset_revision: StrictStr | None = None
    training_split: StrictStr | None = None
    validation_split: StrictStr | None = None
    test_split: StrictStr | None = None
    fewshot_split: StrictStr | None = None
    process_docs: Function | None = None

    doc_to_text: StrictStr | StrictInt | Function | None = None
    doc_to_target: Target | None = None
    doc_to_choice: Choices | None = None
    doc_to_image: StrictStr | list[Any] | Function | None = None
    doc_to_audio: StrictStr | list[Any] | Function | None = None
    use_prompt: StrictStr | None = None
    description: StrictStr = ""
    target_delimiter: StrictStr = " "
    fewshot_delimiter: StrictStr = "\n\n"
    fewshot_config: FewshotSpec | None = None
    num_fewshot: Annotated[StrictInt, Field(ge=0)] | None = None
    gen_prefix: StrictStr | None = None

    output_type: OutputType = "generate_until"
    generation_kwargs: dict[str, Any] | None = None
    repeats: Annotated[StrictInt, Field(ge=1)] = 1
    filter_list: list[PipelineSpec] | None = None
    metric_list: list[MetricSpec] | None = None
    process_results: Function | None = None
    unsafe_code: StrictBool = False
    should_decontaminate: StrictBool = False
    doc_to_decontamination_query: StrictStr | Function | None = None
    metadata: Any = None

    _document: Document = PrivateAttr()

    @classmethod
    def parse(cls, document: Document) -> Self:
        """The checked task of `document`; raises its first problem as a SpecError."""
        found = check(document)
        if found:
            raise found[0]
        spec = cls.model_validate(_task_keys(document))
        spec._document = document
        return spec

    @classmethod
    def from_file(cls, file: Path) -> Self:
        """The checked task of a YAML file."""
        return cls.parse(load(file))

    @property
    def file(self) -> Path:
        return self._document.file

    @property
    def keys(self) -> Mapping[str, Any]:
        """The keys that the task's files give, references unresolved, without those that are null."""
        return {key: value for key, value in _task_keys(self._document).items() if value is not None}

    @property
    def warnings(self) -> Sequence[str]:
        """What a careful author would mend, a line each."""
        return self._document.warnings

    @property
    def fewshot(self) -> FewshotSpec:
        return self.fewshot_config or FewshotSpec()

    @property
    def details(self) -> Mapping[str, Any]:
        """`metadata` as a mapping; another value `m` is `{"_metadata": m}`."""
        if self.metadata is None:
            return {}
        return self.metadata if isinstance(self.metadata, dict) else {"_metadata": self.metadata}

    def error(self, problem: str, *path: str | int, hint: str = "") -> SpecError:
        return self._document.error(f"task '{self.task}': {problem}", *path, hint=hint)


_GROUP_KEYS = ("group", "task_list", "include")


def _task_keys(document: Document) -> dict[str, Any]:
    return {key: value for key, value in document.data.items() if key not in _GROUP_KEYS}


def check(document: Document) -> Sequence[SpecError]:
    """Everything in `document` that does not fit the schema, in the order of its keys."""
    return problems(TaskSpec, _task_keys(document), document)
