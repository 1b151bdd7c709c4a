"""Where the decoder blocks of a transformers model are, and their outputs at a few positions."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from mmeval.errors import UsageError

_OTHER_STACKS = re.compile(r"vision|visual|audio|encoder|image")
_NORMS = ("norm", "ln_f", "final_layer_norm", "final_layernorm", "norm_f")


@dataclass(frozen=True)
class Blocks:
    """The decoder blocks at `path`, and the norm behind them."""

    path: str
    blocks: Sequence[Any]
    norm: Any

    @property
    def layers(self) -> int:
        """What can be read: the input of the first block, each block's output, the norm's output."""
        return len(self.blocks) + 2


def decoder_blocks(model: Any, path: str | None = None) -> Blocks:
    """The blocks of the language model inside `model`, found by their number, or at `path`.

    The shallowest list of as many modules as the text configuration has layers, outside the towers of other
    modalities. Raises UsageError where there is none with a norm beside it: cross-attention and encoder-decoder models.
    """
    config = model.config.get_text_config().to_dict()
    count = config.get("num_hidden_layers") or config.get("n_layer")
    for name, module in sorted(model.named_modules(), key=lambda item: item[0].count(".")):
        wanted = name == path if path else not _OTHER_STACKS.search(name)
        if wanted and isinstance(module, nn.ModuleList) and len(module) == count:
            parent = model.get_submodule(name.rpartition(".")[0])
            norms = [child for label, child in parent.named_children() if label in _NORMS]
            if norms:
                return Blocks(name, list(module), norms[0])
    place = f"at blocks_path={path}" if path else "with a norm behind them"
    raise UsageError(
        f"{type(model).__name__} has no {count} decoder blocks {place}",
        hint="name their list of modules: --model_args blocks_path=...",
    )


@contextlib.contextmanager
def captured(blocks: Blocks, take: Callable[[Any], Any]) -> Iterator[dict[int, Any]]:
    """What `take` makes of each layer's states (rows, tokens, width), by layer, of the forward pass inside."""
    found: dict[int, Any] = {}

    def hook(layer: int) -> Callable[..., None]:
        def keep(_module: Any, _inputs: Any, output: Any) -> None:
            found[layer] = take(output[0] if isinstance(output, tuple) else output)

        return keep

    def first(_module: Any, inputs: Any, named: Any) -> None:
        found[0] = take(inputs[0] if inputs else named["hidden_states"])

    handles = [blocks.blocks[0].register_forward_pre_hook(first, with_kwargs=True)]
    modules = [*blocks.blocks, blocks.norm]
    handles += [module.register_forward_hook(hook(layer)) for layer, module in enumerate(modules, start=1)]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()
