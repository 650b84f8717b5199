"""From what the user gives `synth filter`, a corpus folder or a manifest, to the folder that is filtered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from synth.errors import BadManifest

_MANIFEST = (".yaml", ".yml")


def corpus_folder(given: Path, tell: Callable[[str], None] = lambda _line: None) -> Path:
    """The corpus folder: the one given, or that of a manifest file, fetched from the Hub where it lives there.

    Args:
        given: A corpus folder, or a manifest file.
        tell: Receives a line for each file that is fetched.

    Raises:
        BadManifest: The manifest is broken, or its corpus has no rows as they were generated.
        StoppedError: The Hub cannot be reached.
    """
    if given.is_dir() or given.suffix.lower() not in _MANIFEST:
        return given
    from synth.manifest.hub import hub_address
    from synth.manifest.locate import open_corpus
    from synth.manifest.store import read_manifest

    manifest = read_manifest(given)
    # Before anything is fetched: what is published is often the kept rows alone.
    if hub_address(manifest.location):
        there, place = any(path.startswith("generated/") for path in manifest.files), manifest.location
    else:
        there, place = (given.parent / "generated").is_dir(), str(given.parent)
    if not there:
        raise BadManifest(
            f"{given}: its corpus ({place}) holds no generated/ rows, at most what an earlier filter kept; give the "
            "folder in which `synth generate` made it"
        )
    return open_corpus(given, progress=lambda path: tell(f"fetched {path}"))[1]
