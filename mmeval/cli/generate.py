"""`mmeval generate NAME ...`."""

from __future__ import annotations

import click

from mmeval.console import Console
from mmeval.registry import GENERATORS


@click.command("generate", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("name", required=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def command(console: Console, /, name: str | None, arguments: tuple[str, ...]) -> int:
    """Generate a data set.

    What stands behind NAME goes to the generator: `mmeval generate NAME --help` shows its options. Without NAME, the
    names are listed.
    """
    if name is None:
        console.out("\n".join(GENERATORS.names()))
        return 0
    code: int = GENERATORS.get(name)(list(arguments))
    return code
