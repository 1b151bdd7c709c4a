from __future__ import annotations

import shutil
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from mmeval.errors import UsageError
from mmeval.types import Image, Text
from mmeval_tasks.layer_probes.corpus import TOPICS, passages
from mmeval_tasks.layer_probes.data import Preset, content, load_images, load_texts, twins
from mmeval_tasks.layer_probes.splits import Item, Sizes, split_items
from tests.tasks.layer_probes.doubles import images


def items(per_class: int, split: str = "") -> list[Item]:
    return [
        Item(f"{split}{label}{number}", label, f"{label} {number}", split)
        for label in "ab"
        for number in range(per_class)
    ]


def counts(chosen: list[Item]) -> dict[tuple[str, str], int]:
    return dict(Counter((item.label, item.split) for item in chosen))


def test_classes_are_split_by_the_wanted_sizes() -> None:
    chosen = split_items(items(30), Sizes(10, 2, 8), 0, twins)
    assert counts(chosen) == {("a", "pool"): 12, ("b", "pool"): 12, ("a", "test"): 8, ("b", "test"): 8}
    assert len({item.item_id for item in chosen}) == len(chosen)
    assert [item.split for item in chosen] == ["pool"] * 24 + ["test"] * 16


def test_a_split_of_the_data_is_kept() -> None:
    chosen = split_items(items(20, "train") + items(9, "test"), Sizes(10, 2, 5), 0, twins)
    assert all(item.item_id.startswith("train") == (item.split == "pool") for item in chosen)
    assert counts(chosen)["a", "test"] == 5


def test_few_items_keep_the_proportions() -> None:
    assert counts(split_items(items(10), Sizes(50, 10, 60), 0, twins)) == {
        (label, split): 5 for label in "ab" for split in ("pool", "test")
    }


def test_the_seed_and_nothing_else_decides() -> None:
    one, again = (split_items(listed, Sizes(5, 1, 5), 3, twins) for listed in (items(30), items(30)[::-1]))
    assert one == again
    assert one != split_items(items(30), Sizes(5, 1, 5), 4, twins)


def test_no_near_duplicate_of_a_test_input_is_trained_on() -> None:
    doubled = [Item(f"{item.item_id}{copy}", item.label, item.source) for item in items(10) for copy in "xy"]
    chosen = split_items(doubled, Sizes(8, 2, 4), 0, twins)
    sides = {split: {item.source for item in chosen if item.split == split} for split in ("pool", "test")}
    assert not sides["pool"] & sides["test"]


@pytest.mark.parametrize("listed", [items(2), items(9)[:9]], ids=["two of a class", "one class"])
def test_too_few_inputs_are_refused(listed: list[Item]) -> None:
    with pytest.raises(UsageError, match=r"too few|two classes"):
        split_items(listed, Sizes(5, 1, 5), 0, twins)


def test_folders_of_images_give_classes_and_splits(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    flat = images(tmp_path / "flat", 3)
    assert {(item.label, item.split) for item in load_images(str(flat)).items} == {(f"class{n}", "") for n in range(4)}
    for ours, theirs in (("train", "train"), ("test", "validation")):
        shutil.copytree(flat, tmp_path / "split" / theirs)
        found = load_images(str(tmp_path / "split")).items
        assert ours in {item.split for item in found}
    assert isinstance(content(found[0]), Image)
    assert content(found[0]).digest  # type: ignore[union-attr]


def test_a_picture_that_was_saved_again_is_a_near_duplicate(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    first = next(images(tmp_path / "flat", 2).glob("*/*.png"))
    with pillow.open(first) as picture:
        picture.save(first.with_name("again.bmp"))
    one, again, other = (Item(name, "", first.with_name(name)) for name in (first.name, "again.bmp", "001.png"))
    assert twins(one) & twins(again)
    assert not twins(one) & twins(other)


def test_a_file_of_passages_needs_its_columns(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"text": "a", "label": 1, "split": "validation"}\n', encoding="utf-8")
    (item,) = load_texts(str(file), 0, 1).items
    assert (item.label, item.split, content(item)) == ("1", "test", Text("a"))
    file.write_text('{"text": "a"}\n', encoding="utf-8")
    with pytest.raises(UsageError, match="lacks the column"):
        load_texts(str(file), 0, 1)


def test_the_corpus_is_seeded_balanced_and_without_repetition() -> None:
    first, again = (list(passages(1, 50)) for _ in range(2))
    assert first == again
    assert first != list(passages(2, 50))
    assert Counter(topic for topic, _ in first) == dict.fromkeys(TOPICS, 50)
    assert len({text for _, text in first}) == len(first)
    assert list(islice(passages(1, 99), len(first))) == first  # a larger corpus begins with a smaller one


def test_the_dog_breeds_of_imagenet_are_counted() -> None:
    from mmeval_tasks.layer_probes.data import _preset

    for name, count in (("imagenet_dogs120", 120), ("imagenet_dogs118", 118)):
        preset: Preset = _preset("images", name)
        assert sum(preset.takes(label) for label in range(1000)) == count
    assert not preset.takes(275)
    assert not _preset("images", "imagenet_dogs120").takes(251)
