"""Maps, questions and sets: what is random must have the right distribution, and what is seeded must not move."""

from __future__ import annotations

from collections import Counter
from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval_tasks.clegr.computers.sets import GridSpec
from mmeval_tasks.clegr.forms import FACTS, FORMS, REASONING, SETS
from mmeval_tasks.clegr.generate import PRESETS, generate_map, merge
from mmeval_tasks.clegr.graph import CONNECTOR, VOCABULARY, Map
from mmeval_tasks.clegr.names import _CODAS, _ONSETS, _VOWELS, station_name, unused
from mmeval_tasks.clegr.records import Record
from mmeval_tasks.clegr.sets import SetSpec

# ---------------------------------------------------------------- forms


def test_the_registry_is_complete() -> None:
    assert [form.id for form in FORMS] == list(range(56))
    assert [len(SETS[name]) for name in ("facts", "reasoning", "full")] == [22, 34, 56]
    assert len({form.type_string for form in FORMS}) == 55
    assert Counter(form.group for form in FORMS) == {FACTS: 22, REASONING: 34}
    subgroups = Counter(form.subgroup for form in SETS["reasoning"])
    assert subgroups == {"Aggregation": 8, "Filter": 9, "PathReasoning": 8, "Topology": 9}
    assert Counter(form.kind for form in FORMS) == {"numeric": 21, "exact": 18, "boolean": 15, "list": 2}


# ---------------------------------------------------------------- maps


@given(st.integers(0, 10_000))
def test_a_map_is_connected_and_its_lines_do_not_repeat_stations(seed: int) -> None:
    world = generate_map(PRESETS["small"], Random(seed))
    assert len(world.network.components()) == 1
    assert len({station.name.lower() for station in world.stations}) == len(world.stations)
    assert len({station.id for station in world.stations}) == len(world.stations)
    assert len({line.name for line in world.lines}) == len(world.lines)
    assert len({(line.color, line.stroke) for line in world.lines}) == len(world.lines)
    tracks = [edge for edge in world.edges if not edge.line_name.endswith(CONNECTOR)]
    assert all(edge.source != edge.target for edge in world.edges)
    assert len({(edge.line, *sorted((edge.source, edge.target))) for edge in tracks}) == len(tracks)
    for edge in world.edges:
        line = world.lines[edge.line]
        assert edge.line_name.removesuffix(CONNECTOR) == line.name
        copied = (edge.line_color, edge.line_has_aircon, edge.line_built)
        assert copied == (line.color, line.has_aircon, line.built)
        assert edge.line_stroke == (line.stroke if edge in tracks else "dotted")


points = st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=1, max_size=20)


@given(points, st.randoms(use_true_random=False))
def test_merging_keeps_the_lowest_of_each_cluster(places: list[tuple[float, float]], rng: Random) -> None:
    priority = [rng.getrandbits(64) for _ in places]
    survivor = merge(places, priority, 1.0, 50)
    kept = {node for node, root in enumerate(survivor) if node == root}
    assert set(survivor) == kept
    assert all(priority[root] <= priority[node] for node, root in enumerate(survivor))
    apart = [(a, b) for a in kept for b in kept if a < b]
    assert all((places[a][0] - places[b][0]) ** 2 + (places[a][1] - places[b][1]) ** 2 >= 1 - 1e-9 for a, b in apart)


def test_merging_is_inclusive_and_stops_after_its_rounds() -> None:
    row = [(0.0, 0.0), (1.0, 0.0), (2.5, 0.0)]
    assert merge(row, [0, 1, 2], 1.0, 5) == [0, 0, 2]
    assert merge(row, [2, 1, 0], 1.5, 5) == [2, 2, 2]
    assert merge(row, [0, 1, 2], 1.0, 0) == [0, 1, 2]


def test_names_are_plain_and_never_an_attribute() -> None:
    syllables = {onset + vowel + coda for onset in _ONSETS for vowel in _VOWELS for coda in _CODAS}
    assert len(syllables) > 20_000
    assert syllables.isdisjoint(value for values in VOCABULARY.values() for value in values)
    rng = Random(0)
    names = [station_name(rng) for _ in range(2_000)]
    assert all(name.replace(" ", "").isalpha() and name == name.title() for name in names)
    with pytest.raises(RuntimeError, match="no unused name"):
        unused(lambda _: "Same", rng, {"Same"})


# ---------------------------------------------------------------- statistics (sheet section 11.4)


@pytest.fixture(scope="module")
def facts() -> list[Record]:
    return list(SetSpec("facts", "faithful").records())


@pytest.fixture(scope="module")
def reasoning() -> list[Record]:
    return list(SetSpec("reasoning", "faithful").records())


@pytest.mark.parametrize("name", ["facts", "reasoning"])
def test_small_maps_have_the_measured_sizes(name: str, request: pytest.FixtureRequest) -> None:
    worlds: list[Map] = [record.world for record in request.getfixturevalue(name)]
    assert len(worlds) == 500
    assert fmean(len(world.stations) for world in worlds) == pytest.approx(26.4, abs=1.0)
    assert fmean(len(world.edges) for world in worlds) == pytest.approx(28.1, abs=1.2)
    assert fmean(len(world.lines) for world in worlds) == pytest.approx(5.95, abs=0.25)
    connected = fmean(any(edge.line_name.endswith(CONNECTOR) for edge in world.edges) for world in worlds)
    assert connected == pytest.approx(0.49, abs=0.08)
    parallel = fmean(any(len(edges) > 1 for edges in world.between.values()) for world in worlds)
    assert parallel == pytest.approx(0.56, abs=0.08)
    colors = fmean(len({line.color for line in world.lines}) < len(world.lines) for world in worlds)
    assert colors == pytest.approx(0.71, abs=0.08)


