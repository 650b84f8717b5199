"""The folders of runs: which are done, which are another recipe's, and that no two processes train into one."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

from synth.corpus.files import disk_errors
from synth.errors import BadFolder
from synth.train.matching import flat
from synth.train.recipe import NOT_OF_A_RUN, Recipe
from synth.train.record import NAME, RunRecord, Status, read_record

_LOCK = ".lock"
_SHOWN = 4


def run_folder(out: Path, arm: str, seed: int) -> Path:
    """Where the run of an arm and seed is."""
    return out / f"{arm}-{seed}"


def record_of(folder: Path, recipe: Recipe, arm: str) -> RunRecord | None:
    """The record of a run of this arm that was begun here; None when none was.

    Raises:
        BadFolder: The folder holds a run of another recipe; what differs is named.
    """
    if not (folder / NAME).is_file():
        return None
    record = read_record(folder)
    if record.recipe_fingerprint != recipe.fingerprint_of(arm):
        differing = _difference(record.recipe, recipe, arm)
        raise BadFolder(
            f"{folder} holds a run of another recipe: {differing}. Give another folder with --out, or remove this one"
        )
    return record


def _difference(there: Mapping[str, Any], recipe: Recipe, arm: str) -> str:
    old, new = (_compared(value, arm) for value in (there, recipe.model_dump(mode="json")))
    keys = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    told = [f"{key} was {old.get(key)} and is {new.get(key)}" for key in keys[:_SHOWN]]
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return "; ".join(told) + more if told else "it was made by another version of Synth"


def _compared(value: Mapping[str, Any], arm: str) -> dict[str, Any]:
    """A recipe by dotted keys, without what `Recipe.fingerprint_of` leaves out."""
    kept = {key: item for key, item in value.items() if key not in NOT_OF_A_RUN}
    return dict(flat({**kept, "arm": next((one for one in value["arms"] if one["name"] == arm), {})}))


def is_done(record: RunRecord | None) -> bool:
    """Whether there is nothing left to do."""
    return record is not None and record.status is Status.DONE


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep every other process from training into a folder; the system lets go of it when we are killed.

    Raises:
        BadFolder: Another one is training there.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        if not _lock(stack.enter_context((folder / _LOCK).open("a", encoding="ascii"))):
            raise BadFolder(f"another process is training in {folder}; wait for it, or give another folder with --out")
        yield


def is_held(folder: Path) -> bool:
    """Whether a process is training into a folder; nothing is written to find out."""
    try:
        with (folder / _LOCK).open(encoding="ascii") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _lock(stream: TextIO, without: bool = True) -> bool:
    """Whether nobody else holds the file; `without` is what a file system without locks (some Lustre) says."""
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return without
    return True


@contextmanager
def rows_folder(out: Path) -> Iterator[Path]:
    """A folder of our own for the rows of all arms, which goes when we go; those of killed processes go now."""
    for path in out.glob(".rows-*"):
        with ExitStack() as stack, disk_errors(path):
            if path.is_dir() and _lock(stack.enter_context((path / _LOCK).open("a", encoding="ascii")), without=False):
                shutil.rmtree(path, ignore_errors=True)
    folder = out / f".rows-{os.getpid()}"
    with held(folder):
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
