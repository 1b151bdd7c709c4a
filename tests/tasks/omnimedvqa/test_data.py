from __future__ import annotations

import json
import os
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mmeval.data.images import image_bytes
from mmeval.errors import MissingRequirementError, UsageError
from mmeval.types import Image
from mmeval_tasks.omnimedvqa import OmniMedVQA
from mmeval_tasks.omnimedvqa.codes import DROPPED, KEPT
from mmeval_tasks.omnimedvqa.collection import Collection
from mmeval_tasks.omnimedvqa.labels import MODALITIES, modality_id, type_id
from mmeval_tasks.omnimedvqa.sources import clean_path, open_source

CASES = (
    "missing_image",
    "gt_not_in_options",
    "gt_near_match",
    "gt_is_letter",
    "duplicate_options",
    "duplicate_distractors",
    "duplicate_question_id",
    "exact_duplicate_item",
    "invalid_json",
    "not_a_list",
    "empty_list",
    "bom_utf8",
    "latin1_bytes",
    "modality_key",
    "missing_modality",
    "missing_question",
    "one_option",
    "option_gap",
    "null_and_blank_options",
    "non_string_fields",
    "leading_slash_path",
    "windows_path",
    "path_traversal",
    "case_mismatch_path",
    "truncated_png",
    "zero_byte_image",
    "text_as_png",
    "wrong_extension",
    "gray16",
    "rgba_alpha",
)
Copy = Callable[..., Path]


def case(mini: Path, name: str) -> Mapping[str, Any]:
    cases = json.loads((mini / "malformed" / "EXPECTED.json").read_text(encoding="utf-8"))
    assert [each["case"] for each in cases] == list(CASES)
    found: Mapping[str, Any] = next(each for each in cases if each["case"] == name)
    return found


def made(root: Path, **arguments: Any) -> OmniMedVQA:
    task = OmniMedVQA(data_dir=str(root), **arguments)
    try:
        assert list(task.samples())
    except UsageError:
        assert task.coverage is not None
        assert not task.coverage.scorable
    return task


# ---------------------------------------------------------------- the fixture


def test_the_fixture_is_as_expected(mini: Path, expected: Mapping[str, Any]) -> None:
    task = OmniMedVQA(data_dir=str(mini))
    samples = list(task.samples())
    assert {sample.sample_id: sample.target for sample in samples} == {
        question: [letter] for question, letter in expected["gold_letters"].items()
    }
    labels = Counter(sample.doc["modality_type"] for sample in samples)
    assert labels == expected["by_modality_type"]
    sizes = Counter(str(len(sample.doc["options"])) for sample in samples)
    assert sizes == expected["by_n_options"]
    assert Counter(sample.metadata["source"] for sample in samples) == expected["by_dataset"]
    kinds = Counter(sample.metadata["question_type"] for sample in samples)
    assert kinds == {type_id(label): count for label, count in expected["by_question_type"].items()}
    hashes = {sample.doc["image_path"]: sample.metadata["image"] for sample in samples}
    assert hashes == expected["pixel_sha256"]
    assert task.coverage is not None
    assert task.coverage.to_json() == {"raw": 28, "scorable": 28, "codes": {}}


def test_restricted_items_lack_their_images(mini: Path, expected: Mapping[str, Any]) -> None:
    task = made(mini, access="restricted")
    assert task.coverage is not None
    assert task.coverage.to_json()["codes"] == {"image_missing": expected["n_restricted_items"]}
    assert made(mini, access="all").coverage.to_json()["scorable"] == 28  # type: ignore[union-attr]


@pytest.mark.parametrize("name", CASES)
def test_every_malformed_case_has_its_code(mini: Path, name: str) -> None:
    wanted = case(mini, name)
    coverage = made(mini / "malformed" / name).coverage
    assert coverage is not None
    assert (coverage.raw, coverage.scorable) == (wanted["n_raw"], wanted["n_scorable"])
    assert coverage.codes[wanted["reason"]] > 0
    assert coverage.codes.keys() - {wanted["reason"]} <= {"option_gap"}, "nothing else is wrong"
    assert coverage.codes.keys() <= DROPPED.keys() | KEPT.keys()


