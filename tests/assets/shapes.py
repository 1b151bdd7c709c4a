"""Generated images of one colored shape, and questions about them.

python -m tests.assets.shapes FOLDER

writes 900 images that the tiny VLM has not seen as `<color>/<seed>.png`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import PIL.Image
import PIL.ImageDraw

SIDE = 24
"""Pixels of an image's side."""
COLORS = {
    "red": (220, 40, 40),
    "green": (40, 180, 60),
    "blue": (50, 70, 220),
    "yellow": (230, 210, 50),
    "purple": (150, 50, 180),
    "white": (240, 240, 240),
}
SHAPES = ("circle", "square", "triangle", "cross")
UNSEEN = 1_000_000
"""Seeds from here on were not trained on."""
ALWAYS, NEVER = ("shape", "figure", "drawing"), ("plane", "building", "dog")
"""What every image shows, and what none does."""
FORMATS = {
    "yes or no": ("yes", "no"),
    "no or yes": ("yes", "no"),
    "1 or 0": ("1", "0"),
    "true or false": ("true", "false"),
}
"""How an answer is asked for, and its two words."""


@dataclass(frozen=True)
class Scene:
    """A drawn image with what is in it."""

    image: PIL.Image.Image
    color: str
    shape: str


@dataclass(frozen=True)
class Question:
    """A question with its options and the right one."""

    text: str
    options: tuple[str, ...]
    answer: str


def draw(seed: int) -> Scene:
    """The scene of a seed: a shape of random color, place and size on a dark ground, under noise."""
    rng = Random(f"shapes/{seed}")
    color, shape = rng.choice(list(COLORS)), rng.choice(SHAPES)
    ground = rng.randint(0, 60)
    image = PIL.Image.new("RGB", (SIDE, SIDE), (ground, ground, ground))
    half = rng.randint(5, 8)
    x, y = (rng.randint(half + 1, SIDE - half - 2) for _ in range(2))
    fill = tuple(max(0, min(255, value + rng.randint(-20, 20))) for value in COLORS[color])
    _draw(PIL.ImageDraw.Draw(image), shape, x, y, half, fill)
    noise = np.frombuffer(rng.randbytes(3 * SIDE * SIDE), dtype=np.uint8).reshape(SIDE, SIDE, 3) % 25
    noisy = (np.asarray(image).astype(int) + noise - 12).clip(0, 255).astype(np.uint8)
    return Scene(PIL.Image.fromarray(noisy), color, shape)


def write(folder: Path, seeds: Iterable[int]) -> None:
    """Images as `<color>/<seed>.png`: classes for probes."""
    for seed in seeds:
        scene = draw(seed)
        (folder / scene.color).mkdir(parents=True, exist_ok=True)
        scene.image.save(folder / scene.color / f"{seed}.png")


def questions(scene: Scene, rng: Random) -> Sequence[Question]:
    """One question on the color, one on the shape, and one to be answered by yes or no, with even odds."""
    return (
        Question("what color is the shape?", tuple(COLORS), scene.color),
        Question("what shape is it?", SHAPES, scene.shape),
        _yes_or_no("is it {}?", scene.color, list(COLORS), rng)
        if rng.random() < 0.5
        else _yes_or_no("is it a {}?", scene.shape, SHAPES, rng),
    )


def worded(scene: Scene, rng: Random) -> Question:
    """A question to be answered by one of two words, in the wordings of layer probes, true of the scene or not."""
    thing, there = _thing(scene, rng)
    negated = rng.random() < 0.25
    shown = f"{'no' if negated else 'a'} {thing}"
    noun, reply = rng.choice(("image", "picture", "photo")), rng.choice(("answer", "response"))
    asked = rng.choice(
        (
            f"Does this {noun} {rng.choice(('show', 'feature', 'contain'))} {shown}?",
            f"Is there {shown} {rng.choice(('in', 'within'))} this {noun}?",
        )
    )
    form = rng.choice(list(FORMATS))
    return Question(
        f"{asked} The {reply} must be always {form}.", FORMATS[form], FORMATS[form][0 if there != negated else 1]
    )


def _thing(scene: Scene, rng: Random) -> tuple[str, bool]:
    """Something to ask for, and whether the scene shows it: as often as not what depends on the scene."""
    if rng.random() < 0.5:
        known = rng.choice((ALWAYS, NEVER))
        return rng.choice(known), known is ALWAYS
    there = rng.random() < 0.5
    color = scene.color if there else rng.choice([other for other in COLORS if other != scene.color])
    shape = scene.shape if there else rng.choice([other for other in SHAPES if other != scene.shape])
    return rng.choice((f"{color} shape", shape)), there


def _yes_or_no(text: str, there: str, known: Sequence[str], rng: Random) -> Question:
    if rng.random() < 0.5:
        return Question(text.format(there), ("yes", "no"), "yes")
    return Question(text.format(rng.choice([other for other in known if other != there])), ("yes", "no"), "no")


def _draw(canvas: PIL.ImageDraw.ImageDraw, shape: str, x: int, y: int, half: int, fill: tuple[int, ...]) -> None:
    box = (x - half, y - half, x + half, y + half)
    if shape == "circle":
        canvas.ellipse(box, fill=fill)
    elif shape == "square":
        canvas.rectangle(box, fill=fill)
    elif shape == "triangle":
        canvas.polygon([(x, y - half), (x - half, y + half), (x + half, y + half)], fill=fill)
    else:
        arm = max(1, half // 3)
        canvas.rectangle((x - arm, y - half, x + arm, y + half), fill=fill)
        canvas.rectangle((x - half, y - arm, x + half, y + arm), fill=fill)


if __name__ == "__main__":
    write(Path(sys.argv[1]), range(UNSEEN, UNSEEN + 900))
