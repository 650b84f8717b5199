"""A manifest in place of a corpus folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from synth.errors import BadFlag, BadManifest
from synth.filter.locate import corpus_folder
from tests.conftest import Cli
from tests.manifest.conftest import _template, corpus  # noqa: F401 - fixtures


def test_a_manifest_beside_its_corpus_is_filtered(corpus: Path, cli: Cli) -> None:  # noqa: F811
    shutil.rmtree(corpus / "kept")
    assert cli("filter", corpus / "manifest.yaml", "--workers", 1, "--detectors", "none", "--no-report")[0] == 0
    assert list((corpus / "kept").glob("*/*/*.parquet"))


def test_a_corpus_of_kept_rows_alone_is_refused(corpus: Path, cli: Cli) -> None:  # noqa: F811
    shutil.rmtree(corpus / "generated")
    code, _, err = cli("filter", corpus / "manifest.yaml")
    assert code == 2 and "holds no generated/ rows" in err


def test_folders_are_taken_as_they_are(tmp_path: Path) -> None:
    assert corpus_folder(tmp_path) == tmp_path
    assert corpus_folder(tmp_path / "missing") == tmp_path / "missing"
    with pytest.raises(BadManifest):
        corpus_folder(tmp_path / "missing.yaml")


def test_a_local_corpus_takes_no_new_folder(tmp_path: Path) -> None:
    with pytest.raises(BadFlag, match="--out"):
        corpus_folder(tmp_path, tmp_path / "new")
