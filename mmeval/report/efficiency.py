"""The efficiency of a run as a table."""

from __future__ import annotations

from mmeval.report.table import Column, Data, Table, compact

COLUMNS = (
    Column("Role", optional=True),
    Column("Answers"),
    Column("Requests", right=True),
    Column("Seconds", right=True),
    Column("Requests/s", right=True),
    Column("Prompt tokens/s", right=True, optional=True),
    Column("Tokens/s", right=True, optional=True),
    Column("Latency (queued) p50 / p90 / p99, s", right=True, optional=True),
    Column("First token p50 / p90 / p99, s", right=True, optional=True),
    Column("Peak memory, GiB", optional=True),
)


def efficiency_table(data: Data) -> Table:
    """One row for each role and kind of request that a model answered; no rows for a run that asked no model."""
    return compact(COLUMNS, efficiency_rows(data))


def efficiency_rows(data: Data) -> list[tuple[str, ...]]:
    """The cells of `COLUMNS`."""
    found = data.get("efficiency", {})
    peaks = ", ".join(f"{name} {peak:.2f}" for name, peak in found.get("peak_memory_gib", {}).items())
    if found.get("replicas", 1) > 1:
        peaks += f" (highest of {found['replicas']} replicas)"
    rows = []
    for each in found.get("answers", ()):
        rates = ("requests_per_second", "prompt_tokens_per_second", "tokens_per_second")
        cells = [_rate(each[name]) for name in rates]
        times = [_percentiles(each[name]) for name in ("latency_seconds", "first_token_seconds")]
        role = "" if each["role"] == "model" else each["role"]
        rows.append((role, each["kind"], str(each["requests"]), f"{each['seconds']:.2f}", *cells, *times, peaks))
        peaks = ""
    return rows


def _rate(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _percentiles(seconds: Data | None) -> str:
    return "" if seconds is None else " / ".join(f"{seconds[share]:.3g}" for share in ("p50", "p90", "p99"))
