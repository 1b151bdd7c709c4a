"""`mmeval plugins`: every installed plugin, loaded behind a guard and a clock."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass

import click

from mmeval import console
from mmeval.errors import MmevalError
from mmeval.plugins import SLOW_SECONDS, Entry, installed, way_out


@dataclass
class State:
    """What became of one plugin."""

    group: str
    name: str
    distribution: str
    version: str
    adds: str
    state: str = "hangs"
    seconds: float = SLOW_SECONDS
    cause: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def command(as_json: bool) -> int:
    """Load every plugin once; show its state, load time and, where it failed, the cause and the way out."""
    found = installed()
    claims = Counter((entry.group, entry.name) for entry in found.entries)
    states = [_load(entry, claims[entry.group, entry.name] > 1) for entry in found.entries]
    left_out = {problem.distribution: problem.cause for problem in found.problems}
    if as_json:
        data = {"plugins": [asdict(state) for state in states], "left_out": left_out, "disabled": found.disabled}
        console.out(json.dumps(data, indent=2))
        return 0
    for state in states:
        label = f"{state.group.removeprefix('mmeval.')} {state.name}"
        console.out(f"{label:<34} {state.distribution} {state.version:<10} {state.state:<10} {state.seconds:.3f} s")
        if state.cause:
            console.out(f"    {state.cause}")
    for name in found.disabled:
        console.out(f"{name}: disabled by MMEVAL_PLUGINS or MMEVAL_DISABLE_PLUGINS")
    return 0


def _load(entry: Entry, claimed_twice: bool) -> State:
    state = State(entry.group, entry.name, entry.distribution, entry.version, entry.value)
    thread = threading.Thread(target=_try, args=(entry, state), daemon=True)
    thread.start()
    thread.join(SLOW_SECONDS)
    if state.state == "hangs":
        state.cause = f"not loaded after {SLOW_SECONDS:.0f} s; {way_out(entry.distribution)}"
    elif claimed_twice and state.state == "ok":
        state.state, state.cause = (
            "duplicate",
            f"another distribution has this name too: ask for {entry.distribution}:{entry.name}",
        )
    return state


def _try(entry: Entry, state: State) -> None:
    began = time.monotonic()
    try:
        if entry.group != "mmeval.task_packs":
            entry.load()
        result, cause = "ok", ""
    except MmevalError as error:
        result, cause = "failed", f"{error} ({error.hint})"
    state.seconds, state.state, state.cause = time.monotonic() - began, result, cause
