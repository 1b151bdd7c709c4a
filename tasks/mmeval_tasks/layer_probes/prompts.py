"""Prompt sets: an anchor question and edits of it, as data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from mmeval.errors import SpecError, UnknownNameError

Family = Literal["anchor", "lexical", "concept", "negation", "format", "crossed", "null"]
Modality = Literal["images", "text"]

_FOLDER = files("mmeval_tasks.layer_probes") / "prompt_sets"


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value


class ProbePrompt(BaseModel):
    """One question. `factors` say what was changed of the anchor: surface wording, concept word, answer, format.

    `expected` and `against` name answer sets: the right one for every input, and its opposite.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    family: Family
    text: str
    factors: tuple[int, int, int, int] = (0, 0, 0, 0)
    expected: Annotated[str, BeforeValidator(_as_text)]
    against: Annotated[str, BeforeValidator(_as_text)]


class PromptSet(BaseModel):
    """Prompts of which the first is the anchor. `slots` fill what stands in braces; `answers` are spellings by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answers: dict[Annotated[str, BeforeValidator(_as_text)], tuple[str, ...]]
    slots: dict[str, str] = Field(default_factory=dict)
    prompts: tuple[ProbePrompt, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> PromptSet:
        ids = [prompt.id for prompt in self.prompts]
        if len(set(ids)) < len(ids):
            raise ValueError("two prompts have one id")
        if [prompt.family for prompt in self.prompts].count("anchor") != 1 or self.prompts[0].family != "anchor":
            raise ValueError("the first prompt, and no other, has the family 'anchor'")
        for prompt in self.prompts:
            for name in (prompt.expected, prompt.against):
                if name not in self.answers:
                    raise ValueError(f"prompt '{prompt.id}': there is no answer set '{name}'")
            for _, slot, _, _ in Formatter().parse(prompt.text):
                if slot is not None and slot not in self.slots:
                    raise ValueError(f"prompt '{prompt.id}': there is no slot '{slot}'")
        return self

    @property
    def anchor(self) -> ProbePrompt:
        return self.prompts[0]

    @property
    def variants(self) -> tuple[ProbePrompt, ...]:
        """All prompts but the anchor."""
        return self.prompts[1:]

    @cached_property
    def spellings(self) -> tuple[tuple[str, ...], ...]:
        """Per answer set its spellings, each also behind a space, as tokenizers write a word in a text."""
        return tuple(
            tuple(form for spelling in spellings for form in (spelling, f" {spelling}"))
            for spellings in self.answers.values()
        )

    def place(self, answer: str) -> int:
        """The position of an answer set among `spellings`."""
        return list(self.answers).index(answer)

    def filled(self, slots: Mapping[str, str]) -> PromptSet:
        """The set with its slots filled in, `slots` over its own."""
        values = {**self.slots, **{name: text for name, text in slots.items() if name in self.slots}}
        prompts = [prompt.model_copy(update={"text": prompt.text.format(**values)}) for prompt in self.prompts]
        return self.model_copy(update={"slots": values, "prompts": tuple(prompts)})


def load(name: str, modality: Modality) -> PromptSet:
    """A shipped prompt set (`paper`, `extended`, ...), or one's own YAML file. Raises UsageError or SpecError."""
    if name.endswith((".yaml", ".yml")):
        file = Path(name).expanduser()
        if not file.is_file():
            raise SpecError("there is no such prompt set", file=file)
        return _parse(file.read_text(encoding="utf-8"), file)
    shipped = {
        item.name.removeprefix(f"{modality}_").removesuffix(".yaml"): item
        for item in _FOLDER.iterdir()
        if item.name.startswith(modality)
    }
    if name not in shipped:
        raise UnknownNameError("prompt set", name, shipped, hint=f"{', '.join(sorted(shipped))}, or a YAML file")
    return _parse(shipped[name].read_text(encoding="utf-8"), Path(shipped[name].name))


def _parse(text: str, file: Path) -> PromptSet:
    try:
        return PromptSet.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise SpecError(str(error).partition("\n")[0], file=file, line=mark.line + 1 if mark else None) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise SpecError(f"{where or 'prompt set'}: {first['msg']}", file=file) from error
