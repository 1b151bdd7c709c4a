from __future__ import annotations

from typing import Any

import pytest

from mmeval.report.efficiency import efficiency_table
from mmeval.report.table import markdown


def answers(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"role": "model", "kind": "generate", "requests": 20, "seconds": 4.0}
    rates = {"requests_per_second": 5.0, "prompt_tokens_per_second": None, "tokens_per_second": None}
    return {**given, **rates, "first_token_seconds": None, **changes}


def shown(*rows: dict[str, Any], **peaks: float) -> str:
    return markdown(efficiency_table({"efficiency": {"answers": rows, "peak_memory_gib": peaks}}))


def test_what_is_not_known_has_no_column() -> None:
    assert shown(answers()) == (
        "|Answers |Requests|Seconds|Requests/s|\n"
        "|--------|-------:|------:|---------:|\n"
        "|generate|      20|   4.00|       5.0|"
    )


def test_all_columns() -> None:
    full = {"prompt_tokens_per_second": 100.04, "tokens_per_second": 12.0, "first_token_seconds": 0.0451}
    table = shown(answers(**full), answers(role="judge"), rss=1.5)
    titles, _, first, second = ([cell.strip() for cell in line.split("|")] for line in table.splitlines())
    assert titles[-4:-1] == ["Tokens/s", "First token, s", "Peak memory, GiB"]
    assert first[1:-1] == ["", "generate", "20", "4.00", "5.0", "100.0", "12.0", "0.045", "rss 1.50"]
    assert second[1:-1] == ["judge", "generate", "20", "4.00", "5.0", "", "", "", ""]


@pytest.mark.parametrize("data", [{}, {"efficiency": {"answers": [], "peak_memory_gib": {"rss": 1.0}}}])
def test_a_run_that_asked_no_model_has_no_rows(data: dict[str, Any]) -> None:
    assert efficiency_table(data).rows == ()
