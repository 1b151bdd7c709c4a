"""Hidden states of prompts with pictures, in every family: the library's own, the pictures read once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from mmeval.data.images import as_image
from mmeval.engine.cache import check_same_model
from mmeval.errors import UsageError
from mmeval.types import ArrayData, Failure, Image, Message, Prompt, Represent, Representation, Text
from tests.models.conftest import request as addressed

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from mmeval_models.hf.blocks import decoder_blocks  # noqa: E402
from mmeval_models.hf_vlm import HFVLMModel  # noqa: E402
from mmeval_models.hf_vlm.inputs import collated  # noqa: E402
from mmeval_models.hf_vlm.trunks import Trunks  # noqa: E402
from tests.models.tiny_vlm import FAMILIES, TEXT, build  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")
QUICK = ("llava", "qwen2_vl", "paligemma")
QUESTIONS = ("Does it show a dog?", "Does it show no dog at all?", "Does it feature a dog?", "Does it show a dog?")
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Image]:
    folder, rng = tmp_path_factory.mktemp("images"), np.random.default_rng(3)
    for number, (width, height) in enumerate(((40, 40), (90, 40))):
        pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        PIL.Image.fromarray(pixels).save(folder / f"{number}.png")
    return [as_image(folder / f"{number}.png") for number in range(2)]


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in FAMILIES],
)
def family(request: pytest.FixtureRequest) -> str:
    if request.param == "smolvlm":
        pytest.importorskip("num2words")
    return str(request.param)


@pytest.fixture(scope="module")
def model(family: str, tmp_path_factory: pytest.TempPathFactory) -> HFVLMModel:
    folder = build(tmp_path_factory.mktemp(family), family)
    if family == "gemma3":  # its window, 16 tokens in a tiny one, must hold a prompt
        content = json.loads((folder / "config.json").read_text("utf-8"))
        content["text_config"]["sliding_window"] = 512
        (folder / "config.json").write_text(json.dumps(content), "utf-8")
    return HFVLMModel(str(folder), device="cpu", dtype="float32")


def prompts(image: Image, questions: Sequence[str] = QUESTIONS) -> tuple[Prompt, ...]:
    return tuple(Prompt((Message("user", (image, Text(question))),), chat=True) for question in questions)


def answered(model: HFVLMModel, asks: Sequence[Represent]) -> list[Any]:
    requests = [addressed(ask, number) for number, ask in enumerate(asks)]
    found = dict(model.answer(iter(requests)))
    return [found[each.key] for each in requests]


def values(response: Any) -> np.ndarray:
    assert isinstance(response, Representation), response
    assert isinstance(response.states, ArrayData)
    return np.frombuffer(response.states.data, dtype="<f4").reshape(response.states.shape)


@torch.inference_mode()
def reference(model: HFVLMModel, prompt: Prompt) -> tuple[np.ndarray, list[int]]:
    """All layers of all tokens, as the library gives them, and where the pictures' tokens are."""
    shown = model._preparer.show(prompt)
    network = model._loaded.model
    output = network(**collated([shown], 0, network), output_hidden_states=True, use_cache=False)
    states = torch.stack(output.hidden_states)[:, 0].numpy()
    token = model._shown_states.image_token
    return states, [place for place, each in enumerate(shown.ids) if each == token]


def close(one: np.ndarray, other: np.ndarray) -> bool:
    return float(np.linalg.norm(one - other)) <= TOLERANCE * float(np.linalg.norm(other))


def test_blocks_are_found_in_every_family(model: HFVLMModel, family: str) -> None:
    blocks = decoder_blocks(model._loaded.model)
    assert len(blocks.blocks) == TEXT["num_hidden_layers"]
    where = "text_model.layers" if family in ("smolvlm", "idefics3") else "language_model.layers"
    assert blocks.path.endswith(where)


def test_states_are_those_of_the_library(model: HFVLMModel, family: str, images: list[Image]) -> None:
    found = answered(model, [Represent(prompts(image), (-1,)) for image in images])
    for image, response in zip(images, found, strict=True):
        assert bool(response.shared_tokens) == (family != "paligemma")
        states = values(response)
        for place, prompt in enumerate(prompts(image)):
            wanted, _ = reference(model, prompt)
            for layer in range(wanted.shape[0] - 1):
                assert close(states[place, 0, layer], wanted[layer, -1]), (place, layer)
            assert close(states[place, 0, -1], wanted[-1, -1])
        assert states[0].tobytes() == states[3].tobytes()
        assert not close(states[0, 0, 1:], states[1, 0, 1:])


