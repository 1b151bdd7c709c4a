from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from mmeval.data.images import ImageError, as_image, decode, image_size, pixel_hash
from mmeval.types import Image


def saved(path: Path, image: PIL.Image.Image, kind: str | None = None) -> Image:
    image.save(path, format=kind)
    return as_image(path)


def test_deep_grey_is_scaled_and_not_clipped(tmp_path: Path) -> None:
    values = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
    for name in ("g.png", "g.tif"):
        picture = decode(saved(tmp_path / name, PIL.Image.fromarray(values)))
        assert picture.pixels.mode == "RGB"
        assert [pixel[0] for pixel in np.asarray(picture.pixels)[0].tolist()] == [0, 1, 128, 255]
        assert picture.notes == ("image_16bit",)


def test_whole_number_greys_are_scaled_where_they_fit_into_16_bits(tmp_path: Path) -> None:
    fits = saved(tmp_path / "a.tif", PIL.Image.fromarray(np.array([[0, 65535]], dtype=np.int32)))
    assert np.asarray(decode(fits).pixels)[0, 1].tolist() == [255, 255, 255]
    for pixels in (np.array([[70000]], dtype=np.int32), np.array([[0.5]], dtype=np.float32)):
        with pytest.raises(ImageError, match="no known range"):
            decode(saved(tmp_path / "b.tif", PIL.Image.fromarray(pixels)))


@pytest.mark.parametrize(
    ("mode", "color", "rgb", "notes"),
    [
        ("RGBA", (10, 20, 30, 0), (10, 20, 30), ("image_alpha",)),
        ("LA", (10, 7), (10, 10, 10), ("image_alpha",)),
        ("L", 10, (10, 10, 10), ()),
        ("1", 1, (255, 255, 255), ()),
        ("RGB", (1, 2, 3), (1, 2, 3), ()),
        ("P", 0, (0, 0, 0), ()),
    ],
)
def test_modes(tmp_path: Path, mode: str, color: int, rgb: tuple[int, ...], notes: tuple[str, ...]) -> None:
    picture = decode(saved(tmp_path / "a.png", PIL.Image.new(mode, (2, 2), color)))
    assert picture.pixels.getpixel((0, 0)) == rgb
    assert picture.notes == notes


def test_the_suffix_does_not_decide(tmp_path: Path) -> None:
    picture = decode(saved(tmp_path / "a.png", PIL.Image.new("RGB", (8, 8), "blue"), "JPEG"))
    assert picture.notes == ("image_ext_mismatch",)
    assert decode(saved(tmp_path / "a.JPG", PIL.Image.new("RGB", (8, 8)), "JPEG")).notes == ()


def test_what_cannot_be_shown_has_a_code(tmp_path: Path) -> None:
    whole = tmp_path / "whole.png"
    PIL.Image.effect_noise((64, 64), 50).save(whole)
    torn, empty, text = (tmp_path / name for name in ("torn.png", "empty.png", "text.png"))
    torn.write_bytes(whole.read_bytes()[:-1500])
    empty.touch()
    text.write_text("no pixels here", encoding="utf-8")
    for path, code in ((torn, "unreadable"), (empty, "unreadable"), (text, "unreadable"), (tmp_path / "x", "missing")):
        with pytest.raises(ImageError) as raised:
            decode(as_image(path))
        assert raised.value.code == f"image_{code}"
        assert path.name in str(raised.value)
        assert "\n" not in str(raised.value)
    assert image_size(as_image(torn)) == (64, 64), "the header is sound"


def test_the_pixel_hash_knows_copies_in_other_formats(tmp_path: Path, shared: Path) -> None:
    folder = shared / "data" / "omnimedvqa_mini"
    expected = json.loads((folder / "EXPECTED.json").read_text(encoding="utf-8"))["pixel_sha256"]
    assert len(expected) == 13
    for name, digest in expected.items():
        pixels = decode(as_image(name, folder=folder)).pixels
        assert pixel_hash(pixels) == digest
        assert pixel_hash(decode(saved(tmp_path / "copy.bmp", pixels)).pixels) == digest
    turned = pixels.transpose(PIL.Image.Transpose.ROTATE_90)
    assert pixel_hash(turned) != digest


def test_a_torn_buffer_never_raises_anything_else() -> None:
    buffer = io.BytesIO()
    PIL.Image.effect_noise((16, 16), 50).save(buffer, format="PNG")
    whole = buffer.getvalue()
    for end in range(0, len(whole), 7):
        with contextlib.suppress(ImageError):
            assert decode(as_image(whole[:end])).pixels.size == (16, 16)
