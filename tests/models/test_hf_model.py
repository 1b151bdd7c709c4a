"""The hf model's arguments, tokenizer rules, information and errors."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import MissingRequirementError, MmevalError, UnknownNameError, UsageError
from mmeval.local.tokens import Pair, encode, encode_pairs
from mmeval.types import Generate, Loglikelihood, Message, Prompt, RollingLoglikelihood, Text
from tests.models.conftest import request

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from mmeval_models.hf import HFModel  # noqa: E402
from mmeval_models.hf.tokenizer import HFTokenizer  # noqa: E402
from tests.models.tiny import CHAT_TEMPLATE  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")
USER = Message("user", (Text("hi"),))
WITHOUT_TORCH = """
import sys
for name in ("torch", "transformers"):
    sys.modules[name] = None
from mmeval_models.hf import HFModel
print(HFModel.requires, HFModel.extra, sorted(kind.__name__ for kind in HFModel.kinds), sorted(HFModel.modalities))
"""


def byte_level_bpe(merges: list[tuple[str, str]]) -> HFTokenizer:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    names = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *(left + right for left, right in merges), "<|end|>"]
    bpe = Tokenizer(models.BPE(vocab={name: number for number, name in enumerate(names)}, merges=merges))
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return HFTokenizer(PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token="<|end|>"))


@pytest.mark.parametrize(
    ("context", "continuation", "expected"),
    [
        ("abc ", "def", (["a", "b", "c"], ["\u0120de", "f"])),
        ("abc\n\n", "def", (["a", "b", "c"], ["\u010a", "\u010a", "de", "f"])),
        ("", "def", (["<|end|>"], ["de", "f"])),
    ],
)
def test_lm_evals_examples(context: str, continuation: str, expected: tuple[list[str], list[str]]):
    tokenizer = byte_level_bpe([("d", "e"), ("\u0120", "de")])
    [pair] = encode_pairs(tokenizer, [(context, continuation)])
    assert tuple(tokenizer._tokenizer.convert_ids_to_tokens(ids) for ids in pair) == expected


@pytest.mark.parametrize(
    ("adds_bos", "add_bos_token", "text", "starts"),
    [
        (True, None, "abc", 1),
        (True, None, "<s>abc", 1),
        (True, False, "abc", 0),
        (True, False, "<s>abc", 1),
        (True, True, "<s>abc", 1),
        (False, None, "abc", 0),
    ],
)
def test_one_bos_at_most(
    checkpoint: Callable[..., str], adds_bos: bool, add_bos_token: bool | None, text: str, starts: int
):
    model = HFModel(checkpoint("llama", adds_bos=adds_bos), device="cpu", add_bos_token=add_bos_token)
    [ids] = encode(model.tokenizer, [text]).values()
    assert ids[:2].count(0) == starts


def test_the_prefix_token(checkpoint: Callable[..., str]):
    path = checkpoint("llama")
    assert HFModel(path, device="cpu").tokenizer.prefix_id == 0
    given = HFModel(path, device="cpu", prefix_token_id=1)
    assert (given.tokenizer.prefix_id, given.tokenizer.prefix_text) == (1, "</s>")
    [pair] = encode_pairs(given.tokenizer, [("", "</s>")])
    assert pair == Pair((1,), ())


def test_chat_templates(checkpoint: Callable[..., str], caplog: pytest.LogCaptureFixture):
    model = HFModel(checkpoint("llama", adds_bos=True, chat=True), device="cpu")
    prefill, system = Message("assistant", (Text("well "),)), Message("system", (Text("Be brief."),))
    prompts = [Prompt(turns, chat=True) for turns in ((USER,), (system, USER), (USER, prefill))]
    texts = ["<s>[user]hi[/][assistant]", "<s>[user]hi[/][assistant]", "<s>[user]hi[/][assistant]well "]
    lengths = [len(ids) for ids in (encode(model.tokenizer, [text])[text] for text in texts)]
    assert HFModel.count_tokens(prompts, pretrained=checkpoint("llama", adds_bos=True, chat=True)) == lengths
    assert "no system role" in caplog.text
    answers = dict(model.answer([request(Generate(prompt, 1), row) for row, prompt in enumerate(prompts)]))
    assert [answers[request(Generate(prompt), row).key].prompt_tokens for row, prompt in enumerate(prompts)] == lengths


def test_no_chat_template_is_found_before_weights_are_loaded(checkpoint: Callable[..., str]):
    model = HFModel(checkpoint("llama"), device="cpu")
    with pytest.raises(UsageError, match="the tokenizer has no chat template") as caught:
        list(model.answer([request(Generate(Prompt((USER,), chat=True)))]))
    assert "--apply_chat_template" in caught.value.hint
    assert "_loaded" not in vars(model)


def test_count_tokens_reads_the_tokenizer_only(checkpoint: Callable[..., str], tmp_path: Path):
    for file in Path(checkpoint("llama", adds_bos=True)).glob("token*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    prompts = [Prompt.of("the quick"), Prompt.of("")]
    counts = HFModel.count_tokens(prompts, pretrained=str(tmp_path), dtype="float32", batch_size=2, device="cpu")
    assert counts is not None
    assert counts[1] == 1
    assert counts[0] > 1
    assert HFModel.count_tokens(prompts, pretrained=str(tmp_path), add_bos_token=False) == [counts[0] - 1, 0]


def test_info(checkpoint: Callable[..., str]):
    model = HFModel(checkpoint("llama", chat=True), device="cpu", dtype="bfloat16")
    info = model.info()
    network = model._loaded.model
    assert info == {
        "pretrained": checkpoint("llama", chat=True),
        "init": "checkpoint",
        "revision": "main",
        "commit": None,
        "peft": None,
        "architecture": "LlamaForCausalLM",
        "parameters": sum(weight.numel() for weight in network.parameters()),
        "weights_gib": pytest.approx(
            sum(tensor.nbytes for tensor in (*network.parameters(), *network.buffers())) / 2**30
        ),
        "dtype": "bfloat16",
        "device": "cpu",
        "batch_size": "auto",
        "token_budget": 2048,
        "max_length": 96,
        "shares_prefixes": True,
        "bos_token": ["<s>", 0],
        "eos_token": ["</s>", 1],
        "pad_token": ["<pad>", 2],
        "prefix_token": ["<s>", 0],
        "chat_template_sha256": hashlib.sha256(CHAT_TEMPLATE.encode()).hexdigest(),
    }


def test_of_a_mixture_a_token_goes_through_some_experts(checkpoint: Callable[..., str]):
    model = HFModel(checkpoint("mixtral"), device="cpu")
    info, layers = model.info(), model._loaded.model.model.layers
    experts = sum(weight.numel() for layer in layers for weight in layer.mlp.experts.parameters())
    assert experts > 0
    assert info["active_parameters"] == info["parameters"] - experts // 2  # two of four


def test_batches_are_told_as_memory_left_them(checkpoint: Callable[..., str]):
    model = HFModel(checkpoint("llama"), device="cpu", exact=True, batch_size=3, token_budget=500)
    assert model.batching() == (None, 500)
    list(model.answer([request(Loglikelihood(Prompt.of(text), (" A",)), row) for row, text in enumerate("abcd")]))
    assert model.batching() == (3, 500)
    assert (model.info()["batch_size"], model.info()["token_budget"]) == (3, 500)


def test_dtype_auto_is_the_checkpoints(checkpoint: Callable[..., str]):
    assert HFModel(checkpoint("llama"), device="cpu").info()["dtype"] == "float32"


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
def test_an_adapter_is_applied(checkpoint: Callable[..., str], tmp_path: Path):
    peft = pytest.importorskip("peft")
    path = checkpoint("llama")
    plain = HFModel(path, device="cpu")
    config = peft.LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    peft.get_peft_model(plain._checkpoint.model(torch.float32), config).save_pretrained(tmp_path)
    asked = [request(Loglikelihood(Prompt.of("the quick"), (" A", " B")), 1), request(Generate(Prompt.of("the"), 5), 2)]
    adapted = HFModel(path, device="cpu", peft=str(tmp_path))
    before, after = dict(plain.answer(asked)), dict(adapted.answer(asked))
    assert before[asked[0].key].logprobs != pytest.approx(after[asked[0].key].logprobs, abs=1e-3)
    assert after[asked[1].key].tokens == 5
    assert adapted.info()["peft"] == str(tmp_path)


def test_close_releases_the_weights(checkpoint: Callable[..., str]):
    model = HFModel(checkpoint("llama"), device="cpu")
    list(model.answer([request(RollingLoglikelihood("abc"))]))
    model.close()
    assert "_loaded" not in vars(model)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"pretrained": "./nowhere"}, MissingRequirementError, "no such folder: ./nowhere"),
        ({"pretrained": "nobody/no-such-model"}, MissingRequirementError, "cannot load 'nobody/no-such-model': "),
        ({"pretrained": "bundled:gpt-5"}, UnknownNameError, "unknown bundled model 'bundled:gpt-5'"),
        ({"dtype": "float31"}, UnknownNameError, "unknown dtype 'float31'"),
        ({"device": "toaster"}, UsageError, "cannot use the device 'toaster': "),
        ({"batch_size": "few"}, UsageError, "batch_size is 'few'"),
        ({"gguf_file": "none.gguf"}, MmevalError, "cannot load "),
    ],
)
def test_arguments_that_do_not_work(
    checkpoint: Callable[..., str], arguments: dict[str, Any], error: type[MmevalError], message: str
):
    with pytest.raises(error) as caught:
        HFModel(**{"pretrained": checkpoint("llama"), "device": "cpu", **arguments})
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_a_missing_accelerator(checkpoint: Callable[..., str]):
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(UsageError, match="cannot use the device 'cuda'"):
        HFModel(checkpoint("llama"), device="cuda")


@pytest.mark.parametrize("content", [None, "{", '{"model_type": "no-such-architecture"}', '{"model_type": "clip"}'])
def test_a_folder_without_a_language_model(checkpoint: Callable[..., str], tmp_path: Path, content: str | None):
    for file in Path(checkpoint("llama")).glob("token*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    if content is not None:
        (tmp_path / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(MmevalError) as caught:
        HFModel(str(tmp_path), device="cpu").info()
    assert str(caught.value).startswith(f"cannot load '{tmp_path}': ")
    assert "\n" not in str(caught.value)


def test_torn_weights(checkpoint: Callable[..., str], tmp_path: Path):
    for file in Path(checkpoint("llama")).iterdir():
        content = file.read_bytes()
        (tmp_path / file.name).write_bytes(content[:1000] if file.suffix == ".safetensors" else content)
    with pytest.raises(UsageError, match=r"cannot load '.*': "):
        HFModel(str(tmp_path), device="cpu").info()


def test_a_missing_adapter(checkpoint: Callable[..., str], tmp_path: Path):
    pytest.importorskip("peft")
    with pytest.raises(MmevalError, match=r"cannot load '.*/adapter': "):
        HFModel(checkpoint("llama"), device="cpu", peft=str(tmp_path / "adapter")).info()


def test_the_class_can_be_read_without_torch():
    done = subprocess.run([sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, check=True, env=_env())
    kinds = ["Generate", "Loglikelihood", "Represent", "RollingLoglikelihood"]
    assert done.stdout.strip() == f"('torch', 'transformers') hf {kinds} ['text']"


def _env() -> dict[str, str]:
    import os

    root = Path(__file__).resolve().parents[2]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "models")])}


def test_what_it_requires_is_what_the_extra_installs():
    assert all(importlib.util.find_spec(package) for package in HFModel.requires)
