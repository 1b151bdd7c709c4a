"""ConvFinQA where earlier turns hold the model's own answers: one wrong answer may spoil those behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from mmeval.data import Declared
from mmeval.errors import UsageError
from mmeval.extract.cleaning import clean
from mmeval.extract.numbers import final_number
from mmeval.metrics.numbers import num_em, num_match, scale_mismatch
from mmeval.metrics.text import unparsed_rate
from mmeval.types import Ask, Extraction, Generate, Prompt, Response, Sample
from mmeval_tasks.domains.dialogue import DialogueTask, said
from mmeval_tasks.domains.finance.layouts import convfinqa_turn
from mmeval_tasks.domains.rows import Row

_FILE = "https://github.com/czyssrs/ConvFinQA/raw/cf3eed2d5984960bf06bb8145bcea5e80b0222a6/data.zip"


class ConvFinQASelfHistory(DialogueTask):
    """The 1,490 turns of `convfinqa`, asked as there, but each behind the model's own answers to the turns before.

    A sample is a turn, and asks its dialogue from the start: greedy answers that turns share are asked for once.
    Without reasoning in tags, and up to where a next question is made up, an answer is kept as it was written.
    """

    name = "convfinqa_selfhist"
    version = 1
    metrics = (num_em, num_match, scale_mismatch, unparsed_rate)
    slices = ("turn",)
    cluster = "filename"
    declared = Declared(
        "json",
        options={"data_files": {"validation": f"zip://data/dev_turn.json::{_FILE}"}},
        splits=("validation",),
        local_name="convfinqa",
    )
    columns = ("id", "filename", "pre_text", "post_text", "table", "annotation")
    metadata = MappingProxyType(
        {
            "version": 1,
            "domain": "finance",
            "main_metric": "num_em",
            "chance": {"num_em": 0, "num_match": 0},
            "n": 1490,
            "fewshot": 0,
            "prompt": "that of convfinqa; further requests follow for the later turns, behind the model's own answers",
            "arguments": "max_tokens (128) for each turn; data_dir, dataset, offline",
            "licence": "MIT",
            "gated": False,
        }
    )

    def __init__(
        self,
        *,
        data_dir: str | None = None,
        dataset: str | None = None,
        offline: bool = False,
        max_tokens: int = 128,
    ) -> None:
        super().__init__(data_dir=data_dir, dataset=dataset, offline=offline)
        if max_tokens < 1:
            raise UsageError(f"task '{self.name}': argument 'max_tokens' must be at least 1, got {max_tokens}")
        self._max_tokens = max_tokens

    def settings(self) -> Mapping[str, Any]:
        return {"max_tokens": self._max_tokens}

    def sample(self, sample_id: str, row: Row) -> Sample:
        turn, questions = convfinqa_turn(row), list(row["annotation"]["cur_dial"])
        doc = {key: turn[key] for key in ("id", "filename", "pre_text", "table", "post_text")}
        kept = {"filename": turn["filename"], "turn": len(questions)}
        return Sample(sample_id, {**doc, "questions": questions}, turn["answer"], kept)

    def requests(self, sample: Sample) -> Sequence[Ask]:
        return [self._ask(sample, ())]

    def follow_up(self, sample: Sample, responses: Sequence[Response]) -> Sequence[Ask]:
        answered = len(responses) == len(sample.doc["questions"])
        return () if answered else [self._ask(sample, [_kept(response) for response in responses])]

    def _ask(self, sample: Sample, answers: Sequence[str]) -> Generate:
        """The turn behind `answers`."""
        doc = sample.doc
        *earlier, question = doc["questions"][: len(answers) + 1]
        history = "".join(
            f"Question: {asked}\nAnswer: {answer}\n" for asked, answer in zip(earlier, answers, strict=True)
        )
        page = f"{doc['pre_text']}\n{doc['table']}\n{doc['post_text']}\n"
        prompt = Prompt.of(f"{page}{history}Question: {question}\nAnswer:")
        return Generate(prompt, max_tokens=self._max_tokens, stop=("\nQuestion:",))

    def read(self, text: str, sample: Sample) -> Extraction:
        return final_number(text, sample=sample)


def _kept(response: Response) -> str:
    """What later prompts hold of an answer."""
    return str(clean(said(response)).answer or "").strip()
