"""Where each benchmark is published, and the layout of its rows, as the sheet on domain benchmarks has them.

A new task takes one line of `PUBLISHED`, and a row of `MADE` where no sample file has its layout; or a line of
`FURTHER` with the columns that it needs. What the sheet leaves open is compared with lm-eval and with LegalBench's own
prompts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.tasks.domains import legalbench_tasks, lm_eval_tasks

LEX_GLUE = "9c205f32915297e23b9922ab44df1a931823d7fd"
PARQUET = "refs/convert/parquet"
ECOMINSTRUCT = "https://raw.githubusercontent.com/Alibaba-NLP/EcomGPT/eaa846f25bfb899dd1dee22e15cc8b288f11c239/data/ecom_instruct_v1/"
LAWBENCH = (
    "https://raw.githubusercontent.com/open-compass/LawBench/e30981bb3ff54c41571f222e0b23e92d27375388/data/zero_shot/"
)
CONVFINQA = "https://github.com/czyssrs/ConvFinQA/raw/cf3eed2d5984960bf06bb8145bcea5e80b0222a6/data.zip"
FINQA = "https://raw.githubusercontent.com/czyssrs/FinQA/0f16e2867befa6840783e58be38c9efb9229d742/dataset/test.json"

TATQA = (
    "https://raw.githubusercontent.com/NExTplusplus/TAT-QA/870accc41953dcde885aabeb963d94aabdc0fbc3/"
    "dataset_raw/tatqa_dataset_test_gold.json"
)

LM_EVAL: list[Mapping[str, Any]] = json.loads(lm_eval_tasks.RECORD.read_text(encoding="utf-8"))
LEGALBENCH: Mapping[str, list[str]] = json.loads(legalbench_tasks.RECORD.read_text(encoding="utf-8"))


class Published(NamedTuple):
    """A data set, its configuration, the split that is scored, a layout by name, a revision, the split of examples.

    Data of one's own and files behind a link stand as themselves for a data set.
    """

    source: str
    config: str | None
    split: str
    layout: str
    revision: str | None = None
    examples: str | None = None


_MEDQA = Published("GBaker/MedQA-USMLE-4-options-hf", None, "test", "medqa", "17af9355ef89fba60de966eabaeba797c695f86e")
_MEDMCQA = Published("openlifescienceai/medmcqa", None, "validation", "medmcqa")
_PUBMEDQA = Published("qiaojin/PubMedQA", "pqa_labeled", "train", "pubmedqa_qiaojin", examples="train")
_FPB = Published("TheFinAI/en-fpb", None, "test", "fpb_flare", examples="train")
_CASEHOLD = Published("coastalcph/lex_glue", "case_hold", "test", "casehold", LEX_GLUE)
_FINQA = Published(FINQA, None, "test", "finqa", examples="train")
_FIQA = Published("pauri32/fiqa-2018", None, "test", "fiqa_sa", "74b7dd5d4fc61e0fa5d979bef2c53111ea69c58a", "train")

_MMLU = (
    *("abstract_algebra", "anatomy", "clinical_knowledge", "college_biology", "college_mathematics"),
    *("college_medicine", "econometrics", "elementary_mathematics", "high_school_macroeconomics"),
    *("high_school_mathematics", "high_school_microeconomics", "high_school_statistics", "international_law"),
    *("jurisprudence", "medical_genetics", "professional_accounting", "professional_law", "professional_medicine"),
)
_MMLU_PRO = ("biology", "business", "chemistry", "economics", "health", "law", "math", "physics")


def _legalbench(task: str, layout: str) -> Published:
    return Published("nguha/legalbench", task, "test", layout, PARQUET, "train")


PUBLISHED: Mapping[str, Published] = {
    "medqa_4options": _MEDQA,
    "medqa_4options_gen": _MEDQA,
    "medmcqa": _MEDMCQA,
    "medmcqa_gen": _MEDMCQA,
    "pubmedqa": _PUBMEDQA,
    "pubmedqa_all": _PUBMEDQA,
    "pubmedqa_gen": _PUBMEDQA,
    "careqa_en": Published("HPAI-BSC/CareQA", "CareQA_en", "test", "careqa", examples="test"),
    "careqa_es": Published("HPAI-BSC/CareQA", "CareQA_es", "test", "careqa", examples="test"),
    "headqa_en": Published("EleutherAI/headqa", "en", "test", "headqa"),
    "headqa_es": Published("EleutherAI/headqa", "es", "test", "headqa"),
    **{f"mmlu_{name}": Published("cais/mmlu", name, "test", "mmlu_clinical", None, "dev") for name in _MMLU},
    **{
        f"mmlu_pro_{name}": Published("TIGER-Lab/MMLU-Pro", None, "test", "mmlu_pro", None, "validation")
        for name in _MMLU_PRO
    },
    "fpb": _FPB,
    "fpb_gen": _FPB,
    "fiqa_sa": _FIQA,
    "fiqa_sa_reg": _FIQA,
    "headline": Published("TheFinAI/en-headlines", None, "test", "headlines", examples="train"),
    "ner_fin3": Published("TheFinAI/flare-ner", None, "test", "ner_fin3", examples="train"),
    "finer_ord": Published("TheFinAI/finben-finer-ord", None, "test", "finer_ord", examples="test"),
    "convfinqa": Published(
        f"zip://data/dev_turn.json::{CONVFINQA}", None, "validation", "convfinqa_raw_turn", examples="train"
    ),
    "finqa": _FINQA,
    "finqa_program": _FINQA,
    "tatqa": Published(TATQA, None, "test", "tatqa", examples="validation"),
    "casehold": _CASEHOLD,
    "casehold_cloze": _CASEHOLD,
    "casehold_gen": _CASEHOLD,
    "lexglue_ledgar_official": Published("coastalcph/lex_glue", "ledgar", "test", "lexglue_ledgar", LEX_GLUE),
    "lexglue_ledgar": Published("coastalcph/lex_glue", "ledgar", "test", "lexglue_ledgar", LEX_GLUE),
    "lexglue_unfair_tos": Published("coastalcph/lex_glue", "unfair_tos", "test", "lexglue_unfair_tos", LEX_GLUE),
    "legalbench_hearsay": _legalbench("hearsay", "legalbench_hearsay"),
    "legalbench_proa": _legalbench("proa", "legalbench_proa"),
    "legalbench_abercrombie": _legalbench("abercrombie", "legalbench_abercrombie"),
    "legalbench_corporate_lobbying": _legalbench("corporate_lobbying", "corporate_lobbying"),
    "legalbench_function_of_decision_section": _legalbench("function_of_decision_section", "decision"),
    "legalbench_international_citizenship_questions": _legalbench("international_citizenship_questions", "citizenship"),
    "gsm8k": Published("openai/gsm8k", "main", "test", "gsm8k", examples="train"),
    "humaneval": Published("openai/openai_humaneval", None, "test", "humaneval", examples="test"),
    "mbpp": Published("google-research-datasets/mbpp", "full", "test", "mbpp", examples="prompt"),
    "sciq": Published("allenai/sciq", None, "test", "sciq"),
    **{
        f"gpqa_{part}": Published("Idavidrein/gpqa", f"gpqa_{part}", "train", "gpqa", examples="train")
        for part in ("main", "diamond", "extended")
    },
    **{
        f"agieval_{name}": Published(
            f"hails/agieval-{name.replace('_', '-')}", None, "test", "agieval", examples="test"
        )
        for name in ("sat_en", "sat_math", "lsat_ar", "lsat_lr", "lsat_rc")
    },
    **{
        f"domain_ppl_{domain}": Published("json", None, "test", f"domain_ppl_{domain}")
        for domain in ("medical", "finance", "legal")
    },
}


def _further(
    source: str, config: str | None, split: str, columns: str, examples: str | None = None, revision: str | None = None
) -> Published:
    return Published(source, config, split, columns, revision, examples)


def _ecominstruct(data: str, kind: str, columns: str = "sentences spans") -> Published:
    language = "EN" if data in ("ABSA", "Lenovo", "Reddit_QA") else "ZH"
    return _further(f"{ECOMINSTRUCT}{data}/tasks/{language}-{data}-{kind}/test.json", None, "test", columns, "test")


def _family(beginning: str, source: str, split: str, columns: str, examples: str | None = None) -> dict[str, Published]:
    """The tasks whose names begin so, with lm-eval's configurations."""
    configs = {task: config for line in LM_EVAL for task, config in line["configs"].items()}
    found = {task: config for task, config in configs.items() if task.startswith(beginning)}
    return {task: _further(source, config, split, columns, examples) for task, config in found.items()}


