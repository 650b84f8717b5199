"""A Hub on loopback with a planted token, and a corpus to publish there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_DISABLE_XET", "1")  # read when huggingface_hub is imported: plain LFS, no Xet

from synth.manifest.build import build_manifest
from synth.manifest.store import write_manifest
from tests.manifest.make_corpus import Recipe, make_corpus
from tests.publish.hub_server import HubServer

TOKEN = "hf_" + "PlantedTokenOfTheTests" + "0123456789"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with HubServer(TOKEN).running() as server:
        yield server


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits are recorded, not waited for: the client's own and ours."""
    recorded: list[float] = []
    monkeypatch.setattr("time.sleep", recorded.append)
    return recorded


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_corpus(tmp_path_factory.mktemp("corpora"), Recipe(tasks=("squad_v1", "hellaswag"), chunk=6))
    write_manifest(folder / "manifest.yaml", build_manifest(folder))
    return folder


@pytest.fixture
def corpus(_template: Path, tmp_path: Path) -> Path:
    """A filtered corpus of two tasks that may be published, with its manifest."""
    return Path(shutil.copytree(_template, tmp_path / "little"))
