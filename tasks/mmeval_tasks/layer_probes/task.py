"""`layer_probes` and `layer_probes_text`: hidden states of every input under an anchor question and edits of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any, ClassVar, Literal

from mmeval.errors import UsageError
from mmeval.metrics.aggregations import mean
from mmeval.probing import L2_GRID, Estimator
from mmeval.task import Artifacts, Task
from mmeval.types import (
    ArrayRef,
    Ask,
    Message,
    Metric,
    Outcome,
    Part,
    Position,
    Prompt,
    Represent,
    Representation,
    Response,
    Sample,
    SampleScore,
    TaskResult,
    Text,
)
from mmeval_tasks.layer_probes.analysis.report import analyse
from mmeval_tasks.layer_probes.data import Source, content, content_digest, load_images, load_texts, twins
from mmeval_tasks.layer_probes.prompts import Modality, ProbePrompt, PromptSet, load
from mmeval_tasks.layer_probes.splits import Item, Sizes, split_items
from mmeval_tasks.layer_probes.subject import CONTROLS, Options, Subject

Layout = Literal["chat", "plain"]


class LayerProbes(Task):
    """Linear probes of the input's class on the last token of every layer, trained under one anchor question.

    `data` names the inputs; of each class `train_per_class` train probes, `val_per_class` choose the penalty and
    `test_per_class` are scored (`per_class` sets all three: n, a fifth of it, n); `classes` takes the first ones only.
    `prompt_set` is `paper`, `extended`, another shipped one, or a YAML file; `concept`, `foil` and `slots` fill it.
    `layout` `chat` goes through the model's chat template. `position` is the token whose states are probed.
    `train_prompts` `anchor` leaves out the variants of training inputs, which the controls `recentred` and `retrained`
    need. What follows the states can be changed when a run is scored again:
    `filter_anchor` `answer_yes` keeps inputs whose anchor is answered as expected; `controls` lists what else is fitted
    (`all`, `none`, or names joined by +); `tau1` to `tau3` and `run` are the thresholds of stages; `bootstrap` counts
    draws; `untrained` is the run directory of an untrained twin, `beside` of other models to show beside this one.
    """

    modality: ClassVar[Modality]
    first_stage: ClassVar[str]
    version = 1
    metrics = (Metric("answer_acc", mean, worst=None, range=(0, 1)), Metric("answer_margin", mean, worst=None))
    slices = ("label",)

    def __init__(
        self,
        *,
        data: str,
        per_class: int | None = None,
        train_per_class: int = 50,
        val_per_class: int = 10,
        test_per_class: int = 50,
        classes: int | None = None,
        data_seed: int = 0,
        prompt_set: str = "paper",
        concept: str | None = None,
        foil: str | None = None,
        slots: dict[str, str] | None = None,
        layout: Layout = "chat",
        position: int = -1,
        train_prompts: Literal["all", "anchor"] = "all",
        filter_anchor: Literal["none", "answer_yes"] = "none",
        estimator: Estimator = "logistic",
        l2: float | None = None,
        seeds: int = 5,
        controls: str | None = "all",
        tau1: float = 0.15,
        tau2: float = 0.15,
        tau3: float = 0.15,
        run: int = 2,
        bootstrap: int = 1000,
        device: str = "auto",
        untrained: str | None = None,
        beside: str | None = None,
        vision_states: bool = False,
    ) -> None:
        if vision_states and self.modality != "images":
            raise UsageError("vision_states: passages have none")
        if per_class is not None:
            train_per_class, val_per_class, test_per_class = per_class, max(1, per_class // 5), per_class
        self.sizes = Sizes(train_per_class, val_per_class, test_per_class)
        self._data, self._classes, self._data_seed = data, classes, data_seed
        self._set, self._layout = prompt_set, layout
        self._slots = {**(slots or {}), **({"concept": concept} if concept else {}), **({"foil": foil} if foil else {})}
        self.position = position
        self.options = Options(
            filter_anchor=filter_anchor,
            estimator=estimator,
            l2=l2,
            seeds=seeds,
            controls=_controls(controls),
            thresholds=(tau1, tau2, tau3, run),
            bootstrap=bootstrap,
            device=device,
            untrained=untrained,
            beside=tuple(beside.split("+")) if beside else (),
        )
        self._train_prompts, self._vision_states = train_prompts, vision_states

    # ------------------------------------------------------------ samples and requests

    @abstractmethod
    def source(self) -> Source:
        """The inputs, before any is chosen."""

    @abstractmethod
    def parts(self, item_content: Part, question: str) -> tuple[Part, ...]:
        """An input and a question as the content of one prompt; the input comes first."""

    @property
    def positions(self) -> tuple[Position, ...]:
        return (self.position,)

    def samples(self) -> Iterator[Sample]:
        for item in self.items:
            yield Sample(
                f"{item.split}:{item.item_id}",
                {"item": item.item_id, "label": item.label, "split": item.split, **self._shown(item)},
                item.label,
                {"label": item.label, "split": item.split},
            )

    def size(self) -> int:
        return len(self.items)

    def requests(self, sample: Sample) -> Sequence[Ask]:
        item = self._by_id[sample.sample_id]
        part = content(item)
        prompts = tuple(self._prompt(part, prompt) for prompt in self.prompts.prompts)
        if item.split == "pool" and self._train_prompts == "anchor":
            return (self._ask(prompts[:1], prompts[1:]),)
        return (self._ask(prompts, ()),)

    def _ask(self, prompts: tuple[Prompt, ...], beside: tuple[Prompt, ...]) -> Represent:
        return Represent(prompts, self.positions, answer_sets=self.prompts.spellings, beside=beside)

    def _prompt(self, part: Part, prompt: ProbePrompt) -> Prompt:
        return Prompt((Message("user", self.parts(part, prompt.text)),), chat=self._layout == "chat")

    def _shown(self, item: Item) -> dict[str, Any]:
        return {"text": item.source} if isinstance(item.source, str) else {}

    # ------------------------------------------------------------ scores

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        """What the model answers; what its states hold is fitted by `aggregate`. Only test inputs are scored."""
        response = responses[0]
        if not isinstance(response, Representation) or not isinstance(response.states, ArrayRef):
            raise TypeError(f"{type(response).__name__} is no kept representation")
        prompts = self.prompts.prompts[: response.states.shape[0]]
        margins = [self._margin(prompt, answer) for prompt, answer in zip(prompts, response.answers, strict=True)]
        values = {
            "answer_acc": None if margins[0] is None else float(margins[0] > 0),
            "answer_margin": margins[0],
            "margins": margins,
            "first": list(response.first),
            "states": asdict(response.states),
            "prompt_tokens": response.prompt_tokens,
            "shared_tokens": response.shared_tokens,
        }
        if sample.metadata["split"] == "test":
            return SampleScore(sample.sample_id, values, answer=response.first[0] if response.first else None)
        return SampleScore(sample.sample_id, values, Outcome.SKIPPED, reason="probes are trained on it")

    def _margin(self, prompt: ProbePrompt, answers: Sequence[float | None]) -> float | None:
        """Log-probability of the expected answer beyond that of its opposite."""
        right, wrong = (answers[self.prompts.place(name)] for name in (prompt.expected, prompt.against))
        return None if right is None or wrong is None else right - wrong

    def aggregate(self, scored: Sequence[SampleScore], artifacts: Artifacts) -> TaskResult:
        tested = [score for score in scored if artifacts.samples[score.sample_id].metadata["split"] == "test"]
        subject = Subject(
            self.name,
            self.version,
            self.first_stage,
            self.prompts,
            self.labels,
            self.sizes,
            self.options,
            self.config(),
        )
        return analyse(subject, artifacts.summarize(tested), scored, artifacts)

    def config(self) -> Mapping[str, Any]:
        return {
            "data": self._data,
            **self._source.facts,
            "content_sha256": content_digest(self.items),
            "sizes": asdict(self.sizes),
            "classes": len(self.labels),
            "data_seed": self._data_seed,
            "prompt_set": self._set,
            "prompts": {prompt.id: prompt.text for prompt in self.prompts.prompts},
            "layout": self._layout,
            "position": self.position,
            "train_prompts": self._train_prompts,
            "filter_anchor": self.options.filter_anchor,
            "estimator": self.options.estimator,
            "l2": self.options.l2 or list(L2_GRID),
            "seeds": self.options.seeds,
            "controls": list(self.options.controls),
            "thresholds": list(self.options.thresholds),
            "bootstrap": self.options.bootstrap,
        }

    # ------------------------------------------------------------ data

    @cached_property
    def prompts(self) -> PromptSet:
        """The prompt set with its slots filled in: the user's over the data's over its own."""
        return load(self._set, self.modality).filled({**self._source.slots, **self._slots})

    @cached_property
    def items(self) -> Sequence[Item]:
        """The chosen inputs, those of the pool first."""
        labels = sorted({item.label for item in self._source.items})[: self._classes]
        kept = [item for item in self._source.items if item.label in set(labels)]
        return split_items(kept, self.sizes, self._data_seed, twins)

    @cached_property
    def labels(self) -> Sequence[str]:
        """The names of the classes, in the order of their numbers."""
        return sorted({item.label for item in self.items})

    @cached_property
    def _source(self) -> Source:
        return self.source()

    @cached_property
    def _by_id(self) -> Mapping[str, Item]:
        return {f"{item.split}:{item.item_id}": item for item in self.items}


class ImageProbes(LayerProbes):
    """Probes of images: `data` is a folder `<split>/<class>/<file>` or `<class>/<file>`, or a preset.

    `vision_states` also keeps the mean over the image's tokens, at whose first layer the ceiling is probed: what the
    vision tower and projector hand to the language model. Other arguments are as in `layer_probes_text`.
    """

    name = "layer_probes"
    modality = "images"
    first_stage = "visual_grounding"

    def source(self) -> Source:
        return load_images(self._data)

    def parts(self, item_content: Part, question: str) -> tuple[Part, ...]:
        return (item_content, Text(question))

    @property
    def positions(self) -> tuple[Position, ...]:
        return (self.position, "image_mean") if self._vision_states else (self.position,)


class TextProbes(LayerProbes):
    """Probes of passages: `data` is `generated`, a file of rows with `text` and `label`, or a preset."""

    name = "layer_probes_text"
    modality = "text"
    first_stage = "content_encoding"

    def source(self) -> Source:
        return load_texts(self._data, self._data_seed, self.sizes.pool + self.sizes.test)

    def parts(self, item_content: Part, question: str) -> tuple[Part, ...]:
        if self._layout == "chat":
            return (item_content, Text(f"\n\n{question}"))
        return (Text("Text: "), item_content, Text(f"\nQuestion: {question}\nAnswer:"))


def _controls(names: str | None) -> tuple[str, ...]:
    if names is None or names in ("all", "none"):  # the command line reads `none` as nothing
        return CONTROLS if names == "all" else ()
    chosen = tuple(names.replace("+", " ").replace(",", " ").split())
    for name in chosen:
        if name not in CONTROLS:
            raise UsageError(f"unknown control '{name}'", hint=f"all, none, or some of {'+'.join(CONTROLS)}")
    return chosen
