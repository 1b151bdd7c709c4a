"""Inputs with classes: folders of images, files of passages, hub data sets, the generated corpus."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from mmeval.data import hub
from mmeval.data.files import read_rows
from mmeval.data.files import sha256 as file_hash
from mmeval.data.images import as_image, image_bytes
from mmeval.errors import UnknownNameError, UsageError
from mmeval.types import Image, Part, Text
from mmeval_tasks.layer_probes.corpus import passages
from mmeval_tasks.layer_probes.splits import Item

GENERATED = "generated"
_IMAGES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"})
_TRAIN = ("train",)
_TEST = ("test", "val", "valid", "validation")


class Preset(BaseModel):
    """A hub data set: where its inputs and classes are. `labels` are the ranges of class numbers to take (all)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    splits: tuple[str, str]
    label: str
    image: str = ""
    text: str = ""
    labels: tuple[tuple[int, int], ...] = ()
    slots: dict[str, str] = Field(default_factory=dict)

    def takes(self, label: Any) -> bool:
        """Whether inputs of this class are taken."""
        return not self.labels or any(first <= label <= last for first, last in self.labels)


@dataclass(frozen=True)
class Source:
    """The inputs behind `data`, and what fills the slots of prompts about them."""

    items: Sequence[Item]
    slots: Mapping[str, str]
    facts: Mapping[str, Any]


def load_texts(data: str, seed: int, wanted: int) -> Source:
    """Passages: `generated` (at least `wanted` per class), a file of rows with `text` and `label`, or a preset."""
    if data == GENERATED:
        rows = enumerate(passages(seed, wanted))
        items = [Item(f"{number}", topic, text) for number, (topic, text) in rows]
        return Source(items, {}, {"source": GENERATED, "seed": seed})
    if Path(data).is_file():
        return Source(list(_from_rows(Path(data))), {}, {"source": data, "sha256": file_hash(Path(data))})
    preset = _preset("text", data)
    return Source(list(_from_hub(preset)), preset.slots, {"source": preset.path})


def load_images(data: str) -> Source:
    """Images: a folder `<split>/<class>/<file>` or `<class>/<file>`, or a preset."""
    folder = Path(data).expanduser()
    if folder.is_dir():
        return Source(list(_from_folder(folder)), {}, {"source": str(folder)})
    preset = _preset("images", data)
    return Source(list(_from_hub(preset)), preset.slots, {"source": preset.path})


def content(item: Item) -> Part:
    """The input as a part of a prompt."""
    return Text(item.source) if isinstance(item.source, str) else _image(item.source)


def twins(item: Item) -> frozenset[str]:
    """What near-duplicates have in common: a text's words, an image's bytes or its 64-bit difference hash."""
    if isinstance(item.source, str):
        return frozenset({" ".join(item.source.lower().split())})
    image = _image(item.source)
    hashes = {image.digest or image.path}
    if find_spec("PIL") is not None:
        hashes.add(_difference_hash(image))
    return frozenset(hashes)


@dataclass(frozen=True, slots=True)
class _Cell:
    """An image of a hub data set, which is read when it is wanted."""

    rows: Any
    number: int
    column: str

    def read(self) -> Any:
        return self.rows[self.number][self.column]


def _image(source: Path | _Cell) -> Image:
    return as_image(source.read() if isinstance(source, _Cell) else source)


def content_digest(items: Sequence[Item]) -> str:
    """SHA-256 (hex) over ids, classes, splits of the chosen inputs."""
    listed = [(item.item_id, item.label, item.split) for item in items]
    return sha256(json.dumps(listed, ensure_ascii=False).encode()).hexdigest()


def _preset(kind: Literal["images", "text"], name: str) -> Preset:
    shipped = yaml.safe_load((files("mmeval_tasks.layer_probes") / "presets.yaml").read_text(encoding="utf-8"))[kind]
    if name not in shipped:
        own = "a folder of images" if kind == "images" else "generated, a file with text and label"
        raise UnknownNameError("data", name, shipped, hint=f"{own}, or one of {', '.join(shipped)}")
    return Preset.model_validate(shipped[name])


def _from_rows(file: Path) -> Iterator[Item]:
    for number, row in enumerate(read_rows([file])):
        if "text" not in row or "label" not in row:
            raise UsageError(f"{file}: row {number + 1} lacks the column text or label")
        yield Item(str(row.get("id", number)), str(row["label"]), str(row["text"]), _split(str(row.get("split", ""))))


def _from_folder(folder: Path) -> Iterator[Item]:
    splits = [child for child in sorted(folder.iterdir()) if child.is_dir() and _split(child.name)]
    for root in splits or [folder]:
        for file in sorted(root.glob("*/*")):
            if file.suffix.lower() in _IMAGES:
                yield Item(str(file.relative_to(folder)), file.parent.name, file, _split(root.name) if splits else "")


def _split(name: str) -> str:
    """A split's name in the data as ours."""
    return "train" if name in _TRAIN else "test" if name in _TEST else ""


def _from_hub(preset: Preset) -> Iterator[Item]:
    """The rows of a hub data set. Names of columns and splits are checked: mirrors change."""
    data = hub.load(preset.path, options={}, offline=False, origin="task")
    column = preset.image or preset.text
    for split, ours in zip(preset.splits, ("train", "test"), strict=True):
        if split not in data:
            raise UsageError(f"data set '{preset.path}' has no split '{split}': {', '.join(data.splits)}")
        rows: Any = data.rows(split)
        for name in (column, preset.label):
            if name not in rows.column_names:
                raise UsageError(f"data set '{preset.path}' has no column '{name}': {', '.join(rows.column_names)}")
        texts = None if preset.image else rows[column]
        images = hub.undecoded(rows) if preset.image else None
        for number, label in enumerate(rows[preset.label]):
            if preset.takes(label):
                source = _Cell(images, number, column) if texts is None else texts[number]
                yield Item(f"{split}:{number}", f"{label:03}" if isinstance(label, int) else label, source, ours)


def _difference_hash(image: Image) -> str:
    """Whether each of 8 x 8 grey values is above its left neighbour, as hex; empty for what cannot be decoded."""
    from PIL import Image as Picture
    from PIL import UnidentifiedImageError

    try:
        with Picture.open(io.BytesIO(image_bytes(image))) as picture:
            picture.draft("L", (32, 32))
            grey = picture.convert("L").resize((9, 8)).tobytes()
    except (OSError, UnidentifiedImageError):
        return image.path
    bits = (grey[9 * row + column + 1] > grey[9 * row + column] for row in range(8) for column in range(8))
    return f"{sum(bit << place for place, bit in enumerate(bits)):016x}"
