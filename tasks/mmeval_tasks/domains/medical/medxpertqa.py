"""MedXpertQA (arXiv 2501.18362), its text questions: the model reasons, then is asked for the letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from mmeval.data import Declared
from mmeval.errors import UsageError
from mmeval.extract.letters import option_letter
from mmeval.extract.reasoning import strip_reasoning
from mmeval.metrics.text import exact_match, unparsed_rate
from mmeval.task import Baseline
from mmeval.types import Ask, Extraction, Generate, Message, Prompt, Response, Sample, Text
from mmeval.yaml_task.annotations import most_frequent
from mmeval_tasks.domains.dialogue import DialogueTask, said
from mmeval_tasks.domains.rows import Row

LETTERS = "ABCDEFGHIJ"
FOLLOW_UP = "Therefore, among A through J, the answer is"
_STOP = ("\nQ:",)
_PUBLISHED = {
    "metric": "exact_match",
    "decimals": 3,
    "n": 2450,
    "shots": 0,
    "scoring": "generation",
    "setting": "authors (reasoning, then the letter)",
    "source": "leaderboard of MedXpertQA as quoted",
    "mark": "S",
}


class MedXpertQAText(DialogueTask):
    """2,450 questions with ten options. The second prompt repeats the first, with the reasoning that it got.

    `max_tokens` is for the reasoning, `answer_tokens` for the answer behind it: a model that reasons again there
    needs more. Of reasoning in tags the second prompt keeps what stands behind it, as chat templates do.
    """

    name = "medxpertqa_text"
    version = 1
    metrics = (exact_match, unparsed_rate)
    slices = ("question_type", "medical_task", "body_system")
    declared = Declared("TsinghuaC3I/MedXpertQA", "Text")
    columns = ("question", "options", "label")
    metadata = MappingProxyType(
        {
            "version": 1,
            "domain": "medical",
            "main_metric": "exact_match",
            "chance": 0.1,
            "n": 2450,
            "fewshot": "0; the five rows of dev are not shown",
            "prompt": f"a second request follows, behind the model's reasoning: {FOLLOW_UP}",
            "arguments": "max_tokens (2048), answer_tokens (256); data_dir, dataset, offline",
            "licence": "MIT",
            "gated": False,
            "revision": "unverified",
            "references": [
                {**_PUBLISHED, "model": "DeepSeek-R1", "value": 0.378},
                {**_PUBLISHED, "model": "o3-mini", "value": 0.373},
            ],
        }
    )

    def __init__(
        self,
        *,
        data_dir: str | None = None,
        dataset: str | None = None,
        offline: bool = False,
        max_tokens: int = 2048,
        answer_tokens: int = 256,
    ) -> None:
        super().__init__(data_dir=data_dir, dataset=dataset, offline=offline)
        self._tokens = {"max_tokens": max_tokens, "answer_tokens": answer_tokens}
        for argument, value in self._tokens.items():
            if value < 1:
                raise UsageError(f"task '{self.name}': argument '{argument}' must be at least 1, got {value}")

    def settings(self) -> Mapping[str, Any]:
        return self._tokens

    def sample(self, sample_id: str, row: Row) -> Sample:
        options, label = row["options"], row["label"]
        if not options:
            raise ValueError("the options are missing")
        if not isinstance(options, Mapping):
            raise ValueError(f"the options are {options!r}, not a mapping of A to J")
        if list(options) != list(LETTERS):
            raise ValueError(f"the options are {', '.join(map(str, options))}, not A to J")
        if label not in list(options):
            raise ValueError(f"the label is {label!r}, not A to J")
        if not isinstance(row["question"], str):
            raise ValueError(f"the question is {row['question']!r}, not text")
        doc = {"question": _question(row["question"], options), "choices": list(options.values())}
        return Sample(sample_id, doc, label, {key: row[key] for key in self.slices if key in row})

    def requests(self, sample: Sample) -> Sequence[Ask]:
        return [Generate(Prompt.of(_opening(sample)), max_tokens=self._tokens["max_tokens"], stop=_STOP)]

    def follow_up(self, sample: Sample, responses: Sequence[Response]) -> Sequence[Ask]:
        if len(responses) > 1:
            return ()
        reasoning = strip_reasoning(said(responses[0])).answer or ""
        prompt = Prompt(
            (
                Message("user", (Text(_opening(sample)),), delimiter=" "),
                Message("assistant", (Text(reasoning.strip()),), delimiter="\n"),
                Message("user", (Text(FOLLOW_UP),)),
            )
        )
        return [Generate(prompt, max_tokens=self._tokens["answer_tokens"], stop=_STOP)]

    def read(self, text: str, sample: Sample) -> Extraction:
        return option_letter(text, letters=LETTERS, sample=sample)

    def baselines(self) -> Mapping[str, Baseline]:
        """The letter that is right most often."""
        return {"majority": most_frequent(self.samples(), lambda sample: str(sample.target), True)}


def _opening(sample: Sample) -> str:
    return f"Q: {sample.doc['question']}\nA: Let's think step by step."


def _question(text: str, options: Mapping[str, str]) -> str:
    """The published questions end in their options; copies without get them in the same form."""
    if all(f"({letter})" in text for letter in LETTERS):
        return text
    listed = " ".join(f"({letter}) {option}" for letter, option in options.items())
    return f"{text}\nAnswer Choices: {listed}"
