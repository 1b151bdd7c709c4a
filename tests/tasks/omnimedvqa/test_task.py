from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import mmeval
import mmeval.catalog
import mmeval.task
from mmeval.errors import UsageError
from mmeval.metrics.summarize import summarize
from mmeval.registry import METRICS, TASKS
from mmeval.testing import ScriptedModel, TaskConformance
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Generation,
    Image,
    Likelihoods,
    Loglikelihood,
    Outcome,
    Sample,
    SampleScore,
    TaskResult,
)
from mmeval_tasks.omnimedvqa import OmniMedVQA, OmniMedVQAOfficial, OmniMedVQAPrefix, OmniMedVQAThink, filtered
from mmeval_tasks.omnimedvqa.baselines import Prior
from mmeval_tasks.omnimedvqa.protocols import MED_R1, Prefix, confidences
from mmeval_tasks.omnimedvqa.report import macro, markdown, rows

PROTOCOLS = ("letter", "official", "think", "no_think", "zero_shot", "prefix")


@pytest.mark.parametrize("protocol", ["letter", "official", "think", "prefix"])
def test_conformance(protocol: Any, mini: Path, tmp_path: Path) -> None:
    class Suite(TaskConformance):
        limit = 7

        def make(self) -> OmniMedVQA:
            return OmniMedVQA(data_dir=str(mini), protocol=protocol)

    for name in [name for name in dir(Suite) if name.startswith("test_")]:
        method: Callable[..., None] = getattr(Suite(), name)
        method(*[tmp_path] * ("tmp_path" in method.__code__.co_varnames))


def result_of(task: OmniMedVQA, answer: Callable[[Sample], str], directory: Path) -> TaskResult:
    class Kept:
        arrays = Path()
        samples: Mapping[str, Sample] = {sample.sample_id: sample for sample in task.samples()}

        def __init__(self) -> None:
            self.directory = directory

        def summarize(self, scored: Sequence[SampleScore]) -> TaskResult:
            metrics = [METRICS.get(str(name)) for name in task.metrics]
            return summarize(scored, metrics, samples=self.samples, slices=task.slices, cluster=task.cluster)

    kept = Kept()
    scores = [task.score(sample, [Generation(answer(sample))]) for sample in kept.samples.values()]
    return task.aggregate(scores, kept)


def values(result: TaskResult) -> dict[str, float]:
    return {row.metric: row.value for row in result.metrics}


# ---------------------------------------------------------------- prompts


def ask_of(task: OmniMedVQA, sample_id: str) -> Ask:
    sample = next(sample for sample in task.samples() if sample.sample_id == sample_id)
    (ask,) = task.requests(sample)
    return ask


def test_the_official_prompt_is_byte_exact(mini: Path) -> None:
    ask = ask_of(OmniMedVQAOfficial(data_dir=str(mini)), "Pydicom CT_0000")
    assert isinstance(ask, Generate)
    assert ask.prompt.text == (
        "What imaging technique was used to obtain this image?Here are 4 candidate answers:['Mammogram', 'CT', "
        "'Fluoroscopy', 'Positron emission tomography (PET)'] Only return what you think is the correct answer from "
        "the candidate answers, do not return any other irrelevant text!"
    )
    image = ask.prompt.parts[0]
    assert isinstance(image, Image)
    assert Path(image.path) == mini / "Images/Pydicom CT/CT_small.png"
    assert len(image.digest) == 64
    quoted = OmniMedVQAOfficial(data_dir=str(mini)).protocol.text("q", {"A": "it's", "B": "no"})  # type: ignore[attr-defined]
    assert """answers:["it's", 'no'] Only""" in quoted


