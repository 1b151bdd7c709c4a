from __future__ import annotations

import io
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import PIL.Image
import pytest

from mmeval.data.images import as_image, image_bytes
from mmeval.errors import UsageError
from mmeval.serialize import content_hash, to_json
from mmeval.types import Generate, Image, Prompt


def png(color: str = "red", size: tuple[int, int] = (4, 3)) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", size, color).save(buffer, format="PNG")
    return buffer.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a 1%.png"
    path.write_bytes(png())
    return path


@pytest.fixture
def server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/a.png" else 404)
            self.end_headers()
            self.wfile.write(png())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_every_source_leads_to_the_same_bytes(file: Path) -> None:
    content = file.read_bytes()
    sources = [file, str(file), content, {"bytes": content, "path": "x.png"}, {"bytes": None, "path": str(file)}]
    for source in sources:
        image = as_image(source)
        assert image.digest == sha256(content).hexdigest()
        assert image_bytes(image) == content


def test_a_path_is_relative_to_its_folder(file: Path) -> None:
    assert as_image(file.name, folder=file.parent) == as_image(file)
    assert as_image(file, folder="elsewhere") == as_image(file)


def test_pil_images_are_encoded_without_loss() -> None:
    image = as_image(PIL.Image.new("RGB", (2, 2), (1, 2, 3)))
    with PIL.Image.open(io.BytesIO(image_bytes(image))) as again:
        assert again.getpixel((1, 1)) == (1, 2, 3)
    assert as_image(PIL.Image.new("RGB", (2, 2), (1, 2, 4))).digest != image.digest


def test_a_reference_stays_itself() -> None:
    image = Image("a.png", "ff")
    assert as_image(image) is image


def test_a_url_is_fetched_when_it_is_read(server: str) -> None:
    image = as_image(f"{server}/a.png")
    assert (image.path, image.digest) == (f"{server}/a.png", "")
    assert image_bytes(image) == png()
    with pytest.raises(OSError, match="404"):
        image_bytes(as_image(f"{server}/b.png"))


@pytest.mark.parametrize("path", ["missing.png", "with\0null.png"])
def test_a_missing_file_is_no_error_yet(path: str) -> None:
    assert as_image(path).digest == ""


@pytest.mark.parametrize("source", [3, None, {"bytes": None, "path": None}, ["a.png"]])
def test_other_things_are_refused(source: object) -> None:
    with pytest.raises(UsageError, match="not an image"):
        as_image(source)


def test_the_digest_stands_for_the_image_in_hashes(file: Path) -> None:
    ask = Generate(Prompt.of(as_image(file), "What is this?"))
    moved = Generate(Prompt.of(as_image(file.read_bytes()), "What is this?"))
    assert content_hash(ask) == content_hash(moved)
    assert to_json(Image("gone.png")) == {"kind": "Image", "path": "gone.png"}
    assert content_hash(Generate(Prompt.of(Image("a")))) != content_hash(Generate(Prompt.of(Image("b"))))
    unhashed = Image("a", read=lambda: b"")
    assert content_hash(Generate(Prompt.of(unhashed))) == content_hash(Generate(Prompt.of(Image("a"))))
