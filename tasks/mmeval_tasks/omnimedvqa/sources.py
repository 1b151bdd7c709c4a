"""Where the benchmark lies: a folder or a zip file as published, or a copy on a hub."""

from __future__ import annotations

import re
import zipfile
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from mmeval.data.files import sha256
from mmeval.errors import MissingRequirementError, UsageError
from mmeval.types import Image
from mmeval_tasks.omnimedvqa.copies import HubCopy
from mmeval_tasks.omnimedvqa.files import QuestionFile, parse
from mmeval_tasks.omnimedvqa.source import Located, Source

ZIP = "OmniMedVQA.zip"
ZIP_BYTES = 10_698_178_715
ZIP_SHA256 = "12245e0f99afbc7d6f70e4ca3c2e5a7979a01816cd8159ae34539f4aa76adee0"
ACCESS = {"open": "Open-access", "restricted": "Restricted-access"}
QUESTIONS, IMAGES = "QA_information", "Images"

_GET_IT = (
    "download OmniMedVQA.zip (10.7 GB; sources under their own, partly non-commercial licences) from the hub data set "
    "foreverbeliever/OmniMedVQA, then --data_dir FOLDER, or --dataset_override TASK=hub:ID for a copy"
)


def open_source(data_dir: str | None, dataset: str | None) -> Source:
    """The copy that the user names: `dataset` (`hub:ID`, a folder or a zip file), else what is in `data_dir`.

    Raises MissingRequirementError, with where to get it, where there is none.
    """
    named = dataset or data_dir
    if named is None:
        raise MissingRequirementError("OmniMedVQA is not bundled, and no copy is named", hint=_GET_IT)
    if named.startswith("hub:"):
        return HubCopy(named.removeprefix("hub:"))
    path = Path(named).expanduser()
    if path.is_file() and zipfile.is_zipfile(path):
        return Zip(path)
    root = _root_below(path)
    if root is not None:
        return Folder(root)
    if (path / ZIP).is_file():
        return open_source(None, str(path / ZIP))
    raise MissingRequirementError(f"no OmniMedVQA in {path}: neither {QUESTIONS} and {IMAGES} nor {ZIP}", hint=_GET_IT)


def _root_below(path: Path) -> Path | None:
    """`path`, or the only folder up to two levels below it, that holds questions and images."""
    found = [path] if _is_root(path) else [below for level in ("*", "*/*") for below in path.glob(level)]
    roots = [below for below in found if _is_root(below)]
    if len(roots) > 1:
        raise UsageError(f"several copies of OmniMedVQA below {path}", hint=f"name one: {roots[0]} or {roots[1]}")
    return roots[0] if roots else None


def _is_root(path: Path) -> bool:
    return (path / QUESTIONS).is_dir() and (path / IMAGES).is_dir()


# ---------------------------------------------------------------- folders and zip files


def clean_path(path: str) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """The steps of a record's image path, None where it leaves the root, and what had to be mended."""
    codes: tuple[str, ...] = ()
    if "\\" in path:
        path, codes = path.replace("\\", "/"), ("path_backslash",)
    if path.startswith("/"):
        path, codes = path.lstrip("/"), (*codes, "path_leading_slash")
    steps = PurePosixPath(path).parts
    if ".." in steps or re.match(r"[A-Za-z]:", path):
        return None, (*codes, "path_escape")
    return steps, codes


class _Published(Source):
    """A copy in the published layout. Paths are looked up as they are, then without regard to letter case."""

    def find(self, path: str) -> Located:
        steps, codes = clean_path(path)
        if steps is None:
            return Located(None, codes)
        found = self._exact(steps)
        if found is None:
            found = self._any_case(steps)
            codes = codes if found is None else (*codes, "path_case")
        if found is None:
            return Located(None, (*codes, "image_missing"))
        image = self._image(found)
        return Located(image, codes) if image else Located(None, (*codes, "path_escape"))

    @abstractmethod
    def _exact(self, steps: tuple[str, ...]) -> str | None:
        """The place of an image, by its path."""

    @abstractmethod
    def _any_case(self, steps: tuple[str, ...]) -> str | None:
        """The place of the only image whose path differs by letter case."""

    @abstractmethod
    def _image(self, place: str) -> Image | None:
        """A reference; None where the place is a link out of the root."""