def test_the_other_prompts(mini: Path) -> None:
    def text(protocol: Any) -> str:
        ask = ask_of(OmniMedVQA(data_dir=str(mini), protocol=protocol), "Pydicom CT_0002")
        return ask.prompt.text

    question = "In which anatomical plane was this image acquired?"
    assert text("letter") == (
        f"{question}\nA. Coronal\nB. Sagittal\nC. Axial\n"
        "Answer with the option's letter from the given choices directly."
    )
    for mode, wish in MED_R1.items():
        assert text(mode) == f"{question} A)Coronal, B)Sagittal, C)Axial {wish}"
    assert MED_R1["no_think"].startswith("Provide the correct single-letter choice (A, B, C, D,...) inside <answer>")
    ask = ask_of(OmniMedVQAPrefix(data_dir=str(mini)), "Pydicom CT_0002")
    assert isinstance(ask, Loglikelihood)
    assert ask.prompt.text == f"Question: {question} The answer is"
    assert (ask.continuations, ask.delimiter) == (("Coronal.", "Sagittal.", "Axial."), " ")


# ---------------------------------------------------------------- scores


@pytest.mark.parametrize("protocol", ["letter", "official", "think", "no_think", "zero_shot"])
def test_the_ladder_reads_gold_texts_and_letters(protocol: Any, mini: Path, tmp_path: Path) -> None:
    task = OmniMedVQA(data_dir=str(mini), protocol=protocol)
    texts = values(result_of(task, lambda sample: str(sample.doc["gold_text"]), tmp_path))
    letters = values(result_of(task, lambda sample: str(sample.target[0]), tmp_path))
    assert texts["acc"] == letters["acc"] == 1.0
    if protocol == "official":
        assert texts["omnimed_qa_score"] == 1.0
        assert letters["omnimed_qa_score"] < 1.0
    if protocol == "think":
        assert letters["med_r1_acc"] == 0.0, "a letter without a tag"
    if protocol in ("no_think", "zero_shot"):
        assert letters["med_r1_acc"] == 1.0
        assert texts["med_r1_acc"] == 0.0


def test_always_a_and_chance_are_as_expected(mini: Path, tmp_path: Path, expected: Mapping[str, Any]) -> None:
    task = OmniMedVQA(data_dir=str(mini))
    result = result_of(task, lambda sample: str(task.baselines()["always_A"](sample)), tmp_path)
    assert values(result)["acc"] == expected["always_A_accuracy"]
    assert result.details["chance"] == pytest.approx(expected["random_guess_accuracy"], abs=1e-6)


def test_any_letter_of_an_ambiguous_gold_is_right(mini: Path) -> None:
    task = OmniMedVQA(data_dir=str(mini / "malformed" / "duplicate_options"))
    (sample,) = task.samples()
    right = {letter: task.score(sample, [Generation(letter)]).values["acc"] for letter in "ABCD"}
    assert right == {"A": 1.0, "B": 1.0, "C": 1.0, "D": 0.0}


def test_what_is_not_read_is_wrong_and_told(mini: Path, tmp_path: Path) -> None:
    result = result_of(OmniMedVQA(data_dir=str(mini)), lambda _: "It is hard to say", tmp_path)
    assert values(result)["acc"] == 0.0
    assert result.details["unparsed"] == {"no_option": 28}
    assert result.details["n"] == {"asked": 28, "answered": 28, "parsed": 0}


def test_failed_requests_are_wrong_for_the_official_score_only(mini: Path, tmp_path: Path) -> None:
    def answer(ask: Ask) -> str | Failure:
        return Failure("boom") if "plane" in ask.prompt.text else "CT"

    asked = list(OmniMedVQAOfficial(data_dir=str(mini)).samples())
    failing = sum("plane" in sample.doc["question"] for sample in asked)
    assert failing > 1
    counted = {}
    for quirks in (False, True):
        task = OmniMedVQAOfficial(data_dir=str(mini), quirks=quirks)
        run = mmeval.evaluate(tasks=task, model=ScriptedModel(answer), output_path=str(tmp_path), max_errors=99)
        found = run.data["mmeval"]["tasks"]["omnimedvqa_official"]["metrics"]
        counted[quirks] = {row["metric"]: (round(row["value"] * row["n"]), row["n"]) for row in found}
    right = counted[True]["omnimed_qa_score"][0]
    assert counted[False] == {"omnimed_qa_score": (right, 28), "acc": (counted[True]["acc"][0], 28 - failing)}
    assert counted[True]["omnimed_qa_score"] == (right, 28 - failing)


