"""Tiny random vision-language checkpoints of many families, saved as a user's would be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
import transformers as hf

from mmeval_models.hf_vlm.checkpoint import without_videos
from tests.models.tiny import _tokenizer

TEXT: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 2,
}
TOWER: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 28,
    "patch_size": 14,
}
TEMPLATE = (
    "{{% for message in messages %}}[{{{{ message['role'] }}}}]"
    "{{% for part in message['content'] %}}"
    "{{% if part['type'] == 'image' %}}{image}{{% else %}}{{{{ part['text'] }}}}{{% endif %}}"
    "{{% endfor %}}[/]{{% endfor %}}{{% if add_generation_prompt %}}[assistant]{{% endif %}}"
)
ROPE = {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0}


def _size(side: int) -> dict[str, int]:
    return {"height": side, "width": side}


def _words(image: str = "<image>", *more: str, **named: str) -> Any:
    tokenizer = _tokenizer(adds_bos=False)
    tokens = [image, *more, *named.values()]
    tokenizer.add_special_tokens({"additional_special_tokens": list(dict.fromkeys(tokens))})
    tokenizer.padding_side = "left"
    for name, token in {"image_token": image, **named}.items():
        setattr(tokenizer, name, token)
        setattr(tokenizer, f"{name}_id", tokenizer.convert_tokens_to_ids(token))
        tokenizer.init_kwargs[name] = token
    tokenizer.chat_template = TEMPLATE.format(image=image)
    return tokenizer


def _llava() -> tuple[Any, Any]:
    words = _words()
    image = hf.CLIPImageProcessor(size={"shortest_edge": 28}, crop_size=_size(28))
    processor = hf.LlavaProcessor(
        image, words, patch_size=14, vision_feature_select_strategy="default", num_additional_image_tokens=1
    )
    config = hf.LlavaConfig(
        vision_config=hf.CLIPVisionConfig(**TOWER),
        text_config=hf.LlamaConfig(**TEXT, vocab_size=len(words)),
        image_token_index=words.image_token_id,
        image_seq_length=4,
    )
    return config, processor


def _llava_next() -> tuple[Any, Any]:
    words = _words()
    pins = [[28, 56], [56, 28], [56, 56]]
    image = hf.LlavaNextImageProcessor(size={"shortest_edge": 28}, crop_size=_size(28), image_grid_pinpoints=pins)
    processor = hf.LlavaNextProcessor(
        image, words, patch_size=14, vision_feature_select_strategy="default", num_additional_image_tokens=1
    )
    config = hf.LlavaNextConfig(
        vision_config=hf.CLIPVisionConfig(**TOWER),
        text_config=hf.LlamaConfig(**TEXT, vocab_size=len(words)),
        image_token_index=words.image_token_id,
        image_grid_pinpoints=pins,
        image_seq_length=4,
    )
    return config, processor


def _qwen_words() -> Any:
    words = _words(
        "<|image_pad|>",
        video_token="<|video_pad|>",
        vision_bos_token="<|vision_start|>",
        vision_eos_token="<|vision_end|>",
    )
    words.chat_template = TEMPLATE.format(image="<|vision_start|><|image_pad|><|vision_end|>")
    return words


def _qwen(kind: str, tower: Mapping[str, Any], text: Mapping[str, Any]) -> tuple[Any, Any]:
    words = _qwen_words()
    patch = tower["patch_size"]
    image = hf.Qwen2VLImageProcessor(
        patch_size=patch, merge_size=2, min_pixels=(2 * patch) ** 2, max_pixels=16 * (2 * patch) ** 2
    )
    make = {"qwen2_vl": "Qwen2VL", "qwen2_5_vl": "Qwen2_5_VL", "qwen3_vl": "Qwen3VL"}[kind]
    processor = without_videos(getattr(hf, f"{make}Processor"))(image, words, None, chat_template=words.chat_template)
    ids = {
        name: words.convert_tokens_to_ids(token)
        for name, token in (
            ("image_token_id", "<|image_pad|>"),
            ("video_token_id", "<|video_pad|>"),
            ("vision_start_token_id", "<|vision_start|>"),
            ("vision_end_token_id", "<|vision_end|>"),
        )
    }
    config = getattr(hf, f"{make}Config")(
        vision_config=dict(tower),
        text_config={**TEXT, "vocab_size": len(words), "rope_parameters": ROPE, **text},
        **ids,
    )
    return config, processor


def _qwen2_vl() -> tuple[Any, Any]:
    tower = {"depth": 2, "embed_dim": 32, "hidden_size": 32, "num_heads": 4, "mlp_ratio": 2, "patch_size": 14}
    return _qwen("qwen2_vl", tower, {})


def _qwen2_5_vl() -> tuple[Any, Any]:
    tower = {"depth": 2, "hidden_size": 32, "intermediate_size": 64, "out_hidden_size": 32, "num_heads": 4}
    return _qwen("qwen2_5_vl", {**tower, "patch_size": 14, "window_size": 56, "fullatt_block_indexes": [1]}, {})


def _qwen3_vl() -> tuple[Any, Any]:
    tower = {"depth": 2, "hidden_size": 32, "intermediate_size": 64, "out_hidden_size": 32, "num_heads": 4}
    more = {"patch_size": 16, "num_position_embeddings": 64, "deepstack_visual_indexes": [0]}
    return _qwen("qwen3_vl", {**tower, **more}, {"head_dim": 8})


def _idefics(make: str) -> tuple[Any, Any]:
    marks = ("<fake_token_around_image>", "<global-img>", "<end_of_utterance>")
    rows = [f"<row_{row}_col_{column}>" for row in range(1, 5) for column in range(1, 5)]
    words = _words("<image>", *marks, *rows)
    image = getattr(hf, f"{make}ImageProcessor")(
        size={"longest_edge": 56}, max_image_size={"longest_edge": 28}, do_image_splitting=True
    )
    videos = [None] if make == "SmolVLM" else []
    processor = without_videos(getattr(hf, f"{make}Processor"))(
        image, words, *videos, image_seq_len=1, chat_template=words.chat_template
    )
    config = getattr(hf, f"{make}Config")(
        image_token_id=words.image_token_id,
        vision_config=dict(TOWER),
        text_config=hf.LlamaConfig(**TEXT, vocab_size=len(words)),
        scale_factor=2,
    )
    return config, processor


def _internvl() -> tuple[Any, Any]:
    words = _words(
        "<IMG_CONTEXT>",
        start_image_token="<img>",
        end_image_token="</img>",
        context_image_token="<IMG_CONTEXT>",
        video_token="<video>",
    )
    image = hf.GotOcr2ImageProcessor(size=_size(28), crop_to_patches=True, min_patches=1, max_patches=3)
    processor = without_videos(hf.InternVLProcessor)(
        image, words, image_seq_length=1, chat_template=words.chat_template
    )
    config = hf.InternVLConfig(
        vision_config={**TOWER, "image_size": [28, 28], "patch_size": [14, 14]},
        text_config=hf.Qwen2Config(**TEXT, vocab_size=len(words)),
        image_token_id=words.image_token_id,
        image_seq_length=1,
    )
    return config, processor


def _gemma3() -> tuple[Any, Any]:
    words = _words("<image_soft_token>", boi_token="<start_of_image>", eoi_token="<end_of_image>")
    words.chat_template = TEMPLATE.format(image="<start_of_image>")
    image = hf.Gemma3ImageProcessor(size=_size(28))
    processor = hf.Gemma3Processor(image, words, image_seq_length=4, chat_template=words.chat_template)
    config = hf.Gemma3Config(
        text_config=hf.Gemma3TextConfig(**TEXT, vocab_size=len(words), head_dim=8, sliding_window=16),
        vision_config=hf.SiglipVisionConfig(**TOWER),
        mm_tokens_per_image=4,
        boi_token_index=words.boi_token_id,
        eoi_token_index=words.eoi_token_id,
        image_token_index=words.image_token_id,
    )
    return config, processor


def _paligemma() -> tuple[Any, Any]:
    words = _words("<image>")
    image = hf.SiglipImageProcessor(size=_size(28))
    image.image_seq_length = 4
    processor = hf.PaliGemmaProcessor(image, words, chat_template=words.chat_template)
    config = hf.PaliGemmaConfig(
        vision_config=hf.SiglipVisionConfig(**TOWER, projection_dim=32),
        text_config=hf.GemmaConfig(**TEXT, vocab_size=len(words), head_dim=8),
        image_token_index=words.convert_tokens_to_ids("<image>"),
        projection_dim=32,
        hidden_size=32,
    )
    return config, processor


FAMILIES: Mapping[str, Callable[[], tuple[Any, Any]]] = {
    "llava": _llava,
    "llava_next": _llava_next,
    "qwen2_vl": _qwen2_vl,
    "qwen2_5_vl": _qwen2_5_vl,
    "qwen3_vl": _qwen3_vl,
    "idefics3": lambda: _idefics("Idefics3"),
    "smolvlm": lambda: _idefics("SmolVLM"),
    "internvl": _internvl,
    "gemma3": _gemma3,
    "paligemma": _paligemma,
}


def build(folder: Path, family: str, *, head_dim: int | None = None) -> Path:
    """Save a checkpoint with weights scaled by 8, so that an error in what is attended to shows in the numbers.

    `head_dim` is that of the language model's heads, for engines that cannot run any size.
    """
    config, processor = FAMILIES[family]()
    if head_dim is not None:
        config.text_config.head_dim = head_dim
    torch.manual_seed(1)
    model = hf.AutoModelForImageTextToText.from_config(config, dtype=torch.float32)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1 and not weight.any():
                weight.normal_(std=0.02)  # Gemma 3 begins without any picture
            if weight.dim() > 1:
                weight.mul_(8)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
