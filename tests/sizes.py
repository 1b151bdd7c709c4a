"""Print the figures of style that we watch: lines per module and function, tests per line of code."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parent.parent


def modules(*folders: str) -> list[Path]:
    """All Python files below the folders that hold something."""
    return [path for folder in folders for path in (ROOT / folder).rglob("*.py") if path.stat().st_size]


def functions(path: Path) -> list[int]:
    """The lengths, in lines, of all functions of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [(node.end_lineno or node.lineno) - node.lineno + 1 for node in found]


def lines(path: Path) -> int:
    """The number of lines that are not blank."""
    return sum(bool(line.strip()) for line in path.read_text(encoding="utf-8").splitlines())


def main() -> None:
    """Print one line for modules, one for functions, one for tests."""
    code = modules("mmeval", "tasks", "models")
    sizes = [lines(path) for path in code]
    lengths = [length for path in code for length in functions(path)]
    tests = sum(lines(path) for path in modules("tests", "plugins"))
    write = sys.stdout.write
    write(f"modules: {len(sizes)}, lines median {median(sizes):.0f}, max {max(sizes)}, sum {sum(sizes)}\n")
    tenths = quantiles(lengths, n=10)
    write(f"functions: {len(lengths)}, lines median {median(lengths):.0f}, p90 {tenths[8]:.0f}, max {max(lengths)}\n")
    write(f"test lines per code line: {tests / sum(sizes):.2f}\n")


if __name__ == "__main__":
    main()
