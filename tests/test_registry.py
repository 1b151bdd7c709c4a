from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmeval.catalog import Catalog
from mmeval.errors import PluginError, UnknownNameError, UsageError
from mmeval.metadata import OWN_DISTRIBUTION
from mmeval.model import Model
from mmeval.plugins import installed
from mmeval.prompt.adapters import graph_text
from mmeval.registry import METRICS, MODELS, REGISTRIES, TAGS, TASKS, Registry, register
from mmeval.task import Group, Task
from mmeval.testing import ListTask
from mmeval.types import Metric

from .plugins.distributions import install


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for distributions, on the import path; metadata is read anew before and after."""
    monkeypatch.syspath_prepend(str(tmp_path))
    installed.cache_clear()
    yield tmp_path
    installed.cache_clear()


def numbers() -> Registry[int]:
    """A registry of a kind of its own, so that no test sees another's names."""
    return Registry("number", "a whole number", lambda value: isinstance(value, int))


def provide(site: Path, distribution: str, **values: int) -> None:
    name = distribution.replace("-", "_")
    source = "".join(f"{key} = {value!r}\n" for key, value in values.items())
    entries = {key: f"{name}:{key}" for key in values}
    install(site, distribution, {"mmeval.numbers": entries}, {f"{name}.py": source})


def test_names_are_listed_without_importing(site: Path) -> None:
    provide(site, "numbers-a", one=1, two=2)
    registry = numbers()
    registry.register("three", 3)
    assert registry.names() == ["one", "three", "two"]
    assert "two" in registry
    assert "four" not in registry
    assert "numbers_a" not in sys.modules


def test_an_object_is_loaded_once(site: Path) -> None:
    install(site, "numbers-b", {"mmeval.numbers": {"list": "numbers_b:value"}}, {"numbers_b.py": "value = []"})
    registry: Registry[list[int]] = Registry("number", "a list", lambda value: isinstance(value, list))
    assert registry.get("list") is registry.get("list")


@pytest.mark.parametrize("name", ["big_one", "big-one", "numbers-c:big_one", "numbers-c:big-one"])
def test_hyphens_are_underscores_and_the_long_form_works(name: str, site: Path) -> None:
    provide(site, "numbers-c", big_one=1)
    assert numbers().get(name) == 1
    assert numbers().origin(name) == "numbers-c 1.0"


def test_a_name_of_two_distributions_is_refused_with_both_long_forms(site: Path) -> None:
    provide(site, "numbers-d", one=1)
    provide(site, "numbers-e", one=11)
    with pytest.raises(PluginError, match="number 'one' is claimed by numbers-d and numbers-e") as caught:
        numbers().get("one")
    assert caught.value.hint == "say which: numbers-d:one or numbers-e:one"
    assert (numbers().get("numbers-d:one"), numbers().get("numbers-e:one")) == (1, 11)


def test_names_registered_at_run_time_beat_installed_ones(site: Path) -> None:
    provide(site, "numbers-f", one=1)
    registry = numbers()
    registry.register("one", 100)
    assert registry.get("one") == 100
    assert registry.origin("one") == ""
    assert registry.get("numbers-f:one") == 1


def test_an_unknown_name_says_the_nearest(site: Path) -> None:
    provide(site, "numbers-g", eleven=11)
    with pytest.raises(UnknownNameError, match="unknown number 'elven'") as caught:
        numbers().get("elven")
    assert caught.value.hint == "did you mean eleven?"
    with pytest.raises(UnknownNameError) as caught:
        numbers().get("numbers-z:eleven")
    assert caught.value.exit_code == 2


def test_a_wrong_type_names_its_distribution_and_what_is_expected(site: Path) -> None:
    install(site, "numbers-h", {"mmeval.numbers": {"one": "numbers_h:one"}}, {"numbers_h.py": "one = 'eins'"})
    with pytest.raises(PluginError) as caught:
        numbers().get("one")
    assert str(caught.value) == "number 'one' of numbers-h 1.0 (numbers_h:one) must be a whole number, not a str object"
    assert "MMEVAL_DISABLE_PLUGINS=numbers-h" in caught.value.hint
    with pytest.raises(PluginError, match="'two', registered at run time, must be a whole number"):
        numbers().register("two", "zwei")  # type: ignore[arg-type]


class ATask(ListTask):
    pass


def a_function() -> Task:
    return ListTask([])


@pytest.mark.parametrize(
    ("kind", "fine", "wrong"),
    [
        ("task", [ATask, a_function, ListTask([]), Group(name="g", members=("a",))], [7, "name", int, None]),
        ("model", [type("M", (Model,), {})], [Model.answer, 7, ATask, a_function]),
        ("metric", [Metric("m", max)], [Metric, max, 1.0]),
        ("extractor", [str.strip, ATask], ["boxed", None]),
        ("reporter", [a_function], ["csv", 7]),
        ("variant", [a_function], [None]),
        ("command", [a_function], [ATask, "ls"]),
        ("generator", [a_function], [3]),
        ("adapter", [graph_text], [a_function, "graph_text"]),
    ],
)
def test_each_kind_knows_what_stands_behind_a_name(kind: str, fine: list[object], wrong: list[object]) -> None:
    shared = REGISTRIES[kind]
    registry: Registry[object] = Registry(kind, shared._expected, shared._fits)
    for value in fine:
        registry.register("it", value)
        assert registry.get("it") is value
    for value in wrong:
        with pytest.raises(PluginError):
            registry.register("it", value)


def test_register_adds_a_name_of_any_kind() -> None:
    with pytest.raises(UnknownNameError, match="unknown plugin kind 'metrics'") as caught:
        register("metrics", "m", Metric("m", max))
    assert caught.value.nearest == ["metric"]
    assert issubclass(UnknownNameError, UsageError)


def test_what_ships_with_mmeval_comes_through_entry_points() -> None:
    for registry, name in ((TASKS, "clegr_facts"), (MODELS, "dummy"), (METRICS, "acc")):
        assert name in registry.names()
        assert registry.origin(name).startswith(f"{OWN_DISTRIBUTION} ")


def test_tags_are_tuples_of_names() -> None:
    TAGS.register("colors", ("red", "blue"))
    catalog = Catalog()
    assert "colors" in catalog
    assert "colors" in catalog.names()
    assert catalog.tagged("colors") == ("red", "blue")
    assert ("colors", "tag") in {(entry.name, entry.kind) for entry in catalog.entries()}
    with pytest.raises(PluginError, match="a tuple of task names"):
        TAGS.register("colors", "red")  # type: ignore[arg-type]
