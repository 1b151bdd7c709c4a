from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mmeval.probing import (
    Labelled,
    Memo,
    Settings,
    accuracy_draws,
    codelength,
    grouped_classes,
    probe,
    random_labels,
    random_types,
    stratified_draws,
    stratified_split,
)
from tests.probing.made import labelled

pytest.importorskip("torch")

TRAIN, TEST = labelled(2, 200, 12, 4), labelled(2, 600, 12, 4, seed=1)


def test_random_labels_leave_the_test_set_at_chance() -> None:
    found = []
    for seed in range(12):
        shuffled = Labelled(TRAIN.features, random_labels(TRAIN.labels, seed))
        assert sorted(shuffled.labels) == sorted(TRAIN.labels)
        found.append(probe(shuffled, {"test": TEST}, 4, Settings()).predictions["test"].accuracy)
    error = np.sqrt(0.25 * 0.75 / len(TEST.labels))
    assert np.abs(np.mean(found, axis=0) - 0.25).max() <= 3 * error


def test_equal_types_have_equal_classes() -> None:
    types = ["the", "a", "the", "dog", "a"]
    drawn = random_types(types, 5, 3)
    assert drawn[0] == drawn[2]
    assert drawn[1] == drawn[4]
    assert {*drawn} <= set(range(5))


@pytest.mark.parametrize(("classes", "groups"), [(8, 2), (9, 3), (120, 10)])
def test_every_group_has_classes_on_both_sides(classes: int, groups: int) -> None:
    group, trained = grouped_classes(classes, groups, 1)
    rest = np.setdiff1d(np.arange(classes), trained)
    assert {*group[trained]} == {*group[rest]} == set(range(groups))


def test_labels_that_states_tell_have_a_short_code(tmp_path: Path) -> None:
    order = np.random.default_rng(0).permutation(200)
    data = Labelled(np.asarray(TRAIN.features[:])[:, order], TRAIN.labels[order])
    constant, telling = codelength(data, 4, Settings(l2=0.01), Memo(tmp_path))
    uniform = 200 * np.log2(4)
    assert constant == pytest.approx(uniform, rel=0.15)
    assert telling < 0.7 * uniform


def test_a_split_keeps_the_shares_of_classes() -> None:
    labels = np.repeat(np.arange(3), [10, 20, 30])
    one, other = stratified_split(labels, 0.5, seed=4)
    assert np.bincount(labels[one]).tolist() == [5, 10, 15]
    assert sorted([*one, *other]) == list(range(60))
    assert not np.array_equal(one, stratified_split(labels, 0.5, seed=5)[0])


def test_draws_keep_the_sizes_of_classes_and_are_paired() -> None:
    labels = np.repeat(np.arange(3), [3, 5, 7])
    for rows in stratified_draws(labels, 70, seed=0):
        assert all(np.array_equal(labels[draw], labels) for draw in rows)
    correct = np.random.default_rng(0).random((2, 3, 15)) < 0.5
    draws = accuracy_draws(correct, labels, 70, seed=0)
    assert draws.shape == (70, 2, 3)
    assert np.array_equal(draws[:, 1, 2], accuracy_draws(correct[1, 2], labels, 70, seed=0))
    assert draws.mean(0) == pytest.approx(correct.mean(-1), abs=0.08)
