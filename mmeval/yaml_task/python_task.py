"""Tasks that lm-eval writes in Python (`class`): a bridge that works where lm-eval itself is installed."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from mmeval.errors import MissingRequirementError, SpecError, UsageError
from mmeval.metrics.additive import stderr_of
from mmeval.metrics.aggregations import AGGREGATIONS
from mmeval.prompt.generation import generate
from mmeval.spec.yaml import Document, FunctionRef
from mmeval.task import Answered, Task, score_one
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Loglikelihood,
    Metric,
    Prompt,
    Response,
    RollingLoglikelihood,
    Sample,
    SampleScore,
)
from mmeval.yaml_task.options import TaskOptions
from mmeval.yaml_task.scoring import raw_answers


class PythonTask(Task):
    """A task class of lm-eval as a task. Its prompts are texts that its own code makes, examples included.

    Under a chat template such a text is the one user message. Construction reads the data, as the class does.
    """

    def __init__(self, document: Document, options: TaskOptions) -> None:
        self._document, self._options = document, options
        self.name = str(document.data["task"])
        self._task = self._constructed()
        self.version = self._task.VERSION  # type: ignore[misc]  # one class serves all files
        own = self._task.config.num_fewshot
        self.num_fewshot = (own or 0) if own == 0 or options.num_fewshot is None else options.num_fewshot
        self._task.set_fewshot_seed(options.fewshot_seed)
        directions = self._task.higher_is_better()
        self.metrics = [
            _metric(name, function, directions.get(name)) for name, function in self._task.aggregation().items()
        ]

    def _constructed(self) -> Any:
        own = python_class(self._document, self._options)
        config = {**self._document.data, "metadata": dict(self._options.metadata)}
        try:
            task = own(config=config) if "config" in inspect.signature(own).parameters else own()
        except Exception as error:  # the class is the user's code, and reads its data here
            raise _error(self._document, f"{type(error).__name__}: {error}") from error
        task.config.task = self.name
        return task

    @cached_property
    def _docs(self) -> Sequence[Mapping[str, Any]]:
        return list(self._task.eval_docs)

    @cached_property
    def _contexts(self) -> list[str]:
        """The context of every document, in order: a class draws its examples from one stream."""
        try:
            return [self._task.fewshot_context(doc, num_fewshot=self.num_fewshot) for doc in self._docs]
        except Exception as error:  # the class is the user's code
            problem = f"{self.num_fewshot} examples: {type(error).__name__}: {error}"
            raise _error(self._document, problem) from error

    def size(self) -> int:
        return len(self._docs)

    def samples(self) -> Iterator[Sample]:
        for row, doc in enumerate(self._docs):
            yield Sample(f"test:{row}", doc, self._task.doc_to_target(doc))

    def requests(self, sample: Sample) -> Sequence[Ask]:
        return [_ask(instance, self.name) for instance in self._instances(sample)]

    def _instances(self, sample: Sample) -> list[Any]:
        row = int(sample.sample_id.rpartition(":")[2])
        made = self._task.construct_requests(
            doc=self._docs[row], ctx=self._contexts[row], metadata=(self.name, row, 1), apply_chat_template=False
        )
        return made if isinstance(made, list) else [made]

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        return next(self.score_all([Answered(sample, [responses])]))

    def score_all(self, answered: Sequence[Answered]) -> Iterator[SampleScore]:
        """Filtered by the class's own pipelines over the whole task, then scored by its `process_results`."""
        instances = {item.sample.sample_id: self._answered(item) for item in answered}
        self._task._instances = [one for listed in instances.values() for one in listed]
        if self._task._instances:
            self._task.apply_filters()
        pipelines = [one.name for one in self._task._filters]
        for pipeline in pipelines:
            for item in answered:
                yield self._scored(item, instances[item.sample.sample_id], pipeline)

    def _answered(self, item: Answered) -> list[Any]:
        """The requests of a sample with their answers; none where one of them failed."""
        responses = item.repeats[0]
        if any(isinstance(response, Failure) for response in responses):
            return []
        instances = self._instances(item.sample)
        for instance, response in zip(instances, responses, strict=True):
            instance.resps = raw_answers([response])
        return instances

    def _scored(self, item: Answered, instances: Sequence[Any], pipeline: str) -> SampleScore:
        def score(sample: Sample, responses: Sequence[Response]) -> SampleScore:
            del responses
            answers = [instance.filtered_resps[pipeline] for instance in instances]
            values = dict(self._task.process_results(instances[0].doc, answers))
            answer = answers[0] if len(answers) == 1 else answers
            return SampleScore(sample.sample_id, values, answer=answer, pipeline=pipeline)

        return score_one(score, item.sample, item.repeats[0])

    def config(self) -> Mapping[str, Any]:
        """The file's keys, the class by name."""
        return {key: str(value) if isinstance(value, FunctionRef) else value for key, value in self._keys()}

    def _keys(self) -> Iterator[tuple[str, Any]]:
        yield from self._document.data.items()
        yield "num_fewshot", self.num_fewshot


def python_class(document: Document, options: TaskOptions) -> Any:
    """The class that a task file names. Raises MissingRequirementError where lm-eval or a package of it is missing."""
    if options.no_task_code:
        raise _error(document, "it is a Python task, and --no_task_code is set")
    reference = document.data["class"]
    if not isinstance(reference, FunctionRef):
        raise _error(document, "class: expected a !function")
    name = document.data.get("task")
    if importlib.util.find_spec("lm_eval") is None:
        problem = f"task '{name}' is a Python task of lm-eval (class), which is not installed"
        raise MissingRequirementError(problem, hint="pip install lm_eval==0.4.13")
    try:
        return getattr(_module(reference), reference.target.rpartition(".")[2])
    except ModuleNotFoundError as error:
        problem = f"task '{name}' needs the package {error.name} ({reference})"
        raise MissingRequirementError(problem, hint=f"pip install {error.name}") from error
    except Exception as error:
        raise _error(document, f"!function {reference}: {type(error).__name__}: {error}") from error


def _error(document: Document, problem: str) -> SpecError:
    return document.error(f"task '{document.data.get('task')}': {problem}", "class")


def _module(reference: FunctionRef) -> Any:
    """The module beside the file, loaded anew: it must see lm-eval itself, not the stand-ins of other helpers."""
    path = reference.target.rpartition(".")[0]
    file = reference.directory.joinpath(*path.split(".")).with_suffix(".py")
    if not file.is_file():
        return importlib.import_module(path)
    spec = importlib.util.spec_from_file_location(f"{Path(file).with_suffix('')}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _metric(name: str, function: Any, higher_is_better: bool | None) -> Metric:
    """lm-eval's own aggregations are known by their names, and so are their standard errors."""
    own = getattr(function, "__module__", "") == "lm_eval.api.metrics"
    aggregate = AGGREGATIONS.get(function.__name__, function) if own else function
    return Metric(name, aggregate, stderr_of(aggregate), higher_is_better, worst=None)


def _ask(instance: Any, task: str) -> Ask:
    if instance.request_type == "loglikelihood_rolling":
        return RollingLoglikelihood(instance.args[0])
    context, second, *more = instance.args
    if more:
        raise UsageError(f"task '{task}' asks with images or sounds, which the bridge to lm-eval does not carry")
    prompt = Prompt.of(context) if context else Prompt(())
    if instance.request_type == "generate_until":
        ask: Generate = generate(prompt, second)
        return ask
    return Loglikelihood(prompt, (second,))
