"""How long a vision-language model waits for its images, and whether memory grows with their number.

python benchmarks/decode_queue.py [--images 1000] [--step 0.05] [--side 512]

The images are JPEG files made for this run, the processor is a real one, and the model's step is a sleep of `--step`
seconds an image. The aim: less than 2 % of the time is spent waiting at 50 ms, and memory does not follow the count.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from mmeval.data.images import as_image
from mmeval.local import Generated
from mmeval.serialize import content_hash
from mmeval.types import Generate, Message, Prompt, Request, RequestKey, Text
from mmeval_models.hf_vlm import HFVLMModel

CHECKPOINT = Path(__file__).resolve().parent.parent / "tests" / "assets" / "tiny_vlm"


class Sleeping(HFVLMModel):
    """Prepares images as always; its step only takes time."""

    step = 0.05

    def _write(self, rows: Sequence[tuple[Any, Any]]) -> list[Generated]:
        time.sleep(self.step * len(rows))
        return [Generated((), "stop") for _ in rows]


def files(folder: Path, count: int, side: int) -> Iterator[Path]:
    """Distinct pictures with structure, as cameras write them."""
    rng = np.random.default_rng(1)
    for number in range(count):
        coarse = rng.integers(0, 256, (side // 8, side // 8, 3), dtype=np.uint8)
        path = folder / f"{number}.jpg"
        PIL.Image.fromarray(coarse).resize((side, side), PIL.Image.Resampling.BICUBIC).save(path, quality=90)
        yield path


def request(number: int, path: Path) -> Request:
    """A question on an image."""
    content = (as_image(path), Text(" what color is the shape?"))
    ask = Generate(Prompt((Message("user", content),), chat=True), max_tokens=8)
    return Request(RequestKey("bench", str(number)), ask, content_hash(ask))


def peak() -> float:
    """The most memory that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print one line for each quarter, and one on waiting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--step", type=float, default=0.05)
    parser.add_argument("--side", type=int, default=512)
    options = parser.parse_args()
    model = Sleeping(str(CHECKPOINT), device="cpu", dtype="float32")
    model.step = options.step
    with tempfile.TemporaryDirectory() as folder:
        paths = files(Path(folder), options.images, options.side)
        asked = [request(number, path) for number, path in enumerate(paths)]
        began = time.monotonic()
        for done, _ in enumerate(model.answer(iter(asked)), start=1):
            if done % max(1, options.images // 4) == 0:
                print(f"{done:6} images, {time.monotonic() - began:7.1f} s, peak memory {peak():7.0f} MiB")
        took = time.monotonic() - began
    print(f"waited {model.waited:.2f} s of {took:.1f} s for images: {100 * model.waited / took:.2f} %")


if __name__ == "__main__":
    main()
