"""Tasks with pictures: each becomes a part of the prompt at its mark, and a text model refuses it in one line."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmeval.data.images import image_bytes
from mmeval.errors import SpecError, UsageError
from mmeval.model import OneByOneModel
from mmeval.run import evaluate
from mmeval.task import Answered
from mmeval.types import Generate, Generation, Image, Text
from mmeval.yaml_task.images import image_refs, without_pictures
from tests.yaml_task.folders import make_task

PIL = pytest.importorskip("PIL.Image")


@pytest.fixture
def red(tmp_path: Path) -> Path:
    PIL.new("RGB", (2, 2), "red").save(tmp_path / "red.png")
    return tmp_path / "red.png"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    "given",
    [str, Path.read_bytes, lambda file: {"bytes": file.read_bytes(), "path": None}, lambda file: {"path": str(file)}],
    ids=["path", "bytes", "encoded", "file of a data set"],
)
def test_forms_of_an_image(red: Path, given: Callable[[Path], Any]) -> None:
    (image,) = image_refs([None, given(red)], Path())
    assert image.digest == _digest(red.read_bytes())
    assert image_bytes(image) == red.read_bytes()


def test_a_decoded_picture_is_kept_without_loss(red: Path) -> None:
    (image,) = image_refs(PIL.open(red), Path())
    with PIL.open(io.BytesIO(image_bytes(image))) as kept:
        assert kept.getpixel((0, 0)) == (255, 0, 0)
    assert image_refs(PIL.open(red), Path()) == [image]


def test_a_path_is_looked_up_beside_the_task_first(red: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (image,) = image_refs("red.png", red.parent)
    assert Path(image.path) == red
    monkeypatch.chdir(red.parent)
    (here,) = image_refs("red.png", red.parent / "elsewhere")
    assert (here.path, here.digest) == ("red.png", image.digest)


@pytest.mark.parametrize("value", [3, [{}]])
def test_what_is_no_image(value: Any) -> None:
    with pytest.raises(UsageError, match="not an image"):
        image_refs(value, Path())


def test_pictures_are_logged_by_their_hash(red: Path) -> None:
    shown = without_pictures({"a": [PIL.open(red)], "b": {"bytes": b"x"}, "c": 1})
    assert shown == {"a": [image_refs(PIL.open(red), Path())[0].digest], "b": {"bytes": _digest(b"x")}, "c": 1}


KEYS = "doc_to_text: 'See <image>, {{q}} <image>'\ndoc_to_target: answer\n"


def _rows(red: Path) -> list[dict[str, Any]]:
    return [{"q": "say", "answer": "red", "image": str(red), "other": None}]


@pytest.mark.parametrize(
    ("images", "parts"),
    [
        ("image", ["See ", "I", ", say <image>"]),
        ("[image, other, image]", ["See ", "I", ", say ", "I", ""]),
        ("'{{[image, image, image]}}'", ["I", "See ", "I", ", say ", "I", ""]),
        ("!function helper.images", ["See ", "I", ", say <image>"]),
    ],
)
def test_images_stand_at_their_marks(tmp_path: Path, red: Path, images: str, parts: list[str]) -> None:
    (tmp_path / "helper.py").write_text("def images(doc):\n    return [doc['image']]\n", encoding="utf-8")
    task = make_task(tmp_path, f"{KEYS}doc_to_image: {images}\n", _rows(red))
    (ask,) = task.requests(next(iter(task.samples())))
    found = [part.text if isinstance(part, Text) else "I" for part in ask.prompt.parts]
    assert found == parts
    assert {part.digest for part in ask.prompt.parts if isinstance(part, Image)} == {_digest(red.read_bytes())}


def test_an_image_that_is_missing_is_told_by_who_reads_it(tmp_path: Path, red: Path) -> None:
    task = make_task(tmp_path, f"{KEYS}doc_to_image: image\n", _rows(tmp_path / "gone.png"))
    (ask,) = task.requests(next(iter(task.samples())))
    (image,) = (part for part in ask.prompt.parts if isinstance(part, Image))
    assert (image.path, image.digest) == (str(tmp_path / "gone.png"), "")


def test_a_value_that_is_no_image_is_told_with_its_key(tmp_path: Path, red: Path) -> None:
    task = make_task(tmp_path, f"{KEYS}doc_to_image: image\n", [{"q": "say", "answer": "red", "image": 3}])
    with pytest.raises(SpecError, match="doc_to_image: not an image"):
        task.requests(next(iter(task.samples())))


def test_helpers_are_given_the_picture_itself(tmp_path: Path, red: Path) -> None:
    code = """
from PIL import Image

def pictures(docs):
    docs = docs.to_list()
    for doc in docs:
        doc["picture"] = Image.open(doc["image"])
    return docs

def results(doc, answers):
    return {"width": doc["picture"].width}
"""
    (tmp_path / "helper.py").write_text(code, encoding="utf-8")
    keys = "doc_to_image: picture\nprocess_docs: !function helper.pictures\nprocess_results: !function helper.results\n"
    task = make_task(tmp_path, KEYS + keys + "metric_list: [{metric: width}]\n", _rows(red))
    (sample,) = task.samples()
    assert sample.doc["picture"] == image_refs(PIL.open(red), Path())[0].digest
    (score,) = task.score_all([Answered(sample, [[Generation("red")]])])
    assert score.values == {"width": 2}


class TextModel(OneByOneModel):
    def generate(self, ask: Generate, seed: int | None) -> Generation:
        return Generation("red")


def test_a_text_model_says_that_it_takes_no_images(tmp_path: Path, red: Path) -> None:
    task = make_task(tmp_path, f"{KEYS}doc_to_image: image\n", _rows(red))
    with pytest.raises(UsageError, match="the model does not take image parts"):
        evaluate(tasks=task, model=TextModel(), output_path=str(tmp_path / "runs"))
