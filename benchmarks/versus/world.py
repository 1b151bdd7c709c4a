"""What both peers read: texts of made-up words, a tokenizer trained on them, and checkpoints with random weights."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

LETTERS, WORDS_KNOWN = "abcdefghijklmnopqrstuvwxyz", 3000
TINY: dict[str, Any] = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128}
SMALL: dict[str, Any] = {
    "hidden_size": 512,
    "num_hidden_layers": 8,
    "num_attention_heads": 8,
    "intermediate_size": 1376,
}


class Language:
    """Sentences of made-up words, common ones often, as in a real language."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = random.Random(seed)
        words = random.Random(7)
        self.known = ["".join(words.choices(LETTERS, k=words.randint(2, 9))) for _ in range(WORDS_KNOWN)]
        self._weights = [1 / rank for rank in range(1, WORDS_KNOWN + 1)]

    def words(self, count: int) -> str:
        """`count` words."""
        return " ".join(self.rng.choices(self.known, self._weights, k=count))

    def question(self, words: int) -> str:
        """A prompt that asks something."""
        return f"Question: {self.words(words)}?\nAnswer:"

    def options(self, count: int) -> list[str]:
        """Answers of a few words each."""
        return [f" {self.words(self.rng.randint(2, 5))}" for _ in range(count)]


def checkpoint(cache: Path, shape: dict[str, Any], vocabulary: int = 4096, context: int = 2048) -> Path:
    """A Llama of that shape with random weights, made once."""
    folder = cache / f"llama-{shape['hidden_size']}-{shape['num_hidden_layers']}-{vocabulary}-{context}"
    if not (folder / "config.json").exists():
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM

        tokenizer = _tokenizer(min(vocabulary, 4096))
        tokenizer.save_pretrained(folder)
        torch.manual_seed(0)
        limits = {"max_position_embeddings": context, "bos_token_id": 0, "eos_token_id": 1, "vocab_size": vocabulary}
        LlamaForCausalLM(LlamaConfig(**shape, **limits)).save_pretrained(folder)
    return folder


def _tokenizer(vocabulary: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer, bpe.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    special, alphabet = ["<s>", "</s>"], pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    language = Language()
    bpe.train_from_iterator((f"{language.question(60)} {language.words(40)}" for _ in range(1500)), trainer)
    return PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token="<s>", eos_token="</s>")
