from __future__ import annotations

from typing import Any

import pytest

from mmeval.report.efficiency import efficiency_table
from mmeval.report.table import markdown


def answers(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"role": "model", "kind": "generate", "requests": 20, "seconds": 4.0}
    rates = {"requests_per_second": 5.0, "prompt_tokens_per_second": None, "tokens_per_second": None}
    return {**given, **rates, "latency_seconds": None, "first_token_seconds": None, **changes}


def shown(*rows: dict[str, Any], **peaks: float) -> str:
    return markdown(efficiency_table({"efficiency": {"answers": rows, "peak_memory_gib": peaks}}))


def test_what_is_not_known_has_no_column() -> None:
    assert shown(answers()) == (
        "|Answers |Requests|Seconds|Requests/s|\n"
        "|--------|-------:|------:|---------:|\n"
        "|generate|      20|   4.00|       5.0|"
    )


def test_all_columns() -> None:
    full: dict[str, Any] = {"prompt_tokens_per_second": 100.04, "tokens_per_second": 12.0}
    full |= {"latency_seconds": {"p50": 1.234, "p90": 20.0, "p95": 30.0, "p99": 456.0}}
    full |= {"first_token_seconds": {"p50": 0.0451, "p90": 0.1, "p95": 0.1, "p99": 0.2}}
    table = shown(answers(**full), answers(role="judge"), rss=1.5)
    titles, _, first, second = ([cell.strip() for cell in line.split("|")] for line in table.splitlines())
    percentiles = [f"{what} p50 / p90 / p99, s" for what in ("Latency (queued)", "First token")]
    assert titles[-5:-1] == ["Tokens/s", *percentiles, "Peak memory, GiB"]
    assert first[1:8] == ["", "generate", "20", "4.00", "5.0", "100.0", "12.0"]
    assert first[8:-1] == ["1.23 / 20 / 456", "0.0451 / 0.1 / 0.2", "rss 1.50"]
    assert second[1:-1] == ["judge", "generate", "20", "4.00", "5.0", "", "", "", "", ""]


def test_the_peak_of_replicas_is_said_to_be_one_of_them() -> None:
    data = {"efficiency": {"answers": [answers()], "peak_memory_gib": {"rss": 1.0}, "replicas": 3}}
    assert "|rss 1.00 (highest of 3 replicas)|" in markdown(efficiency_table(data))


@pytest.mark.parametrize("data", [{}, {"efficiency": {"answers": [], "peak_memory_gib": {"rss": 1.0}}}])
def test_a_run_that_asked_no_model_has_no_rows(data: dict[str, Any]) -> None:
    assert efficiency_table(data).rows == ()
