"""From a manifest file to the folder that holds its corpus, wherever it lives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from synth.errors import BadManifest
from synth.manifest.hub import fetch_corpus, hub_address
from synth.manifest.models import Manifest
from synth.manifest.store import read_manifest


def open_corpus(
    path: Path,
    corpus: Path | None = None,
    cache_dir: Path | None = None,
    endpoint: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[Manifest, Path]:
    """The manifest and the folder of its files: what `synth train`, `filter` and `verify` start from.

    Args:
        path: A manifest file, or a corpus folder with a manifest.yaml.
        corpus: The folder, when it is known to be elsewhere.
        cache_dir: Where corpora from the Hub are kept.
        endpoint: Another Hub than the default one.
        progress: Called with each file that is fetched.

    Raises:
        BadManifest: The manifest is broken, or there is no corpus where it says.
        StoppedError: The Hub cannot be reached.
    """
    file = path / "manifest.yaml" if path.is_dir() else path
    if path.is_dir() and not file.exists():
        raise BadManifest(f"{path} has no manifest.yaml; run `synth manifest build {path}` first")
    manifest = read_manifest(file)
    if corpus is not None:
        return manifest, corpus
    if hub_address(manifest.location):
        return manifest, fetch_corpus(manifest, cache_dir, endpoint, progress)
    if not any((file.parent / stage).is_dir() for stage in ("kept", "generated")):
        raise BadManifest(f"there is no corpus beside {file}; give its folder with --corpus")
    return manifest, file.parent