# ---------------------------------------------------------------- the prefix score


LOSSES = (2.0, 1.5, 1.8, 3.0)


def test_the_worked_example() -> None:
    assert [round(value, 4) for value in confidences(LOSSES)] == [0.2448, 0.2892, 0.2588, 0.2072]
    assert confidences([0.0, 1.0]) == [1.0, 0.0]
    assert confidences([math.inf, 1.0])[1] > 0.5


@pytest.mark.parametrize(
    ("normalise", "response", "letter"),
    [
        ("token_mean", Likelihoods((-4.0, -4.5, -9.0), (False,) * 3, lengths=(2, 3, 5)), "B"),
        ("sum", Likelihoods((-4.0, -4.5, -9.0), (False,) * 3), "A"),
        ("byte_mean", Likelihoods((-4.0, -4.5, -1.0), (False,) * 3), "C"),
        ("sum", Likelihoods((-4.0, -4.0, -4.0), (False,) * 3), "A"),
        ("sum", Likelihoods((math.nan, -math.inf, -4.0), (False,) * 3), "C"),
    ],
)
def test_the_least_loss_is_chosen(mini: Path, normalise: Any, response: Likelihoods, letter: str) -> None:
    task = OmniMedVQAPrefix(data_dir=str(mini), normalise=normalise)
    sample = next(sample for sample in task.samples() if len(sample.doc["options"]) == 3)
    score = task.score(sample, [response])
    assert score.answer == letter
    assert score.values["omnimed_prefix_score"] == float([letter] == sample.target)


def test_a_model_that_counts_no_tokens_is_told_so(mini: Path) -> None:
    task = OmniMedVQAPrefix(data_dir=str(mini))
    (score,) = [
        mmeval.task.score_one(task.score, sample, [Likelihoods((-1.0, -2.0), (True, False))])
        for sample in list(task.samples())[:1]
    ]
    assert score.outcome is Outcome.ERROR
    assert "byte_mean" in score.reason
    with pytest.raises(TypeError):
        Prefix("sum", ".").score(Sample("s", {"options": {}}), Generation("x"))


# ---------------------------------------------------------------- baselines and report


def test_the_prior_learns_what_is_gold(mini: Path, tmp_path: Path) -> None:
    prior = Prior()
    for item in OmniMedVQA(data_dir=str(mini))._collection.items:
        prior.add(item)
    assert prior.choose({"A": "Unheard of", "B": "Axial"}) == "B"
    assert prior.choose({"A": "one", "B": "two"}) == "A"


def test_baselines_are_the_same_in_every_run(mini: Path) -> None:
    for protocol in PROTOCOLS:
        one, other = (OmniMedVQA(data_dir=str(mini), protocol=protocol) for _ in range(2))  # type: ignore[arg-type]
        for name, answer in one.baselines().items():
            again = other.baselines()[name]
            assert [answer(sample) for sample in one.samples()] == [again(sample) for sample in other.samples()]


def test_the_report_has_the_grid_and_means(mini: Path, tmp_path: Path) -> None:
    task = OmniMedVQA(data_dir=str(mini))
    result = result_of(task, lambda sample: "B" if sample.metadata["modality"] == "ct" else "A", tmp_path)
    details = json.loads(json.dumps(result.details))
    assert details["grid"]["ct"]["dd"] is None
    assert details["grid"]["ct"]["mrec"] == {"value": 0.5, "n": 2}
    assert details["macro"]["modality"] == pytest.approx(
        sum(cell["value"] for cell in details["by"]["modality"].values()) / 6
    )
    assert details["micro"] == values(result)["acc"]
    assert list(details["grid"]) == ["ct", "mr", "xray", "us", "fp", "mic"]
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "| ct | 50.00 % (2) |" in text
    assert "| n/a |" in text
    assert "28 of 28 items can be scored." in text
    assert set(result.slices) == {"modality", "question_type", "source"}


