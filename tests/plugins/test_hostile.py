"""Broken plugins: every command goes on, names the culprit in one line with the way out, and exits as it should."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .distributions import install, mmeval

FINE = """
from mmeval import Generation, OneByOneModel
from mmeval.testing import ListTask

def task():
    return ListTask([("q", "a")], name="fine")

class TextOnly(OneByOneModel):
    def generate(self, ask, seed):
        return Generation("a")
"""

HOOK = "from mmeval import hookimpl\n@hookimpl\n"

ON_LOADING = {
    "evil-raises": ("task", "raise RuntimeError('boom\\nand more')", "RuntimeError: boom and more"),
    "evil-exits": ("model", "import sys; sys.exit(0)", "it exits"),
    "evil-syntax": ("metric", "def (", "SyntaxError"),
    "evil-missing": ("extractor", "import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    "evil-empty": ("reporter", "", "AttributeError"),
    "evil-skips": ("model", "import pytest; pytest.skip('x', allow_module_level=True)", "Skipped"),
    "evil-command": ("command", "raise OSError('disk on fire')", "OSError: disk on fire"),
}
"""Distribution -> (kind of plugin, source of its module, what the message must say)."""

WRONG_TYPES = {
    "task": ("thing = 7", "a Task class, a function that returns a Task, or a Group"),
    "model": ("class thing: pass", "a subclass of mmeval.Model"),
    "metric": ("def thing(answer, target): return 1.0", "an mmeval.Metric"),
    "extractor": ("thing = 'boxed'", "a function or class"),
    "reporter": ("thing = None", "a function (results, directory) -> paths"),
    "command": ("class thing: pass", "a click command"),
    "adapter": ("class thing: pass", "an adapter with name, source, target and translate"),
}
"""Kind of plugin -> (source of its module, what the message says that it must be)."""

USE = {
    "task": ("--tasks", "NAME", "--model", "dummy"),
    "model": ("--tasks", "clegr_facts", "--model", "NAME", "--limit", "1"),
    "metric": ("--tasks", "task.yaml", "--model", "dummy", "--limit", "1"),
    "extractor": ("--tasks", "task.yaml", "--model", "dummy", "--limit", "1"),
    "reporter": ("--tasks", "clegr_facts", "--model", "dummy", "--limit", "1", "--report", "NAME"),
    "command": ("NAME",),
}
"""How a user asks for a plugin of each kind."""

COMMANDS = (
    ("--help",),
    ("--version",),
    ("ls", "tasks"),
    ("ls", "models"),
    ("plugins",),
    ("show", "clegr_facts"),
    ("demo",),
    ("--tasks", "clegr_facts", "--model", "dummy", "--limit", "2"),
)

BROKEN_METADATA: dict[str, dict[str, str | bytes]] = {
    "evil-no-metadata": {"metadata": ""},
    "evil-no-name": {"metadata": "Metadata-Version: 2.1\n"},
    "evil-no-equals": {"entry_points": "[mmeval.tasks]\nthis is not a line of it\n"},
    "evil-latin-1": {"entry_points": "[mmeval.tasks]\ntäsk = x:y\n".encode("latin-1")},
}


def module(name: str) -> str:
    return name.replace("-", "_")


def yaml_task(folder: Path, kind: str, name: str) -> None:
    """A task file that uses the metric or extractor `name`."""
    lines = [
        "task: local\ndataset_path: rows.jsonl\ntest_split: test\noutput_type: generate_until",
        "doc_to_text: question\ndoc_to_target: answer",
        f"metric_list:\n  - metric: {name if kind == 'metric' else 'exact_match'}",
    ]
    if kind == "extractor":
        lines.append(f"filter_list:\n  - name: none\n    filter:\n      - function: {name}")
    (folder / "task.yaml").write_text("\n".join(lines) + "\n")
    (folder / "rows.jsonl").write_text('{"question": "q", "answer": "a"}\n')


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every kind of broken distribution at once, and a sound one among them."""
    folder = tmp_path_factory.mktemp("hostile")
    sound = {"mmeval.tasks": {"fine": "a_fine_one:task"}, "mmeval.models": {"text_only": "a_fine_one:TextOnly"}}
    install(folder, "a-fine-one", sound, {"a_fine_one.py": FINE})
    for name, (kind, source, _) in ON_LOADING.items():
        entry_points = {f"mmeval.{kind}s": {module(name): f"{module(name)}:thing"}}
        install(folder, name, entry_points, {f"{module(name)}.py": source})
    for kind, (source, _) in WRONG_TYPES.items():
        name = f"evil-wrong-{kind}"
        install(
            folder, name, {f"mmeval.{kind}s": {module(name): f"{module(name)}:thing"}}, {f"{module(name)}.py": source}
        )
    for name in ("evil-first", "evil-second"):
        install(folder, name, {"mmeval.tasks": {"twice": "a_fine_one:task"}})
    entry_points = {"mmeval.api": {"version": "99"}, "mmeval.tasks": {"from_the_future": "future:task"}}
    install(folder, "evil-future", entry_points)
    for name, content in BROKEN_METADATA.items():
        install(folder, name, **{"entry_points": {"mmeval.tasks": {module(name): "x:y"}}, **content})  # type: ignore[arg-type]
    packs = {"gone": "evil_no_such_package", "below": "evil_package.tasks", "file": "evil_file"}
    sources = {"evil_package/__init__.py": "raise RuntimeError('boom')", "evil_file.py": ""}
    install(folder, "evil-packs", {"mmeval.task_packs": packs}, sources)
    return folder


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_goes_on(command: tuple[str, ...], hostile: Path, tmp_path: Path) -> None:
    done = mmeval(*command, path=hostile, cwd=tmp_path)
    assert done.code == 0, done
    assert not any("Traceback" in line for line in done.told)


