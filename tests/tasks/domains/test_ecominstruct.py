"""EcomInstruct: its prompts, careful readings, and the official scores against the evaluator's own.

`ecominstruct_official.json` holds made-up rows and answers with the values that Alibaba-NLP/EcomGPT at
eaa846f25bfb899dd1dee22e15cc8b288f11c239 gave them: its classes of src/data were made over a folder with these rows and
the `meta-info.json` of each task, and `evaluate` was called (rouge 1.0.1, seqeval 1.2.2). Names of one type, a set
there whose order changes from run to run, kept the order of the answer. Null is where its ROUGE-L ends with an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mmeval_tasks.domains import samples
from mmeval_tasks.domains.ecommerce import labels, layouts, official, reading, scoring
from tests.tasks.domains import support
from tests.tasks.domains.test_definitions import FILES

RECORDED: dict[str, Any] = json.loads(
    Path(__file__).with_name("ecominstruct_official.json").read_text(encoding="utf-8")
)
ROUGE_L: list[tuple[str, str, float | None]] = RECORDED.pop("rouge_l")
TASKS = [name for name in FILES if name.startswith("ecominstruct_")]


def _task(folder: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> Any:
    stem = FILES[name].details.get("local_name", name)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / f"{stem}.jsonl").write_text(text, encoding="utf-8")
    return support.load(name, folder)


def _made(folder: Path, name: str) -> Any:
    return _task(folder, name, samples.rows_of(str(FILES[name].details.get("local_name", name))))


# ---------------------------------------------------------------- official scores


def test_every_task_has_recorded_scores() -> None:
    assert set(TASKS) == RECORDED.keys()


@pytest.mark.parametrize("name", list(RECORDED))
def test_official_scores_are_those_of_the_evaluator(tmp_path: Path, name: str) -> None:
    task = _task(tmp_path, name, RECORDED[name]["rows"])
    ids = [sample.sample_id for sample in task.samples()]
    for case in RECORDED[name]["cases"]:
        answers = dict(zip(ids, case["answers"], strict=True))
        found = support.scores(task, lambda sample, answers=answers: answers[sample.sample_id])  # type: ignore[misc]
        wanted = {metric: pytest.approx(value, abs=1e-12) for metric, value in case["scores"].items()}
        assert {metric: found[metric] for metric in wanted} == wanted, case["answers"]


@pytest.mark.parametrize(("answer", "gold", "wanted"), ROUGE_L)
def test_rouge_l(answer: str, gold: str, wanted: float | None) -> None:
    assert official.rouge_l(answer, gold) == pytest.approx(wanted or 0.0, abs=1e-12)


@pytest.mark.parametrize("answer", ["", " ", ".", " . "])
def test_answers_at_which_the_evaluator_ends_are_wrong(answer: str) -> None:
    assert official.of_labels(answer, ["same"])["rouge_l_official"] == 0.0
    assert official.of_extracts(answer, ["the bulb"])["rouge_l_official"] == 0.0


def test_a_sentence_without_entities_and_an_answer_without_any() -> None:
    nothing = official.of_entities("", "Brand: None", "It hums .")
    assert official.entity_micro_f1([nothing["micro_f1_official"]]) == 0.0
    assert official.entity_macro_f1([nothing["macro_f1_official"]]) == 0.0


# ---------------------------------------------------------------- prompts

_HEAD = (
    "Below is an instruction that describes the {} task. Write a response that appropriately completes the request.\n"
)
_BAG = "晨露保温杯不锈钢水杯, 山雀木质书架 落地多层, 羊毛围巾女冬季, 儿童拼图玩具."
_HUM = (
    "Context: My lamp hums since Monday. I changed the bulb, and it still hums.\nQuestion: What did the author change?"
)


@pytest.mark.parametrize(
    ("name", "defined", "instruction", "gold"),
    [
        (
            "lenovo_ner",
            "named entity recognition",
            "### Instruction:\nThe Larch L5 notebook has a 12 inch display and a Finch battery .\nExtract all named "
            "entity with type about Attribute, Brand, Component, Product in the sentence. \n### Response:",
            "Attribute: 12 inch\nBrand: Finch\nComponent: display, battery\nProduct: Larch L5 notebook",
        ),
        (
            "lenovo_span_detection",
            "entity span detection",
            "### Instruction:\nThe Larch L5 notebook has a 12 inch display and a Finch battery .\nDetect all named "
            "entity about Attribute, Brand, Component, Product in the sentence. \n### Response:",
            "Larch L5 notebook, 12 inch, display, Finch, battery",
        ),
        (
            "mepave_detection",
            "attribute value detection",
            "### Instruction:\n宽松的蓝色棉麻衬衫\nDetect all attribute value about "
            f"{', '.join(labels.ATTRIBUTES)} in the sentence. \n### Response:",
            "宽松, 蓝色, 棉麻",
        ),
        (
            "mepave_recognition",
            "attribute value detection",
            "### Instruction:\n宽松的蓝色棉麻衬衫\nExtract all attribute value with attribue name about "
            f"{', '.join(labels.ATTRIBUTES)} in the sentence. \n### Response:",
            None,
        ),
        (
            "product_select",
            "product select",
            "### Instruction:\nSelect documents from the candidates that best match the product query.\nQuery: 木书架\n"
            f"Candidate Document: {_BAG}\nOutput the document content only.\n### Response:",
            "山雀木质书架 落地多层",
        ),
        (
            "extract_qa",
            "extractive question answering",
            f"### Instruction:\n{_HUM}\nExtract spans from context to answer the question. \n### Response:",
            "the bulb",
        ),
        (
            "title_generate",
            "product title generation",
            "颜色#:#蓝色#;#材质#:#棉麻#;#版型#:#宽松#;#品类#:#衬衫\nGenerate a product title based on the above "
            "attribute information. \n### Response:",
            "2023新款宽松棉麻衬衫女蓝色",
        ),
    ],
)
def test_prompts(tmp_path: Path, name: str, defined: str, instruction: str, gold: str | None) -> None:
    task = _made(tmp_path, f"ecominstruct_{name}")
    first = next(iter(task.samples()))
    (ask,) = task.requests(first)
    assert ask.prompt.text == _HEAD.format(defined) + instruction
    assert gold is None or first.target == gold


@pytest.mark.parametrize(
    ("name", "defined", "question"),
    [
        (
            "item_align",
            "product item match",
            "Determine whether the item 1 and item 2 refer to the same product. Candidate labels: {}. ",
        ),
        (
            "title_attribute_matching",
            "title attribute matching",
            "Determine whether the product title and attributes match. Candidate: {}. ",
        ),
        ("query_item_matching", "query item matching", "Determine if query and doc match. Candidate: {}. "),
        ("item_coarse_classify", "product item category", "Categorize product items. Candidates: {}"),
        ("item_fine_classify", "product item category", "Categorize product items. Candidates: {}"),
        (
            "review_topic_category",
            "review topic category",
            "Select category for the above sentences from the following topics: {}. ",
        ),
    ],
)
def test_prompts_with_candidates(tmp_path: Path, name: str, defined: str, question: str) -> None:
    task = _made(tmp_path, f"ecominstruct_{name}")
    for sample in task.samples():
        (ask,) = task.requests(sample)
        shown = question.format(", ".join(sample.doc["candidates"]))
        text = f"### Instruction:\n{sample.doc['sentences']}\n{shown}\n### Response:"
        assert ask.prompt.text == _HEAD.format(defined) + text


def test_right_answers_of_mepave_name_every_attribute(tmp_path: Path) -> None:
    first = next(iter(_made(tmp_path, "ecominstruct_mepave_recognition").samples()))
    lines = dict(line.split(": ") for line in first.target.split("\n"))
    assert tuple(lines) == labels.ATTRIBUTES
    said = {kind: name for kind, name in lines.items() if name != "None"}
    assert said == {"材质": "棉麻", "版型": "宽松", "颜色": "蓝色"}


# ---------------------------------------------------------------- rows


def test_the_twelve_tasks_are_a_group_without_a_mean() -> None:
    members = support.members("ecominstruct")
    assert len(members) == 12
    assert set(members) == set(TASKS) - {"ecominstruct_query_item_matching"}
    assert support.members("specialized_ecommerce") == ("ecominstruct",)


def test_candidates_depend_on_the_text_alone_and_hold_the_right_one() -> None:
    drawn = {text: layouts.candidates(text, ["键盘"], labels.FINE) for text in map(str, range(400))}
    assert all(len(set(shown)) == len(shown) <= 50 and "键盘" in shown for shown in drawn.values())
    assert {len(shown) for shown in drawn.values()} >= set(range(1, 50))
    assert drawn["7"] == layouts.candidates("7", ["键盘"], labels.FINE)
    pairs = [layouts.candidates(str(number), ["match"], labels.MATCH) for number in range(1000)]
    assert {tuple(pair) for pair in pairs} == {("match",), ("match", "not match"), ("not match", "match")}
    assert sum(len(pair) == 1 for pair in pairs) < 60


def test_labels_and_products_that_are_none_are_an_error(tmp_path: Path) -> None:
    row = {"sentences": "Title: a", "labels": {"en": ["maybe"], "zh": ["也许"]}}
    with pytest.raises(Exception, match=r"labels\.en has 'maybe', which is none"):
        list(_task(tmp_path, "ecominstruct_title_attribute_matching", [row]).samples())
    listed = {"sentences": "Query: a\nCandidate Document: b, c.", "spans": [{"term": "d", "start": 0, "end": 1}]}
    with pytest.raises(Exception, match="'d' is not among the candidates"):
        list(_task(tmp_path, "ecominstruct_product_select", [listed]).samples())


def test_label_lists() -> None:
    assert (len(labels.FINE), len(set(labels.FINE)), len(labels.ATTRIBUTES)) == (167, 167, 26)
    for label in labels.FINE:
        said = scoring.fine({"gold": [label]}, [f"类别：{label}。"])
        assert (said["exact_match"], said["unparsed_rate"]) == (1.0, 0.0)


# ---------------------------------------------------------------- careful readings


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("match", "match"),
        ("Answer: Match.", "match"),
        ("Match.\n\nThe brand does not matter.", "match"),
        ("匹配", "match"),
        ("not match", "not match"),
        ("They do not match.", "not match"),
        ("It doesn’t match the title", "not match"),
        ("不匹配", "not match"),
        ("Not a match", None),
        ("They match, but not in color", None),
        ("The title matches", None),
        ("match or not match", None),
        ("", None),
    ],
)
def test_a_pair_matches_or_not(answer: str, label: str | None) -> None:
    assert scoring.match({"gold": ["match"]}, [answer])["balanced_acc"] == ("match", label, 2)


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("same", "same"),
        ("Yes, the same", "same"),
        ("Not the same", "not same"),
        ("They are different.", "not same"),
        ("They do not refer to the same product.", None),
    ],
)
def test_a_pair_is_the_same_or_not(answer: str, label: str | None) -> None:
    assert scoring.same({"gold": ["same"]}, [answer])["balanced_acc"] == ("same", label, 2)


@pytest.mark.parametrize(
    ("answer", "pairs"),
    [
        ("Attribute: None\nBrand: HP, Dell", {("Brand", "hp"), ("Brand", "dell")}),
        ("Component: 1,000 GB disk,SSD", {("Component", "1,000 gb disk"), ("Component", "ssd")}),
        ("**Brand**:\n- HP\n- Dell\n\n**Product**: iPAQ", {("Brand", "hp"), ("Brand", "dell"), ("Product", "ipaq")}),
        ("HP (Brand), iPAQ (Product)", {("Brand", "hp"), ("Product", "ipaq")}),
        ("HP: Brand", {("Brand", "hp")}),
        ("1. Brand: HP\n2) Product: 2 in 1 laptop", {("Brand", "hp"), ("Product", "2 in 1 laptop")}),
        ("Colour: red\nbrand: HP", {("Brand", "hp")}),
        ("None", set()),
        ("Brand: none\nProduct: n/a", set()),
        ("I do not know", None),
        ("", None),
    ],
)
def test_names_by_type(answer: str, pairs: set[tuple[str, str]] | None) -> None:
    assert reading.typed_names(answer, labels.PARTS) == pairs


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ("HP, iPAQ , 10 GB", {"hp", "ipaq", "10 gb"}),
        ("The named entities are:\n- HP\n- iPAQ", {"hp", "ipaq"}),
        ("1. HP\n2. 1.2 GHz", {"hp", "1.2 ghz"}),
        ("领型：圆领、V领，拼接", {"圆领", "v领", "拼接"}),
        ("None", set()),
        ("", None),
    ],
)
def test_names(answer: str, names: set[str] | None) -> None:
    assert reading.listed_names(answer) == names


@pytest.mark.parametrize(
    ("name", "answer", "metric", "value"),
    [
        ("product_select", "山雀木质书架 落地多层.", "exact_match", 0.5),
        ("product_select", "儿童拼图玩具", "exact_match", 0.0),
        ("extract_qa", "The bulb.", "rougeL", 0.5),
        ("title_generate", "松木 书架", "rougeL_characters", (1 / 8 + 8 / 15) / 2),
        ("review_topic_category", "Food and Service", "multilabel_f1_micro", 4 / 7),
        ("lenovo_ner", "Brand: Finch", "entity_f1", 4 / 9),
        ("lenovo_span_detection", "Finch\nlarch L5 notebook", "entity_f1_exact", 6 / 11),
    ],
)
def test_careful_scores(tmp_path: Path, name: str, answer: str, metric: str, value: float) -> None:
    found = support.scores(_made(tmp_path, f"ecominstruct_{name}"), lambda sample: answer)
    assert found[metric] == pytest.approx(value)


@pytest.mark.parametrize("name", TASKS)
def test_silence_is_wrong_and_is_counted(tmp_path: Path, name: str) -> None:
    found = support.scores(_made(tmp_path, name), lambda sample: "")
    assert found.pop("unparsed_rate") == 1.0
    assert set(found.values()) == {0.0}
