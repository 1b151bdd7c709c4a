"""From a document to its prompts: description, examples, question."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from mmeval.data.schema import missing_columns
from mmeval.errors import UsageError
from mmeval.prompt.fewshot import Excluded, PoolTooSmallError, Sampler, draw
from mmeval.prompt.fields import Doc, Field, Fields
from mmeval.prompt.turns import example, head, turn
from mmeval.spec.task_spec import TaskSpec
from mmeval.spec.yaml import FunctionRef
from mmeval.types import Image, Message, Prompt
from mmeval.yaml_task.annotations import Annotations
from mmeval.yaml_task.documents import Documents
from mmeval.yaml_task.functions import resolved
from mmeval.yaml_task.images import image_refs

logger = logging.getLogger(__name__)


class Wording:
    """The fields of a task, and two facts that lm-eval reads off the first document for all of them.

    `multiple_input`: `doc_to_text` is an index, and each choice makes a context of its own. `multiple_target`:
    `doc_to_target` is a list of right answers.
    """

    def __init__(self, spec: TaskSpec, documents: Documents) -> None:
        self._spec, self._documents = spec, documents
        self._check_names()
        fields = Fields(spec, frozenset(documents.columns), spec.doc_to_choice is not None)
        self._fields = fields
        self.text = fields.text(self._value("doc_to_text"), "doc_to_text")
        self.target = fields.target(self._value("doc_to_target"), "doc_to_target")
        self._choices = fields.choices(self._value("doc_to_choice"), "doc_to_choice") if fields.has_choices else None
        self._description = fields.wording(spec.description, "description") if spec.description else None
        self._prefix = fields.wording(spec.gen_prefix, "gen_prefix") if spec.gen_prefix else None
        self._images = fields.images(self._value("doc_to_image"), "doc_to_image") if spec.doc_to_image else None

    def _value(self, key: str) -> Any:
        return resolved(getattr(self._spec, key), self._spec, key)

    def _check_names(self) -> None:
        """Tell of a text that looks like a column's name and is none: lm-eval takes it as it is written.

        Raises SpecError for a target that no choice can be. A task with `process_results` needs no target.
        """
        columns, choices = self._documents.columns, self._spec.doc_to_choice
        for key in ("doc_to_text", "doc_to_target") if self._spec.process_results is None else ("doc_to_text",):
            value = getattr(self._spec, key)
            if not isinstance(value, str) or not value.isidentifier() or value in columns:
                continue
            if key == "doc_to_target" and isinstance(choices, list):
                if value not in choices:
                    problem = f"doc_to_target '{value}' is none of the choices, and {missing_columns([value], columns)}"
                    raise self._spec.error(problem, key)
                continue
            logger.warning(
                "task '%s': %s is the word '%s' for every document, as in lm-eval: %s",
                *(self._spec.task, key, value, missing_columns([value], columns)),
            )

    @cached_property
    def multiple_input(self) -> bool:
        several = self._choices is not None and isinstance(self.text(self._documents.evaluated[0]), int)
        if several and "{" in str(self._spec.doc_to_text):
            logger.warning(
                "task '%s': doc_to_text renders a number: each choice becomes a prompt of its own, as in lm-eval",
                self._spec.task,
            )
        return several

    @cached_property
    def multiple_target(self) -> bool:
        return isinstance(self.target(self._documents.evaluated[0]), list)

    def choices(self, doc: Doc) -> list[str] | None:
        """The options of a document as text; None for a task without."""
        return None if self._choices is None else self._texts(self._choices(doc), "doc_to_choice")

    def prompt(self, doc: Doc, examples: Sequence[Message]) -> Prompt:
        """The prompt of a document behind its examples."""
        question = turn(
            self.question(doc),
            prefix=self._opening(doc),
            target_delimiter=self._spec.target_delimiter,
            images=self.images(doc),
        )
        return self._prompt(doc, examples, question)

    def prompts(self, doc: Doc, examples: Sequence[Message]) -> list[Prompt]:
        """One prompt for each choice, for tasks with multiple inputs."""
        prefix, images = self._opening(doc), self.images(doc)
        return [
            self._prompt(doc, examples, turn(text, prefix=prefix, target_delimiter="", images=images))
            for text in self.choices(doc) or []
        ]

    def images(self, doc: Doc) -> list[Image]:
        """The images of a document, in the order of their marks in its text."""
        if self._images is None:
            return []
        try:
            return image_refs(self._images(doc), self._spec.file.parent)
        except UsageError as error:
            raise self._spec.error(f"doc_to_image: {error}", "doc_to_image", hint=error.hint) from error

    def _prompt(self, doc: Doc, examples: Sequence[Message], question: tuple[Message, ...]) -> Prompt:
        description = self._description(doc) if self._description else ""
        return Prompt((*head(description), *examples, *question))

    def question(self, doc: Doc) -> str:
        text = self.text(doc)
        if not isinstance(text, str):
            raise self._spec.error(f"doc_to_text gives {text!r}, not text", "doc_to_text")
        return text

    def asked(self, doc: Doc) -> Any:
        """What tells one question from another: text and options; the document where something else asks it."""
        text = self.text(doc)
        if text == "" or self._images is not None:
            return doc
        return text, None if self._choices is None else self._choices(doc)

    def _opening(self, doc: Doc) -> str:
        return self._prefix(doc) if self._prefix else ""

    def _texts(self, value: Any, key: str) -> list[str]:
        texts = list(value) if isinstance(value, list | tuple) else None
        if not texts or not all(isinstance(text, str) for text in texts):
            raise self._spec.error(f"{key} gives {value!r}, not a list of texts", key)
        return texts


class Examples:
    """The few-shot turns of every document of the evaluated split. Draws are made once, turns are worded once."""

    def __init__(self, spec: TaskSpec, documents: Documents, wording: Wording, count: int, seed: int | None) -> None:
        self._spec, self._documents, self._wording = spec, documents, wording
        self._count, self._seed = count, seed
        self._worded: dict[int, tuple[Message, ...]] = {}

    def of(self, row: int) -> tuple[Message, ...]:
        """The example turns of the document in `row`."""
        if self._count == 0:
            return ()
        return tuple(message for doc in self._drawn[row] for message in self._turn(doc))

    @cached_property
    def _drawn(self) -> list[Sequence[Doc]]:
        self._warn()
        sampler = self._spec.fewshot.sampler
        return self._by_name(sampler) if isinstance(sampler, str) else self._by_class(sampler)

    def _by_name(self, sampler: Sampler) -> list[Sequence[Doc]]:
        pool, documents = self._documents.pool, len(self._documents.evaluated)
        excluded = self._excluded() if self._documents.excludes else None
        try:
            drawn = draw(sampler, len(pool), documents, self._count, seed=self._seed, excluded=excluded)
            return [[pool[position] for position in positions] for positions in drawn]
        except PoolTooSmallError as error:
            raise self._spec.error(f"few-shot: {error}", "num_fewshot") from None

    def _excluded(self) -> Excluded:
        """By lm-eval's rule a document is no example of its own.

        Where examples are evaluated rows, neither is one with the same question, nor one that belongs with the document
        (`metadata.cluster`): a later turn of a dialogue holds the answers to the earlier ones.
        """
        docs, pool = self._documents.evaluated, self._documents.pool
        if not self._documents.pool_is_evaluated:
            return lambda row, position: bool(pool[position] == docs[row])
        cluster = Annotations.of(self._spec).cluster
        asked, shown = ([self._wording.asked(doc) for doc in listed] for listed in (docs, pool))

        def excluded(row: int, position: int) -> bool:
            together = cluster is not None and docs[row][cluster] == pool[position].get(cluster)
            return together or bool(asked[row] == shown[position])

        return excluded

    def _by_class(self, reference: FunctionRef) -> list[Sequence[Doc]]:
        """Draws of a sampler class that the task folder brings along, as lm-eval constructs and asks it."""
        key, documents = ("fewshot_config", "sampler"), self._documents
        own = resolved(reference, self._spec, *key)
        try:
            sampler = own(list(documents.pool), rnd=None)
            sampler.set_rnd(self._seed)
            return [
                list(sampler.sample(n=self._count, eval_doc=doc if documents.excludes else None))
                for doc in documents.evaluated
            ]
        except Exception as error:
            raise self._spec.error(f"sampler: {type(error).__name__}: {error}", *key) from error

    def _warn(self) -> None:
        name = self._spec.task
        if self._documents.leaks:
            logger.warning(
                "task '%s': a document can be its own few-shot example, as in lm-eval (set fewshot_split)", name
            )
        elif self._documents.pool_is_evaluated:
            logger.warning("task '%s': few-shot examples are other rows of the evaluated split", name)
        if self._spec.fewshot.fewshot_indices is not None:
            logger.warning("task '%s': fewshot_indices has no effect, as in lm-eval", name)

    def _turn(self, doc: Doc) -> tuple[Message, ...]:
        # by identity: drawn documents live as long as the draws, and most are drawn often
        if id(doc) not in self._worded:
            self._worded[id(doc)] = self._word(doc)
        return self._worded[id(doc)]

    def _word(self, doc: Doc) -> tuple[Message, ...]:
        fields = self._fields
        question, answer = fields.text(doc), fields.target(doc)
        choices = fields.choices(doc)
        try:
            if self._wording.multiple_input and choices is not None:
                question, choices = choices[question], None
            return example(
                question,
                answer,
                choices,
                prefix=fields.prefix(doc) if fields.prefix else "",
                target_delimiter=fields.target_delimiter,
                fewshot_delimiter=fields.fewshot_delimiter,
            )
        except (TypeError, IndexError) as error:
            raise self._spec.error(f"few-shot: {error}", "doc_to_target") from None

    @cached_property
    def _fields(self) -> _ExampleFields:
        return _ExampleFields(self._spec, self._documents)


class _ExampleFields:
    """The fields of examples: the task's, where `fewshot_config` has no others."""

    def __init__(self, spec: TaskSpec, documents: Documents) -> None:
        own = spec.fewshot
        choices = self._chosen(spec, "doc_to_choice")
        make = Fields(spec, frozenset(documents.columns), spec.doc_to_choice is not None)
        self.text = make.text(*self._chosen(spec, "doc_to_text"))
        self.target = make.target(*self._chosen(spec, "doc_to_target"))
        self._choices: Field | None = make.choices(*choices) if choices[0] is not None else None
        prefix, *key = self._chosen(spec, "gen_prefix")
        self.prefix: Field | None = make.wording(prefix, *key) if prefix else None
        pick = spec.target_delimiter if own.target_delimiter is None else own.target_delimiter
        self.target_delimiter = pick
        self.fewshot_delimiter = spec.fewshot_delimiter if own.fewshot_delimiter is None else own.fewshot_delimiter

    def choices(self, doc: Doc) -> Any:
        return self._choices(doc) if self._choices else None

    @staticmethod
    def _chosen(spec: TaskSpec, name: str) -> tuple[Any, ...]:
        """The value of a key and where it stands."""
        own = getattr(spec.fewshot, name)
        key = (name,) if own is None else ("fewshot_config", name)
        return resolved(getattr(spec, name) if own is None else own, spec, *key), *key
