"""Things that are made once on a machine and kept in Synth's cache folder, such as converted checkpoints."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from synth.corpus.files import sha256_file
from synth.errors import DiskError

Tell = Callable[[float, str], None]
"""Called with the seconds so far and the step that is under way."""

MARKER = "synth-cache.json"
_POLL_S = 0.5


def cache_root(cache_dir: Path | None = None) -> Path:
    """Synth's cache folder: `cache_dir`, else SYNTH_CACHE, else XDG_CACHE_HOME/synth, else ~/.cache/synth."""
    if cache_dir is None:
        own, xdg = os.environ.get("SYNTH_CACHE"), os.environ.get("XDG_CACHE_HOME")
        cache_dir = Path(own) if own else (Path(xdg) if xdg else Path.home() / ".cache") / "synth"
    return cache_dir.expanduser().absolute()


@dataclass(frozen=True, slots=True)
class Made:
    """One folder of the cache.

    Args:
        folder: Its final place; the last part of the path names thing and version.
        main_file: The file whose size tells a whole folder from a damaged one.
        needed_bytes: Free space that making it takes.
    """

    folder: Path
    main_file: str
    needed_bytes: int

    def is_complete(self) -> bool:
        """Whether the marker is there and fits the main file's size (its hash was taken when it was written)."""
        try:
            marker = json.loads((self.folder / MARKER).read_text(encoding="utf-8"))
            return bool((self.folder / self.main_file).stat().st_size == marker["bytes"])
        except (OSError, ValueError, KeyError, TypeError):
            return False


def make_once(made: Made, make: Callable[[Path], None], progress: Tell | None = None) -> Path:
    """The folder, which `make` fills when it is not there yet; several processes at once make it once.

    `make` gets an empty folder beside the final place, which is renamed when it is whole. What a killed process left
    behind is removed.

    Raises:
        DiskError: The cache cannot be written or is full.
    """
    if made.is_complete():
        return made.folder
    folder = made.folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder.with_name(f"{folder.name}.lock"), progress):
            if not made.is_complete():
                _make(made, make)
    except OSError as error:
        advice = "make room there, or point SYNTH_CACHE to another disk"
        raise DiskError(f"{folder} cannot be written ({error}); {advice}") from error
    return folder


@contextmanager
def _locked(path: Path, progress: Tell | None) -> Iterator[None]:
    """An advisory file lock, released by the system even when its holder is killed."""
    import fcntl

    began = time.monotonic()
    with path.open("w", encoding="ascii") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if progress:
                    progress(time.monotonic() - began, f"another process is making {path.stem}")
                time.sleep(_POLL_S)
        yield


def _make(made: Made, make: Callable[[Path], None]) -> None:
    folder = made.folder
    for stale in folder.parent.glob(f".{folder.name}.*"):
        shutil.rmtree(stale, ignore_errors=True)
    if shutil.disk_usage(folder.parent).free < made.needed_bytes:
        raise OSError(f"less than {made.needed_bytes / 1e9:.1f} GB free")
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        make(work)
        _seal(work, made.main_file)
        shutil.rmtree(folder, ignore_errors=True)  # an incomplete one: it had no valid marker
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _seal(work: Path, main_file: str) -> None:
    """Write the marker, last; everything reaches the disk before the folder is renamed."""
    main = work / main_file
    main.chmod(0o644)
    marker = {"file": main_file, "bytes": main.stat().st_size, "sha256": sha256_file(main)}
    (work / MARKER).write_text(json.dumps(marker, indent=2) + "\n", encoding="utf-8")
    os.sync()
