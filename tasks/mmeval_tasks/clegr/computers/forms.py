"""The 20 question forms of the grid domain, with their answer programs. There is one mode: the official one."""

from __future__ import annotations

from mmeval_tasks.clegr.computers.graph import Grid
from mmeval_tasks.clegr.forms import BOOLEAN, CYCLE, DIRECT, FACTS, LIST, NUMBER, REASONING, Draw, Form, Kind
from mmeval_tasks.clegr.network import unique_mode
from mmeval_tasks.clegr.programs import Answers, Program
from mmeval_tasks.clegr.rules import Rules


def _attribute(key: str) -> Program:
    def program(grid: Grid, _: Rules, node: int) -> Answers:
        return (getattr(grid.computers[node], key),)

    return program


def _exists(_grid: Grid, _: Rules, node: int | str) -> Answers:
    return (isinstance(node, int),)


def _linked(grid: Grid, _: Rules, a: int, b: int) -> Answers:
    return (b in grid.network.neighbours[a],) if a != b else ()


def _status_count(grid: Grid, _: Rules, status: str) -> Answers:
    return (sum(computer.status == status for computer in grid.computers),)


def _in_sector(grid: Grid, _: Rules, sector: str) -> Answers:
    return (tuple(computer.name for computer in grid.computers if computer.location_sector == sector),)


def _common_firmware(grid: Grid, _: Rules) -> Answers:
    mode = unique_mode([computer.firmware_version for computer in grid.computers])
    return () if mode is None else (mode,)


def _sector_security_count(grid: Grid, _: Rules, sector: str, level: str) -> Answers:
    return (sum(item.location_sector == sector and item.security_level == level for item in grid.computers),)


def _operational_neighbours(grid: Grid, _: Rules, node: int) -> Answers:
    return (sum(grid.computers[other].status == "Operational" for other in grid.network.neighbours[node]),)


def _path_length(grid: Grid, _: Rules, a: int, b: int) -> Answers:
    """Nodes on a shortest path, ends included; 0 where there is none."""
    return (grid.network.distances(a)[b] + 1,) if a != b else ()


def _between(grid: Grid, _: Rules, a: int, b: int) -> Answers:
    return (max(grid.network.distances(a)[b] - 1, 0),) if a != b else ()


def _path_avoiding(grid: Grid, _: Rules, a: int, b: int, status: str) -> Answers:
    """Whether a path has no inner node with the status; its ends may have it."""
    allowed = {node for node, computer in enumerate(grid.computers) if computer.status != status}
    return (grid.network.distance_through(a, b, allowed) >= 0,) if a != b else ()


def _three_hops(grid: Grid, _: Rules, node: int) -> Answers:
    return (len(grid.network.within(node, 3)),)


def _in_cycle(grid: Grid, _: Rules, node: int) -> Answers:
    return (node in grid.network.on_cycle,)


def _one_intermediary(grid: Grid, _: Rules, a: int, b: int) -> Answers:
    return (grid.network.distances(a)[b] == 2,) if a != b else ()


def _form(
    number: int,
    name: str,
    subgroup: str,
    kinds: tuple[str, ...],
    template: str,
    answer: tuple[str, Kind],
    program: Program,
    pair: str | None = None,
) -> Form:
    group = FACTS if subgroup == "Fact" else REASONING
    suffix, kind = answer
    return Form(
        number, name, group, subgroup, (subgroup,), "Unknown", Draw(kinds, pair), template, suffix, kind, program
    )


_X, _XX = ("node",), ("node", "node")
_NAME: tuple[str, Kind] = (DIRECT, "exact")
_COUNT: tuple[str, Kind] = (NUMBER, "numeric")
_BOOL: tuple[str, Kind] = (BOOLEAN, "boolean")
_NAMED = "Is there a node named {} in the grid?"
_LINKED = "Are nodes {} and {} directly linked?"
_A, _F, _P, _T = "Aggregation", "Filter", "PathReasoning", "Topology"

FORMS: tuple[Form, ...] = (
    _form(0, "NodePropertyStatus", "Fact", _X, "What is the status of node {}?", _NAME, _attribute("status")),
    _form(
        1, "NodePropertySecurity", "Fact", _X, "What is the security level of node {}?", _NAME,
        _attribute("security_level"),
    ),
    _form(
        2, "NodePropertyLocation", "Fact", _X, "Which sector is node {} located in?", _NAME,
        _attribute("location_sector"),
    ),
    _form(
        3, "NodePropertyFirmware", "Fact", _X, "What firmware version runs on {}?", _NAME,
        _attribute("firmware_version"),
    ),
    _form(
        4, "NodePropertyPower", "Fact", _X, "How many power units does {} consume?", _COUNT,
        _attribute("power_consumption_units"),
    ),
    _form(5, "NodeExistence1", "Fact", _X, _NAMED, _BOOL, _exists),
    _form(6, "NodeExistence2", "Fact", ("fake",), _NAMED, _BOOL, _exists),
    _form(7, "NodeAdjacentTrue", "Fact", _XX, _LINKED, _BOOL, _linked, pair="adjacent"),
    _form(8, "NodeAdjacent", "Fact", _XX, _LINKED, _BOOL, _linked),
    _form(9, "CountNodesWithStatus", _A, ("status",), "How many nodes have status '{}'?", _COUNT, _status_count),
    _form(
        10, "ListNodesInSector", _A, ("location_sector",), "List all nodes in {}.", (LIST, "list"), _in_sector
    ),
    _form(11, "MostCommonFirmware", _A, (), "What is the most common firmware version?", _NAME, _common_firmware),
    _form(
        12, "CountNodesWithTwoProps", _F, ("location_sector", "security_level"),
        "How many nodes in {} have security level '{}'?", _COUNT, _sector_security_count,
    ),
    _form(
        13, "CountNeighborsOperational", _F, _X, "How many neighbors of {} are 'Operational'?", _COUNT,
        _operational_neighbours,
    ),
    _form(
        14, "ShortestPathLen", _P, _XX, "How many nodes are on shortest path between {} and {}?", _COUNT,
        _path_length,
    ),
    _form(
        15, "NodesBetween", _P, _XX, "How many nodes lie between {} and {} on that path?", _COUNT, _between
    ),
    _form(
        16, "PathAvoidingStatus", _P, ("node", "node", "status"),
        "Is there a path from {} to {} avoiding status '{}'?", _BOOL, _path_avoiding,
    ),
    _form(17, "WithinHops", _T, _X, "How many other nodes are within 3 hops of {}?", _COUNT, _three_hops),
    _form(18, "HasCycle", _T, _X, "Is {} part of a cycle?", (CYCLE, "boolean"), _in_cycle),
    _form(
        19, "OneIntermediary", _T, _XX, "Are {} and {} connected via exactly one intermediary?", _BOOL,
        _one_intermediary,
    ),
)  # fmt: skip