def test_nothing_counted_is_no_number() -> None:
    assert rows([], {}, "acc") == []
    assert macro([], "modality") is None
    empty: dict[str, Any] = {"metric": "acc", "micro": None, "chance": None, "macro": {}, "by": {"source": {}}}
    assert "n/a" in markdown("t", {**empty, "grid": {}, "unparsed": {"x": 1}}, {}, {})


def test_intervals_are_clustered_by_image(mini: Path, tmp_path: Path) -> None:
    task = OmniMedVQA(data_dir=str(mini))
    images = {sample.metadata["image"] for sample in task.samples()}
    assert (len(images), task.cluster) == (13, "image")


# ---------------------------------------------------------------- whole runs


def test_image_gain_is_zero_for_a_blind_model_and_all_for_a_seeing_one(mini: Path, tmp_path: Path) -> None:
    gold = {}
    for sample in OmniMedVQA(data_dir=str(mini)).samples():
        gold[sample.doc["question"], sample.doc["image_digest"]] = sample.target[0]

    def seeing(ask: Ask) -> str:
        (image,) = (part for part in ask.prompt.parts if isinstance(part, Image))
        return gold.get((ask.prompt.text.partition("\n")[0], image.digest), "Z")

    for script, gain, interval in ((seeing, 1.0, [1.0, 1.0]), (lambda ask: "A", 0.0, [0.0, 0.0])):
        run = mmeval.evaluate(
            tasks=OmniMedVQA(data_dir=str(mini)),
            model=ScriptedModel(script),
            variants="blank_image",
            output_path=str(tmp_path),
        )
        own = run.data["mmeval"]["tasks"]["omnimedvqa"]
        (row,) = own["gains"]["blank_image"]["metrics"]
        assert (row["metric"], row["value"], row["interval"], row["n"]) == ("acc", gain, interval, 28)
        (of_ct,) = own["gains"]["blank_image"]["slices"]["modality"]["ct"]
        assert (of_ct["value"], of_ct["n"]) == (gain, 6)


def test_filtered_tasks_stand_under_tags() -> None:
    for tag in ("omnimedvqa_modalities", "omnimedvqa_types"):
        assert tag in mmeval.catalog.Catalog().names()
    for name in (*filtered.MODALITIES, *filtered.QUESTION_TYPES):
        assert TASKS.get(name).name == name
    names = mmeval.catalog.Catalog().tagged("omnimedvqa_types")
    assert names == filtered.QUESTION_TYPES


def test_a_filtered_task_cannot_be_filtered_otherwise(mini: Path) -> None:
    task = filtered.ct(data_dir=str(mini), modalities="mr")
    assert {sample.metadata["modality"] for sample in task.samples()} == {"ct"}
    dd = filtered.dd(data_dir=str(mini), protocol="official")
    assert len(list(dd.samples())) == 3
    assert dd.metrics == ("omnimed_qa_score", "acc")


def test_wrong_arguments_are_one_clear_line(mini: Path) -> None:
    with pytest.raises(UsageError, match="max_tokens"):
        OmniMedVQAThink(data_dir=str(mini), max_tokens=0)
    with pytest.raises(UsageError, match="sample"):
        list(OmniMedVQA(data_dir=str(mini), sample=-1).samples())


def test_config_pins_what_was_asked(mini: Path) -> None:
    config = OmniMedVQA(data_dir=str(mini), modalities="ct").config()
    assert (config["items"], config["protocol"], config["modalities"]) == (6, "letter", "ct")
    assert config["data"]["source"] == "folder"
    other = OmniMedVQA(data_dir=str(mini), modalities="mr").config()
    assert config["item_ids_sha256"] != other["item_ids_sha256"]
