"""The registry of the 56 question forms (sheet sections 3.2, 3.3 and 6.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from mmeval_tasks.clegr import programs
from mmeval_tasks.clegr.programs import Program
from mmeval_tasks.clegr.rules import Rules

Kind: TypeAlias = Literal["exact", "boolean", "numeric", "list"]

DIRECT = "\n\nAnswer directly: "
LIST = "\n\nOutput a comma-separated list: "
BOOLEAN = "\n\nAnswer with 'True' or 'False':\n\nAnswer: "
NUMBER = "\n\nAnswer with a number:\n\nAnswer: "
CYCLE = "\n\nAnswer with 'True' if it is in a cycle, otherwise 'False':\n\nAnswer: "

FACTS = "FactBased"
REASONING = "ReasoningBased"
A, F, P, T = "Aggregation", "Filter", "PathReasoning", "Topology"


@dataclass(frozen=True, slots=True)
class Draw:
    """What to draw: a kind per argument, and for a pair of stations the constraint that joins them."""

    kinds: tuple[str, ...]
    pair: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """One question form.

    `subgroup` is the form's own; `subgroups` and `scope` are the evaluator's, which override it. `vocabulary`
    names what an exact or list answer is taken from. `balance` holds the draws that favour True and False.
    """

    id: int
    type_string: str
    group: str
    subgroup: str
    subgroups: tuple[str, ...]
    scope: str
    draw: Draw
    template: str
    suffix: str
    kind: Kind
    program: Program
    vocabulary: str = ""
    balance: tuple[Draw, Draw] | None = None
    sampled: bool = False
    careful_type_string: str = ""

    def type_name(self, rules: Rules) -> str:
        """The type string; under corrected rules form 42 has one of its own."""
        return (rules.own_type_strings and self.careful_type_string) or self.type_string

    def english(self, words: tuple[str, ...]) -> str:
        """The question without prefix."""
        return self.template.format(*words) + self.suffix


_S = Draw(("station",))
_SS = Draw(("station", "station"))
_SSS = Draw(("station", "station", "station"))
_L = Draw(("line",))
_LL = Draw(("line", "line"))
_ADJACENT = Draw(("station", "station"), "adjacent")
_COMMON = Draw(("station", "station"), "common")
_ON_LINE = Draw(("station", "station"), "line")
_FAKE = Draw(("fake",))


def _fact(
    number: int,
    name: str,
    draw: Draw,
    template: str,
    suffix: str,
    kind: Kind,
    program: Program,
    vocabulary: str = "",
    balance: tuple[Draw, Draw] | None = None,
) -> Form:
    return Form(
        number, name, FACTS, "Fact", ("Fact",), "Unknown", draw, template, suffix, kind, program, vocabulary, balance
    )


def _attribute(number: int, name: str, template: str, key: str) -> Form:
    return _fact(number, name, _S, template, DIRECT, "exact", programs.station_attribute(key), key)


def _flag(number: int, name: str, template: str, key: str) -> Form:
    return _fact(number, name, _S, template, BOOLEAN, "boolean", programs.station_attribute(key))


def _edge(number: int, name: str, template: str, key: str) -> Form:
    return _fact(number, name, _ADJACENT, template, DIRECT, "exact", programs.edge_attribute(f"line_{key}"), key)


_CALLED = "Is there a station called {}?"
_ADJACENT_TEXT = "Are {} and {} adjacent?"

_FACTS = (
    _attribute(0, "StationPropertyCleanliness", "How clean is {}?", "cleanliness"),
    _attribute(1, "StationPropertyCleanliness2", "What is the cleanliness level of {} station?", "cleanliness"),
    _attribute(2, "StationPropertySize", "How big is {}?", "size"),
    _attribute(3, "StationPropertySize2", "What size is {}?", "size"),
    _attribute(4, "StationPropertyMusic", "What music plays at {}?", "music"),
    _attribute(5, "StationPropertyMusic2", "Which type of music is played at {}?", "music"),
    _attribute(6, "StationPropertyArchitecture", "What architectural style is {}?", "architecture"),
    _attribute(7, "StationPropertyArchitecture2", "Describe {} station's architectural style.", "architecture"),
    _flag(8, "StationPropertyDisabledAccess", "Does {} have disabled access?", "disabled_access"),
    _flag(9, "StationPropertyDisabledAccess2", "Is there disabled access at {}?", "disabled_access"),
    _flag(10, "StationPropertyHasRail", "Does {} have rail connections?", "has_rail"),
    _flag(11, "StationPropertyHasRail2", "Can you get rail connections at {}?", "has_rail"),
    _fact(12, "StationExistence1", _S, _CALLED, BOOLEAN, "boolean", programs.exists, balance=(_S, _FAKE)),
    _fact(13, "StationExistence2", _FAKE, _CALLED, BOOLEAN, "boolean", programs.exists, balance=(_S, _FAKE)),
    _fact(14, "StationLine", _S, "Which lines is {} on?", LIST, "list", programs.station_lines, "lines"),
    _fact(15, "StationLineCount", _S, "How many lines is {} on?", NUMBER, "numeric", programs.station_line_count),
    _fact(
        16, "StationAdjacentAlwaysTrue", _ADJACENT, _ADJACENT_TEXT, BOOLEAN, "boolean", programs.adjacent,
        balance=(_ADJACENT, _SS),
    ),
    _fact(
        17, "StationAdjacent", _SS, _ADJACENT_TEXT, BOOLEAN, "boolean", programs.adjacent, balance=(_ADJACENT, _SS)
    ),
    _edge(18, "EdgePropertyColor", "What color is the line between {} and {}?", "color"),
    _fact(
        19, "EdgePropertyAircon", _ADJACENT, "Does the line between {} and {} have air conditioning?", BOOLEAN,
        "boolean", programs.edge_attribute("line_has_aircon"),
    ),
    _edge(20, "EdgePropertyStroke", "What stroke style is the line between {} and {}?", "stroke"),
    _edge(21, "EdgePropertyBuilt", "When was the line between {} and {} built?", "built"),
)  # fmt: skip


def _reason(
    number: int,
    name: str,
    subgroup: str,
    place: tuple[str, tuple[str, ...]],
    draw: Draw,
    template: str,
    answer: tuple[str, Kind],
    program: Program,
    *,
    vocabulary: str = "",
    balance: tuple[Draw, Draw] | None = None,
    sampled: bool = False,
    careful_type_string: str = "",
) -> Form:
    (scope, subgroups), (suffix, kind) = place, answer
    return Form(
        number, name, REASONING, subgroup, subgroups, scope, draw, template, suffix, kind, program, vocabulary,
        balance, sampled, careful_type_string,
    )  # fmt: skip


_COUNT: tuple[str, Kind] = (NUMBER, "numeric")
_NAME: tuple[str, Kind] = (DIRECT, "exact")
_BOOL: tuple[str, Kind] = (BOOLEAN, "boolean")
_COMMON_TEXT = "Are {} and {} connected by the same station?"
_SAME_LINE_TEXT = "Are {} and {} on the same line?"


def _node(*subgroups: str) -> tuple[str, tuple[str, ...]]:
    return "Node", subgroups


def _edges(*subgroups: str) -> tuple[str, tuple[str, ...]]:
    return "Edge", subgroups


def _part(*subgroups: str) -> tuple[str, tuple[str, ...]]:
    return "Sub-graph", subgroups


_REASONING = (
    _reason(
        22, "StationPairAdjacent", A, _node(A, T), _SS, "Which station is adjacent to both {} and {}?", _NAME,
        programs.common_neighbours, vocabulary="stations", sampled=True,
    ),
    _reason(
        23, "StationArchitectureAdjacent", A, _node(F, T), Draw(("architecture", "station")),
        "Which {} station is adjacent to {}?", _NAME, programs.neighbours_of_style, vocabulary="stations",
        sampled=True,
    ),
    _reason(
        24, "LineTotalArchitectureCount", A, _part(A), _L, "How many architectural styles does {} pass through?",
        _COUNT, programs.line_distinct("architecture"),
    ),
    _reason(
        25, "LineTotalMusicCount", A, _part(A), _L, "How many music styles does {} pass through?", _COUNT,
        programs.line_distinct("music"),
    ),
    _reason(
        26, "LineTotalSizeCount", A, _part(A), _L, "How many sizes of station does {} pass through?", _COUNT,
        programs.line_distinct("size"),
    ),
    _reason(
        27, "LineFilterMusicCount", F, _part(F, A), Draw(("music", "line")),
        "How many stations playing {} does {} pass through?", _COUNT, programs.line_count("music"),
    ),
    _reason(
        28, "LineFilterCleanlinessCount", F, _part(F, A), Draw(("cleanliness", "line")),
        "How many {} stations does {} pass through?", _COUNT, programs.line_count("cleanliness"),
    ),
    _reason(
        29, "LineFilterSizeCount", F, _part(F, A), Draw(("size", "line")),
        "How many {} stations does {} pass through?", _COUNT, programs.line_count("size"),
    ),
    _reason(
        30, "LineFilterDisabledAccessCount", F, _part(F, A), _L,
        "How many stations with disabled access does {} pass through?", _COUNT,
        programs.line_flag_count("disabled_access"),
    ),
    _reason(
        31, "LineFilterHasRailCount", F, _part(F, A), _L,
        "How many stations with rail connections does {} pass through?", _COUNT,
        programs.line_flag_count("has_rail"),
    ),
    _reason(
        32, "LineStations", A, _part(A), _L, "Which stations does {} pass through?", (LIST, "list"),
        programs.line_station_names, vocabulary="stations",
    ),
    _reason(
        33, "StationShortestCount", P, _part(P, A), _SS, "How many stations are between {} and {}?", _COUNT,
        programs.stations_between,
    ),
    _reason(
        34, "StationShortestAvoidingCount", P, _part(P, F), Draw(("station", "station", "cleanliness")),
        "How many stations are on the shortest path between {} and {} avoiding {} stations?", _COUNT,
        programs.between_avoiding("cleanliness"),
    ),
    _reason(
        35, "StationShortestAvoidingArchitectureCount", P, _part(P, F), Draw(("station", "station", "architecture")),
        "How many stations are on the shortest path between {} and {} avoiding {} architecture stations?", _COUNT,
        programs.between_avoiding("architecture"),
    ),
    _reason(
        36, "StationTwoHops", T, _node(T, A), _S, "How many other stations are two stops or closer to {}?", _COUNT,
        programs.two_hops,
    ),
    _reason(
        37, "DistinctRoutes", T, _part(T, P, A), _SS, "How many distinct routes are there between {} and {}?", _COUNT,
        programs.distinct_routes,
    ),
    _reason(
        38, "HasCycle", T, _node(T), _S, "Is {} part of a cycle?", (CYCLE, "boolean"), programs.in_cycle,
    ),
    _reason(
        39, "StationOneApartTrue", T, _node(T, P), _COMMON, _COMMON_TEXT, _BOOL, programs.one_apart,
        balance=(_COMMON, _SS),
    ),
    _reason(
        40, "StationOneApart", T, _node(T, P), _SS, _COMMON_TEXT, _BOOL, programs.one_apart, balance=(_COMMON, _SS),
    ),
    _reason(
        41, "StationSameLineTrue", T, _edges(T, A), _ON_LINE, _SAME_LINE_TEXT, _BOOL, programs.same_line,
        balance=(_ON_LINE, _SS),
    ),
    _reason(
        42, "StationSameLineTrue", T, _edges(T, A), _SS, _SAME_LINE_TEXT, _BOOL, programs.same_line,
        balance=(_ON_LINE, _SS), careful_type_string="StationSameLine",
    ),
    _reason(
        43, "CountEqualSizeStation", F, _part(F, A), Draw(("line", "station")),
        "How many stations in {} are of the same size as {}", _COUNT, programs.equal_size_count,
    ),
    _reason(
        44, "LineIntersectionStations", T, _part(T, A), _LL,
        "How many stations are shared between the {} and the {}?", _COUNT, programs.shared_stations,
    ),
    _reason(
        45, "NodeOnPath", P, _part(P), _SSS, "Is {} on the shortest path between {} and {}?", _BOOL,
        programs.on_path, balance=(_SSS, _SSS),
    ),
    _reason(
        46, "TopologyMostCommonArch", T, _node(T, A), _S,
        "What is the most common architectural style of stations within 2 hops of {}?", _NAME,
        programs.style_nearby, vocabulary="architecture",
    ),
    _reason(
        47, "PathMostCommonMusic", P, _part(P, A), _SS,
        "What is the most common music style on the shortest path between {} and {}?", _NAME, programs.path_music,
        vocabulary="music",
    ),
    _reason(
        48, "CountIntersectionProperties", F, _node(F, A), Draw(()),
        "How many stations are both large and have disabled access?", _COUNT, programs.large_accessible,
    ),
    _reason(
        49, "EdgeFilterAirconCount", F, _edges(F, A), _S, "How many air-conditioned lines is {} connected to?",
        _COUNT, programs.aircon_lines,
    ),
    _reason(
        50, "EdgeFilterColorCount", F, _edges(F, A), Draw(("color", "station")),
        "How many {} lines is {} connected to?", _COUNT, programs.color_lines,
    ),
    _reason(
        51, "PathYearSpan", P, _edges(P, A), _SS,
        "How many years newer is the newest line between {} and {} compared to the oldest?", _COUNT,
        programs.year_span,
    ),
    _reason(
        52, "PathOptimalColor", P, _edges(P, A), _SS,
        "What is the most common line color on the shortest path between {} and {}?", _NAME, programs.path_color,
        vocabulary="color",
    ),
    _reason(
        53, "PathEarliestBuilt", P, _edges(P, A), _SS,
        "What is the earliest year a line was built on the shortest path between {} and {}?", (DIRECT, "numeric"),
        programs.earliest_year,
    ),
    _reason(
        54, "CompareLineDisabledAccess", A, _part(A, F), _LL,
        "Which line has more stations with disabled access, {} or {}?", _NAME, programs.compare_lines,
        vocabulary="lines",
    ),
    _reason(
        55, "CompareArchitectureCount", A, _node(A, F), Draw(("architecture", "architecture")),
        "Which architectural style has more stations, {} or {}?", _NAME, programs.compare_styles,
        vocabulary="architecture",
    ),
)  # fmt: skip

FORMS: tuple[Form, ...] = _FACTS + _REASONING
"""All forms in the benchmark's order; a form's id is its position."""

SETS = {"facts": _FACTS, "reasoning": _REASONING, "full": FORMS}
"""The published sets: facts and reasoning have graphs of their own, the full set asks both of the same graphs."""