def test_a_sound_plugin_among_broken_ones_works(hostile: Path, tmp_path: Path) -> None:
    assert mmeval("--tasks", "fine", "--model", "dummy", path=hostile, cwd=tmp_path).code == 0


@pytest.mark.parametrize("name", ON_LOADING)
def test_what_breaks_on_loading_is_named_when_it_is_asked_for(name: str, hostile: Path, tmp_path: Path) -> None:
    kind, _, cause = ON_LOADING[name]
    yaml_task(tmp_path, kind, module(name))
    arguments = [module(name) if part == "NAME" else part for part in USE[kind]]
    done = mmeval(*arguments, path=hostile, cwd=tmp_path)
    assert done.code == 2, done
    line = done.line_with("error:")
    assert f"'{module(name)}' of {name} 1.0" in line
    assert cause in line
    assert f"MMEVAL_DISABLE_PLUGINS={name}" in done.line_with("hint:")
    assert not any("Traceback" in line for line in done.told)


@pytest.mark.parametrize("kind", USE)
def test_a_wrong_type_is_named_when_it_is_asked_for(kind: str, hostile: Path, tmp_path: Path) -> None:
    name, (_, expected) = f"evil-wrong-{kind}", WRONG_TYPES[kind]
    yaml_task(tmp_path, kind, module(name))
    arguments = [module(name) if part == "NAME" else part for part in USE[kind]]
    done = mmeval(*arguments, path=hostile, cwd=tmp_path)
    assert done.code == 2, done
    line = done.line_with("error:")
    assert f"of {name} 1.0" in line
    assert f"must be {expected}" in line
    assert f"MMEVAL_DISABLE_PLUGINS={name}" in done.line_with("hint:")


def test_a_broken_adapter_is_named_and_another_does_its_work(hostile: Path, tmp_path: Path) -> None:
    run = ("--tasks", "clegr_facts", "--model", "text_only", "--limit", "2")
    done = mmeval(*run, path=hostile, cwd=tmp_path)
    assert done.code == 0, done
    line = done.line_with("evil-wrong-adapter")
    assert "must be an adapter" in line
    assert "MMEVAL_DISABLE_PLUGINS=evil-wrong-adapter" in line


def test_a_name_of_two_distributions_is_an_error_that_says_both_long_forms(hostile: Path, tmp_path: Path) -> None:
    done = mmeval("--tasks", "twice", "--model", "dummy", path=hostile, cwd=tmp_path)
    assert done.code == 2
    assert "task 'twice' is claimed by evil-first and evil-second" in done.line_with("error:")
    assert "evil-first:twice or evil-second:twice" in done.line_with("hint:")
    assert mmeval("--tasks", "evil-second:twice", "--model", "dummy", path=hostile, cwd=tmp_path).code == 0


@pytest.mark.parametrize("name", ["evil-future", *BROKEN_METADATA])
def test_a_distribution_that_is_left_out_is_named(name: str, hostile: Path, tmp_path: Path) -> None:
    done = mmeval("ls", "models", path=hostile, cwd=tmp_path)
    line = next(line for line in done.told if name in line or f"{module(name)}-1.0.dist-info" in line)
    assert line.startswith("warning: ")
    assert "uninstall" in line


