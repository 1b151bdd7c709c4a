"""The three levels, and sets made by the generator, as tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from mmeval.data import Dataset
from mmeval.extract.boxed import boxed
from mmeval.metrics.aggregations import mean
from mmeval.task import Artifacts, Task
from mmeval.types import Ask, Generate, Generation, Metric, Outcome, Response, Sample, SampleScore, TaskResult
from mmeval_tasks.longreasonarena.accounting import budget_reduced, ending, spent
from mmeval_tasks.longreasonarena.analysis.published import published_rows
from mmeval_tasks.longreasonarena.analysis.report import analyse
from mmeval_tasks.longreasonarena.comparison import Rule
from mmeval_tasks.longreasonarena.data import Problem, Problems, ascii_tags, core_groups, row_hash
from mmeval_tasks.longreasonarena.prompts import Style, budget, prompt, prompt_text
from mmeval_tasks.longreasonarena.responses import answered
from mmeval_tasks.longreasonarena.rules import rules_for
from mmeval_tasks.longreasonarena.source import PROBLEMS, REVISION, SHA256, Source, file_hashes, level_rows
from mmeval_tasks.longreasonarena.tokens import Counter, counter
from mmeval_tasks.longreasonarena.verdict import Verdict, judge, judge_leniently

_ANSWER_LENGTHS = (64, 512, 8_000)

METRICS = (
    Metric("acc", mean, range=(0, 1)),
    Metric("acc_feasible", mean, worst=None, range=(0, 1)),
    Metric("acc_complete_only", mean, worst=None, range=(0, 1)),
    Metric("acc_lenient", mean, range=(0, 1)),
    Metric("format_error_rate", mean, higher_is_better=False, worst=1.0, range=(0, 1)),
    Metric("truncation_rate", mean, higher_is_better=False, range=(0, 1)),
    Metric("correct_but_truncated", mean, higher_is_better=None, range=(0, 1)),
    Metric("output_tokens", mean, higher_is_better=None, worst=None),
    Metric("reasoning_tokens", mean, higher_is_better=None, worst=None),
)


class LevelTask(Task):
    """Rows of one level. Work out a program's output by hand; the boxed answer is judged against one reference.

    `prompt` is `reasoning` or `plain`; `max_tokens` the budget per answer (by default the official one for the
    prompt, at most 1,000,000). `data_dir` holds `<level>.jsonl` and `problems.jsonl`, `dataset` and `problems`
    name single files. `tokenizer` counts reference answers and unreported lengths exactly; else they are estimated.
    `allow_code_execution` lets comparison programs that are none of the published ones run in the sandbox.
    """

    level: ClassVar[str] = ""
    published: ClassVar[bool] = True
    version = 1
    metrics = METRICS
    slices = ("tags", "core_group", "difficulty", "output_type", "rule", "answer_length")
    cluster = "problem"

    def __init__(
        self,
        *,
        data_dir: str | None = None,
        dataset: str | None = None,
        problems: str | None = None,
        prompt: Style = "reasoning",
        max_tokens: int | None = None,
        temperature: float = 0.6,
        top_p: float = 0.95,
        top_k: int = 20,
        tokenizer: str | None = None,
        allow_code_execution: bool = False,
    ) -> None:
        self.budget = budget(prompt, max_tokens)
        self._source, self._file, self._problems_file = Source(data_dir), dataset, problems
        self._style: Style = prompt
        self._sampling = {"top_p": top_p, "top_k": top_k}
        self._temperature = temperature
        self._tokenizer = tokenizer
        self._allow_code = allow_code_execution

    # ------------------------------------------------------------ samples and requests

    def samples(self) -> Iterator[Sample]:
        self._rules  # noqa: B018  a comparison that may not run is refused before any answer is asked for
        for index, row in enumerate(self._rows):
            yield self._sample(index, row)

    def size(self) -> int:
        return len(self._rows)

    def requests(self, sample: Sample) -> Sequence[Ask]:
        text = prompt_text(sample.doc["problem"], sample.doc["input"])
        return (
            Generate(
                prompt(text, self._style),
                max_tokens=self.budget,
                temperature=self._temperature,
                options=self._sampling if self._temperature > 0 else {},
                keep_prompt=True,
            ),
        )

    def _sample(self, index: int, row: Mapping[str, Any]) -> Sample:
        problem = self._problems[row["problem"]]
        tags = ascii_tags(row, problem)
        length = self._count(_shown(row["output"]))
        return Sample(
            f"{self.level}:{index}",
            row,
            row["output"],
            {
                "problem": problem.idx,
                "tags": tags,
                "core_group": core_groups(tags),
                "difficulty": problem.difficulty,
                "output_type": type(row["output"]).__name__,
                "rule": problem.rule or "code",
                "answer_length": _answer_length(length),
                "answer_tokens": length,
                "line": row["line"],
                "row_hash": row_hash(row),
            },
        )

    # ------------------------------------------------------------ scores

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        generation = responses[0]
        if not isinstance(generation, Generation):
            raise TypeError(f"{type(generation).__name__} is no generation")
        verdict = self.judge(sample, generation.text)
        end = ending(generation, self._style == "reasoning")
        tokens = spent(generation, end, self._count)
        correct = float(verdict.correct)
        values = {
            "acc": correct,
            "acc_feasible": correct if sample.metadata["answer_tokens"] <= self.budget else None,
            "acc_complete_only": correct if end == "complete" else None,
            "acc_lenient": float(verdict.correct or self._leniently(sample, verdict)),
            "format_error_rate": float(verdict.verdict == "invalid"),
            "truncation_rate": float(end != "complete"),
            "correct_but_truncated": float(verdict.correct and end != "complete"),
            "output_tokens": tokens.output,
            "reasoning_tokens": tokens.reasoning,
            "answer_tokens": tokens.answer,
            "ending": end,
            "verdict": verdict.verdict,
            "tokens_estimated": tokens.estimated,
            "budget_reduced": budget_reduced(generation, self.budget),
        }
        outcome = Outcome.UNPARSED if verdict.verdict == "invalid" else Outcome.SCORED
        return SampleScore(sample.sample_id, values, outcome, verdict.answer, verdict.reason)

    def judge(self, sample: Sample, text: str) -> Verdict:
        """The verdict on a raw response to `sample`."""
        found = boxed(text)
        if not found.found:
            return Verdict("invalid", found.reason)
        return judge(found.answer, sample.target, self._rules[sample.doc["problem"]])

    def score_file(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """Verdicts on responses made elsewhere: rows with `response` and `sample_id` or `row_index` (from 0)."""
        for sample, text in answered(rows, list(self.samples()), "row_index"):
            verdict = self.judge(sample, text)
            yield {
                "sample_id": sample.sample_id,
                "verdict": verdict.verdict,
                "reason": verdict.reason,
                "answer": verdict.answer,
            }

    def aggregate(self, scored: Sequence[SampleScore], artifacts: Artifacts) -> TaskResult:
        published = () if self._as_published is False else published_rows(self.level)
        return analyse(artifacts.summarize(scored), scored, artifacts, self.level, published)

    def config(self) -> Mapping[str, Any]:
        return {
            "level": self.level,
            "published": self.published,
            "as_published": self._as_published,
            "revision": REVISION,
            "data": file_hashes(self._dataset) | file_hashes(self._definitions),
            "prompt": self._style,
            "budget": self.budget,
            "temperature": self._temperature,
            **self._sampling,
            "worst_case_tokens": self.budget * len(self._rows),
            "tokenizer": self._tokenizer or "estimated",
        }

    # ------------------------------------------------------------ data

    @cached_property
    def _dataset(self) -> Dataset:
        return self._source.dataset(self.level, self._file)

    @property
    def _as_published(self) -> bool | None:
        """Whether the rows are the authors' file; None where its hash is not known."""
        known = SHA256.get(f"{self.level}.jsonl")
        if known is None:
            return None if self.published else False
        return known in file_hashes(self._dataset).values()

    @cached_property
    def _definitions(self) -> Dataset:
        return self._source.dataset(PROBLEMS, self._problems_file)

    @cached_property
    def _rows(self) -> Sequence[Mapping[str, Any]]:
        return level_rows(self._dataset, self._file or f"{self.level}.jsonl", generated=not self.published)

    @cached_property
    def _problems(self) -> Problems:
        return Problems.of(self._definitions)

    @cached_property
    def _rules(self) -> Mapping[str, Rule]:
        used: dict[str, Problem] = {row["problem"]: self._problems[row["problem"]] for row in self._rows}
        return rules_for(used.values(), self._allow_code)

    @cached_property
    def _count(self) -> Counter:
        return counter(self._tokenizer)

    def _leniently(self, sample: Sample, verdict: Verdict) -> bool:
        if verdict.verdict != "wrong" or verdict.answer is None:
            return False
        return judge_leniently(verdict.answer, sample.target, self._rules[sample.doc["problem"]])


