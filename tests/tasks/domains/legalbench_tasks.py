"""Writes legalbench_tasks.json: `python -m tests.tasks.domains.legalbench_tasks TASKS` in the root.

TASKS is the folder `tasks` of HazyResearch/legalbench at ce482446. The file keeps the columns that the base prompts
have places for, and the tasks whose prompts have them.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

RECORD = Path(__file__).with_suffix(".json")


def main(folder: Path) -> None:
    by_columns: dict[str, list[str]] = {}
    for file in sorted(folder.glob("*/base_prompt.txt")):
        places = re.findall(r"{{\s*(\w+)\s*}}", file.read_text(encoding="utf-8"))
        by_columns.setdefault(" ".join(sorted(set(places))), []).append(file.parent.name)
    lines = [f"{json.dumps(columns)}: {json.dumps(tasks)}" for columns, tasks in sorted(by_columns.items())]
    RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
