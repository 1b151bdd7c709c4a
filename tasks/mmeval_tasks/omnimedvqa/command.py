"""`mmeval omnimedvqa`: what a copy of the benchmark holds, and how much published splits leak."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from mmeval.report.table import Column, Table, markdown
from mmeval_tasks.omnimedvqa.codes import DROPPED, MEANING
from mmeval_tasks.omnimedvqa.collection import Collection, Coverage
from mmeval_tasks.omnimedvqa.sources import open_source
from mmeval_tasks.omnimedvqa.splits import leak, read_split


@click.group()
def omnimedvqa() -> None:
    """Look at a copy of OmniMedVQA."""


@omnimedvqa.command()
@click.argument("source")
@click.option("--access", type=click.Choice(["open", "restricted", "all"]), default="open", show_default=True)
@click.option("--strict", is_flag=True, help="Exit with 1 where anything must be left out.")
def coverage(source: str, access: str, strict: bool) -> int:
    """Read all of SOURCE (a folder, a zip file or hub:ID), decode every image, and count what is odd."""
    collection = Collection.read(open_source(None, source), access)
    counted = Coverage(collection.raw, codes=collection.codes.copy())
    for item, checked in collection.check(collection.items):
        counted.codes.update((*item.codes, *checked.codes))
        counted.scorable += checked.image is not None
    for file in collection.broken:
        click.echo(f"{file.name}.json: {', '.join(MEANING[code] for code in file.codes)}")
    codes = [
        (code, str(count), "dropped" if code in DROPPED else "kept", MEANING[code])
        for code, count in sorted(counted.codes.items())
    ]
    if codes:
        click.echo(_table(("Code", "n", "Effect", "Meaning"), codes))
    click.echo(f"{counted.scorable} of {counted.raw} items can be scored")
    return int(strict and bool(counted.dropped))


@omnimedvqa.command("leak")
@click.argument("test", type=click.Path(path_type=Path))
@click.argument("train", type=click.Path(path_type=Path))
def leak_of(test: Path, train: Path) -> int:
    """Count the images of a Med-R1 TEST split that its TRAIN split shows too."""
    found = leak(read_split(test), read_split(train))
    click.echo(f"{found.test_items} test and {found.train_items} training items")
    click.echo(f"{found.shared_images} of {found.test_images} test images are also in training")
    return 0


def _table(titles: Sequence[str], rows: Sequence[tuple[str, ...]]) -> str:
    return markdown(Table(tuple(Column(title, right=title == "n") for title in titles), tuple(rows)))
