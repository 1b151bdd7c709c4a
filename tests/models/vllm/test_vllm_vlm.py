"""Prompts with images through vLLM are answered as `hf_vlm` answers them.

The CPU build of vLLM comes without torchvision, which its own LLaVA and Qwen-VL need: here SmolVLM's architecture runs
in vLLM's own code, and the tiny model that has learned to see behind vLLM's transformers backend. That backend changes
transformers' layers in this process for good: this file comes last, and `hf_vlm` is asked before it is loaded.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import PIL.Image
import pytest

import mmeval
from mmeval.data.images import as_image
from mmeval.errors import UsageError
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Generation,
    Image,
    Likelihoods,
    Loglikelihood,
    Message,
    Part,
    Prompt,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
    Text,
)
from mmeval_models.openai import OpenAIModel
from mmeval_models.vllm import VLLMVisionModel
from tests.assets.shapes import draw, questions

from .conftest import HEAD, MODEL, ONE_PROCESS, ONE_THREAD, answers
from .test_serve import running

if TYPE_CHECKING:
    from mmeval.model import Model
    from mmeval_models.hf_vlm import HFVLMModel

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
NEAR = 1e-3
ROOT = Path(__file__).resolve().parents[3]
LENGTH = 512
UNSEEN = 1_000_000


def noise(width: int, height: int, seed: int) -> Image:
    return as_image(PIL.Image.frombytes("RGB", (width, height), Random(seed).randbytes(3 * width * height)))


def chat(*parts: str | Image) -> Prompt:
    content: tuple[Part, ...] = tuple(Text(part) if isinstance(part, str) else part for part in parts)
    return Prompt((Message("user", content),), chat=True)


def asks(question: str, options: tuple[str, ...]) -> list[Ask]:
    square, wide = noise(24, 24, 1), noise(40, 24, 2)
    return [
        Generate(chat(square, question), 8),
        Generate(chat(question, wide), 8),
        Generate(Prompt.of(square, question), 8),
        Generate(chat(square, question, wide, "?"), 8),
        Generate(chat(question), 8),
        Loglikelihood(chat(square, question), options),
        Loglikelihood(chat(wide, question), options),
        Loglikelihood(Prompt.of(wide, question + " "), options),
        Loglikelihood(chat(question), options),
        RollingLoglikelihood(question),
        Generate(chat(square, question), 10 * LENGTH),
        Generate(chat(Image("/nowhere/none.png"), question), 8),
        Generate(chat(square, "an \ufffc in the text"), 8),
    ]


def hf_vlm(folder: Path) -> HFVLMModel:
    from mmeval_models.hf_vlm import HFVLMModel

    return HFVLMModel(str(folder), dtype="float32", device="cpu", max_length=LENGTH)


def started(folder: Path, **arguments: str) -> VLLMVisionModel:
    os.environ.update(ONE_THREAD)
    told: dict[str, Any] = {**ONE_PROCESS, **arguments}
    return VLLMVisionModel(str(folder), dtype="float32", max_length=LENGTH, disable_log_stats=False, **told)


def alike(model: VLLMVisionModel, known: Sequence[Response], asked: Sequence[Ask]) -> None:
    for ask, expected, found in zip(asked, known, answers(model, asked), strict=True):
        if isinstance(expected, Likelihoods):
            assert isinstance(found, Likelihoods), found
            assert found.logprobs == pytest.approx(expected.logprobs, abs=NEAR), ask
            assert (found.greedy, found.lengths) == (expected.greedy, expected.lengths)
            assert (found.prompt_tokens, found.tokens) == (expected.prompt_tokens, expected.tokens)
        elif isinstance(expected, RollingLikelihood):
            assert isinstance(found, RollingLikelihood), found
            assert found.logprob == pytest.approx(expected.logprob, abs=NEAR)
        else:
            assert found == expected, ask


@pytest.fixture(scope="module")
def smolvlm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[VLLMVisionModel, Path]]:
    from tests.models.tiny_vlm import build

    folder = build(tmp_path_factory.mktemp("idefics3"), "idefics3", head_dim=HEAD)
    model = started(folder)
    yield model, folder
    model.close()


def test_smolvlms_architecture_answers_as_with_hf(smolvlm: tuple[VLLMVisionModel, Path]):
    model, folder = smolvlm
    asked = asks("the quick brown", (" fox jumps", " nobody", " dog", " fox over"))
    alike(model, answers(hf_vlm(folder), asked), asked)
    cut, missing, marked = answers(model, asked)[-3:]
    assert isinstance(cut, Failure)
    assert "tokens with its images" in cut.error
    assert isinstance(missing, Failure)
    assert missing.skip
    assert isinstance(marked, Failure)


def test_options_find_the_image_in_the_cache(smolvlm: tuple[VLLMVisionModel, Path]):
    model, _ = smolvlm
    hits = [metric for metric in model._llm.get_metrics() if metric.name == "vllm:prefix_cache_hits"]
    before = hits[0].value
    asked = Loglikelihood(chat(noise(56, 56, 3), "the lazy dog " * 40), (" fox jumps", " nobody", " dog over"))
    [response] = answers(model, [asked])
    assert isinstance(response, Likelihoods), response
    after = [metric for metric in model._llm.get_metrics() if metric.name == "vllm:prefix_cache_hits"]
    assert after[0].value > before


@pytest.fixture(scope="module")
def widened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model that has learned to see, its heads filled up with zeros to a width that vLLM runs.

    A head's dimension `i` of 16 goes where 32 dimensions turn as fast; queries grow by the change of their scale.
    """
    import torch
    from safetensors.torch import load_file, save_file

    folder = tmp_path_factory.mktemp("shapes") / "tiny_vlm"
    shutil.copytree(ROOT / "tests" / "assets" / "tiny_vlm", folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    text = config["text_config"]
    heads, narrow = text["num_attention_heads"], text["head_dim"]
    places = [2 * place for place in range(narrow // 2)]
    places += [HEAD // 2 + place for place in places]
    weights = {name: value.float() for name, value in load_file(folder / "model.safetensors").items()}
    for name, value in weights.items():
        if "language_model" not in name or "self_attn" not in name:
            continue
        rows = value.T if "o_proj" in name else value
        wide = torch.zeros(heads, HEAD, rows.shape[1])
        wide[:, places] = rows.reshape(heads, narrow, -1) * ((HEAD / narrow) ** 0.5 if "q_proj" in name else 1)
        flat = wide.reshape(heads * HEAD, -1)
        weights[name] = (flat.T if "o_proj" in name else flat).contiguous()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    text["head_dim"] = HEAD
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's task with three questions on each of thirty unseen images."""
    folder = tmp_path_factory.mktemp("questions")
    (folder / "colored_shapes").mkdir()
    rows = []
    for seed in range(UNSEEN, UNSEEN + 30):
        scene, path = draw(seed), f"colored_shapes/{seed}.png"
        scene.image.save(folder / path)
        asked = questions(scene, Random(seed))
        rows += [{"image": path, "question": one.text, "options": one.options, "answer": one.answer} for one in asked]
    (folder / "colored_shapes" / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    text = (ROOT / "examples" / "colored_shapes.yaml").read_text(encoding="utf-8")
    (folder / "shapes.yaml").write_text(text, encoding="utf-8")
    return folder / "shapes.yaml"


def accuracy(task: Path, model: Model, folder: Path) -> float:
    results = mmeval.evaluate(tasks=str(task), model=model, apply_chat_template=True, output_path=str(folder))
    return float(results.data["results"]["colored_shapes"]["exact_match,none"])


ASKED = asks("what color is the shape ?", (" red", " green", " a blue", " yes"))
SERVED: list[Ask] = [
    Generate(chat(as_image(draw(seed).image), "what color is the shape?"), 8) for seed in range(UNSEEN, UNSEEN + 4)
]


class Known(NamedTuple):
    """What `hf_vlm` says."""

    asked: list[Response]
    served: list[Response]
    accuracy: float


@pytest.fixture(scope="module")
def known(widened: Path, shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Known:
    """Found out before vLLM's transformers backend is loaded, which changes transformers' layers in this process."""
    model = hf_vlm(widened)
    return Known(answers(model, ASKED), answers(model, SERVED), accuracy(shapes, model, tmp_path_factory.mktemp("hf")))


@pytest.fixture(scope="module")
def seeing(widened: Path, known: Known) -> Iterator[VLLMVisionModel]:
    assert known
    model = started(widened, model_impl="transformers")
    yield model
    model.close()


def test_a_model_that_sees_answers_as_with_hf(seeing: VLLMVisionModel, known: Known):
    alike(seeing, known.asked, ASKED)


def test_the_same_accuracy_on_unseen_images(seeing: VLLMVisionModel, known: Known, shapes: Path, tmp_path: Path):
    assert accuracy(shapes, seeing, tmp_path) == known.accuracy > 0.9


def test_a_real_server_is_shown_images(widened: Path, known: Known, tmp_path: Path):
    """The server's own chat template puts the picture in its place; it adds no BOS and keeps a word's space."""
    options = ["--dtype", "float32", "--max-model-len", str(LENGTH), "--enforce-eager", "--model-impl", "transformers"]
    options += ["--distributed-executor-backend", "uni", "--served-model-name", "shapes"]
    command = ["-m", "vllm.entrypoints.openai.api_server", "--model", str(widened), *options]
    with running(command, tmp_path / "log") as url:
        model = OpenAIModel("shapes", base_url=url, extra_body={"add_special_tokens": True})
        found = answers(model, SERVED)
        model.close()
    assert [replace(one, text=one.text.strip()) for one in found if isinstance(one, Generation)] == known.served


def test_a_model_without_eyes_is_refused():
    with pytest.raises(UsageError, match="no processor of pictures and text"):
        VLLMVisionModel(MODEL)
