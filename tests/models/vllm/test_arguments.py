"""What users say of adapters, thinking and the engine reaches vLLM: on a tiny model that thinks by heart."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import UsageError
from mmeval.types import (
    Ask,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Message,
    Prompt,
    RollingLikelihood,
    RollingLoglikelihood,
    Text,
)
from mmeval_models.vllm import VLLMModel

from .conftest import HEAD, ONE_PROCESS, ONE_THREAD, answers

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
NEAR = 1e-3
SCRIPT = (":", "<think>", "Four is even.", "</think>", "Yes.", "</s>")
"""Each of these tokens is followed by the next."""
TEMPLATE = (
    "{% for message in messages %}{{ message['content'] }}{% endfor %}:"
    "{% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}"
)


@pytest.fixture(scope="module")
def thinker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose layers add nothing to a token, and whose head turns it into the next of the script."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from tests.models.tiny import build

    folder = build(tmp_path_factory.mktemp("thinker"), "llama", head_dim=HEAD)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens([word for word in SCRIPT if len(word) > 1 and word != "</s>"])
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    model.resize_token_embeddings(len(tokenizer))
    ids = tokenizer.convert_tokens_to_ids(SCRIPT)
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        seen = torch.nn.functional.normalize(model.model.embed_tokens.weight, dim=-1)
        model.lm_head.weight.div_(model.lm_head.weight.norm(dim=-1, keepdim=True))
        model.lm_head.weight[ids[1:]] = 4 * seen[ids[:-1]]
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def adapter(thinker: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    peft = pytest.importorskip("peft")
    from transformers import AutoModelForCausalLM

    folder = tmp_path_factory.mktemp("adapter")
    config = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj", "o_proj"], init_lora_weights=False)
    peft.get_peft_model(AutoModelForCausalLM.from_pretrained(thinker), config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def adapted(thinker: Path, adapter: Path) -> Iterator[VLLMModel]:
    os.environ.update(ONE_THREAD)
    model = VLLMModel(
        str(thinker),
        dtype="float32",
        max_length=96,
        batch_size=3,
        lora_local_path=str(adapter),
        max_lora_rank=8,
        seed=5,
        **ONE_PROCESS,
    )
    yield model
    model.close()


@pytest.fixture
def sharing(thinker: Path, adapted: VLLMModel) -> Iterator[Callable[..., VLLMModel]]:
    """Makes models with the engine of `adapted`."""
    made: list[VLLMModel] = []

    def make(**arguments: Any) -> VLLMModel:
        made.append(VLLMModel(str(thinker), **arguments))
        vars(made[-1])["_llm"] = adapted._llm
        return made[-1]

    yield make
    for model in made:
        vars(model).pop("_llm")


def test_an_adapter_scores_as_in_hf(
    thinker: Path, adapter: Path, adapted: VLLMModel, sharing: Callable[..., VLLMModel]
):
    from mmeval_models.hf import HFModel

    options = (" the cat", " a graph", "Yes.")
    asks: list[Ask] = [
        Loglikelihood(Prompt.of("the quick brown fox jumps"), options),
        Generate(Prompt.of("the"), 8),
        RollingLoglikelihood("edges join nodes"),
    ]
    models = (HFModel(str(thinker), device="cpu", peft=str(adapter)), adapted, sharing())
    (expected, written, whole), (found, text, read), (plain, *_) = (answers(model, asks) for model in models)
    assert isinstance(expected, Likelihoods)
    assert isinstance(found, Likelihoods)
    assert isinstance(plain, Likelihoods)
    assert found.logprobs == pytest.approx(expected.logprobs, abs=NEAR)
    assert all(abs(one - other) > 10 * NEAR for one, other in zip(found.logprobs, plain.logprobs, strict=True))
    assert text == written
    assert isinstance(whole, RollingLikelihood)
    assert isinstance(read, RollingLikelihood)
    assert read.logprob == pytest.approx(whole.logprob, abs=NEAR)
    assert adapted.info()["lora_local_path"] == str(adapter)


def test_arguments_of_the_engine_are_handed_on(adapted: VLLMModel):
    config = adapted._llm.llm_engine.vllm_config
    assert (config.scheduler_config.max_num_seqs, config.model_config.max_model_len) == (3, 96)
    assert (config.lora_config.max_lora_rank, config.model_config.seed) == (8, 5)
    info = adapted.info()
    assert info["engine"].items() >= {"max_lora_rank": 8, "seed": 5}.items()
    assert (info["device"], info["devices"], info["batch_size"], info["shares_prefixes"]) == ("cpu", [], 3, True)
    assert info["token_budget"] == config.scheduler_config.max_num_batched_tokens


@pytest.mark.parametrize("quantization", ["nobodys", "gguf"])
def test_quantization_is_vllms_to_know(thinker: Path, quantization: str):
    with pytest.raises(UsageError, match=f"(?i)quantization.*{quantization}"):
        VLLMModel(str(thinker), dtype="float32", quantization=quantization).info()


THOUGHT = "<think>\nFour is even.\n</think>\n\nYes."


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "<think>Four is even.</think>Yes."),
        ({"reasoning_parser": "qwen3"}, THOUGHT),
        ({"reasoning_parser": "deepseek_r1"}, THOUGHT),
        ({"reasoning_parser": "qwen3", "reasoning": "drop"}, "Yes."),
        ({"enable_thinking": False}, "Yes."),
        ({"reasoning_parser": "qwen3", "reasoning": "drop", "enable_thinking": False}, "Yes."),
        ({"reasoning_parser": "qwen3", "chat_template_args": {"enable_thinking": False}}, "Yes."),
    ],
)
def test_what_is_thought_is_kept_or_dropped(sharing: Callable[..., VLLMModel], arguments: dict[str, Any], text: str):
    prompt = Prompt((Message("user", (Text("Is it even"),)),), chat=True)
    [answer] = answers(sharing(**arguments), [Generate(prompt, 16)])
    assert isinstance(answer, Generation)
    assert answer.text == text


def test_short_answers_do_not_wait_for_long_ones(adapted: VLLMModel):
    from tests.models.conftest import request

    long = Generate(Prompt.of("the"), 80, options={"ignore_eos": True})
    asked = [request(ask, row) for row, ask in enumerate([long, *[Generate(Prompt.of("a"), 4)] * 4])]
    found = adapted.answer(iter(asked))
    for _ in range(4):
        key, _ = next(found)
        assert key.sample_id != "0"
        assert adapted._feeder._under_way
    [(key, answer)] = found
    assert key.sample_id == "0"
    assert isinstance(answer, Generation)
    assert answer.tokens == 80
