from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.errors import SpecError
from mmeval_tasks.omnimedvqa import OmniMedVQA
from mmeval_tasks.omnimedvqa.inline import join, split
from mmeval_tasks.omnimedvqa.splits import leak, read_split

TEXT = st.text("abc xyz,()-.", min_size=1).map(str.strip).filter(bool)


@given(TEXT, st.lists(TEXT, min_size=2, max_size=4))
def test_inline_options_are_split_by_letters_and_not_by_commas(question: str, options: list[str]) -> None:
    named = dict(zip("ABCD", options, strict=False))
    found = split(join(question, named))
    assert (found[0].rstrip(" ,"), found[1]) == (question.rstrip(" ,"), named)


def written(path: Path, task: OmniMedVQA, places: range) -> Path:
    samples = list(task.samples())
    records = [
        {
            "image": f"somewhere/{samples[place].doc['image_path']}",
            "problem": join(samples[place].doc["question"], samples[place].doc["options"]),
            "solution": f"<answer> {samples[place].target[0]} </answer>",
        }
        for place in places
    ]
    path.write_text(json.dumps(records), encoding="utf-8")
    return path


def test_a_split_file_selects_its_items(mini: Path, tmp_path: Path) -> None:
    everything = OmniMedVQA(data_dir=str(mini))
    file = written(tmp_path / "test.json", everything, range(3, 9))
    part = OmniMedVQA(data_dir=str(mini), split_file=str(file))
    assert list(part.samples()) == list(everything.samples())[3:9]


def test_the_prior_is_fitted_outside_of_the_split(mini: Path, tmp_path: Path) -> None:
    everything = OmniMedVQA(data_dir=str(mini))
    file = written(tmp_path / "test.json", everything, range(28))
    part = OmniMedVQA(data_dir=str(mini), split_file=str(file))
    answer = part.baselines()["option_prior"]
    assert {str(answer(sample)) for sample in part.samples()} == {"A"}, "nothing is left to learn from"


def test_images_in_both_parts_are_counted(mini: Path, tmp_path: Path) -> None:
    task = OmniMedVQA(data_dir=str(mini))
    test = read_split(written(tmp_path / "test.json", task, range(3)))
    train = read_split(written(tmp_path / "train.json", task, range(3, 28)))
    found = leak(test, train)
    assert (found.test_items, found.train_items, found.test_images, found.shared_images) == (3, 25, 1, 0)
    shared = leak(test, read_split(written(tmp_path / "train.json", task, range(2, 28))))
    assert shared.shared_images == 1


@pytest.mark.parametrize("content", ["{", "{}", "[3]", '[{"image": "a"}]'])
def test_what_is_no_split_is_told(tmp_path: Path, content: str) -> None:
    file = tmp_path / "split.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SpecError, match=r"split\.json"):
        read_split(file)
    with pytest.raises(SpecError):
        read_split(tmp_path / "absent.json")
