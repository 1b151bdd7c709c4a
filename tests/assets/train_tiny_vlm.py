"""Train the tiny vision-language model that the tests use: it reads colors and shapes in generated images.

python -m tests.assets.train_tiny_vlm [--out tests/assets/tiny_vlm] [--threads 1]

A LLaVA configuration on 24-pixel images with patches of 4. The tower is trained as a classifier first: without that
step, or with patches of 8, the model never learns shapes. Short questions come next, then the wordings, negations and
answer formats of layer probes among them. Takes seven minutes on one core; threads gain little at this size.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)

from tests.assets.shapes import ALWAYS, COLORS, NEVER, SHAPES, SIDE, Question, Scene, draw, questions, worded

OUT = Path(__file__).parent / "tiny_vlm"
PATCH, WIDTH, BLOCKS = 4, 64, 8
SCENES = 12_000
"""Training images have the seeds from 0 to this; tests use others."""
WORDS = (
    *("user", "assistant", ":", "?", ".", "what", "color", "is", "the", "it", "a", "yes", "no", "or", "1", "0", "true"),
    *("false", "does", "there", "this", "image", "picture", "photo", "show", "feature", "contain", "in", "within"),
    *("answer", "response", "must", "be", "always"),
)
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: "
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}{% if not loop.last %} {% endif %}{% endfor %}"
    "{% if add_generation_prompt %} assistant:{% endif %}"
)


def processor() -> LlavaProcessor:
    """Word-level tokens of lower case, and pixels in [-1, 1] at their own size."""
    special = ("<pad>", "<s>", "</s>", "<unk>", "<image>")
    known = (*special, *WORDS, *COLORS, *SHAPES, *ALWAYS, *NEVER)
    vocabulary = {word: place for place, word in enumerate(known)}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.normalizer = normalizers.Lowercase()
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        extra_special_tokens={"image_token": "<image>"},
        padding_side="left",
    )
    size = {"height": SIDE, "width": SIDE}
    pixels = CLIPImageProcessor(
        size=size, crop_size=size, do_center_crop=False, image_mean=[0.5] * 3, image_std=[0.5] * 3
    )
    return LlavaProcessor(
        image_processor=pixels,
        tokenizer=tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        chat_template=TEMPLATE,
        num_additional_image_tokens=1,
    )


def model(vocabulary: int, image_token: int) -> LlavaForConditionalGeneration:
    """About half a million parameters: three blocks in the tower, eight in the language model."""
    shape = {"hidden_size": WIDTH, "intermediate_size": 2 * WIDTH, "num_attention_heads": 4}
    vision = CLIPVisionConfig(**shape, num_hidden_layers=3, image_size=SIDE, patch_size=PATCH, projection_dim=WIDTH)
    text = LlamaConfig(
        **shape,
        num_hidden_layers=BLOCKS,
        num_key_value_heads=4,
        vocab_size=vocabulary,
        max_position_embeddings=512,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
        tie_word_embeddings=False,
    )
    config = LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=image_token,
        vision_feature_layer=-1,
        vision_feature_select_strategy="default",
        image_seq_length=(SIDE // PATCH) ** 2,
    )
    return LlavaForConditionalGeneration(config)


def train_tower(vision: Any, pixels: Any, scenes: Sequence[Scene], steps: int, batch: int = 128) -> None:
    """Classify color and shape from the mean patch, so that the patches carry both."""
    head = torch.nn.Linear(WIDTH, len(COLORS) + len(SHAPES))
    labels = torch.tensor([[list(COLORS).index(scene.color), SHAPES.index(scene.shape)] for scene in scenes])
    optimizer, schedule = _optimizer([*vision.parameters(), *head.parameters()], 2e-3, steps)
    right: list[float] = []
    for step, chosen in enumerate(_batches(len(scenes), batch, steps)):
        logits = head(vision(pixels[chosen]).last_hidden_state[:, 1:].mean(1))
        color, shape = logits.split([len(COLORS), len(SHAPES)], -1)
        gold = labels[chosen]
        loss = torch.nn.functional.cross_entropy(color, gold[:, 0]) + torch.nn.functional.cross_entropy(
            shape, gold[:, 1]
        )
        _step(loss, optimizer, schedule)
        right.append((shape.argmax(-1) == gold[:, 1]).float().mean().item())
        _tell("tower", step, steps, loss, right)


def train_questions(
    vlm: Any, tokenizer: Any, patches: Any, ask: Callable[[int, Random], Question], rate: float, steps: int
) -> None:
    """Answer questions, of which `ask` makes one for a scene: the loss is on the answer's word and the end token.

    `patches` is what the tower, which is trained no further, says of each scene: (scenes, patches, width).
    """
    rng = Random("questions")
    optimizer, schedule = _optimizer([each for each in vlm.parameters() if each.requires_grad], rate, steps)
    place, right = tokenizer.convert_tokens_to_ids("<image>"), []
    image = "<image>" * patches.shape[1]
    for step, chosen in enumerate(_batches(len(patches), 64, steps)):
        asked = [ask(index, rng) for index in chosen.tolist()]
        texts = [f"user: {image} {one.text} assistant: {one.answer} </s>" for one in asked]
        encoded = tokenizer(texts, return_tensors="pt", padding=True)
        ids = encoded["input_ids"]
        shown = vlm.model.multi_modal_projector(patches[chosen])
        embedded = vlm.get_input_embeddings()(ids).masked_scatter((ids == place)[..., None], shown)
        logits = vlm(inputs_embeds=embedded, attention_mask=encoded["attention_mask"], logits_to_keep=3).logits
        loss = torch.nn.functional.cross_entropy(logits[:, :2].flatten(0, 1), ids[:, -2:].flatten())
        _step(loss, optimizer, schedule)
        right.append((logits[:, 0].argmax(-1) == ids[:, -2]).float().mean().item())
        _tell("questions", step, steps, loss, right)


def seen(vision: Any, pixels: Any) -> Any:
    """The tower's patches, without its class token."""
    with torch.no_grad():
        return torch.cat([vision(part).last_hidden_state[:, 1:] for part in pixels.split(512)])


