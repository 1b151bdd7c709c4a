"""A transformers tokenizer as `mmeval.local` wants it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from jinja2 import TemplateError

from mmeval.errors import UsageError


class HFTokenizer:
    """`tokenizer` with lm-eval's choices: which token is the prefix, and whether special tokens are added.

    `add_bos_token` None leaves special tokens to the tokenizer. `prefix_token_id` None takes BOS, else EOS.
    `template_arguments` are further variables of the chat template (`enable_thinking`, ...).
    """

    def __init__(
        self,
        tokenizer: Any,
        *,
        add_bos_token: bool | None = None,
        prefix_token_id: int | None = None,
        template_arguments: Mapping[str, Any] | None = None,
    ) -> None:
        self._tokenizer = tokenizer
        self._template_arguments = dict(template_arguments or {})
        self._special = add_bos_token
        ids = (prefix_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id)
        prefix = next((token for token in ids if token is not None), None)
        if prefix is None:
            raise UsageError("the tokenizer has neither a BOS nor an EOS token", hint="give prefix_token_id")
        self.prefix_id: int = prefix
        self.prefix_text: str = self.decode([prefix], special=True)
        self.end_text: str = tokenizer.eos_token or ""

    def encode(self, texts: Sequence[str], *, special: bool | None) -> Sequence[Sequence[int]]:
        chosen = self._special if special is None else special
        extra = {} if chosen is None else {"add_special_tokens": chosen}
        encoded = self._tokenizer(list(texts), return_attention_mask=False, verbose=False, **extra)
        return cast("Sequence[Sequence[int]]", encoded["input_ids"])

    def decode(self, ids: Sequence[int], *, special: bool) -> str:
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=not special))

    def render_chat(self, messages: Sequence[Mapping[str, str]], *, continue_final: bool) -> str:
        if self._tokenizer.chat_template is None:
            raise UsageError(
                "the tokenizer has no chat template",
                hint="leave out --apply_chat_template, or take an instruction-tuned checkpoint",
            )
        try:
            text = self._tokenizer.apply_chat_template(
                [dict(message) for message in messages],
                tokenize=False,
                add_generation_prompt=not continue_final,
                continue_final_message=continue_final,
                **self._template_arguments,
            )
        except ValueError as error:  # the template does not show the final message as it is
            raise TemplateError(str(error)) from error
        return str(text)

    @property
    def end_ids(self) -> frozenset[int]:
        """The end token's id, if there is one."""
        end = self._tokenizer.eos_token_id
        return frozenset() if end is None else frozenset({end})

    @property
    def pad_id(self) -> int:
        """What fills a batch up; masked, so that any id does."""
        return self._tokenizer.pad_token_id or 0

    def info(self) -> Mapping[str, Any]:
        """Special tokens as [text, id], and the SHA-256 of the chat template (hex; None without one)."""
        named = {name: getattr(self._tokenizer, f"{name}_token") for name in ("bos", "eos", "pad")}
        template = self._tokenizer.chat_template
        return {
            **{f"{name}_token": None if text is None else [text, self._id(text)] for name, text in named.items()},
            "prefix_token": [self.prefix_text, self.prefix_id],
            "chat_template_sha256": None if template is None else hashlib.sha256(str(template).encode()).hexdigest(),
        }

    def _id(self, token: str) -> int:
        return int(self._tokenizer.convert_tokens_to_ids(token))
