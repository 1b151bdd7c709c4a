"""A model whose layers know classes and react to edits from known depths on, and data for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mmeval.model import Model
from mmeval.types import ArrayData, Image, Prompt, Represent, Representation, Request, RequestKey, Response

BLOCKS, WIDTH, CLASSES = 9, 12, 4
READABLE, LEXICAL, NEGATION, FORMAT = 1, 3, 5, 7
"""First blocks at which the class is there, and at which each family of edits scrambles it for some inputs."""
_SHARE = 0.45
_EDITS = {
    LEXICAL: ("picture", "feature", "passage", "present", "photo", "response", "within"),
    NEGATION: ("plane", "recipe", "building", "poem", " no "),
    FORMAT: ("1 or 0", "true or false"),
}


class StagedModel(Model):
    """Answers `Represent` about inputs whose class their path or first word tells.

    The last token is the same for all inputs at layer 0. An edit moves `_SHARE` of the inputs, from its own depth on,
    to the state of another class; what negation and format move comes on top of what wording moves. `scramble=False`
    is a model that does not look at edits.
    """

    kinds = frozenset({Represent})
    modalities = frozenset({"text", "image"})

    def __init__(self, scramble: bool = True, revision: str = "a", stop_after: int | None = None) -> None:
        self.scramble, self.revision, self.stop_after = scramble, revision, stop_after
        self.answered = 0

    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        for request in requests:
            if self.stop_after is not None and self.answered >= self.stop_after:
                raise KeyboardInterrupt
            assert isinstance(request.ask, Represent)
            self.answered += 1
            yield request.key, self.represent(request.ask)

    def info(self) -> Mapping[str, Any]:
        return {"pretrained": "staged", "revision": self.revision, "scramble": self.scramble}

    def represent(self, ask: Represent) -> Representation:
        states = np.stack([[self.states(prompt, position) for position in ask.positions] for prompt in ask.prompts])
        answers = tuple(tuple(-1.0 - place for place in range(len(ask.answer_sets))) for _ in ask.prompts)
        data = ArrayData(states.astype("<f4").tobytes(), states.shape, "float32")
        return Representation(data, answers, ("yes",) * len(ask.prompts), 10 * len(ask.prompts), 7)

    def states(self, prompt: Prompt, position: int | str) -> np.ndarray:
        name, label = _named(prompt)
        codes = np.random.default_rng(5).standard_normal((BLOCKS + 2, CLASSES, WIDTH)) * 2
        noise = _generator(name).standard_normal((BLOCKS + 2, WIDTH)) * 0.5
        question = prompt.text.rpartition("\n")[2] if not isinstance(prompt.parts[0], Image) else prompt.text
        rows = [codes[layer, self._code(name, label, layer, question)] + noise[layer] for layer in range(BLOCKS + 2)]
        rows[0] = codes[0, 0] if position == -1 else rows[0]
        return np.stack(rows)

    def _code(self, name: str, label: int, layer: int, question: str) -> int:
        moves = [depth for depth, words in _EDITS.items() if any(word in question for word in words)]
        if not self.scramble:
            return label
        moved = any(layer >= depth and _generator(f"{name}:{depth}").random() < _SHARE for depth in moves)
        return (label + 1) % CLASSES if moved else label


def _named(prompt: Prompt) -> tuple[str, int]:
    part = prompt.parts[0]
    if isinstance(part, Image):
        return part.path, int(Path(part.path).parent.name[-1])
    text = next(each.text for each in prompt.parts if "class" in each.text)
    return text.partition("\n")[0], int(text.partition("class")[2][0])


def _generator(name: str) -> np.random.Generator:
    return np.random.default_rng(int(hashlib.sha256(name.encode()).hexdigest()[:12], 16))


def images(folder: Path, per_class: int) -> Path:
    """A folder `<class>/<file>` of pictures that differ."""
    from PIL import Image as Picture

    random = np.random.default_rng(0)
    for label in range(CLASSES):
        (folder / f"class{label}").mkdir(parents=True)
        for number in range(per_class):
            pixels = random.integers(0, 255, (12, 12, 3), dtype=np.uint8)
            Picture.fromarray(pixels).save(folder / f"class{label}" / f"{number:03}.png")
    return folder


def texts(file: Path, per_class: int) -> Path:
    """A file of passages whose first word is their class."""
    rows = [
        {
            "text": f"class{label} is here, said number {number} of {'many ' * (number % 3)}people.",
            "label": f"class{label}",
        }
        for number in range(per_class)
        for label in range(CLASSES)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file
