"""What a run leaves behind: an ordinary checkpoint, the adapter where there is one, and the heads.

Imports torch and safetensors where it saves or loads.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.corpus.files import disk_errors, read_json, write_json
from synth.encoder.quiet import quiet
from synth.errors import BadFolder, DiskError
from synth.train.steps import HeadKind, HeadSpec

if TYPE_CHECKING:
    from synth.train.heads import MultiHead

BACKBONE, ADAPTER, HEADS = "backbone", "adapter", "heads"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_TOLD = ("No space left", "File too large", "Disk quota exceeded", "file write failed", "unexpected pos")


@contextmanager
def disk_full(folder: Path) -> Iterator[None]:
    """Turn what torch, safetensors and the system raise for a full disk into a `DiskError`; half a folder goes."""
    try:
        yield
    except DiskError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except Exception as error:  # torch raises RuntimeError, safetensors an error of its own
        full = isinstance(error, OSError) and error.errno in _FULL
        if not full and not any(told in str(error) for told in _TOLD):
            raise
        shutil.rmtree(folder, ignore_errors=True)
        raise DiskError(
            f"the disk is full: {folder} could not be written. The checkpoint before it is kept; free some space and "
            "run the same command again"
        ) from error


def save_weights(model: MultiHead, tokenizer: Any, folder: Path) -> None:
    """Write `backbone/`, `adapter/` of a model with LoRA (which is merged into the backbone), and the heads.

    Each is written beside its place and moved there when it is whole.

    Raises:
        DiskError: The disk is full.
    """
    if hasattr(model.backbone, "merge_and_unload"):
        with placed(folder / ADAPTER) as work:
            model.backbone.save_pretrained(work)
        model.backbone = model.backbone.merge_and_unload()
    with placed(folder / BACKBONE) as work:
        model.save_backbone(work)
        tokenizer.save_pretrained(work)
    _save_heads(model, folder)


@contextmanager
def placed(place: Path) -> Iterator[Path]:
    """A folder to fill, which is moved to its place when the block ends well."""
    work = place.with_name(f".{place.name}.tmp")
    shutil.rmtree(work, ignore_errors=True)
    with disk_full(work), quiet():
        yield work
    with disk_errors(place):
        shutil.rmtree(place, ignore_errors=True)
        work.rename(place)


def _save_heads(model: MultiHead, folder: Path) -> None:
    from safetensors.torch import save_file

    state = {name: value.detach().contiguous().cpu() for name, value in model.head_state().items()}
    path = folder / f"{HEADS}.safetensors"
    with disk_full(path):
        save_file(state, path)
    write_json(folder / f"{HEADS}.json", {name: asdict(spec) for name, spec in model.specs.items()})


def read_heads(folder: Path) -> dict[str, HeadSpec]:
    """What heads a run has.

    Raises:
        BadFolder: There is no such file.
    """
    found = read_json(folder / f"{HEADS}.json")
    if not isinstance(found, dict):
        raise BadFolder(f"{folder} has no {HEADS}.json; give the folder of a finished run of `synth train`")
    return {name: HeadSpec(**{**spec, "kind": HeadKind(spec["kind"])}) for name, spec in found.items()}


def load_heads(model: MultiHead, folder: Path) -> None:
    """Put a run's heads onto a model that has heads of the same names and sizes.

    Raises:
        BadFolder: They do not fit.
    """
    from safetensors.torch import load_file

    path = folder / f"{HEADS}.safetensors"
    try:
        state: Mapping[str, Any] = load_file(path)
        model.heads.load_state_dict({name: state[name] for name in model.heads.state_dict()})
    except (OSError, KeyError, RuntimeError) as error:
        raise BadFolder(
            f"the heads in {path} do not fit ({error}); give the folder of a run with the same tasks"
        ) from None
