"""LEXTREME: its two copies, its label lists, and the values that the original code has for made-up answers.

`lextreme_recorded.json` holds what original code gave for answers that were made up for it. The last value of a row of
`lines` is the exact match of lighteval at 3fd15266 (`ExactMatches` behind its stop at the end of a line). F1s are those
of JoelNiklaus/LEXTREME at 6cb4ee80 (`compute_metrics_multi_class`, `compute_metrics_multi_label` and `Seqeval` of
`experiments/helper.py`), given the labels that the answers name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mmeval.errors import SpecError
from mmeval.metrics.summarize import summarize
from mmeval.task import Answered
from mmeval.types import Generation, Outcome, SampleScore
from mmeval.yaml_task.task import YamlTask
from mmeval_tasks.domains import samples
from mmeval_tasks.domains.lextreme import labels, layouts, scoring
from tests.tasks.domains import support
from tests.tasks.domains.test_definitions import FILES

RECORDED: Mapping[str, list[Any]] = json.loads(
    (Path(__file__).parent / "lextreme_recorded.json").read_text(encoding="utf-8")
)
TASKS = {name: spec for name, spec in FILES.items() if name.startswith("lextreme_")}
LISTS = {
    "brazilian_court_decisions_judgment": labels.JUDGMENTS,
    "brazilian_court_decisions_unanimity": labels.UNANIMITY,
    "german_argument_mining": labels.COMPONENTS,
    "swiss_judgment_prediction": labels.APPEALS,
    "online_terms_of_service_unfairness_levels": labels.UNFAIRNESS,
    "online_terms_of_service_clause_topics": labels.TOPICS,
    "covid19_emergency_event": labels.EVENTS,
    "legalnero": labels.LEGALNERO,
    "lener_br": labels.LENER_BR,
}


def _task(folder: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> YamlTask:
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / f"lextreme_{name}.jsonl").write_text(lines, encoding="utf-8")
    return support.load(f"lextreme_{name}", folder)


def _scored(task: YamlTask, answers: Sequence[str], pipeline: str) -> list[SampleScore]:
    pairs = zip(task.samples(), answers, strict=True)
    scored = task.score_all([Answered(sample, [[Generation(text)]]) for sample, text in pairs])
    return [score for score in scored if score.pipeline == pipeline]


def _values(task: YamlTask, answers: Sequence[str], pipeline: str) -> dict[str, float]:
    by_id = {sample.sample_id: sample for sample in task.samples()}
    rows = summarize(_scored(task, answers, pipeline), task.metrics, samples=by_id, bootstrap_iters=0).metrics
    return {row.metric: row.value for row in rows}


def _row(label: int | list[int], tokens: int = 0) -> dict[str, Any]:
    return {"input": ["word"] * tokens or "a text", "label": label, "language": "en"}


def test_the_group_has_every_configuration() -> None:
    assert set(support.members("lextreme")) == TASKS.keys()
    assert len(TASKS) == 18
    for name, spec in TASKS.items():
        options, config = spec.dataset_kwargs or {}, name.removeprefix("lextreme_")
        in_test = options.get("data_files", {}).get("test", f"{options.get('data_dir')}/test/*.parquet")
        assert in_test == f"{config}/test/*.parquet"


def test_the_lists_have_the_lengths_of_the_loading_script() -> None:
    assert [*map(len, (labels.VOLUMES, labels.CHAPTERS, labels.SUBJECTS))] == [47, 389, 2285]
    assert [*map(len, (labels.CONCEPTS_1, labels.CONCEPTS_2, labels.CONCEPTS_3))] == [21, 127, 567]
    assert [*map(len, (labels.TOPICS, labels.EVENTS))] == [9, 8]
    tags = (labels.GREEK_LEGAL_NER, labels.LEGALNERO, labels.LENER_BR, labels.MAPA_COARSE, labels.MAPA_FINE)
    assert [*map(len, tags)] == [17, 11, 13, 13, 45]
    lists = (*LISTS.values(), labels.VOLUMES, labels.CHAPTERS, labels.SUBJECTS, *tags)
    assert all(len(set(names)) == len(names) for names in lists)
    # the first and last of those whose order is that of another list
    assert (labels.CONCEPTS_1[0], labels.CONCEPTS_1[-1]) == ("social questions", "environment")
    assert (labels.CONCEPTS_2[0], labels.CONCEPTS_2[-1]) == ("health", "environmental policy")
    assert (labels.CONCEPTS_3[0], labels.CONCEPTS_3[-1]) == ("illness", "Central and Eastern European Countries")
    assert labels.MAPA_FINE[11:13] == ("I-UNIT", "B-UNIT")


@pytest.mark.parametrize(
    "name", [name for name, spec in TASKS.items() if "out of the following: O," in spec.description]
)
def test_questions_about_entities_list_the_declared_tags(name: str) -> None:
    declared = getattr(labels, name.removeprefix("lextreme_").upper())
    assert TASKS[name].description.endswith(f"out of the following: {', '.join(declared)}\n\n")


@pytest.mark.parametrize("name", list(LISTS))
def test_rows_of_lighteval_are_the_same_rows(tmp_path: Path, name: str) -> None:
    names = LISTS[name]
    own = samples.rows_of(f"lextreme_{name}")
    copied = [_as_lighteval(row, names) for row in own]
    (tmp_path / "own").mkdir()
    one, other = _task(tmp_path / "own", name, own), _task(tmp_path, name, copied)
    shown = [
        [(task.requests(sample)[0].prompt.text, sample.target) for sample in task.samples()] for task in (one, other)
    ]
    assert shown[0] == shown[1]
    assert {sample.doc["language"] for sample in other.samples()} == {layouts.UNTOLD}


def _as_lighteval(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """A row as HELM's scenario makes it, which is where the rows of lighteval come from."""
    label, text = row["label"], row["input"]
    if isinstance(text, list):
        quoted = ['"' + '" "'.join(words) + '"' for words in (text, [names[one] for one in label])]
        return {"input": quoted[0], "references": [quoted[1]], "gold": [quoted[1]]}
    gold = [names[label]] if isinstance(label, int) else [str(one) for one in label]
    return {"input": text, "references": gold, "gold": gold}


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        ("swiss_judgment_prediction", _row(2), "the label 2 is outside 0-1"),
        ("covid19_emergency_event", _row([0, 8]), "the label 8 is outside 0-7"),
        ("swiss_judgment_prediction", {"input": "x", "references": ["yes"], "gold": ["yes"]}, "'yes' is none of the 2"),
    ],
)
def test_a_label_that_is_none_ends_the_run(tmp_path: Path, name: str, row: Mapping[str, Any], problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        list(_task(tmp_path, name, [row]).samples())


def test_a_law_is_asked_about_in_one_of_its_languages(tmp_path: Path) -> None:
    texts = [str({"en": f"Law {number}.", "de": f"Gesetz {number}.", "mt": None}) for number in range(20)]
    task = _task(tmp_path, "multi_eurlex_level_1", [{**_row([0]), "input": text} for text in texts])
    told = [(sample.doc["language"], sample.doc["input"].split()[0]) for sample in task.samples()]
    assert set(told) == {("en", "Law"), ("de", "Gesetz")}
    assert task.slices == ("language",)


@pytest.mark.parametrize(
    ("name", "prompt", "target"),
    [
        (
            "swiss_judgment_prediction",
            "In this task, you are given the facts description from a decision heard at the Swiss Federal Supreme "
            "Court. Predict the judgment of the case (approval: The appeal was approved, or dismissal: The appeal was "
            "denied)\n\nPassage: A. stellte im Mai ein Gesuch um eine Baubewilligung für ein Gartenhaus.\nAnswer:",
            "dismissal",
        ),
        (
            "online_terms_of_service_clause_topics",
            "In this task, you are given a sentence from a Terms of Service (ToS) document. Predict the clause topics "
            "of the sentence out of the following: 0: Arbitration, 1: Unilateral change, 2: Content removal, "
            "3: Jurisdiction, 4: Choice of law, 5: Limitation of liability, 6: Unilateral termination, "
            "7: Contract by using, 8: Privacy included. If there is no label reply n/a, if there are multiple labels "
            "specify all of them separated by a comma.\n\n"
            "Passage: We may remove your recipes and are not liable for burnt cakes.\nAnswer:",
            "2, 5",
        ),
        (
            "legalnero",
            "In this task, you are given a sentence from Romanian legislation. Predict the named entity type for each "
            "token out of the following: O, B-TIME, I-TIME, B-LEGAL, I-LEGAL, B-ORG, I-ORG, B-LOC, I-LOC, B-PER, I-PER"
            '\n\nPassage: "La" "3" "mai" "," "Ana" "Pop" "a" "semnat" "."\nAnswer:',
            '"O" "B-TIME" "I-TIME" "O" "B-PER" "I-PER" "O" "O" "O"',
        ),
    ],
)
def test_prompts(tmp_path: Path, name: str, prompt: str, target: str) -> None:
    task = _task(tmp_path, name, samples.rows_of(f"lextreme_{name}"))
    first = next(iter(task.samples()))
    assert (task.requests(first)[0].prompt.text, first.target) == (prompt, target)


@pytest.mark.parametrize(
    ("name", "instruction", "listed"),
    [
        ("greek_legal_code_volume", "Predict the volume level category", labels.VOLUMES),
        ("greek_legal_code_chapter", "Predict the chapter level category", labels.CHAPTERS),
        ("multi_eurlex_level_1", "Predict the level 1 concept in the EUROVOC taxonomy", labels.CONCEPTS_1),
        ("multi_eurlex_level_2", "Predict the level 2 concept in the EUROVOC taxonomy", labels.CONCEPTS_2),
        ("multi_eurlex_level_3", "Predict the level 3 concept in the EUROVOC taxonomy", labels.CONCEPTS_3),
    ],
)
def test_questions_that_list_the_names(tmp_path: Path, name: str, instruction: str, listed: Sequence[str]) -> None:
    task = _task(tmp_path, name, samples.rows_of(f"lextreme_{name}"))
    first = next(iter(task.samples()))
    asked, *names = task.requests(first)[0].prompt.text.split("\n- ")
    assert asked.startswith("In this task, you are given a ")
    assert instruction in asked
    last, *behind = names[-1].split("\n")
    assert (*names[:-1], last) == listed
    assert behind == ["", f"Passage: {first.doc['input']}", "Answer:"]


@pytest.mark.parametrize("recorded", RECORDED["lines"], ids=lambda recorded: recorded["task"])
def test_the_exact_match_of_lighteval(tmp_path: Path, recorded: Mapping[str, Any]) -> None:
    task = _task(tmp_path, recorded["task"], [_row(label) for label, _, _ in recorded["rows"]])
    scores = _scored(task, [answer for _, answer, _ in recorded["rows"]], "official")
    assert [score.values["exact_match"] for score in scores] == [value for _, _, value in recorded["rows"]]


@pytest.mark.parametrize("kind", ["classes", "topics", "entities"])
def test_f1_of_the_original_code(tmp_path: Path, kind: str) -> None:
    pipeline = {"classes": "label", "topics": "labels", "entities": "none"}[kind]
    for recorded in RECORDED[kind]:
        rows = [_row(label, len(label) if kind == "entities" else 0) for label, _ in recorded["rows"]]
        task = _task(tmp_path, recorded["task"], rows)
        found = _values(task, [answer for _, answer in recorded["rows"]], pipeline)
        wanted = {key: value for key, value in recorded.items() if key not in ("task", "rows")}
        assert {key: found[key] for key in wanted} == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("name", "answer", "wanted"),
    [
        ("brazilian_court_decisions_unanimity", "not unanimity", "not-unanimity"),
        ("brazilian_court_decisions_unanimity", "Not determined.", "not_determined"),
        ("brazilian_court_decisions_judgment", "No, the appeal was denied", "no"),
        ("brazilian_court_decisions_judgment", "not partial", None),
        ("online_terms_of_service_unfairness_levels", "The sentence is clearly unfair.", "clearly_unfair"),
        ("online_terms_of_service_unfairness_levels", "unfair", None),
        ("swiss_judgment_prediction", "dismissal or approval", None),
        ("online_terms_of_service_clause_topics", "5, 2", ["Content removal", "Limitation of liability"]),
        (
            "online_terms_of_service_clause_topics",
            "1. Jurisdiction\n2. Choice of law",
            ["Jurisdiction", "Choice of law"],
        ),
        ("online_terms_of_service_clause_topics", "N/A", []),
        ("online_terms_of_service_clause_topics", "none that I see", None),
        ("covid19_emergency_event", "Closures/lockdown", ["Closures / lockdown"]),
        (
            "multi_eurlex_level_2",
            "cultivation of agricultural land, transport policy",
            ["cultivation of agricultural land", "transport policy"],
        ),
        ("multi_eurlex_level_3", "market, prices", ["prices", "market"]),
        ("greek_legal_code_volume", "Κοινωνική Πρόνοια", "ΚΟΙΝΩΝΙΚΗ ΠΡΟΝΟΙΑ"),
        ("greek_legal_code_volume", "<think>ΔΗΜΟΣΙΑ ΕΡΓΑ?</think>\nΤόμος: Ποινική νομοθεσία.", "ΠΟΙΝΙΚΗ ΝΟΜΟΘΕΣΙΑ"),
        ("greek_legal_code_chapter", "ΔΙΟΙΚΗΣΗ ΥΓΙΕΙΝΗΣ", "ΔΙΟΙΚΗΣH ΥΓΙΕΙΝΗΣ"),
        ("greek_legal_code_chapter", "ΔΙΟΙΚΗΣH ΥΓΙΕΙΝΗΣ", "ΔΙΟΙΚΗΣH ΥΓΙΕΙΝΗΣ"),
    ],
)
def test_answers_are_read(tmp_path: Path, name: str, answer: str, wanted: Any) -> None:
    label = samples.rows_of(f"lextreme_{name}")[0]["label"]
    row = {**_row(label), "input": "{'en': 'A law.'}"}
    task = _task(tmp_path, name, [row])
    (score,) = _scored(task, [answer], "labels" if isinstance(label, list) else "label")
    assert score.answer == wanted
    assert score.outcome is (Outcome.UNPARSED if wanted is None else Outcome.SCORED)


