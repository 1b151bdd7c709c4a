"""Where a checkpoint is, and its tokenizer, configuration and weights; what is missing becomes one clear line."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmeval.errors import MissingRequirementError, MmevalError, UnknownNameError, UsageError
from mmeval_models import bundled

DTYPES = ("float32", "float16", "bfloat16", "float64")
DEFAULT_MAX_LENGTH = 2048
_UNTRAINED_SEED = 0
_INSTALL = "pip install 'mmeval-harness[hf]'"
_UNLIMITED = 10**9
"""Tokenizers without a limit of their own say a number above this."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A local folder, a hub id or `bundled:...`, with what selects weights inside it."""

    name: str
    revision: str = "main"
    trust_remote_code: bool = False
    gguf_file: str | None = None

    def check(self) -> None:
        """Raise MissingRequirementError where it can be told without transformers that it is not here."""
        if self.name.startswith(bundled.PREFIX):
            bundled.find(self.name)
        elif self.name.startswith((".", "/", "~")) and not Path(self.name).expanduser().exists():
            raise MissingRequirementError(
                f"no such folder: {self.name}", hint="pretrained is a folder with a checkpoint, or a hub id"
            )

    def tokenizer(self, **options: Any) -> Any:
        """The tokenizer alone; of packaged weights it is read without converting them."""
        from transformers import AutoTokenizer

        with self._loading():
            return AutoTokenizer.from_pretrained(**self._source(weights=False), **options)

    def config(self) -> Any:
        from transformers import AutoConfig

        with self._loading():
            return AutoConfig.from_pretrained(**self._source(weights=False))

    def model(self, dtype: Any) -> Any:
        """The model, in `dtype`, on the CPU."""
        with self._loading():
            return self._architectures.from_pretrained(**self._source(weights=True), dtype=dtype)

    def untrained(self, dtype: Any) -> Any:
        """The architecture alone, with weights drawn by its own initialisation from a fixed seed."""
        import torch

        config = self.config()
        with self._loading(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(_UNTRAINED_SEED)
            return self._architectures.from_config(config, dtype=config.dtype if dtype == "auto" else dtype)

    @property
    def _architectures(self) -> Any:
        """The class of transformers that makes the model."""
        from transformers import AutoModelForCausalLM

        return AutoModelForCausalLM

    def adapted(self, model: Any, adapter: str) -> Any:
        """`model` with a PEFT adapter, a folder or hub id, on top."""
        if importlib.util.find_spec("peft") is None:
            raise MissingRequirementError("adapters need the package 'peft'", hint=_INSTALL)
        from peft import PeftModel

        with self._loading(adapter):
            return PeftModel.from_pretrained(model, adapter)

    def _source(self, *, weights: bool) -> dict[str, Any]:
        """Arguments of transformers' `from_pretrained`."""
        if self.name.startswith(bundled.PREFIX):
            gguf = bundled.find(self.name)
            if gguf is None:
                return {"pretrained_model_name_or_path": bundled.HUB}
            if weights or gguf.ready:
                return {"pretrained_model_name_or_path": bundled.convert(gguf)}
            return {"pretrained_model_name_or_path": gguf.file.parent, "gguf_file": gguf.file.name}
        path = Path(self.name).expanduser()
        return {
            "pretrained_model_name_or_path": path if path.exists() else self.name,
            "revision": self.revision,
            "trust_remote_code": self.trust_remote_code,
            **({} if self.gguf_file is None else {"gguf_file": self.gguf_file}),
        }

    @contextlib.contextmanager
    def _loading(self, name: str = "") -> Iterator[None]:
        """Turn what transformers raises about `name` (the checkpoint itself) into one line."""
        from safetensors import SafetensorError

        try:
            with _no_progress_bars():
                yield
        except (OSError, ValueError, LookupError, RuntimeError, ImportError, struct.error, SafetensorError) as error:
            reason = str(error).strip().partition("\n")[0] or type(error).__name__
            if self.name.startswith(bundled.PREFIX) and not name:
                raise bundled.missing(reason) from error
            raise _load_error(name or self.name, reason, error) from error


@contextlib.contextmanager
def _no_progress_bars() -> Iterator[None]:
    """Loading takes seconds; transformers' bars would stand between mmeval's own lines."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _load_error(name: str, reason: str, error: Exception) -> MmevalError:
    if isinstance(error, OSError):
        offline = os.environ.get("HF_HUB_OFFLINE") == "1" and not Path(name).expanduser().exists()
        hint = (
            "offline, only what is in the hub's cache can be loaded" if offline else "check the name and the revision"
        )
        return MissingRequirementError(f"cannot load '{name}': {reason}", hint=hint)
    if isinstance(error, ImportError):
        return MissingRequirementError(f"cannot load '{name}': {reason}", hint=_INSTALL)
    return UsageError(f"cannot load '{name}': {reason}", hint="hf takes the causal language models of transformers")


def resolve_dtype(name: str) -> Any:
    """A torch dtype; `auto` stays, and takes what the checkpoint says, as lm-eval does, on a CPU too."""
    if name == "auto":
        return name
    if name not in DTYPES:
        raise UnknownNameError("dtype", name, DTYPES, hint=f"auto, {', '.join(DTYPES)}")
    import torch

    return getattr(torch, name)


def resolve_device(name: str) -> Any:
    """A torch device; `auto` takes CUDA, else MPS, else the CPU."""
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(f"cannot use the device '{name}': {reason}", hint="auto, cpu, mps, cuda or cuda:N") from error
    return device


def context_length(config: Any, tokenizer: Any) -> int:
    """The number of tokens that the model reads: of the text configuration, else the tokenizer's limit, else 2048."""
    text = config.get_text_config().to_dict()
    for name in ("n_positions", "max_position_embeddings", "n_ctx"):
        if text.get(name):
            return int(text[name])
    limit = tokenizer.model_max_length
    return int(limit) if limit and limit < _UNLIMITED else DEFAULT_MAX_LENGTH
