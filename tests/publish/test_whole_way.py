"""From the real `generate` and `filter` to the Hub and back: the stages agree on what a corpus is."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import Any

import pytest

from synth.errors import BadFlag
from synth.generate.config import GenerateConfig
from synth.generate.run import generate
from synth.manifest.hub import fetch_corpus
from synth.manifest.models import Manifest
from synth.manifest.store import read_manifest
from synth.manifest.verify import verify_manifest
from synth.tasks import TASKS
from tests.generate.conftest import Hired, hired
from tests.publish.hub_server import HubServer

__all__ = ["hired"]  # a fixture


def run(verb: str, *words: object) -> int:
    module = importlib.import_module(f"synth.{verb}.command")
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    return int(module.run(parser.parse_args([str(word) for word in words])))


@pytest.fixture
def made(tmp_path: Path, hired: Hired) -> Path:
    """The sample in two languages, unfiltered."""
    folder = tmp_path / "made"
    asked: dict[str, Any] = {"langs": "es,sw", "kind": "both", "limit": 4, "teacher": "fake", "out": str(folder)}
    generate(GenerateConfig(**asked))
    return folder


def described(folder: Path) -> Manifest:
    assert run("manifest", "build", folder) == 0
    return read_manifest(folder / "manifest.yaml")


def test_what_generate_wrote_can_be_described_and_holds(made: Path) -> None:
    manifest = described(made)
    assert set(manifest.tasks) == set(TASKS)
    assert manifest.stage == "generated"
    assert verify_manifest(manifest, made) == []
    assert all(record.sampled == 4 for record in manifest.tasks.values())
    assert all(record.source.parts[0].sha256 for record in manifest.tasks.values())
    assert "--kind both --limit 4" in manifest.command


@pytest.mark.usefixtures("waits")
def test_filtered_published_and_fetched_it_still_holds(made: Path, hub: HubServer, tmp_path: Path) -> None:
    assert run("filter", made, "--detectors", "none", "--workers", 1, "--policy", "lenient", "--no-report") == 0
    manifest = described(made)
    assert manifest.filter is not None and manifest.filter.policy == "lenient"
    assert verify_manifest(manifest, made) == []
    with pytest.raises(BadFlag, match="--drop ccg"):
        run("publish", made, "--repo", "o/n", "--endpoint", hub.url)
    flags = ("--drop", "ccg", "--non-commercial", "--teacher-licence", "apache-2.0")
    assert run("publish", made, "--repo", "o/n", "--endpoint", hub.url, *flags) == 0
    published = read_manifest(made / "published.yaml")
    folder = fetch_corpus(published, tmp_path / "cache", hub.url)
    assert verify_manifest(published, folder) == []
    kept = {name: entry.kept for name, entry in manifest.funnel.items() if not name.startswith("ccg.")}
    assert {name: entry.kept for name, entry in published.funnel.items()} == kept
