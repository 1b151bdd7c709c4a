"""What the task files say: where the published data is, and what is known of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mmeval.catalog import Catalog
from mmeval.report.references import references
from mmeval.selection import select
from mmeval.spec.run_config import RunConfig
from mmeval.spec.task_spec import TaskSpec
from tests.tasks.domains import support

ROOT = Path(__file__).resolve().parents[3] / "tasks" / "mmeval_tasks" / "domains"
_OWN = [file for file in sorted(ROOT.glob("*/*.yaml")) if file.name[0] != "_" and file.parent.name != "groups"]
FILES = {spec.task: spec for spec in map(TaskSpec.from_file, _OWN)}

LEX_GLUE = "9c205f32915297e23b9922ab44df1a931823d7fd"
PARQUET = "refs/convert/parquet"
DEFINED: dict[str, tuple[str, str | None, str | None, str]] = {
    "medqa_4options": ("GBaker/MedQA-USMLE-4-options-hf", None, "17af9355ef89fba60de966eabaeba797c695f86e", "test"),
    "medmcqa": ("openlifescienceai/medmcqa", None, None, "validation"),
    "pubmedqa": ("qiaojin/PubMedQA", "pqa_labeled", None, "train"),
    "pubmedqa_all": ("qiaojin/PubMedQA", "pqa_labeled", None, "train"),
    "mmlu_anatomy": ("cais/mmlu", "anatomy", None, "test"),
    "mmlu_professional_law": ("cais/mmlu", "professional_law", None, "test"),
    "mmlu_pro_health": ("TIGER-Lab/MMLU-Pro", None, None, "test"),
    "fpb": ("TheFinAI/en-fpb", None, None, "test"),
    "fpb_gen": ("TheFinAI/en-fpb", None, None, "test"),
    "fiqa_sa": ("pauri32/fiqa-2018", None, "74b7dd5d4fc61e0fa5d979bef2c53111ea69c58a", "test"),
    "headline": ("TheFinAI/en-headlines", None, None, "test"),
    "ner_fin3": ("TheFinAI/flare-ner", None, None, "test"),
    "finer_ord": ("TheFinAI/finben-finer-ord", None, None, "test"),
    "casehold": ("coastalcph/lex_glue", "case_hold", LEX_GLUE, "test"),
    "casehold_cloze": ("coastalcph/lex_glue", "case_hold", LEX_GLUE, "test"),
    "lexglue_ledgar": ("coastalcph/lex_glue", "ledgar", LEX_GLUE, "test"),
    "lexglue_unfair_tos": ("coastalcph/lex_glue", "unfair_tos", LEX_GLUE, "test"),
    "lexglue_scotus": ("coastalcph/lex_glue", "scotus", LEX_GLUE, "test"),
    "lexglue_ecthr_a": ("coastalcph/lex_glue", "ecthr_a", LEX_GLUE, "test"),
    "lexglue_ecthr_b": ("coastalcph/lex_glue", "ecthr_b", LEX_GLUE, "test"),
    "lexglue_eurlex": ("coastalcph/lex_glue", "eurlex", LEX_GLUE, "test"),
    "careqa_open": ("HPAI-BSC/CareQA", "CareQA_en_open", None, "test"),
    "kormedmcqa_doctor": ("sean0042/KorMedMCQA", "doctor", None, "test"),
    "meddialog_qsumm": ("lighteval/med_dialog", "icliniq", None, "test"),
    "meddialog_raw": ("bigbio/meddialog", None, PARQUET, "train"),
    "mediqa_qa2019": ("bigbio/mediqa_qa", None, PARQUET, "test"),
    "jfinqa_numerical": ("ajtgjmdjp/jfinqa", "numerical_reasoning", None, "test"),
    "jfinqa_consistency": ("ajtgjmdjp/jfinqa", "consistency_checking", None, "test"),
    "jfinqa_temporal": ("ajtgjmdjp/jfinqa", "temporal_reasoning", None, "test"),
    "gsm8k": ("openai/gsm8k", "main", None, "test"),
    "minerva_math_num_theory": ("EleutherAI/hendrycks_math", "number_theory", None, "test"),
    "hendrycks_math_precalc": ("EleutherAI/hendrycks_math", "precalculus", None, "test"),
    "mathqa": ("regisss/math_qa", None, None, "test"),
    "sciq": ("allenai/sciq", None, None, "test"),
    "humaneval": ("openai/openai_humaneval", None, None, "test"),
    "mbpp": ("google-research-datasets/mbpp", "full", None, "test"),
    "humaneval_single_line_infilling": (
        *("loubnabnl/humaneval_infilling", "HumanEval-SingleLineInfilling", None, "test"),
    ),
    "agieval_gaokao_physics": ("hails/agieval-gaokao-physics", None, None, "test"),
    "ceval_accountant": ("ceval/ceval-exam", "accountant", None, "val"),
    "cmmlu_anatomy": ("haonan-li/cmmlu", "anatomy", None, "test"),
    "legalbench_hearsay": ("nguha/legalbench", "hearsay", PARQUET, "test"),
    "legalbench_proa": ("nguha/legalbench", "proa", PARQUET, "test"),
    "legalbench_abercrombie": ("nguha/legalbench", "abercrombie", PARQUET, "test"),
}


def _option(spec: TaskSpec, name: str) -> Any:
    return (spec.dataset_kwargs or {}).get(name)


@pytest.mark.parametrize("name", list(DEFINED))
def test_the_published_data(name: str) -> None:
    spec = FILES[name]
    config = spec.dataset_name or _option(spec, "data_dir")
    found = (spec.dataset_path, config, _option(spec, "revision"), spec.test_split or spec.validation_split)
    assert found == DEFINED[name]


def test_the_dialogues_come_from_one_commit_of_their_repository() -> None:
    (file,) = (FILES["convfinqa"].dataset_kwargs or {})["data_files"].values()
    assert file.endswith("/czyssrs/ConvFinQA/raw/cf3eed2d5984960bf06bb8145bcea5e80b0222a6/data.zip")
    assert file.startswith("zip://data/dev_turn.json::")


def test_exams_by_subject() -> None:
    for folder, count in (("ceval", 52), ("cmmlu", 67)):
        specs = {name: spec for name, spec in FILES.items() if name.startswith(f"{folder}_")}
        assert len(specs) == count
        assert support.members(folder) == tuple(specs)
        assert all(name == f"{folder}_{spec.dataset_name}" for name, spec in specs.items())
        assert {(spec.fewshot_split, spec.fewshot.sampler) for spec in specs.values()} == {("dev", "first_n")}


def test_few_shot_pools() -> None:
    pools = {name: (spec.fewshot_split, spec.num_fewshot) for name, spec in FILES.items() if spec.num_fewshot}
    assert {name: pools[name] for name in ("fpb", "fiqa_sa", "headline", "ner_fin3", "legalbench_hearsay")} == {
        "fpb": ("train", 5),
        "fiqa_sa": ("train", 5),
        "headline": ("train", 5),
        "ner_fin3": ("train", 20),
        "legalbench_hearsay": ("train", 5),
    }
    assert (FILES["mmlu_anatomy"].fewshot_split, FILES["mmlu_anatomy"].fewshot.sampler) == ("dev", "first_n")


@pytest.mark.parametrize("name", list(FILES))
def test_what_a_task_says_of_itself(name: str) -> None:
    spec = FILES[name]
    details = spec.details
    assert {"version", "domain", "main_metric", "fewshot", "licence", "gated"} <= details.keys()
    assert spec.metric_list
    assert str(spec.metric_list[0].metric).rpartition(".")[2] == details["main_metric"], (
        "comparisons take the first metric"
    )
    if spec.output_type != "loglikelihood_rolling":
        assert 0 <= details["chance"] < 1
    pinned = _option(spec, "revision") not in (None, PARQUET)
    own_files = spec.dataset_path == "json"
    assert ("revision" in details) is not (pinned or own_files), "a data set is pinned, or marked as unverified"
    assert details.get("revision", "unverified") == "unverified"


@pytest.mark.parametrize("name", list(FILES))
def test_published_scores_are_complete_and_possible(name: str) -> None:
    details = FILES[name].details
    listed = references(name, details)
    assert all(one.is_possible for one in listed if one.setting != "secondary")
    assert all(one.mark in ("V", "S") and one.setting and one.scoring for one in listed)
    cells = [(one.model, one.metric, one.setting) for one in listed]
    assert len(set(cells)) == len(cells)


def test_all_tasks_and_groups_are_found() -> None:
    kinds: dict[str, Any] = {entry.name: entry for entry in Catalog().entries() if str(ROOT) in entry.origin}
    assert not [entry for entry in kinds.values() if entry.problem]
    assert set(FILES) == {name for name, entry in kinds.items() if entry.kind == "task"}


def test_the_suite_reaches_its_default_members(folder: Path) -> None:
    config = RunConfig.of(tasks="specialized,specialized_ppl", model="none", data_dir=str(folder))
    selection = select(support.catalog(), config)
    leaves = {group.group.name: set(group.leaves) for group in selection.groups}
    assert leaves["specialized_medical"] == {"medqa_4options", "medmcqa", "pubmedqa", *leaves["mmlu_clinical"]}
    assert len(leaves["mmlu_clinical"]) == 6
    assert leaves["specialized_finance"] == {"fpb", "fiqa_sa", "headline", "ner_fin3", "convfinqa"}
    assert len(leaves["legalbench"]) == 5
    assert leaves["specialized_legal"] == leaves["legalbench"] | {
        *("legalbench_hearsay", "casehold", "lexglue_ledgar", "lexglue_unfair_tos")
    }
    assert (
        leaves["specialized"]
        == leaves["specialized_medical"] | leaves["specialized_finance"] | leaves["specialized_legal"]
    )