def _optimizer(parameters: Sequence[Any], rate: float, steps: int) -> tuple[Any, Any]:
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.01, betas=(0.9, 0.98))
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.1)


def _batches(count: int, batch: int, steps: int) -> Iterator[Any]:
    for _ in range(steps):
        yield torch.randint(count, (batch,))


def _step(loss: Any, optimizer: Any, schedule: Any) -> None:
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], 1.0)
    optimizer.step()
    schedule.step()


def _tell(stage: str, step: int, steps: int, loss: Any, right: Sequence[float]) -> None:
    if step % 50 == 49 or step + 1 == steps:
        recent = right[-50:]
        accuracy = sum(recent) / len(recent)
        sys.stdout.write(f"{stage} {step + 1}/{steps} loss {loss.item():.3f} right {accuracy:.3f}\n")
        sys.stdout.flush()


def main() -> None:
    """Train and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tower_steps", type=int, default=400)
    parser.add_argument("--steps", type=int, default=1000, help="of short questions, and then of all")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(7)
    began = time.monotonic()
    reader = processor()
    tokenizer = reader.tokenizer
    vlm = model(len(tokenizer), tokenizer.convert_tokens_to_ids("<image>"))
    scenes = [draw(seed) for seed in range(SCENES)]
    read = reader.image_processor
    pixels = torch.cat([read(scene.image, return_tensors="pt")["pixel_values"] for scene in scenes])
    vision = vlm.model.vision_tower
    train_tower(vision, pixels, scenes, options.tower_steps)
    vision.requires_grad_(False)
    patches = seen(vision, pixels)

    def short(index: int, rng: Random) -> Question:
        return rng.choice(questions(scenes[index], rng))

    def mixed(index: int, rng: Random) -> Question:
        return worded(scenes[index], rng) if rng.random() < 0.6 else short(index, rng)

    train_questions(vlm, tokenizer, patches, short, 2e-3, options.steps)
    train_questions(vlm, tokenizer, patches, mixed, 1e-3, options.steps)
    vlm.half().save_pretrained(options.out)
    reader.save_pretrained(options.out)
    sys.stdout.write(f"{time.monotonic() - began:.0f} s\n")


if __name__ == "__main__":
    main()