_LEXTREME = (
    *("brazilian_court_decisions_judgment", "brazilian_court_decisions_unanimity", "covid19_emergency_event"),
    *("german_argument_mining", "greek_legal_code_chapter", "greek_legal_code_subject", "greek_legal_code_volume"),
    *("greek_legal_ner", "legalnero", "lener_br", "mapa_coarse", "mapa_fine", "swiss_judgment_prediction"),
    *("online_terms_of_service_clause_topics", "online_terms_of_service_unfairness_levels"),
)
_IN_ALL_LANGUAGES = tuple(f"multi_eurlex_level_{level}" for level in (1, 2, 3))
_GAOKAO = ("biology", "chemistry", "chinese", "english", "geography", "history", "mathqa", "physics")
_JFINQA = "pre_text post_text table_headers table_rows question answer"
_LEGALBENCH = {
    f"legalbench_{task}".translate(str.maketrans("", "", "(),")): _further(
        "nguha/legalbench", task, "test", f"{columns} answer", "train", PARQUET
    )
    for columns, tasks in LEGALBENCH.items()
    for task in tasks
    if task != "rule_qa"  # it is marked by people
}

_LAWBENCH = {
    "lawbench_article_recitation": "1-1",
    "lawbench_knowledge_question_answering": "1-2",
    "lawbench_document_proofreading": "2-1",
    "lawbench_dispute_focus_identification": "2-2",
    "lawbench_marital_disputes_identification": "2-3",
    "lawbench_issue_topic_identification": "2-4",
    "lawbench_reading_comprehension": "2-5",
    "lawbench_named_entity_recognition": "2-6",
    "lawbench_opinion_summarization": "2-7",
    "lawbench_argument_mining": "2-8",
    "lawbench_event_detection": "2-9",
    "lawbench_trigger_word_extraction": "2-10",
    "lawbench_fact_based_article_prediction": "3-1",
    "lawbench_scene_based_article_prediction": "3-2",
    "lawbench_charge_prediction": "3-3",
    "lawbench_prison_term_prediction_wo_article": "3-4",
    "lawbench_prison_term_prediction_w_article": "3-5",
    "lawbench_case_analysis": "3-6",
    "lawbench_criminal_damages_calculation": "3-7",
    "lawbench_consultation": "3-8",
}
_LABELLED = "sentences labels"

