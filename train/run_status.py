"""How far the runs in a folder are, read from their files alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synth.train.curve import LOG
from synth.train.lm_steps import steps_with
from synth.train.record import NAME, RunRecord, Status, read_record


def holds_runs(root: Path) -> bool:
    """Whether a folder is a run, or holds runs of `synth train`."""
    return bool(_folders(root))


def _folders(root: Path) -> list[Path]:
    if (root / NAME).is_file():
        return [root]
    return sorted(path.parent for path in root.glob(f"*/{NAME}"))


def run_status(root: Path) -> dict[str, Any]:
    """Every run: status, steps done and planned, last loss, and what went wrong.

    Raises:
        BadFolder: A record is not whole.
    """
    return {"runs": [_one(folder) for folder in _folders(root)]}


def _one(folder: Path) -> dict[str, Any]:
    record = read_record(folder)
    line = _last_line(folder)
    planned = steps_with(record.summary.steps, record.summary.mlm_share)
    done = planned if record.status is Status.DONE else line.get("step", 0)
    return {
        "run": folder.name,
        "recipe": record.recipe["name"],
        "arm": record.summary.arm,
        "seed": record.summary.seed,
        "status": _status(folder, record),
        "steps": done or 0,
        "of": planned or 0,
        "loss": line.get("loss"),
        "failure": record.outcome.get("failure", ""),
        "advice": record.outcome.get("advice", ""),
    }


def _status(folder: Path, record: RunRecord) -> str:
    """A run that says that it is running, and whose folder nobody holds, was killed."""
    from synth.train.folders import is_held

    if record.status is Status.RUNNING and not is_held(folder):
        return "stopped"
    return record.status.value


def _last_line(folder: Path) -> dict[str, Any]:
    path = folder / LOG
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    for line in reversed(lines):
        try:
            found: dict[str, Any] = json.loads(line)
            return found
        except ValueError:  # torn
            continue
    return {}


def table(found: dict[str, Any]) -> Iterator[str]:
    """The same for people, line by line."""
    yield f"{'run':<36}{'status':<10}{'steps':>9}{'of':>9}{'share':>7}{'loss':>9}"
    for run in found["runs"]:
        loss = "" if run["loss"] is None else f"{run['loss']:.4f}"
        share = f"{run['steps'] / run['of']:.0%}" if run["of"] else ""
        yield f"{run['run']:<36}{run['status']:<10}{run['steps']:>9,}{run['of']:>9,}{share:>7}{loss:>9}"
    for run in found["runs"]:
        if run["failure"]:
            yield f"{run['run']} failed ({run['failure']}): {run['advice']}"
