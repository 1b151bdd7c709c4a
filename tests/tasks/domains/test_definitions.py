"""What the task files say: where the published data is, and what is known of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mmeval.catalog import Catalog
from mmeval.errors import MmevalError
from mmeval.report.references import references
from mmeval.selection import select
from mmeval.spec.group_spec import GroupSpec
from mmeval.spec.run_config import RunConfig
from mmeval.spec.task_spec import TaskSpec
from mmeval.spec.yaml import load as load_document
from mmeval.yaml_task.load import TaskOptions, load_task
from mmeval_tasks.domains import samples
from tests.tasks.domains import support
from tests.tasks.domains.published import (
    FURTHER,
    LM_EVAL,
    PARQUET,
    PUBLISHED,
    SAMPLED,
    Published,
    in_a_file,
    sampled,
)

ROOT = Path(__file__).resolve().parents[3] / "tasks" / "mmeval_tasks" / "domains"
_OWN = [file for file in sorted(ROOT.glob("*/*.yaml")) if file.name[0] != "_" and file.parent.name != "groups"]
_PATHS = {TaskSpec.from_file(file).task: file for file in _OWN}
FILES = {name: TaskSpec.from_file(file) for name, file in _PATHS.items()}

OTHERWISE_IN_LM_EVAL = {
    "pubmedqa": "its data set is a loading script",
    "mbpp": "its three examples are written out",
}
OTHER_COLUMNS_IN_LM_EVAL = {"mediqa_qa2019": "it looks for columns of several layouts"}


def _option(spec: TaskSpec, name: str) -> Any:
    return (spec.dataset_kwargs or {}).get(name)


def _split(spec: TaskSpec) -> str:
    return spec.test_split or spec.validation_split or ""


def _source(spec: TaskSpec) -> str:
    """The data set, or the file that it is."""
    files = _option(spec, "data_files")
    return str(files[_split(spec)] if files and spec.dataset_path == "json" else spec.dataset_path)


def _config(spec: TaskSpec) -> str | None:
    """The configuration, also where it is the folder of the files that are taken."""
    files = _option(spec, "data_files")
    folder = files[_split(spec)].partition("/")[0] if files and spec.dataset_path != "json" else None
    return spec.dataset_name or _option(spec, "data_dir") or folder


def _found(spec: TaskSpec, layout: str) -> Published:
    return Published(
        source=_source(spec),
        config=_config(spec),
        split=_split(spec),
        layout=layout,
        revision=_option(spec, "revision"),
        examples=spec.fewshot_split,
    )


@pytest.mark.parametrize(("name", "wanted"), [*PUBLISHED.items(), *FURTHER.items()])
def test_the_published_data(name: str, wanted: Published) -> None:
    assert _found(FILES[name], wanted.layout) == wanted


def test_the_tables_have_every_task_file_and_no_other() -> None:
    missing = sorted(FILES.keys() - PUBLISHED.keys() - FURTHER.keys())
    assert not missing, f"add to tests/tasks/domains/published.py: {', '.join(missing)}"
    assert not (PUBLISHED.keys() | FURTHER.keys()) - FILES.keys()


@pytest.mark.parametrize("line", LM_EVAL, ids=lambda line: next(iter(line["configs"])))
def test_lm_eval_reads_the_same_data(line: Mapping[str, Any]) -> None:
    for task, config in line["configs"].items():
        ours = FURTHER.get(task) or PUBLISHED[task]
        if task in OTHERWISE_IN_LM_EVAL:
            continue
        assert (ours.source, ours.config, ours.split) == (line["source"], config, line["split"])
        # without a split of examples lm-eval takes those that are evaluated, the document itself among them
        assert ours.examples in (line["examples"], ours.split if line["examples"] is None else None)
        if task in FURTHER and task not in OTHER_COLUMNS_IN_LM_EVAL:
            assert set(ours.layout.split()) == set(line["columns"].split())


@pytest.mark.slow
@pytest.mark.parametrize("name", list(FURTHER))
def test_a_task_needs_its_columns_and_no_other(tmp_path: Path, name: str) -> None:
    columns = FURTHER[name].layout.split()
    asked = _asked(tmp_path, name, columns)
    assert asked
    for column in columns:
        assert _asked(tmp_path, name, [other for other in columns if other != column]) != asked, column


def _asked(folder: Path, name: str, columns: Sequence[str]) -> Any:
    """The prompts and the right answers of made-up rows with these columns alone; None where nothing can be asked."""
    rows = samples.rows_of(str(FILES[name].details.get("local_name", name)))
    file = folder / f"{name}.json"
    file.write_text(json.dumps([{column: row[column] for column in columns} for row in rows]), encoding="utf-8")
    options = TaskOptions(dataset_override={name: str(file)}, offline=True, num_fewshot=0, confirm_run_unsafe_code=True)
    try:
        task = load_task(_PATHS[name], options)
        return [([ask.prompt.text for ask in task.requests(sample)], sample.target) for sample in task.samples()]
    except MmevalError:
        return None


@pytest.mark.parametrize("layout", list(SAMPLED))
def test_sample_rows_have_the_columns_of_the_published_ones(folder: Path, layout: str) -> None:
    assert set(sampled(folder, layout)) == set(SAMPLED[layout].split())


@pytest.mark.parametrize("name", list(PUBLISHED))
def test_a_task_reads_the_columns_of_its_published_layout(folder: Path, tmp_path: Path, name: str) -> None:
    override = {name: str(in_a_file(folder, name, tmp_path))}
    options = TaskOptions(dataset_override=override, offline=True, num_fewshot=0, confirm_run_unsafe_code=True)
    task = load_task(_PATHS[name], options)
    (sample,) = task.samples()
    assert task.requests(sample)
    assert sample.target not in (None, "")


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
        declared = details["chance"]
        levels = declared if isinstance(declared, Mapping) else {details["main_metric"]: declared}
        assert all(0 <= level < 1 for level in levels.values())
        assert set(levels) <= {str(entry.metric).rpartition(".")[2] for entry in spec.metric_list}
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


@pytest.mark.parametrize(
    "name", ["specialized_medical", "specialized_math", "specialized_science", "specialized_education", "mmlu_clinical"]
)
def test_a_group_of_accuracies_has_the_mean_of_tasks_and_that_by_size(name: str) -> None:
    group = _group(name)
    weighings = [(entry.metric, entry.weight_by_size) for entry in group.aggregates]
    assert len(weighings) == 2
    assert {by_size for _, by_size in weighings} == {True, False}
    assert weighings[0][1] is (name == "mmlu_clinical"), "lm-eval's key is of the first; parts of one test go by size"


def test_types_of_legalbench_count_tasks_with_a_metric_of_their_own() -> None:
    for kind in support.members("legalbench_full"):
        assert _group(kind).metadata["own_metrics"] is True


def _group(name: str) -> GroupSpec:
    return GroupSpec.parse(load_document(ROOT / "groups" / f"{name}.yaml"))


def test_all_tasks_and_groups_are_found() -> None:
    kinds: dict[str, Any] = {entry.name: entry for entry in Catalog().entries() if str(ROOT) in entry.origin}
    assert not [entry for entry in kinds.values() if entry.problem]
    assert set(FILES) == {name for name, entry in kinds.items() if entry.kind == "task"}


@pytest.mark.parametrize("domain", ["medical", "finance", "legal"])
def test_optional_members_are_beside_the_default_ones(folder: Path, domain: str) -> None:
    names = (f"specialized_{domain}", f"specialized_{domain}_optional")
    selection = select(support.catalog(), RunConfig.of(tasks=",".join(names), model="none", data_dir=str(folder)))
    leaves = {group.group.name: set(group.leaves) for group in selection.groups}
    optional = leaves[names[1]]
    assert {str(FILES[name].details["domain"]) for name in optional & FILES.keys()} == {domain}
    shared = leaves[names[0]] & optional
    assert all(name.startswith("legalbench_") for name in shared), "legalbench_full holds the five of HELM Lite"


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
