"""Tiny random checkpoints, saved as a user's would be, and the plain way to score and continue with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForCausalLM,
    BloomConfig,
    CohereConfig,
    Gemma2Config,
    Gemma3TextConfig,
    GemmaConfig,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    MambaConfig,
    MistralConfig,
    MixtralConfig,
    OPTConfig,
    PhiConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen3Config,
    RecurrentGemmaConfig,
)

CORPUS = [
    "the quick brown fox jumps over the lazy dog and the cat sat on the mat",
    "Question: what is the answer? Answer: the answer is forty two.\n\nQuestion: who? Answer: nobody.",
    "a graph has nodes and edges; edges join nodes. True or False?\n",
]
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "[{{ message['role'] }}]{{ message['content'] }}[/]{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}"
)
SIZE: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "max_position_embeddings": 96}
ATTENTION: dict[str, Any] = {**SIZE, "num_attention_heads": 4, "intermediate_size": 64}
GROUPED: dict[str, Any] = {**ATTENTION, "num_key_value_heads": 2}
ARCHITECTURES: dict[str, tuple[type, dict[str, Any]]] = {
    "llama": (LlamaConfig, GROUPED),
    "gpt_neox": (GPTNeoXConfig, ATTENTION),
    "mamba": (MambaConfig, {**SIZE, "state_size": 8}),
}
WINDOW = 40
MORE_ARCHITECTURES: dict[str, tuple[type, dict[str, Any]]] = {
    "bloom": (BloomConfig, {"hidden_size": 32, "n_layer": 2, "n_head": 4}),  # positions by attention bias
    "cohere": (CohereConfig, {**GROUPED, "logit_scale": 0.25}),
    "gemma": (GemmaConfig, {**GROUPED, "head_dim": 8}),
    "gemma2": (Gemma2Config, {**GROUPED, "head_dim": 8, "sliding_window": WINDOW}),  # capped logits, windows
    "gemma3": (Gemma3TextConfig, {**GROUPED, "head_dim": 8, "sliding_window": WINDOW}),
    "gpt2": (GPT2Config, {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 96}),  # learned positions
    "mistral": (MistralConfig, {**GROUPED, "sliding_window": WINDOW}),
    "mixtral": (MixtralConfig, {**GROUPED, "num_local_experts": 4}),
    "opt": (OPTConfig, {**SIZE, "ffn_dim": 64, "num_attention_heads": 4, "word_embed_proj_dim": 32}),
    "phi": (PhiConfig, ATTENTION),
    "qwen2": (Qwen2Config, GROUPED),
    "qwen3": (Qwen3Config, {**GROUPED, "head_dim": 8}),
    "recurrent_gemma": (
        RecurrentGemmaConfig,
        {**GROUPED, "lru_width": 32, "block_types": ("recurrent", "attention"), "attention_window_size": WINDOW},
    ),
}


def build(
    folder: Path, architecture: str, *, adds_bos: bool = False, chat: bool = False, head_dim: int | None = None
) -> Path:
    """Save a checkpoint with weights scaled up, so that an error in what is attended to shows in the numbers."""
    tokenizer = _tokenizer(adds_bos)
    tokenizer.chat_template = CHAT_TEMPLATE if chat else None
    tokenizer.save_pretrained(folder)
    make, arguments = (ARCHITECTURES | MORE_ARCHITECTURES)[architecture]
    if head_dim:
        arguments = {**arguments, "head_dim": head_dim}
    torch.manual_seed(1)
    config = make(vocab_size=len(tokenizer), bos_token_id=0, eos_token_id=1, pad_token_id=2, **arguments)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() > 1 and "conv" not in name and "A_log" not in name:
                weight.mul_(8)
    model.generation_config.update(do_sample=True, temperature=0.6, top_k=3)  # as instruction-tuned checkpoints have
    model.save_pretrained(folder)
    return folder


def _tokenizer(adds_bos: bool) -> Any:
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=360, special_tokens=["<s>", "</s>", "<pad>"], initial_alphabet=alphabet, show_progress=False
    )
    bpe.train_from_iterator(CORPUS, trainer)
    if adds_bos:
        bpe.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    return PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token="<s>", eos_token="</s>", pad_token="<pad>")


@torch.inference_mode()
def score_alone(model: Any, context: Sequence[int], continuation: Sequence[int]) -> tuple[float, bool]:
    """Log-likelihood and greedy flag from one unpadded forward pass."""
    ids = torch.tensor([[*context, *continuation]])
    logprobs = model(input_ids=ids).logits[0].log_softmax(-1)[len(context) - 1 : -1]
    targets = torch.tensor(continuation)
    return logprobs[range(len(targets)), targets].sum().item(), bool((logprobs.argmax(-1) == targets).all())


@torch.inference_mode()
def continue_alone(model: Any, ids: Sequence[int], count: int, ends: frozenset[int] = frozenset()) -> list[int]:
    """Greedy tokens, each from a forward pass over everything before it, up to the first of `ends` (included)."""
    written: list[int] = []
    while len(written) < count and not (written and written[-1] in ends):
        logits = model(input_ids=torch.tensor([[*ids, *written]])).logits
        written.append(int(logits[0, -1].argmax()))
    return written
