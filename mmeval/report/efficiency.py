"""The efficiency of a run as a table."""

from __future__ import annotations

from mmeval.report.table import Column, Data, Table, compact

COLUMNS = (
    Column("Role", optional=True),
    Column("Answers"),
    Column("Requests", right=True),
    Column("Seconds", right=True),
    Column("Warm-up"),
    Column("Requests/s", right=True),
    Column("Tokens/s", right=True, optional=True),
    Column("Prefill / decode tokens/s", right=True, optional=True),
    Column("Latency p50 / p95, s", right=True, optional=True),
    Column("First token p50 / p95, s", right=True, optional=True),
    Column("Peak memory, GiB", optional=True),
)


def efficiency_table(data: Data) -> Table:
    """One row for each role and kind of request that a model answered; no rows for a run that asked no model."""
    return compact(COLUMNS, efficiency_rows(data))


def efficiency_rows(data: Data) -> list[tuple[str, ...]]:
    """The cells of `COLUMNS`."""
    found = data.get("efficiency", {})
    answers = found.get("answers", ())
    peaks = [_peaks(found), *[""] * len(answers)]
    return [(*_cells(each), peak) for each, peak in zip(answers, peaks, strict=False)]


def _cells(each: Data) -> tuple[str, ...]:
    return (
        "" if each["role"] == "model" else each["role"],
        each["kind"],
        str(each["requests"]),
        f"{each['seconds']:.2f}",
        "in the rates" if each["includes_warm_up"] else f"{each['warm_up_requests']} left out",
        _rate(each["requests_per_s"]),
        _rate(each["tokens_per_s"]),
        _phases(each["prefill_tokens_per_s"], each["decode_tokens_per_s"]),
        _percentiles(each["latency_seconds"]),
        _percentiles(each["first_token_seconds"]),
    )


def _rate(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _phases(prefill: float | None, decode: float | None) -> str:
    """Empty where nothing was written: the tokens of the column before are of one phase then."""
    return "" if prefill is None or decode is None else f"{prefill:.1f} / {decode:.1f}"


def _percentiles(seconds: Data | None) -> str:
    return "" if seconds is None else " / ".join(f"{seconds[share]:.3g}" for share in ("p50", "p95"))


def _peaks(found: Data) -> str:
    """Sums over devices, and over processes."""
    allocated, reserved, rss = (found.get(f"peak_{name}_gib") for name in ("mem_alloc", "mem_reserved", "rss"))
    devices, processes = len(found.get("devices", ())), found.get("processes", 1)
    parts = []
    if allocated is not None:
        parts.append(f"{allocated:.2f} allocated, {reserved:.2f} reserved" + f" on {devices} devices" * (devices > 1))
    if rss is not None:
        parts.append((f"RSS of {processes} processes" if processes > 1 else "process RSS") + f" {rss:.2f}")
    return ", ".join(parts)
