"""From what the user gives `synth filter`, a corpus folder or a manifest, to the folder that is filtered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from synth.errors import BadFlag, BadManifest

if TYPE_CHECKING:
    from synth.manifest.models import Manifest

_MANIFEST = (".yaml", ".yml")
Say = Callable[[str], None]


def _nobody(_line: str) -> None:
    """Nobody listens."""


def corpus_folder(given: Path, out: Path | None = None, tell: Say = _nobody, note: Say = _nobody) -> Path:
    """The corpus folder: the one given, that beside a manifest, or a new one with the rows of a corpus on the Hub.

    Args:
        given: A corpus folder, or a manifest file.
        out: The new folder for a corpus on the Hub; by default corpora/NAME-refiltered.
        tell: Receives a line for each file that is fetched.
        note: Receives what the user should know of the new folder.

    Raises:
        BadFlag: A new folder is named for a corpus that is filtered where it lies.
        BadManifest: The manifest is broken, or its corpus has no rows as they were generated.
        BadFolder: The new folder holds something else.
        StoppedError: The Hub cannot be reached.
    """
    from_file = not given.is_dir() and given.suffix.lower() in _MANIFEST
    if from_file:
        from synth.manifest.hub import hub_address
        from synth.manifest.store import read_manifest

        manifest = read_manifest(given)
        if hub_address(manifest.location):
            return _from_hub(given, manifest, out, tell, note)
    if out is not None:
        raise BadFlag(f"--out is for a corpus on the Hub; {given} is filtered where it lies: leave --out away")
    if from_file and not (given.parent / "generated").is_dir():
        raise BadManifest(
            f"{given}: its corpus ({given.parent}) holds no generated/ rows, at most what an earlier filter kept; give "
            "the folder in which `synth generate` made it"
        )
    return given.parent if from_file else given


def _from_hub(given: Path, manifest: Manifest, out: Path | None, tell: Say, note: Say) -> Path:
    from synth.filter.refilter import default_folder, refill
    from synth.manifest.locate import open_corpus

    folder = out or default_folder(manifest)
    fetched = open_corpus(given, progress=lambda path: tell(f"fetched {path}"))[1]
    rows = refill(manifest, fetched, folder)
    lost = sum(entry.lost for entry in manifest.funnel.values()) if manifest.stage == "kept" else 0
    note(f"{folder} holds the {rows:,} rows that {manifest.location} publishes")
    if lost:
        note(
            f"the {lost:,} rows that were dropped before publishing are not in it: a laxer policy cannot win them back"
        )
    return folder
