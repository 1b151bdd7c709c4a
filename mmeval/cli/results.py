"""What the end of a run looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmeval.console import Console
from mmeval.hooks import Hooks
from mmeval.report.efficiency import efficiency_table
from mmeval.report.table import results_table, signature_lines

if TYPE_CHECKING:
    from mmeval.finishing import Results


def show_results(console: Console, results: Results) -> int:
    """Show the table, the sections of plugins and the paths; the exit code of the run."""
    console.table(results_table(results.data))
    for line in signature_lines(results.data):
        console.out(line)
    efficiency = efficiency_table(results.data)
    if efficiency.rows:
        console.out("")
        console.table(efficiency)
    for section in Hooks(console.note).call("mmeval_report_section", results=results.data, directory=results.directory):
        if section:
            console.out(str(section))
    for role, used in results.data["mmeval"]["usage"].items():
        if "cost" in used:
            tokens = f"{used['prompt_tokens']:,} tokens read, {used['tokens']:,} written"
            console.note(f"{role}: {tokens}, cost {used['cost']:.4f}")
    for path in results.files:
        console.note(f"wrote {path}")
    if results.exit_code == 1:
        console.error(
            "a task failed, or more of its samples ended in an error than --max_errors allows",
            f"the reasons are in {results.directory / 'samples.jsonl'}; "
            f"ask again with: mmeval resume {results.directory} --retry_errors",
        )
    if results.exit_code == 4:
        console.error("not all requests are answered", f"go on with: mmeval resume {results.directory}")
    return results.exit_code