@pytest.mark.parametrize("name", CASES)
def test_strict_refuses_what_must_be_left_out(mini: Path, name: str) -> None:
    reason = case(mini, name)["reason"]
    task = OmniMedVQA(data_dir=str(mini / "malformed" / name), strict=True)
    if reason in DROPPED:
        with pytest.raises(UsageError, match=f"strict: .*{reason}"):
            list(task.samples())
    elif reason != "empty_file":
        assert list(task.samples())


@pytest.mark.parametrize(
    ("name", "gold", "options"),
    [
        ("duplicate_options", ["A", "B", "C"], "ABCD"),
        ("gt_near_match", ["B"], "ABCD"),
        ("gt_is_letter", ["B"], "ABCD"),
        ("option_gap", ["B"], "ABD"),
        ("null_and_blank_options", ["B"], "AB"),
        ("non_string_fields", ["B"], "ABCD"),
    ],
)
def test_what_is_mended_has_its_gold(mini: Path, name: str, gold: list[str], options: str) -> None:
    for sample in OmniMedVQA(data_dir=str(mini / "malformed" / name)).samples():
        assert sample.target == gold
        assert "".join(sample.doc["options"]) == options
        assert all(isinstance(text, str) for text in sample.doc["options"].values())


def test_items_of_one_id_stay_apart(mini: Path) -> None:
    samples = list(OmniMedVQA(data_dir=str(mini / "malformed" / "duplicate_question_id")).samples())
    assert [sample.sample_id for sample in samples] == ["Bad_0000", "Bad:1"]


# ---------------------------------------------------------------- records and paths of other kinds


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"gt_answer": "ct_"}, {"gt_normalised": 1}),
        ({"option_A": "ct", "gt_answer": "Ct"}, {"gt_normalised": 1, "ambiguous_gold": 1}),
        ({"question_type": "ABSENT"}, {"field_missing": 1}),
        ({"gt_answer": " "}, {"field_missing": 1}),
        ({"image_path": "Images/Own"}, {"image_missing": 1}),
        ({"image_path": "C:\\Images\\a.png"}, {"path_backslash": 1, "path_escape": 1}),
        ({"image_path": "//Images/../../a.png"}, {"path_leading_slash": 1, "path_escape": 1}),
        ({"image_path": "images/OWN/A.png"}, {"path_case": 1}),
        ({"image_path": "Images/Own/\0.png"}, {"image_missing": 1}),
        ({"modality_type": "ABSENT", "modality": "X-Ray"}, {"modality_key_alias": 1}),
        ({"option_A": True}, {"non_string_option": 1}),
        ({"option_A": ""}, {"blank_option": 1, "option_gap": 1, "too_few_options": 1}),
    ],
)
def test_codes(copy: Copy, change: Mapping[str, Any], codes: Mapping[str, int]) -> None:
    coverage = made(copy(change)).coverage
    assert coverage is not None
    assert coverage.to_json()["codes"] == codes


def test_a_record_that_is_no_object_is_left_out(copy: Copy) -> None:
    root = copy({})
    file = root / "QA_information" / "Open-access" / "Own .json"
    file.write_text(json.dumps([3, *json.loads(file.read_text(encoding="utf-8"))]), encoding="utf-8")
    coverage = made(root).coverage
    assert coverage is not None
    assert coverage.to_json() == {"raw": 2, "scorable": 1, "codes": {"field_missing": 1}}


def test_a_link_out_of_the_root_is_refused(copy: Copy, tmp_path: Path) -> None:
    root = copy({"image_path": "Images/Own/link.png"})
    (tmp_path / "secret.png").write_bytes((root / "Images" / "Own" / "a.png").read_bytes())
    (root / "Images" / "Own" / "link.png").symlink_to(tmp_path / "secret.png")
    assert made(root).coverage.codes == {"path_escape": 1}  # type: ignore[union-attr]


def test_the_folder_of_images_may_be_a_link(copy: Copy, tmp_path: Path) -> None:
    root = copy({})
    (root / "Images").rename(tmp_path / "elsewhere")
    (root / "Images").symlink_to(tmp_path / "elsewhere")
    assert made(root).coverage.scorable == 1  # type: ignore[union-attr]