class Folder(_Published):
    """An extracted copy."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._listed: dict[Path, dict[str, str]] = {}

    def files(self) -> Iterator[QuestionFile]:
        for access, folder in ACCESS.items():
            for file in sorted((self.root / QUESTIONS / folder).glob("*.json")):
                yield parse(access, file.stem.strip(), file.read_bytes())

    def info(self) -> Mapping[str, Any]:
        return {"source": "folder", "path": str(self.root)}

    @property
    def place(self) -> str:
        return str(self.root.resolve())

    def stamp(self, image: Image) -> str:
        found = Path(image.path).stat()
        return f"{found.st_size}:{found.st_mtime_ns}"

    def _exact(self, steps: tuple[str, ...]) -> str | None:
        path = self.root.joinpath(*steps)
        return str(path) if "\0" not in str(path) and path.is_file() else None

    def _any_case(self, steps: tuple[str, ...]) -> str | None:
        path = self.root
        for step in steps:
            name = self._names(path).get(step.casefold())
            if name is None:
                return None
            path = path / name
        return str(path) if path.is_file() else None

    def _names(self, folder: Path) -> Mapping[str, str]:
        if folder not in self._listed:
            entries = folder.iterdir() if folder.is_dir() else ()
            self._listed[folder] = {entry.name.casefold(): entry.name for entry in entries}
        return self._listed[folder]

    @cached_property
    def _inside(self) -> tuple[Path, ...]:
        """Where images may lie in truth: `Images` itself may be a link."""
        return self.root.resolve(), (self.root / IMAGES).resolve()

    def _image(self, place: str) -> Image | None:
        real = Path(place).resolve()
        return Image(place) if any(real.is_relative_to(base) for base in self._inside) else None


class Zip(_Published):
    """The published zip file, read without extracting it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._archive = zipfile.ZipFile(path)
        names = [name for name in self._archive.namelist() if not name.endswith("/")]
        self._root = _zip_root(names, path)
        self._names = set(names)
        self._folded = {name.casefold(): name for name in names}

    def files(self) -> Iterator[QuestionFile]:
        for access, folder in ACCESS.items():
            start = f"{self._root}{QUESTIONS}/{folder}/"
            for name in sorted(name for name in self._names if name.startswith(start) and name.endswith(".json")):
                yield parse(access, PurePosixPath(name).stem.strip(), self._archive.read(name))

    def info(self) -> Mapping[str, Any]:
        """Raises UsageError where a file of the published size is not the published one."""
        digest, size = sha256(self.path), self.path.stat().st_size
        if size == ZIP_BYTES and digest != ZIP_SHA256:
            raise UsageError(f"{self.path} is damaged: its SHA-256 is {digest}", hint="download it again")
        published = {"revision": "1ba51c28fc0773bdf7efb8396e5bcfd4227e22da"} if digest == ZIP_SHA256 else {}
        return {"source": "zip", "path": str(self.path), "bytes": size, "sha256": digest, **published}

    @property
    def place(self) -> str:
        return str(self.path.resolve())

    def stamp(self, image: Image) -> str:
        member = self._archive.getinfo(image.path.removeprefix(f"{self.path}!/"))
        return f"{member.file_size}:{member.CRC:08x}"

    def _exact(self, steps: tuple[str, ...]) -> str | None:
        name = self._root + "/".join(steps)
        return name if name in self._names else None

    def _any_case(self, steps: tuple[str, ...]) -> str | None:
        return self._folded.get((self._root + "/".join(steps)).casefold())

    def _image(self, place: str) -> Image | None:
        return Image(f"{self.path}!/{place}", read=_member(self._archive, place))


def _member(archive: zipfile.ZipFile, name: str) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            return archive.read(name)
        except zipfile.BadZipFile as error:
            raise OSError(str(error)) from error

    return read


def _zip_root(names: list[str], path: Path) -> str:
    roots = sorted({name.partition(f"{QUESTIONS}/")[0] for name in names if f"{QUESTIONS}/" in name}, key=len)
    fitting = [root for root in roots if root.count("/") <= 2 and (not root or root.endswith("/"))]
    if not fitting:
        raise UsageError(f"{path} holds no {QUESTIONS} folder", hint=_GET_IT)
    return fitting[0]
