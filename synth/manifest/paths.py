"""Paths that a manifest names, resolved so that they cannot leave the corpus folder."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from synth.errors import BadManifest
from synth.manifest.fields import FILE_PATTERN


def inside(root: Path, relative: str) -> Path:
    """The path of a data file below `root`; the file need not exist.

    Raises:
        BadManifest: The name is not one that Synth gives (`kept/TASK/LANG/part-00000.parquet`), or a folder or file on
            the way is a symbolic link.
    """
    if not re.fullmatch(FILE_PATTERN, relative) or relative.endswith("\n"):
        raise BadManifest(f"{relative!a} is no path of a data file; a manifest that names it is not to be trusted")
    path = root
    for part in relative.split("/"):
        path = path / part
        if path.is_symlink():
            raise BadManifest(f"{relative} is or goes through a symbolic link; put the file itself there")
    return path


def regular_size(path: Path) -> int | None:
    """Size in bytes of a regular file, None when there is none (missing, a folder, a pipe, a device)."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None
