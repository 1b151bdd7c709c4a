"""The pluggy modules of installed plugins, called one by one behind a guard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pluggy

from mmeval import hookspecs
from mmeval.errors import PluginError
from mmeval.plugins import HOOK_GROUP, Entry, cause_of, installed, way_out


class Hooks:
    """The plugin modules that watch runs. `warn` is told, in one line, of each plugin that failed."""

    def __init__(self, warn: Callable[[str], None], entries: tuple[Entry, ...] | None = None) -> None:
        self._warn = warn
        self._manager = pluggy.PluginManager("mmeval")
        self._manager.add_hookspecs(hookspecs)
        for entry in installed().by_group.get(HOOK_GROUP, ()) if entries is None else entries:
            self._add(entry)

    def _add(self, entry: Entry) -> None:
        try:
            module = entry.load()
            if not self._manager.is_registered(module):
                self._manager.register(module, name=f"{entry.distribution}:{entry.name}")
                self._manager.check_pending()
        except PluginError as error:
            self._warn(f"{error} ({error.hint})")
        except pluggy.PluginValidationError as error:
            self._manager.unregister(name=f"{entry.distribution}:{entry.name}")
            self._warn(f"plugin {entry.label} is left out: {cause_of(error)} ({way_out(entry.distribution)})")

    def call(self, hook: str, **arguments: Any) -> list[Any]:
        """Call `hook` of every plugin; the results of those that did not fail."""
        results = []
        plugins = self._manager.list_name_plugin()
        for name, plugin in plugins:
            others = [other for _, other in plugins if other is not plugin]
            try:
                results += self._manager.subset_hook_caller(hook, others)(**arguments)
            except (Exception, SystemExit) as error:  # noqa: BLE001  an observer may not end a run
                way = way_out(name.partition(":")[0])
                self._warn(f"hook {hook} of plugin {name} failed: {cause_of(error)} ({way})")
        return results