def test_a_plugin_for_another_interface_says_which(hostile: Path, tmp_path: Path) -> None:
    line = mmeval("ls", "models", path=hostile, cwd=tmp_path).line_with("evil-future")
    assert "plugin API 99, this mmeval has 1" in line
    assert "MMEVAL_DISABLE_PLUGINS=evil-future" in line
    assert "from_the_future" not in mmeval("ls", "tasks", path=hostile, cwd=tmp_path).out


@pytest.mark.parametrize("pack", ["gone", "below", "file"])
def test_a_pack_that_cannot_be_found_is_named(pack: str, hostile: Path, tmp_path: Path) -> None:
    done = mmeval("ls", "tasks", path=hostile, cwd=tmp_path)
    assert "MMEVAL_DISABLE_PLUGINS=evil-packs" in done.line_with(f"'{pack}' of evil-packs 1.0")


def test_plugins_shows_the_state_of_each(hostile: Path, tmp_path: Path) -> None:
    done = mmeval("plugins", "--json", path=hostile, cwd=tmp_path)
    states = {(each["distribution"], each["name"]): each for each in json.loads(done.out)}
    for name, (_, _, cause) in ON_LOADING.items():
        state = states[name, module(name)]
        assert state["state"] == "failed", state
        assert cause in state["cause"]
    assert states["a-fine-one", "fine"]["state"] == "ok"
    for pack in ("gone", "below", "file"):
        assert states["evil-packs", pack]["state"] == "failed"
    assert states["evil-second", "twice"]["state"] == "duplicate"
    assert "evil-second:twice" in states["evil-second", "twice"]["cause"]
    assert states["evil-future", ""]["state"] == "left out"


def test_disabled_plugins_are_gone_and_silent(hostile: Path, tmp_path: Path) -> None:
    names = ",".join([*ON_LOADING, "evil-first", "evil-future", "evil-packs"])
    done = mmeval("ls", "tasks", path=hostile, cwd=tmp_path, MMEVAL_DISABLE_PLUGINS=names)
    assert done.code == 0
    assert not any(name in line for name in names.split(",") for line in done.told)
    assert "evil_raises" not in done.out
    assert (
        mmeval("--tasks", "twice", "--model", "dummy", path=hostile, cwd=tmp_path, MMEVAL_DISABLE_PLUGINS=names).code
        == 0
    )


def test_only_the_selected_plugins_are_used(hostile: Path, tmp_path: Path) -> None:
    done = mmeval("ls", "tasks", path=hostile, cwd=tmp_path, MMEVAL_PLUGINS="a-fine-one")
    assert "fine " in done.out
    assert "clegr_facts" in done.out
    assert "evil" not in done.out


@pytest.mark.slow
def test_a_foreign_project_with_our_import_name_is_detected(tmp_path: Path) -> None:
    install(tmp_path / "site", "mmeval", "", version="1.2")
    for command in COMMANDS:
        done = mmeval(*command, path=tmp_path / "site", cwd=tmp_path)
        assert done.code == 0, done
        if command not in (("--help",), ("--version",)):
            line = done.line_with("another project")
            assert "pip uninstall mmeval" in line
            assert "--force-reinstall mmeval-harness" in line


AT_WORK = {
    "constructor": ("    def __init__(self): raise OSError('no\\ndata')", "OSError: no data"),
    "samples": ("    def samples(self): raise OSError('no\\ndata')", "OSError: no data"),
    "requests": ("    def requests(self, sample): return 1 / 0", "ZeroDivisionError: division by zero"),
    "scorer": ("    def score(self, sample, responses): return 1 / 0", "more of its samples ended in an error"),
    "aggregate": ("    def aggregate(self, scored, artifacts): return 1 / 0", "ZeroDivisionError: division by zero"),
}
"""What fails of a task -> (the method, what is said)."""


@pytest.mark.parametrize("what", AT_WORK)
def test_a_task_that_fails_at_work_is_named(what: str, tmp_path: Path) -> None:
    method, cause = AT_WORK[what]
    init = "" if what == "constructor" else "    def __init__(self): super().__init__([('q', 'a')], name='at_work')\n"
    source = f"from mmeval.testing import ListTask\nclass Evil(ListTask):\n{init}{method}\n"
    install(tmp_path / "site", "evil-at-work", {"mmeval.tasks": {"at_work": "at_work:Evil"}}, {"at_work.py": source})
    done = mmeval("--tasks", "at_work", "--model", "dummy", path=tmp_path / "site", cwd=tmp_path)
    assert done.code == 1, done
    assert any(cause in line and "at_work" in line for line in done.told) or what == "scorer", done
    assert any(cause in line for line in done.told), done
    assert not any("Traceback" in line for line in done.told)