def test_paths_are_never_decoded() -> None:
    name = "Images/Covid CT/CT_COVID/bmj.m606.full-p4-22%3.png"
    assert clean_path(name) == (tuple(name.split("/")), ())
    assert clean_path("Images/a..JPG") == (("Images", "a..JPG"), ())


@pytest.mark.parametrize("below", ["", "OmniMedVQA", "data/OmniMedVQA"])
def test_the_root_is_found_up_to_two_levels_below(copy: Copy, below: str) -> None:
    assert made(copy({}, below=below)).coverage.scorable == 1  # type: ignore[union-attr]


def test_no_copy_is_told_with_where_to_get_one(tmp_path: Path) -> None:
    for task in (OmniMedVQA(), OmniMedVQA(data_dir=str(tmp_path))):
        with pytest.raises(MissingRequirementError) as raised:
            list(task.samples())
        assert "foreverbeliever/OmniMedVQA" in raised.value.hint
        assert "licences" in raised.value.hint


# ---------------------------------------------------------------- other sources


@pytest.mark.parametrize("top", ["", "OmniMedVQA/"])
def test_a_zip_file_is_read_without_extracting_it(mini: Path, tmp_path: Path, top: str) -> None:
    path = tmp_path / "OmniMedVQA.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for folder in ("QA_information", "Images"):
            for file in sorted((mini / folder).rglob("*.*")):
                archive.write(file, f"{top}{file.relative_to(mini)}")
    zipped, folder = OmniMedVQA(data_dir=str(tmp_path)), OmniMedVQA(data_dir=str(mini))
    assert list(zipped.samples()) == list(folder.samples())
    sample = next(iter(zipped.samples()))
    (ask,) = zipped.requests(sample)
    image = ask.prompt.parts[0]
    assert isinstance(image, Image)
    assert image_bytes(image) == (mini / sample.doc["image_path"]).read_bytes()
    assert image.path.endswith(f"OmniMedVQA.zip!/{top}{sample.doc['image_path']}")
    assert zipped.config()["data"]["source"] == "zip"
    assert len(zipped.config()["data"]["sha256"]) == 64
    zipfile.ZipFile(tmp_path / "empty.zip", "w").close()
    with pytest.raises(UsageError, match="no QA_information"):
        open_source(str(tmp_path / "empty.zip"), None)


def copied_rows(mini: Path) -> list[dict[str, Any]]:
    samples = OmniMedVQA(data_dir=str(mini)).samples()
    return [
        {
            "image": str(mini / sample.doc["image_path"]),
            "question": sample.doc["question"],
            **{f"option_{letter}": sample.doc["options"].get(letter, "") for letter in "ABCD"},
            "answer_label": sample.target[0],
            "modality_type": sample.doc["modality_type"],
            "question_type": sample.metadata["question_type"],
            "dataset": sample.metadata["source"],
            "question_id": sample.sample_id,
        }
        for sample in samples
    ]


