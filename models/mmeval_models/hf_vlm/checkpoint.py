"""Vision-language checkpoints: weights, and the processor that turns pictures and text into a model's inputs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from mmeval.errors import UsageError
from mmeval_models.hf.checkpoint import Checkpoint


class VisionCheckpoint(Checkpoint):
    """A folder or hub id with a model of `AutoModelForImageTextToText` and its processor."""

    @property
    def _architectures(self) -> Any:
        from transformers import AutoModelForImageTextToText

        return AutoModelForImageTextToText

    def processor(self) -> Any:
        """The processor. Without torchvision, which reads videos, one that takes pictures only."""
        from transformers import AutoProcessor
        from transformers.models.auto.processing_auto import PROCESSOR_MAPPING

        source = self._source(weights=False)
        with self._loading(), _quiet():
            if find_spec("torchvision") is not None:
                return AutoProcessor.from_pretrained(**source)
            kind = PROCESSOR_MAPPING.get(type(self.config()), None)
            if kind is None:
                raise UsageError(
                    f"'{self.name}' has no processor of pictures and text",
                    hint="take an image-text-to-text model of transformers; hf and vllm take those of text alone",
                )
            return without_videos(kind).from_pretrained(**source)


def without_videos(kind: Any) -> Any:
    """The processor class `kind` without its part for videos, which cannot be made without torchvision."""
    parts = kind.get_attributes()
    if "video_processor" not in parts:
        return kind
    from_files = kind._get_arguments_from_pretrained.__func__  # transformers has no public way

    def arguments(cls: Any, *args: Any, **options: Any) -> list[Any]:
        return [*from_files(cls, *args, **options), None]

    return type(
        kind.__name__,
        (kind,),
        {
            "get_attributes": classmethod(lambda cls: [part for part in parts if part != "video_processor"]),
            "_get_arguments_from_pretrained": classmethod(arguments),
            "video_processor": _NoVideos(),
        },
    )


class _NoVideos:
    """What chat templates ask of the part for videos: it has no settings."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' lines about its own fallbacks to PIL."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)
