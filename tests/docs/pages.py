"""The pages of `docs/` as blocks: files to write, Python to run, commands to type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs"
_BLOCK = re.compile(
    r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Page:
    """A page of the documentation."""

    path: Path

    @property
    def files(self) -> dict[str, str]:
        """The blocks with a title, by file name."""
        return {match["title"]: match["text"] for match in self._blocks() if match["title"]}

    @property
    def python(self) -> str:
        """All Python blocks without a title, as one program."""
        return "\n".join(match["text"] for match in self._blocks("python") if not match["title"])

    @property
    def commands(self) -> list[tuple[str, list[str]]]:
        """The lines of console blocks that start with `$ `, without it, and the lines that each prints."""
        commands: list[tuple[str, list[str]]] = []
        for line in (line for match in self._blocks("console") for line in match["text"].splitlines()):
            if line.startswith("$ "):
                commands.append((line.removeprefix("$ "), []))
            else:
                commands[-1][1].append(line)
        return commands

    def write_files(self, folder: Path) -> None:
        """Write the blocks with a title."""
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8")

    def _blocks(self, language: str = "") -> list[re.Match[str]]:
        found = _BLOCK.finditer(self.path.read_text(encoding="utf-8"))
        return [match for match in found if language in ("", match["language"])]


PAGES = [Page(path) for path in sorted(FOLDER.glob("*.md"))]