def test_a_copy_with_images_in_its_rows(mini: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    rows = datasets.Dataset.from_list(copied_rows(mini)).cast_column("image", datasets.Image())
    rows.to_parquet(str(tmp_path / "copy" / "test.parquet"))
    copy, folder = OmniMedVQA(dataset=f"hub:{tmp_path / 'copy'}"), OmniMedVQA(data_dir=str(mini))
    wanted = [(sample.sample_id, sample.target, sample.metadata) for sample in folder.samples()]
    assert [(sample.sample_id, sample.target, sample.metadata) for sample in copy.samples()] == wanted
    assert copy.coverage is not None
    assert copy.coverage.to_json() == {"raw": 28, "scorable": 28, "codes": {}}
    assert copy.config()["data"]["rows"] == {"test": 28}


def test_a_copy_with_options_inline_and_letters(mini: Path, tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    row = {
        "image": str(mini / "Images/Pydicom CT/CT_small.png"),
        "problem": "What is it? A)one, two, B)three, C)four",
        "answer_letter": "B",
        "modality": "CT",
        "question_type": "Disease Diagnosis",
    }
    (tmp_path / "v2.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (sample,) = OmniMedVQA(dataset=f"hub:{tmp_path}").samples()
    assert sample.doc["options"] == {"A": "one, two", "B": "three", "C": "four"}
    assert (sample.target, sample.doc["question"]) == (["B"], "What is it?")
    assert (sample.metadata["modality"], sample.metadata["source"]) == ("ct", "unknown")


# ---------------------------------------------------------------- labels and selection


@pytest.mark.parametrize(("modality", "label"), MODALITIES.items())
def test_modalities(modality: str, label: str) -> None:
    assert modality_id(label) == modality
    assert modality_id(label.upper() + " image") == modality


def test_an_unknown_label_is_an_id_of_its_own() -> None:
    assert modality_id("Thermo graphy!") == "thermography"
    assert modality_id("") == "unknown"
    assert type_id("lesion grading") == "lg"


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ({"modalities": "ct"}, 6),
        ({"modalities": "ct+us"}, 9),
        ({"question_types": "dd"}, 3),
        ({"modalities": "mr", "question_types": "dd"}, 1),
        ({"sources": "Nibabel & Pydicom MR"}, 8),
        ({"sample": 10}, 10),
        ({"sample": 1000}, 28),
        ({"sample": 3, "modalities": "ct"}, 3),
    ],
)
def test_items_are_selected(mini: Path, arguments: Mapping[str, Any], count: int) -> None:
    chosen = list(OmniMedVQA(data_dir=str(mini), **arguments).samples())
    everything = list(OmniMedVQA(data_dir=str(mini)).samples())
    assert len(chosen) == count
    assert [sample for sample in everything if sample in chosen] == chosen


def test_a_sample_is_stratified_and_repeats(mini: Path) -> None:
    def drawn(seed: int) -> list[str]:
        task = OmniMedVQA(data_dir=str(mini), sample=14, sample_seed=seed)
        return [sample.sample_id for sample in task.samples()]

    assert drawn(1) == drawn(1) != drawn(2)
    halves = OmniMedVQA(data_dir=str(mini), sample=14)
    counts = Counter(sample.metadata["modality"] for sample in halves.samples())
    strata = Counter((sample.metadata["modality"], sample.metadata["question_type"]) for sample in halves.samples())
    everything = Counter(
        (sample.metadata["modality"], sample.metadata["question_type"])
        for sample in OmniMedVQA(data_dir=str(mini)).samples()
    )
    assert sum(counts.values()) == 14
    assert all(abs(strata[key] - count / 2) < 1 for key, count in everything.items())


@pytest.mark.parametrize("name", ["modalities", "question_types", "sources"])
def test_an_unknown_filter_names_what_there_is(mini: Path, name: str) -> None:
    with pytest.raises(UsageError, match="unknown OmniMedVQA"):
        list(OmniMedVQA(data_dir=str(mini), **{name: "cct"}).samples())


def test_the_sums_of_the_full_data() -> None:
    """Tables 3.1 to 3.3 of the sheet."""
    where = os.environ.get("MMEVAL_OMNIMEDVQA")
    if where is None:
        pytest.skip("needs the full data set (10.7 GB); set MMEVAL_OMNIMEDVQA to its folder or zip file")
    items = Collection.read(open_source(where, None), "open").items
    assert len(items) == 88_996
    kinds = Counter(item.question_type for item in items)
    assert kinds == {"dd": 55_387, "ai": 16_448, "mrec": 11_565, "oba": 3_498, "lg": 2_098}
    modalities = Counter(item.modality for item in items)
    assert {name: modalities[name] for name in ("mr", "us", "xray", "der", "mic", "fp", "oct")} == {
        "mr": 31_877,
        "us": 10_991,
        "xray": 7_916,
        "der": 6_679,
        "mic": 5_680,
        "fp": 5_398,
        "oct": 4_646,
    }
    sources = Counter(item.source for item in items)
    assert (len(sources), sources["RadImageNet"], sources["Pulmonary Chest MC"]) == (42, 56_697, 38)
    assert len({item.image_path for item in items}) == 82_059