def test_an_option_that_is_no_class_is_read_and_wrong(tmp_path: Path) -> None:
    task = _task(tmp_path, "brazilian_court_decisions_unanimity", [_row(0)])
    found = _values(task, ["not_determined"], "label")
    assert found == {"f1_micro": 0.0, "f1_macro": 0.0, "exact_match": 0.0, "unparsed_rate": 0.0}


def test_no_topic_is_no_label(tmp_path: Path) -> None:
    task = _task(tmp_path, "online_terms_of_service_clause_topics", [_row([]), _row([]), _row([3])])
    found = _values(task, ["n/a", "I cannot tell", "3"], "labels")
    assert (found["multilabel_f1_micro"], found["exact_match"]) == (1.0, pytest.approx(2 / 3))
    assert found["unparsed_rate"] == pytest.approx(1 / 3)


def test_tags_are_counted_by_their_order(tmp_path: Path) -> None:
    # O B-PER I-PER O: one tag too few shifts nothing that stands before it, and leaves the rest outside
    task = _task(tmp_path, "legalnero", [_row([0, 9, 10, 0], 4)] * 4)
    answers = ['"O" "B-PER" "I-PER"', "O, B-PER, I-PER, O, O", "Ana Pop", "O B-PER I-LOC O"]
    scores = _scored(task, answers, "none")
    assert [score.values["entity_f1"] for score in scores] == [(1, 1, 1), (1, 1, 1), (0, 0, 1), (0, 1, 1)]
    assert [score.values["miscounted_rate"] for score in scores] == [1.0, 1.0, 0.0, 0.0]
    assert [score.values["unparsed_rate"] for score in scores] == [0.0, 0.0, 1.0, 0.0]


def test_types_that_never_occur_count_in_the_mean() -> None:
    assert scoring.mean_f1([(1, 1, 1, 0, 0, 0), (0, 1, 0, 0, 0, 0)]) == pytest.approx((2 / 3 + 0) / 2)
