"""What is asked and how an answer is read: the published protocol, letters, reasoning, and likelihoods."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, TypeAlias

from mmeval.extract.ladder import mcq_ladder
from mmeval.extract.similar import med_r1_tag, official_difflib
from mmeval.types import (
    Ask,
    Generate,
    Generation,
    Image,
    Likelihoods,
    Loglikelihood,
    Outcome,
    Prompt,
    Response,
    Sample,
    SampleScore,
)
from mmeval_tasks.omnimedvqa import inline

Normalise: TypeAlias = Literal["token_mean", "byte_mean", "sum"]

LETTER = "Answer with the option's letter from the given choices directly."
ANSWER_TAG = "provide the correct single-letter choice (A, B, C, D,...) inside <answer>...</answer> tags."
MED_R1 = {
    "think": f"Think through the question step by step in <think>...</think> tags. Then {ANSWER_TAG}",
    "no_think": f"P{ANSWER_TAG[1:]}",
    "zero_shot": "Provide the correct single-letter choice (A, B, C, D,...).",
}


class Protocol(ABC):
    """One way to ask and to read answers. `metrics` are those that it scores, the first one its headline."""

    metrics: ClassVar[tuple[str, ...]] = ("acc",)
    max_tokens: int = 256

    @abstractmethod
    def ask(self, sample: Sample, image: Image) -> Ask:
        """The request of a sample."""

    @abstractmethod
    def score(self, sample: Sample, response: Response) -> SampleScore:
        """The score of a response."""

    @abstractmethod
    def say(self, sample: Sample, letter: str) -> str | Response:
        """A response that chooses `letter`, for baselines."""


class Generated(Protocol):
    """Free text, read by the ladder."""

    def __init__(self, max_tokens: int | None = None) -> None:
        self.max_tokens = max_tokens or self.max_tokens

    @abstractmethod
    def text(self, question: str, options: Mapping[str, str]) -> str:
        """The prompt's text behind the image."""

    def ask(self, sample: Sample, image: Image) -> Ask:
        text = self.text(sample.doc["question"], sample.doc["options"])
        return Generate(Prompt.of(image, text), max_tokens=self.max_tokens)

    def score(self, sample: Sample, response: Response) -> SampleScore:
        text = response.text if isinstance(response, Generation) else ""
        found, values = mcq_ladder(text, sample=sample), self.more(sample, text)
        if found.answer is None:
            return SampleScore(sample.sample_id, values, Outcome.UNPARSED, reason=found.reason)
        values["acc"] = float(found.answer in sample.target)
        return SampleScore(sample.sample_id, values, answer=found.answer)

    def more(self, sample: Sample, text: str) -> dict[str, float]:
        """Values of further metrics, which count also where the ladder finds nothing."""
        del sample, text
        return {}

    def say(self, sample: Sample, letter: str) -> str | Response:
        return letter


class Letter(Generated):
    """The question, its options by letter, and the wish for a letter."""

    def text(self, question: str, options: Mapping[str, str]) -> str:
        listed = "\n".join(f"{letter}. {text}" for letter, text in options.items())
        return f"{question}\n{listed}\n{LETTER}"


class Official(Generated):
    """The published question-answering score: the prompt to the byte, and the published matcher beside the ladder."""

    metrics = ("omnimed_qa_score", "acc")

    def text(self, question: str, options: Mapping[str, str]) -> str:
        return (
            f"{question}Here are {len(options)} candidate answers:{list(options.values())} "
            "Only return what you think is the correct answer from the candidate answers, "
            "do not return any other irrelevant text!"
        )

    def more(self, sample: Sample, text: str) -> dict[str, float]:
        letter = official_difflib(text, sample=sample).answer
        right = letter is not None and sample.doc["options"][letter] == sample.doc["gold_text"]
        return {"omnimed_qa_score": float(right)}

    def say(self, sample: Sample, letter: str) -> str | Response:
        return str(sample.doc["options"].get(letter, letter))


class MedR1(Generated):
    """Med-R1's evaluation prompts, `mode` being a key of `MED_R1`; its own reading is `med_r1_acc`."""

    metrics = ("acc", "med_r1_acc")

    def __init__(self, mode: str, max_tokens: int | None = None) -> None:
        super().__init__(max_tokens)
        self.mode = mode

    def text(self, question: str, options: Mapping[str, str]) -> str:
        return f"{inline.join(question, options)} {MED_R1[self.mode]}"

    def more(self, sample: Sample, text: str) -> dict[str, float]:
        said = med_r1_tag(text, tagged=self.mode == "think").answer
        return {"med_r1_acc": float(said in sample.target)}

    def say(self, sample: Sample, letter: str) -> str | Response:
        return f"<answer>{letter}</answer>" if self.mode == "think" else letter


class Prefix(Protocol):
    """The published prefix-based score: the option that the model finds likeliest behind the question, unseen.

    `normalise` divides an option's log-likelihood by its tokens (as published), by its UTF-8 bytes, or not at all.
    """

    metrics = ("omnimed_prefix_score",)

    def __init__(self, normalise: Normalise, suffix: str) -> None:
        self.normalise, self.suffix = normalise, suffix

    def ask(self, sample: Sample, image: Image) -> Ask:
        continuations = tuple(text + self.suffix for text in sample.doc["options"].values())
        text = f"Question: {sample.doc['question']} The answer is"
        return Loglikelihood(Prompt.of(image, text), continuations, delimiter=" ")

    def score(self, sample: Sample, response: Response) -> SampleScore:
        """Raises ValueError where the model does not tell what the normalisation needs."""
        if not isinstance(response, Likelihoods):
            raise TypeError(f"likelihoods are scored, not a {type(response).__name__}")
        options = sample.doc["options"]
        losses = self._losses(response, [text + self.suffix for text in options.values()])
        place = min(range(len(losses)), key=losses.__getitem__)
        letter = list(options)[place]
        values = {
            "omnimed_prefix_score": float(options[letter] == sample.doc["gold_text"]),
            "confidence": confidences(losses)[place],
        }
        return SampleScore(sample.sample_id, values, answer=letter)

    def _losses(self, response: Likelihoods, continuations: Sequence[str]) -> list[float]:
        if self.normalise == "sum":
            lengths: Sequence[int] = [1] * len(continuations)
        elif self.normalise == "byte_mean":
            lengths = [len(text.encode()) for text in continuations]
        elif response.lengths:
            lengths = response.lengths
        else:
            raise ValueError("the model does not tell how many tokens an option has: use normalise=byte_mean")
        losses = [-logprob / length for logprob, length in zip(response.logprobs, lengths, strict=True)]
        return [math.inf if math.isnan(loss) else loss for loss in losses]

    def say(self, sample: Sample, letter: str) -> str | Response:
        chosen = tuple(each == letter for each in sample.doc["options"])
        return Likelihoods(tuple(-1.0 if right else -9.0 for right in chosen), chosen, lengths=(1,) * len(chosen))


def confidences(losses: Sequence[float]) -> list[float]:
    """The published softmax over 1 / loss, a diagnostic: its order is that of the losses."""
    inverse = [1 / loss if loss > 0 else math.inf for loss in losses]
    top = max(inverse)
    weights = [1.0 if value == top else math.exp(value - top) for value in inverse]
    return [weight / sum(weights) for weight in weights]
