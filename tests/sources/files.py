"""Small data files of our own sentences, and loading them the way a user would."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from synth.sources import SourceData, open_source


def jsonl(rows: Iterable[Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def load(folder: Path, task: str, *entries: Any, split: str = "train", **more: Any) -> SourceData:
    """Write a YAML file with these entries for one split of the task, and load it."""
    spec = {"tasks": {task: {split: list(entries)}, **more.pop("tasks", {})}, **more}
    path = write(folder, "sources.yaml", yaml.safe_dump(spec))
    return open_source(str(path)).load(task, split)


def kinds(data: SourceData) -> list[tuple[str, str]]:
    return [(problem.row, problem.what) for problem in data.problems]


def nli(number: int, label: Any = "neutral", **fields: Any) -> dict[str, Any]:
    return {"premise": f"Baker {number} closes the shop.", "hypothesis": "It is evening.", "label": label, **fields}
