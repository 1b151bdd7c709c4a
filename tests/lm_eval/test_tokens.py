"""Context and continuation ids equal lm-eval's for five families of tokenizers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from lm_eval.models.huggingface import HFLM  # type: ignore[import-not-found, unused-ignore]
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from mmeval.local.tokens import encode, encode_pairs, rolling_windows
from mmeval_models.hf.tokenizer import HFTokenizer
from tests.yaml_task import parity

pytestmark = pytest.mark.slow

SPECIAL = ["<unk>", "<s>", "</s>", "<pad>"]
CORPUS = [str(value) for split in parity.SPLITS for row in parity.rows(split) for value in row.values()] * 3


def _bytes(prefix_space: bool, adds_bos: bool) -> Tokenizer:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix_space)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=400, special_tokens=SPECIAL, initial_alphabet=alphabet)
    )
    return _with_bos(made) if adds_bos else made


def _unigram() -> Tokenizer:
    made = Tokenizer(models.Unigram())
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.train_from_iterator(CORPUS, trainers.UnigramTrainer(vocab_size=300, special_tokens=SPECIAL, unk_token="<unk>"))
    return _with_bos(made)


def _wordpiece() -> Tokenizer:
    made = Tokenizer(models.WordPiece(unk_token="<unk>"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=300, special_tokens=SPECIAL))
    return made


def _with_bos(made: Tokenizer) -> Tokenizer:
    made.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return made


FAMILIES: dict[str, Callable[[], Tokenizer]] = {
    "bytes": lambda: _bytes(prefix_space=False, adds_bos=False),
    "bytes with BOS": lambda: _bytes(prefix_space=False, adds_bos=True),
    "bytes with a space before": lambda: _bytes(prefix_space=True, adds_bos=False),
    "unigram": _unigram,
    "word pieces": _wordpiece,
}


def _texts() -> Iterator[tuple[str, str]]:
    """Contexts with every kind of end, an empty one, and one that a chat template began; continuations likewise."""
    words = [row["q"] for row in parity.rows("train")] + ["", "<s>chat", "a\n\n", "b \t", "it's"]
    for context in words:
        for continuation in (" yes", "no", "\nnew", "größer ", "<s>x", "42"):
            yield context, continuation


class Recorder:
    """lm-eval's model class on one tokenizer; what it would score is kept instead."""

    def __init__(self, tokenizer: Any, **options: Any) -> None:
        config = LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1
        )
        self.model = HFLM(LlamaForCausalLM(config), tokenizer=tokenizer, device="cpu", max_length=12, **options)
        self.scored: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        self.model._loglikelihood_tokens = self._keep

    def _keep(self, requests: Any, **_: Any) -> list[tuple[float, bool]]:
        self.scored += [(tuple(context), tuple(continuation)) for _, context, continuation in requests]
        return [(0.0, False) for _ in requests]


class Asked:
    """As much of an instance as the model reads."""

    def __init__(self, *args: str) -> None:
        self.args = args


@pytest.mark.parametrize("adds_bos", [None, True, False])
@pytest.mark.parametrize("family", FAMILIES)
def test_ids(family: str, adds_bos: bool | None) -> None:
    raw = PreTrainedTokenizerFast(
        tokenizer_object=FAMILIES[family](), bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>"
    )
    theirs, ours = Recorder(raw, add_bos_token=adds_bos), HFTokenizer(raw, add_bos_token=adds_bos)
    pairs = list(_texts())
    theirs.model.loglikelihood([Asked(*pair) for pair in pairs], disable_tqdm=True)
    assert [(pair.context, pair.continuation) for pair in encode_pairs(ours, pairs)] == theirs.scored


@pytest.mark.parametrize("family", FAMILIES)
def test_windows(family: str) -> None:
    raw = PreTrainedTokenizerFast(
        tokenizer_object=FAMILIES[family](), bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>"
    )
    theirs, ours = Recorder(raw), HFTokenizer(raw)
    texts = [row["q"] * 6 for row in parity.rows("train")]
    theirs.model.loglikelihood_rolling([Asked(text) for text in texts], disable_tqdm=True)
    ids = encode(ours, texts)
    windows = [tuple(window) for text in texts for window in rolling_windows(ids[text], ours.prefix_id, 12)]
    assert windows == theirs.scored
