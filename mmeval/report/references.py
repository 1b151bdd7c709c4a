"""What a task file says about its benchmark in `metadata`, and the published scores that a run may stand beside."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from mmeval.errors import UsageError

_SHARES = frozenset({"acc", "acc_norm", "acc_bytes", "acc_norm_tok", "acc_mutual_info", "exact_match"})
"""Metrics whose value is a number of right answers over n."""

_BITS = re.compile(r" \(\d+[ -]?bit\)$")
_WHOLE = 16
"""Weights of as many bits are not quantised."""
_UNQUANTISED = frozenset({"", "none", "auto", "half", "float", "full"})


class Reference(BaseModel):
    """One published score of one model; `setting` names what makes scores comparable with one another.

    `decimals` is how many digits were printed, `mark` how sure the source is (V: the primary source was read; S: a
    secondary one), `within` how far from it another run of the same weights may land. Behind the name of `model` may
    stand `(8 bit)`: the weights were quantised. `note` says what else a reader should know; `survey_confirmed` is set
    for models that a pack lists.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model: str
    metric: str
    value: float
    source: str
    mark: str
    setting: str = ""
    decimals: int | None = None
    within: float | None = None
    n: int | None = None
    shots: int | None = None
    scoring: str = ""
    split_id: str = ""
    note: str = ""
    survey_confirmed: bool | None = None

    @property
    def weights(self) -> str:
        """The model's name without what was done to its weights."""
        return _BITS.sub("", self.model)

    @property
    def quantised(self) -> str:
        """To how many bits (`8 bit`); empty for weights as they were published."""
        found = _BITS.search(self.model)
        return quantised(found[0]) if found else ""

    @property
    def is_possible(self) -> bool:
        """Whether some number of right answers gives this value; true where that cannot be told."""
        if self.metric not in _SHARES or self.n is None or self.decimals is None:
            return True
        return is_share(self.value, self.n, self.decimals)


def is_share(value: float, n: int, decimals: int) -> bool:
    """Whether `value` is k/n for a whole k, rounded or cut off after `decimals` digits."""
    unit = 10**-decimals
    near = (math.floor(value * n), math.ceil((value + unit) * n))
    shares = [k / n for k in range(max(0, near[0] - 1), min(n, near[1] + 1) + 1)]
    printed = {round(share, decimals) for share in shares} | {math.floor(share / unit) * unit for share in shares}
    return any(math.isclose(value, one, abs_tol=unit / 1000) for one in printed)


def quantised(precision: str) -> str:
    """How coarse weights are, from a name of it: `8 bit` for int8, `4 bit` for q4_k_m, the name itself for awq; empty
    for none, and for float16 and longer ones.
    """
    bits = re.search(r"\d+", precision)
    if bits is None:
        return "" if precision.lower() in _UNQUANTISED else precision
    return f"{bits[0]} bit" if int(bits[0]) < _WHOLE else ""


def chance_level(metadata: Mapping[str, Any], metric: str, known_by: str) -> float | None:
    """What a guess scores by a metric, as `metadata.chance` says; None where it does not.

    A mapping gives a level for each metric that it names. A number is that of the main metric (`metadata.main_metric`,
    else the one that the task is `known_by`), and where this counts right answers, of all that do.
    """
    chance = metadata.get("chance")
    if isinstance(chance, Mapping):
        chance = chance.get(metric)
    else:
        main = metadata.get("main_metric", known_by)
        chance = chance if metric == main or {metric, main} <= _SHARES else None
    return float(chance) if isinstance(chance, int | float) and 0 <= chance < 1 else None


def references(task: str, metadata: Mapping[str, Any]) -> list[Reference]:
    """The published scores under `metadata.references`. Raises UsageError for one that lacks a key."""
    listed = metadata.get("references", [])
    try:
        return [Reference.model_validate(entry) for entry in listed]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise UsageError(f"task '{task}': a reference in its metadata: {where}: {first['msg']}") from None


def described(task: str, metadata: Mapping[str, Any]) -> Iterator[str]:
    """`metadata` as lines: a key each, a published baseline each, then a published score each."""
    for key, value in metadata.items():
        if key not in ("references", "published_baselines"):
            yield f"{key}: {_said(value)}"
    for name, levels in metadata.get("published_baselines", {}).items():
        yield f"published baseline: {name}: {_said(levels)}"
    for reference in references(task, metadata):
        yield f"published: {_line(reference)}"


def _said(value: Any) -> str:
    """Text as it is, numbers by name as `acc 0.25, f1_macro 0.2`, other values as JSON."""
    if isinstance(value, Mapping) and all(isinstance(level, int | float) for level in value.values()):
        return ", ".join(f"{name} {level}" for name, level in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _line(reference: Reference) -> str:
    digits = reference.decimals
    value = f"{reference.value}" if digits is None else f"{reference.value:.{digits}f}"
    setting = [
        reference.setting and f"setting {reference.setting}",
        "" if reference.shots is None else f"{reference.shots}-shot",
        reference.scoring,
        reference.split_id,
        "" if reference.n is None else f"n {reference.n}",
        f"{reference.source} [{reference.mark}]",
    ]
    doubt = "" if reference.is_possible else f" (no number of right answers of {reference.n} gives this)"
    return f"{reference.metric} {value} {reference.model}: {', '.join(filter(None, setting))}{doubt}"
