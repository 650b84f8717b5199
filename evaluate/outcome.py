"""What an evaluation came to, out of its files: a table for people, or plain values."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from synth.evaluate.aggregate import Hole
from synth.evaluate.predictions import RunInfo
from synth.evaluate.results import load_run
from synth.evaluate.selection import describe
from synth.evaluate.tasks import EVAL_TASKS


def outcome_of(folder: Path, info: RunInfo, holes: tuple[Hole, ...]) -> dict[str, Any]:
    """Scores of everything that the folder holds (also from earlier evaluations), and what is missing.

    Raises:
        BadFolder: A file is not sound.
    """
    run = load_run(folder, info)
    there = set(run.cells)
    missing = tuple(hole for hole in holes if not any(_same(hole, cell) for cell in there))
    return {
        "run": info.run,
        "arm": info.arm,
        "seed": info.seed,
        "folder": str(folder),
        "status": info.status,
        "overall": run.overall.value,
        "tasks": {
            name: {
                "score": score.value,
                "partial": score.partial,
                "averages": dict(score.averages),
                "languages": {lang: cell.headline for lang, cell in score.cells.items()},
                "of": len(EVAL_TASKS[name].languages),
            }
            for name, score in run.scores.items()
        },
        "holes": [{"task": hole.task, "lang": hole.lang, "why": hole.why} for hole in missing],
    }


def _same(hole: Hole, cell: tuple[str, str]) -> bool:
    return cell[0] == hole.task and hole.lang in {"", cell[1]}


def print_outcome(found: dict[str, Any]) -> None:
    """Print a line a task; means over less than all languages are marked and are no score."""
    out = sys.stdout
    out.write(f"{found['run']}\n")
    for name, task in found["tasks"].items():
        count, of = len(task["languages"]), task["of"]
        mark = "" if task["score"] is not None else f"  ({count}/{of} languages: no score of the task)"
        out.write(f"  {EVAL_TASKS[name].title:<14}{task['partial']:>6.1f}{mark}\n")
    if found["overall"] is not None:
        out.write(f"  {'overall':<14}{found['overall']:>6.1f}\n")
    else:
        out.write("  no overall score: the table has holes\n")
    holes = tuple(Hole(one["task"], one["lang"], one["why"]) for one in found["holes"])
    for line in describe(holes):
        out.write(f"  missing: {line}\n")
    out.write(f"results: {found['folder']}; next: synth report {found['folder']}\n")
