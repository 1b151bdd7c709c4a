"""The variant `blank_image`: how much is answered without looking."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from random import Random

from mmeval.data.images.decode import ImageError, image_size
from mmeval.data.images.reference import as_image
from mmeval.types import Ask, Generate, Image, Loglikelihood, Part, Sample

MID_GREY = (128, 128, 128)


def blank_image(sample: Sample, ask: Ask, rng: Random) -> Ask:  # noqa: ARG001  the signature of a variant
    """The ask with every image replaced by a mid-grey one of the same size. One that cannot be read stays."""
    if not isinstance(ask, Generate | Loglikelihood):
        return ask
    messages = tuple(replace(message, content=tuple(map(_blanked, message.content))) for message in ask.prompt.messages)
    return replace(ask, prompt=replace(ask.prompt, messages=messages))


def _blanked(part: Part) -> Part:
    if not isinstance(part, Image):
        return part
    try:
        return _blank(*image_size(part))
    except ImageError:
        return part


@lru_cache(maxsize=4096)
def _blank(width: int, height: int) -> Image:
    import PIL.Image

    blank = as_image(PIL.Image.new("RGB", (width, height), MID_GREY))
    return replace(blank, path=f"blank:{width}x{height}")
