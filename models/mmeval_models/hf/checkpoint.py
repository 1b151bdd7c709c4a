"""Where a checkpoint is, and its tokenizer, configuration and weights; what is missing becomes one clear line."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmeval.errors import MissingRequirementError, MmevalError, UnknownNameError, UsageError
from mmeval_models import bundled

DTYPES = ("float32", "float16", "bfloat16", "float64")
DEFAULT_MAX_LENGTH = 2048
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
        """The causal language model, in `dtype`, on the CPU."""
        from transformers import AutoModelForCausalLM

        with self._loading():
            return AutoModelForCausalLM.from_pretrained(**self._source(weights=True), dtype=dtype)

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
    def _loading(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, KeyError, ImportError) as error:
            raise self._error(error) from error

    def _error(self, error: Exception) -> MmevalError:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        if self.name.startswith(bundled.PREFIX):
            return bundled.missing(reason)
        if isinstance(error, OSError):
            offline = os.environ.get("HF_HUB_OFFLINE") == "1" and not Path(self.name).expanduser().exists()
            hint = "HF_HUB_OFFLINE is set: only what is cached can be used" if offline else "check pretrained and revision"
            return MissingRequirementError(f"cannot load '{self.name}': {reason}", hint=hint)
        if isinstance(error, ImportError):
            return MissingRequirementError(f"cannot load '{self.name}': {reason}", hint="pip install 'mmeval-harness[hf]'")
        return UsageError(f"cannot load '{self.name}': {reason}", hint="hf takes causal language models of transformers")


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
