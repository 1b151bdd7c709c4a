"""`mmeval generate NAME ...`: hand over to a generator's own options."""

from __future__ import annotations

import click

from mmeval import console
from mmeval.registry import GENERATORS


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("name", required=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(name: str | None, arguments: tuple[str, ...]) -> int:
    """Make a data set."""
    if name is None or name in ("-h", "--help"):
        console.out("mmeval generate NAME [OPTIONS]; names: " + ", ".join(GENERATORS.names()))
        return 0
    code: int = GENERATORS.get(name)(list(arguments))
    return code
