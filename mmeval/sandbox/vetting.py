"""A look at source before it runs: what no benchmark program needs is refused by name, with its line."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

FORBIDDEN_NAMES = frozenset({
    "open", "exec", "eval", "compile", "input", "globals", "locals", "vars",
    "getattr", "setattr", "delattr", "breakpoint", "exit", "quit",
})  # fmt: skip
IMPORTS = frozenset({"random", "math", "numpy", "string", "typing", "collections"})


def vet(source: str, imports: Collection[str] = IMPORTS) -> tuple[str, ...]:
    """What in `source` is not allowed, one `line N: ...` each; empty where all is well.

    Refuses names and attributes that begin with two underscores, the names that reach files, code and name spaces,
    and imports of anything but `imports` (by top-level name).
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return (f"line {getattr(error, 'lineno', 1) or 1}: {type(error).__name__}",)
    return tuple(
        f"line {getattr(node, 'lineno', 1)}: {problem}"
        for node in ast.walk(tree)
        for problem in _problems(node, imports)
    )


def _problems(node: ast.AST, imports: Collection[str]) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name.startswith("__"):
            yield f"name '{name}'"
        case ast.Name(id=name) if name in FORBIDDEN_NAMES:
            yield f"name '{name}'"
        case ast.Import(names=names):
            yield from (f"import of {alias.name}" for alias in names if alias.name.split(".")[0] not in imports)
        case ast.ImportFrom(module=module, level=level):
            if level or (module or "").split(".")[0] not in imports:
                yield f"import of {module or '.'}"