def test_a_model_that_attends_both_ways_says_so(
    model: HFVLMModel, family: str, images: list[Image], caplog: pytest.LogCaptureFixture
) -> None:
    if family != "paligemma":
        pytest.skip("attends one way")
    model._shown_states.__dict__.pop("shares", None)
    answered(model, [Represent(prompts(images[0]), (-1,))])
    assert "reads every prompt whole and alone" in caplog.text


def test_the_mean_over_the_pictures_tokens(model: HFVLMModel, images: list[Image]) -> None:
    [response] = answered(model, [Represent(prompts(images[1]), (-1, "image_mean"))])
    states = values(response)
    for place, prompt in enumerate(prompts(images[1])):
        wanted, columns = reference(model, prompt)
        assert columns
        assert close(states[place, 1, 0], wanted[0, columns].mean(0))
        assert close(states[place, 0, 1], wanted[1, -1])
    assert states.shape[1] == 2


def test_layer_0_is_the_same_for_all_images_and_no_other_is(model: HFVLMModel, images: list[Image]) -> None:
    one, other = (values(each) for each in answered(model, [Represent(prompts(image), (-1,)) for image in images]))
    assert one[:, 0, 0].tobytes() == other[:, 0, 0].tobytes()
    assert not close(one[:, 0, 1:], other[:, 0, 1:])


def test_prompts_beside_change_nothing_but_the_prefix(model: HFVLMModel, images: list[Image]) -> None:
    """The first prompt is padded on its left among longer ones, and is not alone."""
    every = prompts(images[0])
    one, lone = answered(model, [Represent(every, (-1,)), Represent(every[:1], (-1,), beside=every[1:])])
    assert lone.shared_tokens == one.shared_tokens
    assert close(values(lone)[0], values(one)[0])


def test_without_a_mask_padding_would_show(
    model: HFVLMModel, family: str, images: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    if family == "paligemma":
        pytest.skip("nothing is padded")
    ask = Represent(prompts(images[0]), (-1,))
    [right] = answered(model, [ask])
    rests = Trunks.rests

    def unmasked(*arguments: Any) -> dict[str, Any]:
        inputs = rests(*arguments)
        return {**inputs, "attention_mask": torch.ones_like(inputs["attention_mask"])}

    monkeypatch.setattr(Trunks, "rests", unmasked)
    [wrong] = answered(model, [ask])
    assert not close(values(wrong)[0, 0, 1:], values(right)[0, 0, 1:])


def test_what_cannot_be_shown_is_a_failure(model: HFVLMModel, images: list[Image], tmp_path: Path) -> None:
    mixed = Represent((*prompts(images[0], QUESTIONS[:1]), *prompts(images[1], QUESTIONS[1:2])), (-1,))
    missing = Represent(prompts(Image(str(tmp_path / "nowhere.png"))), (-1,))
    good = Represent(prompts(images[0]), (-1,))
    found = answered(model, [mixed, missing, good])
    assert isinstance(found[0], Failure)
    assert "same images" in found[0].error
    assert isinstance(found[1], Failure)
    assert isinstance(found[2], Representation)


@pytest.mark.parametrize(
    ("file", "change", "named"),
    [
        ("chat_template.jinja", ("[assistant]", "[model]"), "chat_template_sha256"),
        ("processor_config.json", ('"do_normalize": true', '"do_normalize": false'), "image_processor_sha256"),
    ],
)
def test_a_changed_template_or_image_processor_is_refused(
    tmp_path: Path, file: str, change: tuple[str, str], named: str
) -> None:
    folder = build(tmp_path / "llava", "llava")
    before = HFVLMModel(str(folder), device="cpu").info()
    check_same_model("model", before, HFVLMModel(str(folder), device="cpu").info())
    content = (folder / file).read_text("utf-8")
    (folder / file).write_text(content.replace(*change), "utf-8")
    with pytest.raises(UsageError, match=named):
        check_same_model("model", before, HFVLMModel(str(folder), device="cpu").info())


def test_an_untrained_twin_has_other_weights(model: HFVLMModel, images: list[Image]) -> None:
    twin = HFVLMModel(str(model._checkpoint.name), device="cpu", dtype="float32", init="random")
    ask = Represent(prompts(images[0]), (-1,))
    one, other = (values(answered(each, [ask])[0]) for each in (model, twin))
    assert one.shape == other.shape
    assert not close(one, other)
