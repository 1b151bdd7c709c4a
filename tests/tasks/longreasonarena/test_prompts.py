"""The prompts, by their published sums, and the requests of both kinds of model."""

from __future__ import annotations

import hashlib

import pytest

from mmeval.errors import UsageError
from mmeval.types import Generate
from mmeval_tasks.longreasonarena import Backtracking, Level1, Retrieval
from mmeval_tasks.longreasonarena.prompts import SYSTEM, prompt, prompt_text


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _ask(task: Level1) -> Generate:
    (ask,) = task.requests(next(iter(task.samples())))
    assert isinstance(ask, Generate)
    return ask


def test_prompts_are_the_published_ones(level1: Level1) -> None:
    prompts = [level1.requests(sample)[0].prompt.text for sample in level1.samples()]
    assert _sha256(prompts[0]) == "662cdb4e860d78f762f5e46a0868091e863f17d6cb508b0aa6fab8237123fb53"
    assert _sha256("\0".join(prompts)) == "b718784e62193f0ca5e828bbf8f15f6d94bf2f4963f13d284350ebd837e21978"


def test_inputs_are_shown_as_python_writes_them() -> None:
    assert prompt_text("P {x}", {"flag": True, "s": "a"}).endswith(
        "Problem:\nP {x}\n\nInputs:\n{'flag': True, 's': 'a'}"
    )


def test_a_plain_model_gets_a_system_turn() -> None:
    system, user = prompt("question", "plain").messages
    assert (system.role, user.role) == ("system", "user")
    assert prompt("question", "plain").parts[0].text == SYSTEM  # type: ignore[union-attr]
    assert [message.role for message in prompt("question", "reasoning").messages] == ["user"]


def test_official_sampling_is_the_default(folder: object) -> None:
    ask = _ask(Level1(data_dir=str(folder)))
    assert (ask.max_tokens, ask.temperature, dict(ask.options)) == (32_000, 0.6, {"top_p": 0.95, "top_k": 20})
    plain = _ask(Level1(data_dir=str(folder), prompt="plain"))
    assert (plain.max_tokens, len(plain.prompt.messages)) == (8_000, 2)
    greedy = _ask(Level1(data_dir=str(folder), temperature=0, max_tokens=1_000_000))
    assert (greedy.max_tokens, greedy.sampled, dict(greedy.options)) == (1_000_000, False, {})


@pytest.mark.parametrize("task", [Level1, Retrieval, Backtracking])
@pytest.mark.parametrize("wrong", [{"prompt": "chatty"}, {"max_tokens": 0}, {"max_tokens": 1_000_001}])
def test_settings_that_make_no_sense_are_refused(task: type[Level1], wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        task(**wrong)  # type: ignore[arg-type]
