"""Where careful answers differ from the official ones: one switch per deviation, bundled into two modes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rules:
    """Switches of the answer programs and argument draws; all off is the official behaviour (sheet section 12)."""

    real_line_properties: bool = False
    """Forms 49, 51, 53 read aircon and years from the segments. Official: a wrong attribute name, always 0."""
    count_lines: bool = False
    """Form 50 counts distinct lines. Official: segments, of parallel ones the last."""
    lines_by_id: bool = False
    """Forms 14, 15, 41, 42 see parallel segments and count a connector to its line. Official: names, last segment."""
    any_parallel: bool = False
    """Forms 18-21, and rides along a path, accept any of parallel segments. Official: the first listed."""
    any_neighbour: bool = False
    """Forms 22, 23 accept every valid station. Official: one sampled label."""
    any_tied: bool = False
    """Forms 54, 55 accept either on a tie. Official: the first mentioned."""
    paths: Literal["one", "accept", "skip"] = "one"
    """Forms 45, 47, 51, 52, 53 where several shortest paths disagree: take one path, accept each, or do not ask."""
    none_is_music: bool = False
    """Form 47 keeps the answer `none`. Official: skipped, taken for a missing value."""
    distinct_ends: bool = False
    """Forms 37 and 54 never name one station or line twice."""
    balanced: bool = False
    """Forms 12, 13, 16, 17, 39-42, 45 are true half of the time, with fake names that look like real ones."""
    skip_unreachable: bool = False
    """Form 33 is not asked of unconnected stations. Official: 0 between them."""
    most_routes: int | None = None
    """Form 37 is not asked where there are more routes than this."""
    own_type_strings: bool = False
    """Form 42 is called `StationSameLine`. Official: it shares form 41's name."""


FAITHFUL = Rules()
CORRECTED = Rules(
    real_line_properties=True,
    count_lines=True,
    lines_by_id=True,
    any_parallel=True,
    any_neighbour=True,
    any_tied=True,
    paths="skip",
    none_is_music=True,
    distinct_ends=True,
    balanced=True,
    skip_unreachable=True,
    most_routes=10_000,
    own_type_strings=True,
)
MODES = {"faithful": FAITHFUL, "corrected": CORRECTED}
