"""`synth train RECIPE --manifest FILE` with a corpus on the Hub: fetched at its pinned revision and verified."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

from synth.manifest.hub import default_cache
from synth.manifest.models import Manifest
from synth.manifest.store import read_manifest, write_manifest
from synth.manifest.verify import verify_manifest
from tests.conftest import Cli
from tests.publish.hub_server import Blob, HubServer
from tests.train.students import make_student

pytestmark = [
    pytest.mark.usefixtures("waits"),
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")),
        reason="the extra `train` is not installed",
    ),
]
REPO = "some-org/little"


@pytest.fixture
def published(hub: HubServer, corpus: Path, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A manifest in git, of a corpus that is on the Hub and nowhere else."""
    # What HF_ENDPOINT sets when the client is imported.
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
    pattern = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", pattern)
    file = tmp_path / "corpora_manifests" / "little.yaml"
    code, _, told = cli("publish", corpus, "--repo", REPO, "--out", file)
    assert code == 0, told
    shutil.rmtree(corpus)
    return file


def words(tmp_path: Path, manifest: Path) -> list[str]:
    student = tmp_path / "student"
    if not student.exists():
        make_student(student, "e5-small")
    given = {
        "--manifest": manifest, "--model.path": student, "--out": tmp_path / "runs", "--tasks": "squad_v1",
        "--arms": "none,english,multilingual", "--budget.steps": 2, "--lengths.span": 128, "--lengths.stride": 32,
    }  # fmt: skip
    return ["train", "e5-small", *(str(word) for pair in given.items() for word in pair), "--dry-run"]


def cached(manifest: Manifest) -> Path:
    return default_cache() / REPO.replace("/", "--") / manifest.location.partition("@")[2]


def test_the_corpus_is_fetched_at_its_revision_and_verified(
    hub: HubServer, published: Path, tmp_path: Path, cli: Cli
) -> None:
    manifest = read_manifest(published)
    repo = hub.repos[REPO]
    victim = sorted(manifest.files)[0]
    repo.add({**repo.commits[-1][1], victim: Blob(b"a later version", lfs=False)})
    code, told, errors = cli(*words(tmp_path, published))
    assert code == 0, errors
    assert "The arms are matched." in told
    assert verify_manifest(manifest, cached(manifest)) == []
    asked = {item.path.split("/resolve/")[1].split("/")[0] for item in hub.seen if "/resolve/" in item.path}
    assert asked == {manifest.location.partition("@")[2]}
    hub.seen.clear()
    assert cli(*words(tmp_path, published))[0] == 0
    assert hub.seen == [], "what is there and right needs no network"


def test_a_corpus_that_is_not_what_its_manifest_says_is_not_trained_on(
    hub: HubServer, published: Path, tmp_path: Path, cli: Cli
) -> None:
    manifest = read_manifest(published)
    name = next(name for name in manifest.funnel if name == "squad_v1.de")
    lying = manifest.funnel[name].model_copy(update={"kept": manifest.funnel[name].kept + 1})
    write_manifest(published, manifest.model_copy(update={"funnel": {**manifest.funnel, name: lying}}))
    code, _, errors = cli(*words(tmp_path, published))
    assert code == 1, errors
    assert "squad_v1.de" in errors and "Traceback" not in errors
    assert not list((tmp_path / "runs").glob("*-*"))


def test_a_hub_that_is_away_is_told_in_one_line(hub: HubServer, published: Path, tmp_path: Path, cli: Cli) -> None:
    hub.fail("POST", "/paths-info/", 403, times=100)
    code, _, errors = cli(*words(tmp_path, published))
    assert code == 1, errors
    assert "run the same command again" in errors.splitlines()[-1]