def test_a_model_that_fails_at_work_is_named_and_the_run_can_go_on(tmp_path: Path) -> None:
    source = FINE + "\nclass Evil(TextOnly):\n    def answer(self, requests): raise OSError('line cut')\n"
    install(tmp_path / "site", "evil-model", {"mmeval.models": {"at_work": "at_work:Evil"}}, {"at_work.py": source})
    run = ("--tasks", "clegr_facts", "--model", "at_work", "--limit", "1")
    done = mmeval(*run, path=tmp_path / "site", cwd=tmp_path)
    assert done.code == 4, done
    assert "model 'at_work' stopped: OSError: line cut" in done.line_with("error:")
    assert "mmeval resume" in done.line_with("hint:")


def test_a_reporter_that_fails_is_named_and_takes_nothing_with_it(tmp_path: Path) -> None:
    source = "def write(results, directory): raise OSError('printer on fire')"
    install(
        tmp_path / "site", "evil-reporter", {"mmeval.reporters": {"at_work": "at_work:write"}}, {"at_work.py": source}
    )
    run = ("--tasks", "clegr_facts", "--model", "dummy", "--limit", "1", "--report", "at_work")
    done = mmeval(*run, path=tmp_path / "site", cwd=tmp_path)
    assert done.code == 0, done
    assert "OSError: printer on fire" in done.line_with("'at_work'")
    assert "clegr_facts" in done.out


HOOKS = {
    "unknown": (HOOK + "def mmeval_run_begin(): pass", "mmeval_run_begin"),
    "argument": (HOOK + "def mmeval_run_start(directory, model): pass", "model"),
    "raises": (HOOK + "def mmeval_run_start(): 1 / 0", "ZeroDivisionError: division by zero"),
    "exits": (HOOK + "def mmeval_run_start(): raise SystemExit(3)", "it exits (code 3)"),
    "broken": ("raise OSError('boom')", "OSError: boom"),
}
"""Kind -> (source of a hook module, what the message must say)."""


@pytest.mark.parametrize("kind", HOOKS)
def test_a_broken_hook_is_named_and_ends_nothing(kind: str, tmp_path: Path) -> None:
    source, cause = HOOKS[kind]
    name = f"evil-hook-{kind}"
    install(tmp_path / "site", name, {"mmeval": {"hooks": module(name)}}, {f"{module(name)}.py": source})
    done = mmeval("--tasks", "clegr_facts", "--model", "dummy", "--limit", "2", path=tmp_path / "site", cwd=tmp_path)
    assert done.code == 0, done
    line = done.line_with(name)
    assert cause in line
    assert f"MMEVAL_DISABLE_PLUGINS={name}" in line


def test_a_hook_module_that_two_entries_name_is_called_once(tmp_path: Path) -> None:
    source = HOOK + "def mmeval_run_start(): open('called', 'a').write('x')"
    entries = {"mmeval": {"one": "evil_twins", "two": "evil_twins"}}
    install(tmp_path / "site", "evil-twins", entries, {"evil_twins.py": source})
    done = mmeval("--tasks", "clegr_facts", "--model", "dummy", "--limit", "2", path=tmp_path / "site", cwd=tmp_path)
    assert done.code == 0, done
    assert (tmp_path / "called").read_text() == "x"


@pytest.mark.slow
def test_a_plugin_that_hangs_is_named_after_five_seconds(tmp_path: Path) -> None:
    source = "import time; time.sleep(7)\n" + FINE
    install(
        tmp_path / "site", "evil-sleeps", {"mmeval.tasks": {"sleepy": "evil_sleeps:task"}}, {"evil_sleeps.py": source}
    )
    assert mmeval("ls", "tasks", path=tmp_path / "site", cwd=tmp_path).code == 0
    done = mmeval("--tasks", "sleepy", "--model", "dummy", path=tmp_path / "site", cwd=tmp_path)
    assert done.code == 0, done
    line = done.line_with("evil-sleeps")
    assert "has been loading for 5 s" in line
    assert "MMEVAL_DISABLE_PLUGINS=evil-sleeps" in line
    shown = mmeval("plugins", path=tmp_path / "site", cwd=tmp_path)
    assert shown.code == 0, shown
    assert "not loaded after 5 s" in shown.out
