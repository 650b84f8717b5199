"""Which commit of Synth is running: part of what makes a result reproducible."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_GIT_SECONDS = 10


def commit_of_package() -> str | None:
    """Commit of the checkout that this package runs from; None when it is installed without one."""
    package = Path(__file__).resolve().parent
    git = shutil.which("git")
    if git is None or not (package.parent / ".git").exists():
        return None
    try:
        head = _git(git, package, "rev-parse", "HEAD")
        return f"{head}-dirty" if _git(git, package, "status", "--porcelain", "--", ".") else head
    except (OSError, subprocess.SubprocessError):
        return None


def _git(git: str, folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [git, "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=_GIT_SECONDS
    )
    return done.stdout.strip()
