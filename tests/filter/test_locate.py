"""A manifest in place of a corpus folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from synth.errors import BadManifest
from synth.filter.locate import corpus_folder
from synth.manifest import locate
from synth.manifest.models import Manifest
from synth.manifest.store import write_manifest
from tests.conftest import Cli
from tests.manifest.conftest import _template, corpus, manifest  # noqa: F401 - fixtures


def test_a_manifest_beside_its_corpus_is_filtered(corpus: Path, cli: Cli) -> None:  # noqa: F811
    shutil.rmtree(corpus / "kept")
    assert cli("filter", corpus / "manifest.yaml", "--workers", 1, "--detectors", "none", "--no-report")[0] == 0
    assert list((corpus / "kept").glob("*/*/*.parquet"))


def test_a_corpus_of_kept_rows_alone_is_refused(corpus: Path, cli: Cli) -> None:  # noqa: F811
    shutil.rmtree(corpus / "generated")
    code, _, err = cli("filter", corpus / "manifest.yaml")
    assert code == 2 and "holds no generated/ rows" in err


def test_from_the_hub_only_what_can_be_filtered_is_fetched(
    manifest: Manifest,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fetched: list[str] = []

    def fetch(found: Manifest, *_rest: object) -> Path:
        fetched.append(found.location)
        return tmp_path / "cache"

    monkeypatch.setattr(locate, "fetch_corpus", fetch)
    place = f"hf://datasets/a/b@{'0' * 40}"
    whole = manifest.model_copy(update={"location": place})
    write_manifest(tmp_path / "whole.yaml", whole)
    kept = {path: record for path, record in manifest.files.items() if not path.startswith("generated/")}
    write_manifest(tmp_path / "kept.yaml", whole.model_copy(update={"files": kept}))
    has_generated = len(kept) < len(manifest.files)
    with pytest.raises(BadManifest, match="generated/"):
        corpus_folder(tmp_path / "kept.yaml")
    assert fetched == []
    if has_generated:
        assert corpus_folder(tmp_path / "whole.yaml") == tmp_path / "cache"
        assert fetched == [place]


def test_folders_are_taken_as_they_are(tmp_path: Path) -> None:
    assert corpus_folder(tmp_path) == tmp_path
    assert corpus_folder(tmp_path / "missing") == tmp_path / "missing"
    with pytest.raises(BadManifest):
        corpus_folder(tmp_path / "missing.yaml")
