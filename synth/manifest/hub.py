"""Fetching a corpus from the Hugging Face Hub at a pinned revision, checked before and after the download."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.corpus.files import disk_errors, sha256_file
from synth.errors import BadManifest, StoppedError
from synth.manifest.models import Manifest
from synth.manifest.paths import inside, regular_size
from synth.manifest.redact import redact
from synth.manifest.store import write_manifest
from synth.network import network_errors

Progress = Callable[[str], None]

_PREFIX = "hf://datasets/"
_THREADS = 8  # downloads at a time, as huggingface_hub's snapshot_download
_PATHS_A_REQUEST = 500  # the Hub accepts at most 1,000 (huggingface_hub, `get_paths_info`)


def default_cache() -> Path:
    """Where fetched corpora are kept: $XDG_CACHE_HOME/synth/corpora, by default below ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "synth" / "corpora"


def hub_address(location: str) -> tuple[str, str] | None:
    """Repository and revision of a location on the Hub; None for a folder."""
    if not location.startswith(_PREFIX):
        return None
    repo, _, revision = location.removeprefix(_PREFIX).partition("@")
    return repo, revision


def hub_location(repo: str, revision: str) -> str:
    """The location of a corpus on the Hub."""
    return f"{_PREFIX}{repo}@{revision}"


def fetch_corpus(
    manifest: Manifest,
    cache_dir: Path | None = None,
    endpoint: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """The folder with the manifest's files, downloaded at the pinned revision and verified (size and SHA-256).

    Files that are there already and right are not fetched again, so a second call finishes an interrupted one, and
    works without network when nothing is missing.

    Args:
        manifest: A manifest whose location is on the Hub.
        cache_dir: Where corpora are kept, one folder a repository and revision.
        endpoint: Another Hub than the default one.
        progress: Called with each file's path after it was fetched.

    Raises:
        BadManifest: The location is not on the Hub, or the Hub holds other files than the manifest says.
        StoppedError: The Hub cannot be reached or refuses; what was fetched is kept.
        DiskError: The cache cannot be written.
    """
    address = hub_address(manifest.location)
    if address is None:
        raise BadManifest(f"{manifest.name} lives in a folder, not on the Hub; give that folder instead")
    root = (cache_dir or default_cache()) / address[0].replace("/", "--") / address[1]
    fetch = _Fetch(manifest, *address, root)
    missing = [path for path in manifest.files if not fetch.has(path)]
    if missing:
        fetch.download(missing, endpoint, progress)
    write_manifest(root / "manifest.yaml", manifest)
    return root


@dataclass(frozen=True, slots=True)
class _Fetch:
    manifest: Manifest
    repo: str
    revision: str
    root: Path

    @property
    def name(self) -> str:
        return f"{self.repo}@{self.revision[:12]}"

    def has(self, relative: str) -> bool:
        """Whether this file is here, whole and right."""
        path, record = inside(self.root, relative), self.manifest.files[relative]
        return regular_size(path) == record.bytes and sha256_file(path) == record.sha256

    def download(self, missing: Sequence[str], endpoint: str | None, progress: Progress | None) -> None:
        """Check what the Hub announces, then fetch the files."""
        from huggingface_hub import HfApi

        api = HfApi(endpoint=endpoint)
        with disk_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
        try:
            self._check_sizes(api, missing)
            with ThreadPoolExecutor(_THREADS) as pool:
                for relative in pool.map(lambda path: self._one(api, path), missing):
                    if progress:
                        progress(relative)
        except network_errors() as error:
            raise StoppedError(
                f"cannot fetch {self.name} ({redact(short(error))}); what was fetched is kept: check the network and "
                "that your login may read the repository (`hf auth login`), then run the same command again"
            ) from None

    def _check_sizes(self, api: Any, paths: Sequence[str]) -> None:
        """Refuse before downloading: nothing unexpected is fetched, however large it may be."""
        for start in range(0, len(paths), _PATHS_A_REQUEST):
            chunk = list(paths[start : start + _PATHS_A_REQUEST])
            infos = api.get_paths_info(self.repo, chunk, revision=self.revision, repo_type="dataset")
            sizes = {info.path: getattr(info, "size", -1) for info in infos}
            wrong = [path for path in chunk if sizes.get(path) != self.manifest.files[path].bytes]
            if wrong:
                size = self.manifest.files[wrong[0]].bytes
                raise BadManifest(
                    f"{self.name} has no {wrong[0]} of {size:,} bytes; the manifest does not belong to this revision: "
                    "ask whoever published it"
                )

    def _one(self, api: Any, relative: str) -> str:
        target = inside(self.root, relative)
        target.unlink(missing_ok=True)  # whatever lies there is not the file
        api.hf_hub_download(self.repo, relative, repo_type="dataset", revision=self.revision, local_dir=self.root)
        if not self.has(relative):
            target.unlink(missing_ok=True)
            raise BadManifest(
                f"{relative} from {self.name} is not the file that the manifest describes and was removed; "
                "ask whoever published it"
            )
        return relative


def short(error: Exception) -> str:
    """The first line or so of an error of the network, without its traceback."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
