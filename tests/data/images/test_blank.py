from __future__ import annotations

from pathlib import Path
from random import Random

import PIL.Image

from mmeval.data.images import as_image, decode
from mmeval.registry import VARIANTS
from mmeval.types import Ask, Generate, Image, Loglikelihood, Prompt, RollingLoglikelihood, Sample


def blanked(ask: Ask) -> Ask:
    result: Ask = VARIANTS.get("blank_image")(Sample("s", {}), ask, Random(0))
    return result


def test_every_image_becomes_grey_of_its_own_size(tmp_path: Path) -> None:
    images = []
    for name, size in (("a.png", (5, 7)), ("b.png", (30, 2)), ("c.png", (5, 7))):
        PIL.Image.effect_noise(size, 90).convert("RGB").save(tmp_path / name)
        images.append(as_image(tmp_path / name))
    ask = Loglikelihood(Prompt.of(images[0], "and", images[1], images[2]), (" a",))
    changed = blanked(ask)
    assert isinstance(changed, Loglikelihood)
    assert changed.prompt.text == "and"
    parts = [part for part in changed.prompt.parts if isinstance(part, Image)]
    assert [part.path for part in parts] == ["blank:5x7", "blank:30x2", "blank:5x7"]
    assert parts[0] == parts[2]
    for part, image in zip(parts, images, strict=True):
        pixels = decode(part).pixels
        assert pixels.getcolors() == [(pixels.width * pixels.height, (128, 128, 128))]
        assert pixels.size == decode(image).pixels.size


def test_an_image_that_cannot_be_read_stays() -> None:
    ask = Generate(Prompt.of(Image("nowhere.png"), "what?"))
    assert blanked(ask) == ask
    assert blanked(RollingLoglikelihood("text")) == RollingLoglikelihood("text")