class Level1(LevelTask):
    """Published instances of 10^2 to 10^4 executed lines."""

    level = "lvl1"


class Level2(LevelTask):
    """Published instances of 10^4 to 10^5 executed lines."""

    level = "lvl2"


class Level3(LevelTask):
    """Published instances of 10^5 to 10^6 executed lines."""

    level = "lvl3"


class Generated(LevelTask):
    """Generated instances of any band of lines: `generated_lines.jsonl`."""

    level = "generated_lines"
    published = False


class GeneratedLevel1(Generated):
    """Generated instances of 10^2 to 10^4 lines: `generated_lvl1.jsonl`, never reported as the published ones."""

    level = "generated_lvl1"


class GeneratedLevel2(Generated):
    """Generated instances of 10^4 to 10^5 lines: `generated_lvl2.jsonl`, never reported as the published ones."""

    level = "generated_lvl2"


class GeneratedLevel3(Generated):
    """Generated instances of 10^5 to 10^6 lines: `generated_lvl3.jsonl`, never reported as the published ones."""

    level = "generated_lvl3"


def _shown(output: Any) -> str:
    return output if isinstance(output, str) else repr(output)


def _answer_length(tokens: int) -> str:
    for limit in _ANSWER_LENGTHS:
        if tokens <= limit:
            return f"<= {limit}"
    return f"> {_ANSWER_LENGTHS[-1]}"
