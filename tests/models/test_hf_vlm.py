"""Every family of vision-language models: batches, sizes, several images, against the plain way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from mmeval.data.images import as_image, decode
from mmeval.local import OutOfMemory
from mmeval.prompt.style import PromptStyle, resolve
from mmeval.testing import ModelConformance
from mmeval.testing.asking import asks_of
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Generation,
    Image,
    Likelihoods,
    Loglikelihood,
    Prompt,
    Request,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
)

from ..testing.suites import vars_of
from .conftest import request

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from mmeval_models.hf_vlm import HFVLMModel  # noqa: E402
from mmeval_models.hf_vlm.trunks import Trunks  # noqa: E402
from mmeval_tasks.omnimedvqa import OmniMedVQA  # noqa: E402
from tests.models.tiny_vlm import FAMILIES, build  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")
TOLERANCE = 2e-3
SIZES = ((40, 40), (90, 40), (40, 90), (120, 100))


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Image]:
    folder, rng = tmp_path_factory.mktemp("images"), np.random.default_rng(3)
    made = []
    for number, (width, height) in enumerate(SIZES):
        pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        PIL.Image.fromarray(pixels).save(folder / f"{number}.png")
        made.append(as_image(folder / f"{number}.png"))
    return made


QUICK = ("llava", "qwen2_5_vl", "idefics3", "paligemma")
"""Families that every run of the quick suite looks at; the others are tested alike, in the slow one."""


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in FAMILIES],
)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> HFVLMModel:
    if request.param == "smolvlm":
        pytest.importorskip("num2words")
    folder = build(tmp_path_factory.mktemp(request.param), request.param)
    return HFVLMModel(str(folder), device="cpu")


def requests(images: Sequence[Image], *, chat: bool) -> list[Request]:
    """Asks of all kinds with one image, two images and none, of different sizes, in long and short prompts."""
    style = PromptStyle(chat=chat)
    asks: list[Ask] = []
    for image in images:
        asks.append(Generate(Prompt.of(image, "what is it?"), max_tokens=5))
        asks.append(Loglikelihood(Prompt.of(image, "the fox is"), (" quick", " a lazy dog", " brown"), ""))
    asks.append(Generate(Prompt.of(images[0], "and", images[3], "the cat sat on the mat. which is it?"), max_tokens=4))
    asks.append(Loglikelihood(Prompt.of("first", images[1], "then", images[2], "Answer:"), (" A", " B", " C"), ""))
    asks.append(Generate(Prompt.of("no image here, the dog"), max_tokens=4))
    asks.append(Loglikelihood(Prompt.of("no image here, the"), (" dog", " cat sat"), ""))
    return [request(resolve(ask, style), number) for number, ask in enumerate(asks)]


def answers(model: HFVLMModel, asked: Sequence[Request]) -> dict[str, Response]:
    found = [(key.sample_id, response) for key, response in model.answer(iter(asked))]
    assert len(found) == len(asked)
    return dict(found)


@torch.inference_mode()
def plain_logits(model: HFVLMModel, text: str, images: Sequence[Image], behind: Sequence[int] = ()) -> Any:
    """Logits of one unpadded forward pass over what the processor makes of a text, with ids behind it."""
    features = model._processor(text=[text], images=[[decode(image).pixels for image in images]], return_tensors="pt")
    inputs = {name: value for name, value in features.items() if name != "labels"}
    if behind:
        more = torch.tensor([list(behind)])
        inputs["input_ids"] = torch.cat([inputs["input_ids"], more], 1)
        last = {"attention_mask": 1, "mm_token_type_ids": 0}
        last["token_type_ids"] = int(model._loaded.model.config.model_type == "paligemma")
        for name in last.keys() & inputs.keys():
            inputs[name] = torch.cat([inputs[name], torch.full_like(more, last[name])], 1)
    return model._loaded.model(**inputs).logits[0]


def text_of(model: HFVLMModel, asked: Request) -> str:
    return str(model._preparer._renderer.text(asked.ask.prompt))


def shown_in(asked: Request) -> list[Image]:
    return [part for part in asked.ask.prompt.parts if isinstance(part, Image)]


@pytest.mark.parametrize("chat", [False, True])
def test_batched_is_one_by_one(model: HFVLMModel, images: list[Image], chat: bool) -> None:
    asked = requests(images, chat=chat)
    together = answers(model, asked)
    for one in asked:
        (alone,) = answers(model, [one]).values()
        found = together[one.key.sample_id]
        if isinstance(alone, Likelihoods):
            assert isinstance(found, Likelihoods)
            assert found.logprobs == pytest.approx(alone.logprobs, abs=TOLERANCE)
            assert (found.greedy, found.lengths) == (alone.greedy, alone.lengths)
            assert found.prompt_tokens == alone.prompt_tokens
        else:
            assert isinstance(alone, Generation), alone
            assert found == alone


def test_scores_and_texts_are_those_of_the_plain_way(model: HFVLMModel, images: list[Image]) -> None:
    asked = [one for one in requests(images, chat=True) if shown_in(one)]
    together = answers(model, asked)
    for one in asked:
        found = together[one.key.sample_id]
        text, shown = text_of(model, one), shown_in(one)
        if isinstance(one.ask, Generate):
            written: list[int] = []
            while len(written) < one.ask.max_tokens and 1 not in written:
                written.append(int(plain_logits(model, text, shown, written)[-1].argmax()))
            assert isinstance(found, Generation)
            assert found.text == model.tokenizer.decode(written, special=False)
        else:
            assert isinstance(one.ask, Loglikelihood)
            assert isinstance(found, Likelihoods)
            for continuation, logprob in zip(one.ask.continuations, found.logprobs, strict=True):
                (ids,) = model.tokenizer.encode([continuation], special=False)
                logits = plain_logits(model, text, shown, ids[:-1])[-len(ids) :].log_softmax(-1)
                wanted = logits[range(len(ids)), ids].sum().item()
                assert logprob == pytest.approx(wanted, abs=TOLERANCE)


def test_the_pixels_matter(model: HFVLMModel) -> None:
    black, white = (as_image(PIL.Image.new("RGB", SIZES[0], color)) for color in ("black", "white"))
    asked = [
        request(Loglikelihood(Prompt.of(image, "the fox is"), (" quick", " a lazy dog")), number)
        for number, image in enumerate((black, white))
    ]
    one, other = answers(model, asked).values()
    assert isinstance(one, Likelihoods)
    assert isinstance(other, Likelihoods)
    assert one.prompt_tokens == other.prompt_tokens
    assert max(abs(a - b) for a, b in zip(one.logprobs, other.logprobs, strict=True)) > 0.05


def test_whole_texts_are_scored_as_by_hf(model: HFVLMModel) -> None:
    (found,) = answers(model, [request(RollingLoglikelihood("the quick brown fox jumps"))]).values()
    assert isinstance(found, RollingLikelihood)
    assert found.logprob < -1
    assert found.tokens == 9 or (found.tokens or 0) > 3


# ---------------------------------------------------------------- one family is enough


@pytest.fixture(scope="module")
def llava(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("llava_alone"), "llava")


@pytest.mark.parametrize("method", vars_of(ModelConformance))
def test_conformance(method: str, llava: Path, images: list[Image]) -> None:
    loaded = HFVLMModel(str(llava), device="cpu")

    class Suite(ModelConformance):
        tolerance = TOLERANCE

        def make(self) -> HFVLMModel:
            return loaded

        def asks(self) -> Sequence[Ask]:
            return [
                *(Generate(Prompt.of(image, "what?"), max_tokens=3) for image in images[:2]),
                Generate(Prompt.of(images[0], "what?"), max_tokens=3, temperature=1.0),
                Loglikelihood(Prompt.of(images[2], "the"), (" dog", " lazy cat")),
                *asks_of(loaded.kinds, {"text"})[:2],
            ]

    getattr(Suite(), method)()


def test_small_batches_and_budgets_change_nothing(llava: Path, images: list[Image]) -> None:
    asked = requests(images, chat=True)
    wanted = answers(HFVLMModel(str(llava), device="cpu"), asked)
    for limits in ({"batch_size": 2}, {"token_budget": 40}):
        found = answers(HFVLMModel(str(llava), device="cpu", **limits), asked)  # type: ignore[arg-type]
        for name, response in found.items():
            if isinstance(response, Likelihoods):
                assert response.logprobs == pytest.approx(wanted[name].logprobs, abs=TOLERANCE)  # type: ignore[union-attr]
            else:
                assert response == wanted[name]


@pytest.mark.parametrize(
    ("make", "error", "skip"),
    [
        (lambda image: Prompt.of(Image("nowhere.png"), "what?"), "there is no image nowhere.png", True),
        (lambda image: Prompt.of(image, "the <image> in the text"), "1 images and 2 placeholders", False),
        (lambda image: Prompt.of(image, "a \ufffc"), "U+FFFC", False),
        (lambda image: Prompt.of(image, "dog " * 3000), "the model reads 2048", False),
    ],
)
def test_what_cannot_be_asked_is_a_failure_and_ends_nothing(
    llava: Path, images: list[Image], make: Callable[[Image], Prompt], error: str, skip: bool
) -> None:
    good = request(Generate(Prompt.of(images[0], "what?"), max_tokens=2), "good")
    asked = [request(Generate(make(images[0]), max_tokens=2), "bad"), good]
    asked.append(request(Loglikelihood(make(images[0]), (" a", " b")), "bad too"))
    found = answers(HFVLMModel(str(llava), device="cpu"), asked)
    assert isinstance(found["good"], Generation)
    for name in ("bad", "bad too"):
        failure = found[name]
        assert isinstance(failure, Failure)
        assert error in failure.error
        assert failure.skip is skip


def test_without_options_there_are_no_scores(llava: Path, images: list[Image]) -> None:
    asked = [
        request(Loglikelihood(Prompt.of(images[0], "the fox is"), options), row)
        for row, options in enumerate([(), (" quick", " a dog")])
    ]
    asked.append(request(Loglikelihood(Prompt.of("the fox is"), ()), "text"))
    found = answers(HFVLMModel(str(llava), device="cpu"), asked)
    none, two, text = found["0"], found["1"], found["text"]
    assert isinstance(none, Likelihoods)
    assert isinstance(two, Likelihoods)
    assert (none.logprobs, none.greedy, none.prompt_tokens, none.tokens) == ((), (), two.prompt_tokens, 0)
    assert isinstance(text, Likelihoods)
    assert text.logprobs == ()


def test_an_unreadable_image_skips_its_sample(llava: Path, tmp_path: Path) -> None:
    (tmp_path / "torn.png").write_bytes(b"no pixels")
    asked = [request(Generate(Prompt.of(as_image(tmp_path / "torn.png"), "what?"), max_tokens=2))]
    (found,) = answers(HFVLMModel(str(llava), device="cpu"), asked).values()
    assert found == Failure(f"cannot decode the image {tmp_path / 'torn.png'}: not an image", skip=True)


def test_each_image_is_decoded_once(llava: Path, tmp_path: Path) -> None:
    PIL.Image.new("RGB", (30, 30)).save(tmp_path / "a.png")
    content, read = (tmp_path / "a.png").read_bytes(), []
    image = Image("a", "ff", lambda: read.append(1) or content)
    asked = [
        request(Loglikelihood(Prompt.of(image, f"question {number}"), (" a", " b")), number) for number in range(40)
    ]
    assert len(answers(HFVLMModel(str(llava), device="cpu"), asked)) == 40
    assert len(read) == 1


def test_options_of_images_are_recorded_and_used(llava: Path, images: list[Image]) -> None:
    model = HFVLMModel(str(llava), device="cpu", resize="20x30", max_pixels=300)
    assert model._pictures(images[3]).size == (14, 21)
    info = model.info()
    assert (info["resize"], info["max_pixels"], info["image_mark"]) == ([20, 30], 300, "<image>")
    assert info["image_processor"].startswith("CLIPImageProcessor")
    assert HFVLMModel(str(llava), device="cpu", max_pixels=10**6)._pictures(images[3]).size == (120, 100)


def test_thin_images_are_padded(llava: Path, tmp_path: Path) -> None:
    PIL.Image.new("RGB", (1000, 2)).save(tmp_path / "thin.png")
    assert HFVLMModel(str(llava), device="cpu")._pictures(as_image(tmp_path / "thin.png")).size == (1000, 5)


def test_sampling_follows_seeds_and_not_the_batch(llava: Path, images: list[Image]) -> None:
    model = HFVLMModel(str(llava), device="cpu")
    asked = [
        request(Generate(Prompt.of(image, "what?"), max_tokens=6, temperature=1.0), f"{seed}:{number}", seed=seed)
        for number, image in enumerate(images)
        for seed in (1, 2)
    ]
    together = answers(model, asked)
    assert {name: response for one in asked for name, response in answers(model, [one]).items()} == together
    assert len({str(response) for response in together.values()}) > 4


def test_stop_strings_end_a_text(llava: Path, images: list[Image]) -> None:
    model = HFVLMModel(str(llava), device="cpu")
    prompt = Prompt.of(images[0], "what?")
    (free,) = answers(model, [request(Generate(prompt, max_tokens=8))]).values()
    assert isinstance(free, Generation)
    stop = free.text[3:5]
    (stopped,) = answers(model, [request(Generate(prompt, max_tokens=8, stop=(stop,)))]).values()
    assert isinstance(stopped, Generation)
    assert (stopped.text, stopped.finish) == (free.text.partition(stop)[0], "stop")


def test_the_prefix_score_is_that_of_a_loop_by_hand(llava: Path, shared: Path, tmp_path: Path) -> None:
    """Acceptance test 6 of the OmniMedVQA sheet."""
    task = OmniMedVQA(data_dir=str(shared / "data" / "omnimedvqa_mini"), protocol="prefix", sample=5)
    model = HFVLMModel(str(llava), device="cpu", dtype="float64")
    asked = {
        sample.sample_id: request(resolve(task.requests(sample)[0], PromptStyle()), sample.sample_id)
        for sample in task.samples()
    }
    found = answers(model, list(asked.values()))
    for sample in task.samples():
        response = found[sample.sample_id]
        assert isinstance(response, Likelihoods)
        (image,), losses = shown_in(asked[sample.sample_id]), []
        for option, logprob, length in zip(
            sample.doc["options"].values(), response.logprobs, response.lengths, strict=True
        ):
            (ids,) = model.tokenizer.encode([f" {option}."], special=False)
            text = f"<image>Question: {sample.doc['question']} The answer is"
            logits = plain_logits(model, text, [image], ids[:-1])[-len(ids) :].log_softmax(-1)
            losses.append(-logits[range(len(ids)), ids].mean().item())
            assert -logprob / length == pytest.approx(losses[-1], abs=1e-5)
        score = task.score(sample, [response])
        assert score.answer == list(sample.doc["options"])[losses.index(min(losses))]


# ---------------------------------------------------------------- what questions about a picture share


OPTIONS = (" a lazy dog", " quick brown fox", " the cat sat", " A")


def questions(images: Sequence[Image]) -> list[Request]:
    """Two questions about the first picture with options of several tokens, one about the second."""
    prompts = [Prompt.of(image, text) for image, text in zip(images, ("the fox is", "the dog is a", "it"), strict=True)]
    return [request(Loglikelihood(prompt, OPTIONS, ""), number) for number, prompt in enumerate(prompts)]


def logprobs(found: dict[str, Response]) -> list[float]:
    return [value for _, each in sorted(found.items()) for value in each.logprobs]  # type: ignore[union-attr]


def test_pictures_are_read_once_for_all_options_and_questions(
    model: HFVLMModel, images: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    sharing, read = model._picture_sharing, []
    if model._loaded.model.config.model_type in ("gemma3", "paligemma"):
        assert not sharing.exact, "its tiny window, and its attention both ways, are found by trying"
        return
    assert sharing.exact
    trunk = Trunks.trunk
    monkeypatch.setattr(Trunks, "trunk", lambda *arguments: read.append(arguments[2]) or trunk(*arguments))
    found = answers(model, questions([images[0], images[0], images[1]]))
    assert len(read) == 2
    plain = HFVLMModel(str(model._checkpoint.name), device="cpu", exact=True)
    assert logprobs(found) == pytest.approx(
        logprobs(answers(plain, questions([images[0], images[0], images[1]]))), abs=1e-4
    )
    assert len(read) == 2


def test_pictures_behind_a_text_are_shared_by_the_options(
    llava: Path, images: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, read = HFVLMModel(str(llava), device="cpu"), []
    assert model._picture_sharing.exact
    asked = [
        request(Loglikelihood(Prompt.of(text, images[0], "the fox is"), OPTIONS, ""), number)
        for number, text in enumerate(("now", "then the dog and"))
    ]
    trunk = Trunks.trunk
    monkeypatch.setattr(Trunks, "trunk", lambda *arguments: read.append(arguments[2]) or trunk(*arguments))
    found = logprobs(answers(model, asked))
    assert len(read) == len(asked)
    assert found == pytest.approx(logprobs(answers(HFVLMModel(str(llava), device="cpu", exact=True), asked)), abs=1e-4)


@pytest.mark.parametrize("most", [0, 1, 2])
def test_options_wait_or_are_read_whole_when_memory_runs_out(
    llava: Path, images: list[Image], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    model = HFVLMModel(str(llava), device="cpu")
    asked = questions([images[0], images[0], images[1]])
    expected = logprobs(answers(model, asked))
    rests = Trunks.rests

    def short(self: Trunks, cache: Any, shown: Sequence[Any], start: int) -> dict[str, Any]:
        if len(shown) > most:
            raise OutOfMemory
        return rests(self, cache, shown, start)

    monkeypatch.setattr(Trunks, "rests", short)
    assert logprobs(answers(model, asked)) == pytest.approx(expected, abs=1e-4)
