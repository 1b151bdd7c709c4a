"""The fits of a run: probes under the anchor and what they say of every prompt, and the controls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mmeval.errors import UsageError
from mmeval.probing import (
    Floats,
    Hashed,
    Ints,
    Labelled,
    Memo,
    Predictions,
    Probed,
    RunStates,
    Settings,
    Shifted,
    Taken,
    choose_l2,
    codelength,
    grouped_classes,
    mean_state,
    random_labels,
    random_types,
    stratified_split,
)
from mmeval.task import Artifacts
from mmeval.types import ArrayRef, SampleScore
from mmeval_tasks.layer_probes.subject import Subject

_DEFAULT_L2 = 0.1
_GROUPS = 10
_WORDS = 2000
"""Vocabulary of the bag of words."""


@dataclass(frozen=True)
class Inputs:
    """Inputs of one side whose states are known."""

    scores: Sequence[SampleScore]
    labels: Ints
    refs: tuple[ArrayRef, ...]
    documents: Sequence[Mapping[str, Any]]
    arrays: Path
    _features: dict[tuple[int, int], Hashed] = field(default_factory=dict)

    def states(self, prompt: int, position: int = 0) -> Hashed:
        """The states under one prompt; hashed once."""
        place = (prompt, position)
        if place not in self._features:
            self._features[place] = Hashed(RunStates(self.arrays, self.refs, prompt, position))
        return self._features[place]

    def under(self, prompt: int) -> Labelled:
        """The states under one prompt, with the classes."""
        return Labelled(self.states(prompt), self.labels)

    def plain(self, columns: Floats) -> Labelled:
        """Features of the inputs themselves, shape (inputs, width), as one layer."""
        return Labelled(columns[None].astype(np.float32), self.labels)


class Study:
    """All fits of a task over one run. Each is made when it is asked for, and kept by its content."""

    def __init__(self, subject: Subject, scored: Sequence[SampleScore], artifacts: Artifacts) -> None:
        self.subject, self.options = subject, subject.options
        self.memo = Memo(artifacts.directory / "fits")
        known = [score for score in scored if "states" in score.values]
        kept = [score for score in known if self._passes(score)]
        self.dropped = Counter(
            str(artifacts.samples[score.sample_id].target) for score in known if not self._passes(score)
        )
        self.pool, self.test = (self._inputs(kept, split, artifacts) for split in ("pool", "test"))
        for name, side in (("train on", self.pool), ("test on", self.test)):
            if len(np.unique(side.labels)) < 2:
                failed = next((f"; the first failure: {score.reason}" for score in scored if not score.values), "")
                raise UsageError(f"there are fewer than two classes to {name}: {len(known)} inputs have states{failed}")

    def _passes(self, score: SampleScore) -> bool:
        return self.options.filter_anchor == "none" or score.values["answer_acc"] == 1.0

    def _inputs(self, scores: Sequence[SampleScore], split: str, artifacts: Artifacts) -> Inputs:
        numbers = {label: number for number, label in enumerate(self.subject.labels)}
        samples = [(score, artifacts.samples[score.sample_id]) for score in scores]
        chosen = [(score, sample) for score, sample in samples if sample.metadata["split"] == split]
        return Inputs(
            [score for score, _ in chosen],
            np.array([numbers[str(sample.target)] for _, sample in chosen], dtype=np.int64),
            tuple(
                ArrayRef(**{**score.values["states"], "shape": tuple(score.values["states"]["shape"])})
                for score, _ in chosen
            ),
            [sample.doc for _, sample in chosen],
            artifacts.arrays,
        )

    # ------------------------------------------------------------ the main fits

    @property
    def classes(self) -> int:
        return len(self.subject.labels)

    @property
    def prompts(self) -> list[str]:
        """Ids, the anchor first."""
        return [prompt.id for prompt in self.subject.prompts.prompts]

    @cached_property
    def has_variants_of_pool(self) -> bool:
        """Whether training inputs were read under the variants too."""
        return len(self.pool.refs) > 0 and self.pool.refs[0].shape[0] == len(self.prompts)

    def split(self, seed: int) -> tuple[Ints, Ints]:
        """Rows of the pool to train and to validate on; the test set is the same for all seeds."""
        return stratified_split(self.pool.labels, self.subject.sizes.train / self.subject.sizes.pool, seed)

    @cached_property
    def settings(self) -> Settings:
        """How probes are fitted, the penalty chosen on the validation part of the first seed where none is given."""
        base = Settings(self.options.estimator, self.options.l2 or _DEFAULT_L2, device=self.options.device)
        if self.options.l2 is not None or self.options.estimator != "logistic":
            return base
        train, validation = (self._taken(self.pool.under(0), rows) for rows in self.split(0))
        l2, self.grid = choose_l2(train, validation, self.classes, base, fit=self.memo.probe)
        return replace(base, l2=l2)

    grid: Mapping[float, Any] = {}

    @cached_property
    def fits(self) -> list[Probed]:
        """Per seed, what probes of the anchor say of the validation part and of the test set under every prompt."""
        return [self._fit(seed) for seed in range(self.options.seeds)]

    def _fit(self, seed: int) -> Probed:
        train, validation = self.split(seed)
        tests = {"validation": self._taken(self.pool.under(0), validation)}
        tests |= {name: self.test.under(place) for place, name in enumerate(self.prompts)}
        if "recentred" in self.options.controls and self.has_variants_of_pool:
            anchor = mean_state(Taken(self.pool.states(0), train))
            for place, name in enumerate(self.prompts[1:], start=1):
                shift = anchor - mean_state(Taken(self.pool.states(place), train))
                tests[f"recentred/{name}"] = Labelled(Shifted(self.test.states(place), shift), self.test.labels)
        settings = replace(self.settings, seed=seed)
        return self.memo.probe(self._taken(self.pool.under(0), train), tests, self.classes, settings)

    def predictions(self, name: str) -> list[Predictions]:
        """Of one test set, per seed."""
        return [fit.predictions[name] for fit in self.fits]

    # ------------------------------------------------------------ controls

    def retrained(self) -> dict[str, Predictions]:
        """Probes that are trained and tested on a variant: is the class there at all?"""
        train, _ = self.split(0)
        return {
            name: self._control(self._taken(self.pool.under(place), train), self.test.under(place))
            for place, name in enumerate(self.prompts[1:], start=1)
        }

    def random_labels(self) -> Predictions:
        """Probes of permuted labels: must be at chance."""
        train = self._train()
        return self._control(Labelled(train.features, random_labels(train.labels, 0)), self.test.under(0))

    def grouped(self) -> tuple[Predictions, int]:
        """Probes of random groups of classes, on classes held out; and the number of groups."""
        groups = min(_GROUPS, self.classes // 2)
        group, trained = grouped_classes(self.classes, groups, 0)
        train = self._train()
        seen, held = np.isin(train.labels, trained), ~np.isin(self.test.labels, trained)
        test = self.test.under(0)
        one = self._taken(Labelled(train.features, group[train.labels]), np.flatnonzero(seen))
        other = self._taken(Labelled(test.features, group[test.labels]), np.flatnonzero(held))
        return self._control(one, other, groups), groups

    def word_types(self) -> Predictions | None:
        """Probes of random classes of one of the passages' words, on words that were trained on (Hewitt and Liang).

        The word is at the place, counted from the start, that has the most different words while half of the test
        passages have one there that was trained on.
        """
        rows, _ = self.split(0)
        sides = [[_words(text) for text in self._texts(side)] for side in (self.pool, self.test)]
        best: tuple[int, list[str], list[str]] | None = None
        for place in range(min((len(words) for side in sides for words in side), default=0)):
            pool, test = ([words[place] for words in side] for side in sides)
            trained = {pool[row] for row in rows}
            if 2 * sum(word in trained for word in test) >= len(test) and len(trained) > (best[0] if best else 1):
                best = len(trained), pool, test
        return None if best is None else self._typed(rows, best[1], best[2])

    def _typed(self, rows: Ints, pool: Sequence[str], test: Sequence[str]) -> Predictions:
        drawn = random_types([*pool, *test], self.classes, 0)
        trained = {pool[row] for row in rows}
        known = np.flatnonzero([word in trained for word in test])
        count = len(pool)
        return self._control(
            self._taken(Labelled(self.pool.states(0), drawn[:count]), rows),
            self._taken(Labelled(self.test.states(0), drawn[count:]), known),
        )

    def mdl(self) -> Any:
        """Compression of the training labels by the online code, per layer."""
        train = self._train()
        order = np.random.default_rng(0).permutation(len(train.labels))
        bits = codelength(self._taken(train, order), self.classes, self.settings, self.memo)
        return len(order) * np.log2(self.classes) / bits

    def vision_only(self) -> float | None:
        """Accuracy on the mean of the image's tokens as they enter the language model."""
        if self.pool.refs[0].shape[1] < 2:
            return None
        train, test = (Labelled(side.states(0, 1)[:1], side.labels) for side in (self.pool, self.test))
        return float(self._control(train, test).accuracy[0])

    def bag_of_words(self) -> float | None:
        """Accuracy on the words of the passages: the ceiling of lexical information."""
        texts = self._texts(self.pool)
        if not texts:
            return None
        counted = Counter(word for text in texts for word in set(_words(text)))
        vocabulary = {word: place for place, (word, _) in enumerate(counted.most_common(_WORDS))}
        train, test = (side.plain(_counts(self._texts(side), vocabulary)) for side in (self.pool, self.test))
        return float(self._control(train, test).accuracy[0])

    def length_only(self) -> float | None:
        """Accuracy on the passages' lengths: what a model that sees positions alone could tell."""
        if not self._texts(self.pool):
            return None
        train, test = (side.plain(_lengths(self._texts(side))) for side in (self.pool, self.test))
        return float(self._control(train, test).accuracy[0])

    def _train(self) -> Labelled:
        return self._taken(self.pool.under(0), self.split(0)[0])

    def _control(self, train: Labelled, test: Labelled, classes: int | None = None) -> Predictions:
        fitted = self.memo.probe(train, {"test": test}, classes or self.classes, self.settings)
        return fitted.predictions["test"]

    def _texts(self, side: Inputs) -> list[str]:
        return [document["text"] for document in side.documents if "text" in document]

    def _taken(self, data: Labelled, rows: Ints) -> Labelled:
        return Labelled(Taken(data.features, rows), data.labels[rows])


def _words(text: str) -> list[str]:
    return [word.strip(".,;:!?\"'()").lower() for word in text.split()] or [""]


def _counts(texts: Sequence[str], vocabulary: Mapping[str, int]) -> Floats:
    table = np.zeros((len(texts), len(vocabulary)), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in _words(text):
            if word in vocabulary:
                table[row, vocabulary[word]] += 1
    return table


def _lengths(texts: Sequence[str]) -> Floats:
    sizes = np.array([[len(text), len(text.split())] for text in texts], dtype=np.float32)
    return np.concatenate([sizes, sizes**2], axis=1)
