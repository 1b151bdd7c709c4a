"""Options and questions about a picture: what reading it once saves, against reading it for every option.

python benchmarks/picture_options.py [--pictures 4] [--questions 2] [--options 4]

A LLaVA with random weights, 576 tokens a picture, in one process; CPU seconds, both ways in turns.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

import numpy as np
import PIL.Image
import torch
from transformers import (
    AutoTokenizer,
    CLIPImageProcessor,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
)

from mmeval.data.images import as_image
from mmeval.serialize import content_hash
from mmeval.types import Image, Likelihoods, Loglikelihood, Prompt, Request, RequestKey
from mmeval_models.hf_vlm import HFVLMModel

WORDS = Path(__file__).resolve().parent.parent / "tests" / "assets" / "tiny_vlm"
SIDE, PATCH, WIDTH = 336, 14, 384
COLORS = ("red", "green", "blue", "yellow", "white", "black")


def checkpoint(folder: Path) -> Path:
    """A model whose picture tower and layers weigh against each other as in a real one."""
    words = AutoTokenizer.from_pretrained(WORDS)
    size = {"height": SIDE, "width": SIDE}
    image = CLIPImageProcessor(size={"shortest_edge": SIDE}, crop_size=size)
    LlavaProcessor(
        image, words, patch_size=PATCH, vision_feature_select_strategy="default", num_additional_image_tokens=1
    ).save_pretrained(folder)
    layers = {"num_hidden_layers": 6, "num_attention_heads": 6, "intermediate_size": 3 * WIDTH, "hidden_size": WIDTH}
    torch.manual_seed(0)
    LlavaForConditionalGeneration(
        LlavaConfig(
            vision_config=CLIPVisionConfig(**layers, image_size=SIDE, patch_size=PATCH),
            text_config=LlamaConfig(**layers, vocab_size=len(words)),
            image_token_index=words.convert_tokens_to_ids("<image>"),
            image_seq_length=(SIDE // PATCH) ** 2,
        )
    ).save_pretrained(folder)
    return folder


def requests(pictures: int, questions: int, options: int) -> list[Request]:
    """Questions about pictures of noise, with options of several tokens."""
    noise, words = np.random.default_rng(0), random.Random(0)
    asked = []
    for number in range(pictures):
        pixels = noise.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
        picture: Image = as_image(PIL.Image.fromarray(pixels))
        for question in range(questions):
            endings = tuple(f" {' '.join(words.choices(COLORS, k=3))}" for _ in range(options))
            ask = Loglikelihood(Prompt.of(picture, f"question {question}: what is it?"), endings, "")
            asked.append(Request(RequestKey("bench", f"{number}-{question}"), ask, content_hash(ask)))
    return asked


def scored(model: HFVLMModel, asked: list[Request]) -> tuple[list[float], float]:
    """All log-likelihoods, and the CPU seconds that they took."""
    began = time.process_time()
    found = dict(model.answer(iter(asked)))
    took = time.process_time() - began
    answers = [found[one.key] for one in asked]
    return [value for each in answers if isinstance(each, Likelihoods) for value in each.logprobs], took


def main() -> None:
    """Print both times, their ratio, and how far the answers are apart."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, default in (("pictures", 4), ("questions", 2), ("options", 4)):
        parser.add_argument(f"--{name}", type=int, default=default)
    sizes = parser.parse_args()
    asked = requests(sizes.pictures, sizes.questions, sizes.options)
    with tempfile.TemporaryDirectory() as folder:
        saved = str(checkpoint(Path(folder)))
        ways = {exact: HFVLMModel(saved, device="cpu", dtype="float32", exact=exact) for exact in (False, True)}
        for model in ways.values():
            scored(model, asked[:1])
        (once, fast), (each, slow) = (scored(ways[exact], asked) for exact in (False, True))
    apart = max(abs(one - other) for one, other in zip(once, each, strict=True))
    print(f"{sizes.pictures} pictures, {sizes.questions} questions each, {sizes.options} options:")
    print(f"  read once {fast:.2f} s, for every option {slow:.2f} s, ratio {slow / fast:.1f}, {apart:.0e} nats apart")


if __name__ == "__main__":
    main()
