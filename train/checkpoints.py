"""Checkpoints of a run: one exists when its marker does, which is written last.

A folder without a whole marker (the machine went down while it was written) is removed. The marker holds the size of
every file, the identity of the run, and what the trainer needs besides the files of Transformers.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.corpus.files import read_json, write_json
from synth.errors import BadFolder

PREFIX = "checkpoint-"  # Transformers' own, with the step behind it
MARKER = ".done.json"
KEPT = 2


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A whole checkpoint: its folder, step and what the trainer had noted."""

    folder: Path
    step: int
    notes: Mapping[str, Any]


def mark(folder: Path, step: int, identity: str, notes: Mapping[str, Any]) -> None:
    """Make a folder a checkpoint: its files are on the disk before the marker is.

    Raises:
        DiskError: The marker cannot be written.
    """
    sizes = _sizes(folder)
    for name in sizes:
        _sync(folder / name)
    write_json(folder / MARKER, {"step": step, "identity": identity, "files": sizes, "notes": dict(notes)})


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes of every file, those in FSDP's folders of shards included."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MARKER)
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def last_whole(folder: Path, identity: str) -> Checkpoint | None:
    """The newest whole checkpoint in a folder.

    Raises:
        BadFolder: It is another run's.
    """
    found = _whole(folder)
    if not found:
        return None
    newest = found[-1]
    if _marker(newest)["identity"] != identity:
        raise BadFolder(
            f"{newest} is a checkpoint of a run with other data or settings; give another folder, or remove this one"
        )
    return Checkpoint(newest, _step(newest), _marker(newest)["notes"])


def remove_broken(folder: Path) -> None:
    """Remove what was being written when the run ended."""
    whole = set(_whole(folder))
    for path in _folders(folder):
        if path not in whole:
            shutil.rmtree(path, ignore_errors=True)


def prune(folder: Path, keep: int = KEPT) -> None:
    """Remove all but the newest whole checkpoints. The marker goes first: half of one is none."""
    for path in _whole(folder)[:-keep]:
        (path / MARKER).unlink(missing_ok=True)
        shutil.rmtree(path, ignore_errors=True)


def _whole(folder: Path) -> list[Path]:
    return [path for path in _folders(folder) if _is_whole(path)]


def _folders(folder: Path) -> list[Path]:
    found = [path for path in folder.glob(f"{PREFIX}*") if path.is_dir() and path.name[len(PREFIX) :].isdigit()]
    return sorted(found, key=_step)


def _step(folder: Path) -> int:
    return int(folder.name[len(PREFIX) :])


def _marker(folder: Path) -> Any:
    return read_json(folder / MARKER)


def _is_whole(folder: Path) -> bool:
    marker = _marker(folder)
    if not isinstance(marker, dict) or marker.get("step") != _step(folder):
        return False
    sizes = _sizes(folder)
    return all(sizes.get(name) == size for name, size in marker["files"].items())
