"""Hidden states of text models: the library's own, whether prompts are read alone or behind what they share."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from mmeval.types import ArrayData, Failure, Message, Prompt, Represent, Representation, Text
from tests.models.conftest import request

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from mmeval_models.hf import HFModel  # noqa: E402

PASSAGES = (
    "the quick brown fox jumps over the lazy dog",
    "a graph has nodes and edges; edges join nodes and dogs jump",
)
QUESTIONS = (" True or False?", " True or False? Answer: forty", " who?", " who?")
SHARING = [
    "llama",
    "gpt_neox",
    "gpt2",
    "opt",
    "gemma2",
    "gemma3",
    "mistral",
    "mixtral",
    "phi",
    "qwen2",
    "qwen3",
    "bloom",
]


def asks(**options: Any) -> list[Represent]:
    return [
        Represent(tuple(Prompt.of(passage + question) for question in QUESTIONS), (-1,), **options)
        for passage in PASSAGES
    ]


def answers(model: HFModel, asked: Sequence[Represent]) -> list[Representation]:
    requests = [request(ask, number) for number, ask in enumerate(asked)]
    found = dict(model.answer(iter(requests)))
    return [found[each.key] for each in requests]  # type: ignore[misc]


def values(response: Representation) -> np.ndarray:
    assert isinstance(response, Representation), response
    data = response.states
    assert isinstance(data, ArrayData)
    return np.frombuffer(data.data, dtype="<f4").reshape(data.shape)


@torch.inference_mode()
def reference(model: HFModel, text: str) -> tuple[np.ndarray, Any]:
    """All layers of the last token by the library's `output_hidden_states`, and the log-probabilities behind it."""
    network = model._loaded.model
    ids = torch.tensor([model.tokenizer.encode([text], special=None)[0]])
    output = network(input_ids=ids, output_hidden_states=True, use_cache=False)
    return torch.stack(output.hidden_states)[:, 0, -1].numpy(), output.logits[0, -1].log_softmax(-1)


@pytest.mark.parametrize("architecture", SHARING)
def test_states_are_those_of_the_library(checkpoint: Callable[..., str], architecture: str) -> None:
    model = HFModel(checkpoint(architecture), device="cpu", dtype="float32")
    for passage, response in zip(PASSAGES, answers(model, asks()), strict=True):
        assert response.shared_tokens
        found = values(response)
        for prompt, question in enumerate(QUESTIONS):
            wanted, _ = reference(model, passage + question)
            last_block, norm = found[prompt, 0, -2:]
            assert np.allclose(found[prompt, 0, :-2], wanted[:-1], rtol=1e-3, atol=1e-3)
            assert np.allclose(norm, wanted[-1], rtol=1e-3, atol=1e-3)
            assert not np.allclose(last_block, norm)


def test_equal_prompts_have_equal_bits(llama: HFModel) -> None:
    found = values(answers(llama, asks())[0])
    assert found[2].tobytes() == found[3].tobytes()
    assert found[1].tobytes() != found[2].tobytes()


def test_exact_reads_every_prompt_whole(checkpoint: Callable[..., str], llama: HFModel) -> None:
    plain = HFModel(checkpoint("llama"), device="cpu", exact=True)
    for one, other in zip(answers(llama, asks()), answers(plain, asks()), strict=True):
        assert other.shared_tokens == 0
        assert np.allclose(values(one), values(other), rtol=1e-3, atol=1e-4)


