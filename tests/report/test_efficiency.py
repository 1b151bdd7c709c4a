from __future__ import annotations

from typing import Any

import pytest

from mmeval.report.efficiency import efficiency_table
from mmeval.report.table import markdown

RATES = [f"{name}_per_s" for name in ("requests", "tokens", "prefill_tokens", "decode_tokens")]


def answers(**changes: Any) -> dict[str, Any]:
    """Those of a kind of which nothing is known but how many came in what time."""
    given: dict[str, Any] = {"role": "model", "kind": "generate", "requests": 20, "seconds": 4.0}
    given |= {"warm_up_requests": 0, "includes_warm_up": True, **dict.fromkeys(RATES), "requests_per_s": 5.0}
    return {**given, "latency_seconds": None, "first_token_seconds": None, **changes}


def shown(*rows: dict[str, Any], **took: Any) -> str:
    return markdown(efficiency_table({"efficiency": {"answers": rows, **took}}))


def test_what_is_not_known_has_no_column() -> None:
    assert shown(answers()) == (
        "|Answers |Requests|Seconds|Warm-up     |Requests/s|\n"
        "|--------|-------:|------:|------------|---------:|\n"
        "|generate|      20|   4.00|in the rates|       5.0|"
    )


def test_all_columns() -> None:
    full: dict[str, Any] = {"warm_up_requests": 3, "includes_warm_up": False, "tokens_per_s": 12.0}
    full |= {"prefill_tokens_per_s": 100.04, "decode_tokens_per_s": 14.0}
    full |= {"latency_seconds": {"p50": 1.234, "p90": 20.0, "p95": 30.0, "p99": 456.0}}
    full |= {"first_token_seconds": {"p50": 0.0451, "p90": 0.1, "p95": 0.12, "p99": 0.2}}
    read = answers(kind="loglikelihood", role="judge", tokens_per_s=7.0, prefill_tokens_per_s=7.0)
    table = shown(answers(**full), read, peak_rss_gib=1.5)
    titles, _, first, second = ([cell.strip() for cell in line.split("|")] for line in table.splitlines())
    percentiles = [f"{what} p50 / p95, s" for what in ("Latency", "First token")]
    assert titles[-6:-1] == ["Tokens/s", "Prefill / decode tokens/s", *percentiles, "Peak memory, GiB"]
    assert first[1:9] == ["", "generate", "20", "4.00", "3 left out", "5.0", "12.0", "100.0 / 14.0"]
    assert first[9:-1] == ["1.23 / 30", "0.0451 / 0.12", "process RSS 1.50"]
    assert second[1:-1] == ["judge", "loglikelihood", "20", "4.00", "in the rates", "5.0", "7.0", "", "", "", ""]


@pytest.mark.parametrize(
    ("devices", "processes", "said"),
    [
        (1, 1, "8.00 allocated, 9.50 reserved, process RSS 1.00"),
        (2, 3, "8.00 allocated, 9.50 reserved on 2 devices, RSS of 3 processes 1.00"),
    ],
)
def test_peaks_of_several_are_said_to_be_sums(devices: int, processes: int, said: str) -> None:
    peaks = {"peak_mem_alloc_gib": 8.0, "peak_mem_reserved_gib": 9.5, "peak_rss_gib": 1.0}
    assert f"|{said}|" in shown(answers(), devices=[{"name": "H"}] * devices, processes=processes, **peaks)


@pytest.mark.parametrize("data", [{}, {"efficiency": {"answers": [], "peak_rss_gib": 1.0}}])
def test_a_run_that_asked_no_model_has_no_rows(data: dict[str, Any]) -> None:
    assert efficiency_table(data).rows == ()
