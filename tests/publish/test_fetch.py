"""A corpus that lives on the Hub: fetched at its pinned revision, checked before and after."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from synth.errors import BadManifest, StoppedError
from synth.manifest.hub import fetch_corpus
from synth.manifest.locate import open_corpus
from synth.manifest.models import Manifest
from synth.manifest.store import read_manifest, write_manifest
from synth.manifest.verify import verify_manifest
from synth.publish import command
from tests.publish.conftest import TOKEN
from tests.publish.hub_server import Blob, HubServer

pytestmark = pytest.mark.usefixtures("waits")

REPO = "some-org/little"


@pytest.fixture
def published(hub: HubServer, corpus: Path) -> Manifest:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    command.run(parser.parse_args([str(corpus), "--repo", REPO, "--endpoint", hub.url]))
    return read_manifest(corpus / "published.yaml")


def test_what_is_fetched_is_what_was_published(hub: HubServer, published: Manifest, tmp_path: Path) -> None:
    folder = fetch_corpus(published, tmp_path / "cache", hub.url)
    assert verify_manifest(published, folder) == []


def test_later_commits_do_not_change_what_is_fetched(hub: HubServer, published: Manifest, tmp_path: Path) -> None:
    repo = hub.repos[REPO]
    victim = sorted(published.files)[0]
    repo.add({**repo.commits[-1][1], victim: Blob(b"other bytes", lfs=False)})
    folder = fetch_corpus(published, tmp_path / "cache", hub.url)
    assert verify_manifest(published, folder) == []


def test_nothing_is_fetched_twice_and_a_gap_is_filled(hub: HubServer, published: Manifest, tmp_path: Path) -> None:
    folder = fetch_corpus(published, tmp_path / "cache", hub.url)
    hub.seen.clear()
    assert fetch_corpus(published, tmp_path / "cache", hub.url) == folder
    assert hub.seen == [], "a whole corpus needs no network"
    victim = folder / sorted(published.files)[3]
    victim.write_bytes(b"\0" * victim.stat().st_size)
    fetch_corpus(published, tmp_path / "cache", hub.url)
    assert len(hub.asked("GET", r"^/lfs/")) == 1
    assert verify_manifest(published, folder) == []


def test_an_interrupted_fetch_is_finished_by_the_next(hub: HubServer, published: Manifest, tmp_path: Path) -> None:
    victim = published.files[sorted(published.files)[5]].sha256
    hub.fail("GET", victim, 404, times=100)
    with pytest.raises(StoppedError, match="run the same command again"):
        fetch_corpus(published, tmp_path / "cache", hub.url)
    hub.faults.clear()
    hub.seen.clear()
    folder = fetch_corpus(published, tmp_path / "cache", hub.url)
    assert verify_manifest(published, folder) == []
    assert len(hub.asked("GET", r"^/lfs/")) < len(published.files)


def test_files_of_another_size_are_refused_before_any_download(
    hub: HubServer, published: Manifest, tmp_path: Path
) -> None:
    path = sorted(published.files)[0]
    record = published.files[path].model_copy(update={"bytes": 7})
    lying = published.model_copy(update={"files": {**published.files, path: record}})
    with pytest.raises(BadManifest, match="does not belong to this revision"):
        fetch_corpus(lying, tmp_path / "cache", hub.url)
    assert hub.asked("GET", r"^/lfs/") == []


def test_files_with_other_bytes_are_removed_again(hub: HubServer, published: Manifest, tmp_path: Path) -> None:
    path = sorted(published.files)[0]
    record = published.files[path].model_copy(update={"sha256": "0" * 64})
    lying = published.model_copy(update={"files": {path: record}})
    with pytest.raises(BadManifest, match="was removed"):
        fetch_corpus(lying, tmp_path / "cache", hub.url)
    assert not list((tmp_path / "cache").rglob("*.parquet"))


def test_a_link_in_the_cache_is_not_followed(hub: HubServer, published: Manifest, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = fetch_corpus(published, tmp_path / "cache", hub.url)
    path = sorted(published.files)[0]
    (folder / path).unlink()
    (folder / path).symlink_to(outside / "stolen.parquet")
    with pytest.raises(BadManifest, match="symbolic link"):
        fetch_corpus(published, tmp_path / "cache", hub.url)
    assert list(outside.iterdir()) == []


def test_a_manifest_in_git_opens_its_corpus_on_the_hub(hub: HubServer, published: Manifest, tmp_path: Path) -> None:
    file = tmp_path / "corpora_manifests" / "little.yaml"
    write_manifest(file, published)
    manifest, folder = open_corpus(file, cache_dir=tmp_path / "cache", endpoint=hub.url)
    assert manifest == published
    assert verify_manifest(manifest, folder) == []


_LOAD = """
import json, sys
from datasets import load_dataset
found = {}
for config in sys.argv[3:]:
    data = load_dataset(sys.argv[1], config, revision=sys.argv[2], split="train")
    found[config] = [len(data), str(data.features[data.column_names[4]]), data.column_names[:6]]
print(json.dumps(found))
"""


def test_load_dataset_takes_the_repository(hub: HubServer, published: Manifest, tmp_path: Path) -> None:
    revision = published.location.partition("@")[2]
    names = ["squad_v1.de", "squad_v1.en", "squad_v1.de.paraphrase", "hellaswag.sw"]
    env = {
        **os.environ,
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": TOKEN,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", _LOAD, REPO, revision, *names],
        env=env, capture_output=True, text=True, timeout=240, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert {name: rows for name, (rows, _, _) in found.items()} == {name: published.funnel[name].kept for name in names}
    assert found["squad_v1.de"][1] == "{'text': List(Value('string')), 'answer_start': List(Value('int32'))}"
    assert found["squad_v1.de"][2] == ["id", "title", "context", "question", "answers", "synth_id"]