FURTHER: Mapping[str, Published] = {
    "ecominstruct_item_align": _ecominstruct("OpenBG_Align", "CLS-item_align", _LABELLED),
    "ecominstruct_title_attribute_matching": _ecominstruct("OpenBG_Align", "CLS-title_attribute_matching", _LABELLED),
    "ecominstruct_item_coarse_classify": _ecominstruct("OpenBG_Align", "CLS-item_coarse_classify", _LABELLED),
    "ecominstruct_item_fine_classify": _ecominstruct("OpenBG_Align", "CLS-item_fine_classify", _LABELLED),
    "ecominstruct_title_generate": _ecominstruct("OpenBG_Align", "Generate-title_generate"),
    "ecominstruct_query_item_matching": _ecominstruct("Multi_CPR", "CLS-query_item_matching", _LABELLED),
    "ecominstruct_product_select": _ecominstruct("Multi_CPR", "Extract-product_select_2"),
    "ecominstruct_review_topic_category": _ecominstruct("ABSA", "CLS-review_topic_category", _LABELLED),
    "ecominstruct_extract_qa": _ecominstruct("Reddit_QA", "Extract-Extract_QA"),
    "ecominstruct_lenovo_ner": _ecominstruct("Lenovo", "NER-NER"),
    "ecominstruct_lenovo_span_detection": _ecominstruct("Lenovo", "Condition_Extract-Condition_Extract"),
    "ecominstruct_mepave_recognition": _ecominstruct("MEPAVE", "NER-attribute_value_extraction"),
    "ecominstruct_mepave_detection": _ecominstruct("MEPAVE", "Condition_Extract-attribute_value_detection"),
    **{
        name: _further(f"{LAWBENCH}{number}.json", None, "test", "instruction question answer", "test")
        for name, number in _LAWBENCH.items()
    },
    "med_prescriptions_easy": _further("devlocalhost/prescription-full", None, "train", "results", "train"),
    "lexglue_scotus": _further("coastalcph/lex_glue", "scotus", "test", "text label", revision=LEX_GLUE),
    "lexglue_ecthr_a": _further("coastalcph/lex_glue", "ecthr_a", "test", "text labels", revision=LEX_GLUE),
    "lexglue_ecthr_b": _further("coastalcph/lex_glue", "ecthr_b", "test", "text labels", revision=LEX_GLUE),
    "lexglue_eurlex": _further("coastalcph/lex_glue", "eurlex", "test", "text labels", revision=LEX_GLUE),
    **{
        f"lextreme_{name}": _further(
            "joelniklaus/lextreme", name, "test", "input label language", "train", revision=PARQUET
        )
        for name in _LEXTREME
    },
    **{
        f"lextreme_{name}": _further(
            "joelniklaus/lextreme", name, "test", "input label language", "test", revision=PARQUET
        )
        for name in _IN_ALL_LANGUAGES
    },
    **_LEGALBENCH,
    "legalbench_instruct": _further(
        *("Equall/legalbench_instruct", None, "train", "task_name inputs answer", "train"),
        revision="e816e0ac27fbc82df5c3b42417d1ee8b96dea092",
    ),
    "careqa_open": _further("HPAI-BSC/CareQA", "CareQA_en_open", "test", "question answer", "test"),
    **_family("kormedmcqa_", "sean0042/KorMedMCQA", "test", "question A B C D E answer", "fewshot"),
    "meddialog_qsumm": _further("lighteval/med_dialog", "icliniq", "test", "src tgt"),
    "meddialog_raw": _further("bigbio/meddialog", None, "train", "description utterances", "train", PARQUET),
    "mediqa_qa2019": _further("bigbio/mediqa_qa", None, "test", "QUESTION", revision=PARQUET),
    "jfinqa_numerical": _further("ajtgjmdjp/jfinqa", "numerical_reasoning", "test", _JFINQA, "test"),
    "jfinqa_consistency": _further("ajtgjmdjp/jfinqa", "consistency_checking", "test", _JFINQA, "test"),
    "jfinqa_temporal": _further("ajtgjmdjp/jfinqa", "temporal_reasoning", "test", _JFINQA, "test"),
    **_family("minerva_math_", "EleutherAI/hendrycks_math", "test", "problem solution"),
    **_family("hendrycks_math_", "EleutherAI/hendrycks_math", "test", "problem solution"),
    "mathqa": _further("regisss/math_qa", None, "test", "Problem options correct"),
    **_family("humaneval_", "loubnabnl/humaneval_infilling", "test", "prompt suffix test entry_point", "test"),
    **{
        f"agieval_gaokao_{subject}": _further(
            f"hails/agieval-gaokao-{subject}", None, "test", "query choices gold", "test"
        )
        for subject in _GAOKAO
    },
    "agieval_gaokao_mathcloze": _further("hails/agieval-gaokao-mathcloze", None, "test", "query answer", "test"),
    **_family("ceval_", "ceval/ceval-exam", "val", "question A B C D answer", "dev"),
    **_family("cmmlu_", "haonan-li/cmmlu", "test", "Question A B C D Answer", "dev"),
}
"""Benchmarks whose rows are made up by `mmeval generate domains`; their layout is the columns that they need."""

