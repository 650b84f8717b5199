"""A small filtered corpus and its manifest, made once and copied for every test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from synth.manifest.build import build_manifest
from synth.manifest.models import Manifest
from synth.manifest.store import write_manifest
from tests.manifest.make_corpus import Recipe, make_corpus


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_corpus(tmp_path_factory.mktemp("corpora"), Recipe(tasks=("mnli", "squad_v1")))
    write_manifest(folder / "manifest.yaml", build_manifest(folder))
    return folder


@pytest.fixture
def corpus(_template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(_template, tmp_path / "little"))


@pytest.fixture
def manifest(corpus: Path) -> Manifest:
    from synth.manifest.store import read_manifest

    return read_manifest(corpus / "manifest.yaml")