def test_facts_are_exactly_22000_questions(facts: list[Record]) -> None:
    assert sum(len(record.questions) for record in facts) == 22_000


MEASURED = {
    22: (46, 0), 23: (64, 0), 24: (100, 38), 25: (100, 38), 26: (100, 48), 27: (100, 40), 28: (100, 29), 29: (100, 36),
    30: (100, 28), 31: (100, 27), 32: (100, 0), 33: (100, 16), 34: (60, 49), 35: (93, 19), 36: (100, 19), 37: (100, 48),
    38: (100, 78), 39: (100, 97), 40: (100, 84), 41: (100, 96), 42: (100, 72), 43: (100, 33), 44: (100, 47),
    45: (100, 86), 46: (89, 19), 47: (82, 19), 48: (100, 22), 49: (100, 100), 50: (100, 71), 51: (100, 100),
    52: (99, 13), 53: (100, 100), 54: (100, 3), 55: (99, 18),
}  # fmt: skip
"""Form -> % of the trials that gave a question, % of the most frequent label (sheet section 3.3)."""


def test_reasoning_succeeds_and_answers_as_measured(reasoning: list[Record]) -> None:
    labels: dict[int, Counter[str]] = {form: Counter() for form in MEASURED}
    for record in reasoning:
        for question in record.questions:
            labels[question.form][question.label] += 1
    for form, (succeeds, majority) in MEASURED.items():
        asked = labels[form].total()
        assert asked / 10 == pytest.approx(succeeds, abs=6), f"form {form}"
        assert 100 * labels[form].most_common(1)[0][1] / asked == pytest.approx(majority, abs=6), f"form {form}"


@pytest.mark.parametrize(("preset", "stations"), [("small", 4.44), ("medium", 7.42), ("large", 12.64)])
def test_presets_have_the_measured_stations_per_line(preset: str, stations: float) -> None:
    """A ratio: the 60 and 20 maps that the sheet measured of the larger presets happened to have few lines."""
    worlds = [generate_map(PRESETS[preset], Random(seed)) for seed in range(40)]
    ratio = sum(len(world.stations) for world in worlds) / sum(len(world.lines) for world in worlds)
    assert ratio == pytest.approx(stations, rel=0.05)


def test_small_grids_have_the_measured_sizes() -> None:
    records = [GridSpec(graphs=200).record(index) for index in range(200)]
    assert fmean(len(grid.computers) for _, grid, _ in records) == pytest.approx(21.4, abs=1.0)
    assert fmean(len(grid.links) for _, grid, _ in records) == pytest.approx(28.3, abs=1.5)
    assert all(len(grid.network.components()) == 1 for _, grid, _ in records)
    asked = Counter(question.form for _, _, questions in records for question in questions)
    assert asked[11] / 400 == pytest.approx(0.79, abs=0.07)
    cycles = [question.label for _, _, questions in records for question in questions if question.form == 18]
    assert cycles.count("True") / len(cycles) == pytest.approx(0.90, abs=0.05)


# ---------------------------------------------------------------- questions


def test_corrected_booleans_are_true_half_of_the_time() -> None:
    labels: dict[int, Counter[str]] = {}
    for name in ("facts", "reasoning"):
        for record in SetSpec(name, "corrected", graphs=150).records():
            for question in record.questions:
                if FORMS[question.form].balance:
                    labels.setdefault(question.form, Counter())[question.label] += 1
    assert set(labels) == {12, 13, 16, 17, 39, 40, 41, 42, 45}
    for form, counts in labels.items():
        assert counts["True"] / counts.total() == pytest.approx(0.5, abs=0.09), f"form {form}"


def test_fake_names_are_numbers_as_published_and_look_real_when_corrected() -> None:
    for mode, looks_real in (("faithful", False), ("corrected", True)):
        found = []
        for record in SetSpec("facts", mode, graphs=20).records():
            fakes = [item for question in record.questions for item in question.arguments if isinstance(item, str)]
            assert {station.name for station in record.world.stations}.isdisjoint(fakes)
            found += fakes
        assert len(found) > 20
        assert all(name.replace(" ", "").isalpha() == looks_real for name in found)


def test_corrected_questions_do_not_name_one_thing_twice() -> None:
    for record in SetSpec("reasoning", "corrected", graphs=40).records():
        for question in record.questions:
            if question.form in (37, 39, 40, 41, 42, 44, 45, 51, 54, 55):
                assert len(set(question.arguments)) == len(question.arguments)


# ---------------------------------------------------------------- sets


def test_a_map_depends_on_the_seed_and_its_index_alone() -> None:
    spec = SetSpec("reasoning", "corrected", graphs=3)
    assert list(spec.records()) == [SetSpec("reasoning", "corrected", graphs=900).record(index) for index in range(3)]
    assert spec.record(1) != SetSpec("reasoning", "corrected", graphs=3, seed=1).record(1)
    assert spec.record(1).world != SetSpec("facts", "corrected", graphs=3).record(1).world
    faithful = SetSpec("reasoning", "faithful", graphs=3).record(1)
    assert (faithful.world, faithful.id) == (spec.record(1).world, spec.record(1).id)
    assert faithful.questions != spec.record(1).questions


def test_ids_are_known_without_generating() -> None:
    spec = SetSpec("facts", "faithful", graphs=4)
    assert spec.graph_ids() == [record.id for record in spec.records()]
    assert len(set(spec.graph_ids())) == 4