SAMPLED: Mapping[str, str] = {
    "medqa": "id sent1 sent2 ending0 ending1 ending2 ending3 label",
    "medmcqa": "id question opa opb opc opd cop choice_type exp subject_name topic_name",
    "pubmedqa_qiaojin": "pubid question context long_answer final_decision",
    "mmlu_clinical": "question subject choices answer",
    "fpb_flare": "id query answer text choices gold",
    "fiqa_sa": "sentence snippets target sentiment_score aspects format",
    "headlines": "id query answer choices gold label_type",
    "ner_fin3": "id query answer label text",
    "finer_ord": "id query answer text label token",
    "convfinqa_raw_turn": "pre_text post_text filename table_ori table qa id annotation",
    "casehold": "context endings label",
    "lexglue_ledgar": "text label",
    "lexglue_unfair_tos": "text labels",
    "legalbench_hearsay": "index answer text slice",
    "legalbench_proa": "index answer text",
    "legalbench_abercrombie": "index answer text",
    **{f"domain_ppl_{domain}": "text" for domain in ("medical", "finance", "legal")},
}
"""The columns of layouts that have a file of sample rows."""

MADE: Mapping[str, Mapping[str, Any]] = {
    "careqa": {"question": "Which?", "op1": "a", "op2": "b", "op3": "c", "op4": "d", "cop": 4},
    "headqa": {"qtext": "Which?", "answers": [{"aid": 1, "atext": "x"}, {"aid": 2, "atext": "y"}], "ra": 2},
    "mmlu_pro": {
        "question": "Which?",
        "options": ["x", "y", "z"],
        "answer": "B",
        "answer_index": 1,
        "category": "health",
        "cot_content": "A: Let's think step by step. It is y. The answer is (B).",
    },
    "finqa": {
        "id": "A/2010/page_1.pdf-1",
        "filename": "A/2010/page_1.pdf",
        "pre_text": ["before"],
        "post_text": ["after"],
        "table": [["", "2010"], ["sales", "5"]],
        "qa": {"question": "what were sales?", "program": "add(5, 0)", "exe_ans": 5.0},
    },
    "tatqa": {
        "table": {"uid": "page", "table": [["", "2010"], ["sales", "5"]]},
        "paragraphs": [{"uid": "text", "order": 1, "text": "before"}],
        "questions": [
            {
                "uid": "question",
                "order": 1,
                "question": "what were sales?",
                "answer": ["5"],
                "derivation": "",
                "answer_type": "span",
                "answer_from": "table",
                "rel_paragraphs": [],
                "req_comparison": False,
                "scale": "million",
                "facts": ["5"],
                "consts": [],
                "mappings": [{"table": [1, 1]}],
            }
        ],
    },
    "corporate_lobbying": {
        "index": "0",
        "bill_title": "t",
        "bill_summary": "s",
        "company_name": "c",
        "company_description": "d",
        "answer": "No",
    },
    "decision": {"index": "0", "Paragraph": "We affirm.", "answer": "Decree"},
    "citizenship": {"index": "0", "question": "May I?", "answer": "Yes"},
    "gsm8k": {"question": "How many?", "answer": "Two and two.\n#### 4"},
    "humaneval": {
        "task_id": "H/0",
        "prompt": "def twice(x):\n",
        "canonical_solution": "    return 2 * x\n",
        "test": "def check(candidate):\n    assert candidate(2) == 4\n",
        "entry_point": "twice",
    },
    "mbpp": {
        "task_id": 11,
        "text": "Add two numbers.",
        "code": "add = lambda a, b: a + b",
        "test_list": ["assert add(1, 2) == 3"],
        "test_setup_code": "",
        "challenge_test_list": [],
    },
    "sciq": {
        "question": "What boils?",
        "distractor1": "sand",
        "distractor2": "iron",
        "distractor3": "air",
        "correct_answer": "water",
        "support": "Water boils.",
    },
    "gpqa": {
        "Question": "Why?",
        "Correct Answer": "because",
        "Incorrect Answer 1": "no",
        "Incorrect Answer 2": "never",
        "Incorrect Answer 3": "nowhere",
    },
    "agieval": {"query": "Q: Which? Answer Choices: (A)x (B)y\nA: ", "choices": ["(A)x", "(B)y"], "gold": [1]},
}
"""A row of each layout that has no such file."""


def sampled(folder: Path, layout: str) -> Mapping[str, Any]:
    """The first sample row of a layout."""
    json_array = folder / f"{layout}.json"
    if json_array.exists():
        rows: list[dict[str, Any]] = json.loads(json_array.read_text(encoding="utf-8"))
        return rows[0]
    first: dict[str, Any] = json.loads((folder / f"{layout}.jsonl").read_text(encoding="utf-8").partition("\n")[0])
    return first


def row_of(folder: Path, task: str) -> Mapping[str, Any]:
    """A row of the task's published layout that belongs to the task."""
    layout = PUBLISHED[task].layout
    row = dict(MADE[layout]) if layout in MADE else dict(sampled(folder, layout))
    own = {
        "subject": task.removeprefix("mmlu_"),
        "category": task.removeprefix("mmlu_pro_"),
    }
    return {name: own.get(name, value) for name, value in row.items()}


def in_a_file(folder: Path, task: str, out: Path) -> Path:
    """The task's row in a JSON file of its own."""
    file = out / f"{task}.json"
    file.write_text(json.dumps([row_of(folder, task)]), encoding="utf-8")
    return file