def test_a_model_that_ignores_masks_is_read_alone(
    checkpoint: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    model = HFModel(checkpoint("mamba"), device="cpu", dtype="float32")
    found = answers(model, asks())
    assert [response.shared_tokens for response in found] == [0, 0]
    assert "reads every prompt whole and alone" in caplog.text
    wanted, _ = reference(model, PASSAGES[0] + QUESTIONS[1])
    assert np.allclose(values(found[0])[1, 0, -1], wanted[-1], rtol=1e-3, atol=1e-3)


def test_prompts_longer_than_the_window_are_read_alone(checkpoint: Callable[..., str]) -> None:
    model = HFModel(checkpoint("mistral"), device="cpu", dtype="float32")
    short, long = Represent((Prompt.of("a"), Prompt.of("a b")), (-1,)), asks()[0]
    long = Represent(tuple(Prompt.of(prompt.text * 4) for prompt in long.prompts), (-1,))
    found = answers(model, [short, long])
    assert found[1].shared_tokens == 0
    wanted, _ = reference(model, long.prompts[0].text)
    assert np.allclose(values(found[1])[0, 0, :-2], wanted[:-1], rtol=1e-3, atol=1e-3)


def test_answers_do_not_depend_on_the_batch(llama: HFModel) -> None:
    together = answers(llama, asks())
    for ask, response in zip(asks(), together, strict=True):
        [alone] = answers(llama, [ask])
        assert np.allclose(values(alone), values(response), rtol=1e-3, atol=1e-4)


def test_positions_and_layers_are_chosen(llama: HFModel) -> None:
    [whole], [some] = answers(llama, asks()[:1]), answers(llama, [Represent(asks()[0].prompts, (-1, 0, -3), (1, -1))])
    chosen = values(some)
    assert chosen.shape == (4, 3, 2, 32)
    assert np.allclose(chosen[:, 0], values(whole)[:, 0][:, [1, -1]], rtol=1e-3, atol=1e-4)
    assert some.shared_tokens == 0  # the first token is wanted: nothing can be read before it
    assert np.allclose(chosen[0, 1], chosen[1, 1], rtol=1e-4, atol=1e-5)  # nothing but the first token itself


def test_prompts_beside_end_the_prefix(llama: HFModel) -> None:
    ask = asks()[0]
    lone = Represent(ask.prompts[:1], (-1,), beside=ask.prompts[1:])
    both = answers(llama, [ask, lone])
    assert both[0].shared_tokens == both[1].shared_tokens
    assert np.allclose(values(both[0])[0], values(both[1])[0], rtol=1e-3, atol=1e-4)


def test_answer_sets_are_sums_over_single_tokens(llama: HFModel) -> None:
    sets = (("a", "b"), ("not one token at all",))
    response = answers(llama, asks(answer_sets=sets))[0]
    _, logprobs = reference(llama, PASSAGES[0] + QUESTIONS[0])
    ids = [llama.tokenizer.encode([text], special=False)[0][0] for text in "ab"]
    assert response.answers[0][0] == pytest.approx(math.log(sum(math.exp(logprobs[each]) for each in ids)), abs=1e-3)
    assert response.answers[0][1] is None
    assert response.first[0] == llama.tokenizer.decode([int(logprobs.argmax())], special=True)


def test_chat_prompts_go_through_the_template(checkpoint: Callable[..., str]) -> None:
    model = HFModel(checkpoint("llama", chat=True), device="cpu", dtype="float32")
    prompts = tuple(Prompt((Message("user", (Text(PASSAGES[0] + question),)),), chat=True) for question in QUESTIONS)
    [response] = answers(model, [Represent(prompts, (-1,))])
    wanted, _ = reference(model, f"<s>[user]{PASSAGES[0]}{QUESTIONS[0]}[/][assistant]")
    assert np.allclose(values(response)[0, 0, :-2], wanted[:-1], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (Represent((Prompt.of("a"),), (-1,), (9,)), "there is no layer 9: they go from 0 to 3"),
        (Represent((Prompt.of("a"),), (-99,)), "there is no position -99 in a prompt of 1 tokens"),
        (Represent((Prompt.of("a"),), ("image_mean",)), "a text model has no position 'image_mean'"),
        (Represent((Prompt.of("dog " * 200),), (-1,)), "the model reads 96"),
    ],
)
def test_what_cannot_be_read_is_a_failure(llama: HFModel, ask: Represent, error: str) -> None:
    [response, good] = answers(llama, [ask, asks()[0]])
    assert isinstance(response, Failure)
    assert error in response.error
    assert isinstance(good, Representation)


def test_states_that_overflow_are_a_failure(checkpoint: Callable[..., str]) -> None:
    model = HFModel(checkpoint("llama"), device="cpu", dtype="float32")
    with torch.no_grad():
        model._loaded.model.model.layers[1].mlp.down_proj.weight.fill_(torch.inf)
    [response] = answers(model, asks()[:1])
    assert isinstance(response, Failure)
    assert "not finite" in response.error


def test_bfloat16_states_keep_their_bits(checkpoint: Callable[..., str]) -> None:
    [response] = answers(HFModel(checkpoint("llama"), device="cpu", dtype="bfloat16"), asks()[:1])
    assert isinstance(response.states, ArrayData)
    assert response.states.dtype == "bfloat16"
    assert len(response.states.data) == 2 * math.prod(response.states.shape)


def test_an_untrained_model_has_the_architecture_and_other_weights(
    checkpoint: Callable[..., str], llama: HFModel
) -> None:
    twins = [HFModel(checkpoint("llama"), device="cpu", dtype="float32", init="random") for _ in range(2)]
    first, second = (values(answers(model, asks()[:1])[0]) for model in twins)
    assert first.shape == values(answers(llama, asks()[:1])[0]).shape
    assert np.array_equal(first, second)
    assert not np.allclose(first, values(answers(llama, asks()[:1])[0]))
    assert twins[0].info()["init"] == "random"


def test_blocks_are_found_by_a_path(checkpoint: Callable[..., str]) -> None:
    model = HFModel(checkpoint("llama"), device="cpu", blocks_path="model.layers")
    assert isinstance(answers(model, asks()[:1])[0], Representation)
    wrong = HFModel(checkpoint("llama"), device="cpu", blocks_path="model.elsewhere")
    [failure] = answers(wrong, asks()[:1])
    assert isinstance(failure, Failure)
    assert "blocks_path=model.elsewhere" in failure.error
