"""`synth publish` against a Hub on loopback, through the unmodified client."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from synth.errors import BadFlag, BadManifest, StoppedError
from synth.manifest.build import build_manifest
from synth.manifest.store import read_manifest, write_manifest
from synth.publish import command
from tests.manifest.make_corpus import Recipe, make_corpus
from tests.publish.hub_server import Blob, HubServer, Repo

pytestmark = pytest.mark.usefixtures("waits")

REPO = "some-org/little"
LFS = r"^/lfs/"
COMMIT = r"/commit/"


def publish(hub: HubServer, corpus: Path, *flags: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args([str(corpus), "--repo", REPO, "--endpoint", hub.url, *flags]))


def data_files(hub: HubServer) -> dict[str, str]:
    """Parquet files at the head of the repository, with their hashes."""
    files = hub.repos[REPO].commits[-1][1]
    return {path: blob.sha256 for path, blob in files.items() if path.endswith(".parquet")}


def expected(corpus: Path) -> dict[str, str]:
    return {path: record.sha256 for path, record in read_manifest(corpus / "manifest.yaml").files.items()}


def test_one_commit_holds_everything_and_is_private(hub: HubServer, corpus: Path) -> None:
    assert publish(hub, corpus) == 0
    repo = hub.repos[REPO]
    assert repo.private
    assert len(repo.commits) == 2  # the Hub's own first one, and ours
    assert data_files(hub) == expected(corpus)
    beside = {path for path in repo.commits[-1][1] if not path.endswith(".parquet")}
    assert beside == {"README.md", "LICENSE.md", "kept_share.svg", "manifest.yaml", ".gitattributes"}


def test_the_published_manifest_names_its_revision(
    hub: HubServer, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "corpora_manifests" / "little.yaml"
    assert publish(hub, corpus, "--out", str(out), "--json") == 0
    head = hub.repos[REPO].head
    published = read_manifest(out)
    assert published.location == f"hf://datasets/{REPO}@{head}"
    assert published.identity == read_manifest(corpus / "manifest.yaml").identity
    assert json.loads(capsys.readouterr().out) == {"repo": REPO, "revision": head, "manifest": str(out)}


def test_publishing_again_changes_nothing(hub: HubServer, corpus: Path) -> None:
    publish(hub, corpus)
    sent, commits = len(hub.asked("PUT", LFS)), len(hub.repos[REPO].commits)
    assert publish(hub, corpus) == 0
    assert (len(hub.asked("PUT", LFS)), len(hub.repos[REPO].commits)) == (sent, commits)
    assert read_manifest(corpus / "published.yaml").location.endswith(hub.repos[REPO].head)


def test_a_new_version_removes_the_old_versions_files(hub: HubServer, corpus: Path, tmp_path: Path) -> None:
    publish(hub, corpus)
    smaller = make_corpus(tmp_path / "second", Recipe(tasks=("squad_v1",), langs=("de",)))
    write_manifest(smaller / "manifest.yaml", build_manifest(smaller, version="2"))
    assert publish(hub, smaller) == 0
    assert data_files(hub) == expected(smaller)
    assert len(hub.repos[REPO].commits) == 3


@pytest.mark.parametrize("status", [408, 412, 429, 500, 503])
def test_a_commit_that_fails_for_a_while_is_tried_again(hub: HubServer, corpus: Path, status: int) -> None:
    hub.fail("POST", COMMIT, status, times=2)
    assert publish(hub, corpus) == 0
    assert data_files(hub) == expected(corpus)
    assert len(hub.repos[REPO].commits) == 2


def test_retry_after_is_respected(hub: HubServer, corpus: Path, waits: list[float]) -> None:
    hub.fail("POST", COMMIT, 429, headers={"Retry-After": "77"})
    assert publish(hub, corpus) == 0
    assert 77.0 in waits


@pytest.mark.parametrize(
    ("method", "pattern"),
    [("GET", "^/api/datasets"), ("POST", "/preupload/"), ("POST", "/batch"), ("PUT", LFS), ("POST", "/lfs-verify")],
)
@pytest.mark.parametrize("status", [500, 0])
def test_any_step_may_fail_once(hub: HubServer, corpus: Path, method: str, pattern: str, status: int) -> None:
    hub.fail(method, pattern, status)
    assert publish(hub, corpus) == 0
    assert data_files(hub) == expected(corpus)
    assert len(hub.repos[REPO].commits) == 2


def test_a_commit_whose_answer_was_lost_is_not_made_twice(hub: HubServer, corpus: Path) -> None:
    hub.fail("POST", COMMIT, after=True)
    assert publish(hub, corpus) == 0
    assert len(hub.repos[REPO].commits) == 2
    assert read_manifest(corpus / "published.yaml").location.endswith(hub.repos[REPO].head)


def test_somebody_elses_commit_in_between_is_noticed(hub: HubServer, corpus: Path) -> None:
    def intrude() -> None:
        repo = hub.repos[REPO]
        stale = {"kept/squad_v1/fr/part-00000.parquet": Blob(b"of another publisher", lfs=False)}
        repo.add({**repo.commits[-1][1], **stale, "notes.txt": Blob(b"hello", lfs=False)})

    hub.before_commit = intrude
    assert publish(hub, corpus) == 0
    assert "notes.txt" in hub.repos[REPO].commits[-1][1]
    assert data_files(hub) == expected(corpus)


def test_a_second_call_finishes_what_the_first_began(hub: HubServer, corpus: Path) -> None:
    count = len(expected(corpus))
    hub.fail("POST", COMMIT, 500, times=100)
    with pytest.raises(StoppedError, match="run the same command again"):
        publish(hub, corpus)
    assert len(hub.repos[REPO].commits) == 1, "nothing is half published"
    sent = len(hub.asked("PUT", LFS))
    assert sent == len(set(expected(corpus).values())) <= count
    hub.faults.clear()
    assert publish(hub, corpus) == 0
    assert len(hub.asked("PUT", LFS)) == sent, "no file was sent twice"
    assert data_files(hub) == expected(corpus)


def test_an_upload_that_stops_in_the_middle_keeps_what_was_sent(hub: HubServer, corpus: Path) -> None:
    """Files go up side by side: which were through when one was refused is a matter of luck. What got through stays."""
    hashes = set(expected(corpus).values())
    refused = min(hashes)
    hub.fail("PUT", refused, 403, times=100)
    with pytest.raises(BadFlag, match="log in"):
        publish(hub, corpus)
    kept = set(hub.store)
    assert kept <= hashes - {refused}
    assert len(hub.repos[REPO].commits) == 1, "nothing is half published"
    hub.faults.clear()
    before = len(hub.asked("PUT", LFS))
    assert publish(hub, corpus) == 0
    again = [seen.path.removeprefix("/lfs/") for seen in hub.asked("PUT", LFS)[before:]]
    assert sorted(again) == sorted(hashes - kept), "exactly what was missing is sent"
    assert data_files(hub) == expected(corpus)


def test_storage_never_sees_the_token(hub: HubServer, corpus: Path) -> None:
    publish(hub, corpus)
    assert {seen.token for seen in hub.asked("PUT", LFS)} == {""}


def test_public_only_when_asked(hub: HubServer, corpus: Path) -> None:
    publish(hub, corpus)
    assert publish(hub, corpus, "--public") == 0
    assert not hub.repos[REPO].private
    with pytest.raises(BadFlag, match="public already; add --public"):
        publish(hub, corpus)


def test_a_repository_with_something_else_in_it_is_left_alone(hub: HubServer, corpus: Path) -> None:
    repo = hub.repos[REPO] = Repo(private=True)
    repo.add({"README.md": Blob(b"# mine", lfs=False), "data.csv": Blob(b"a,b", lfs=False)})
    with pytest.raises(BadFlag, match="take another --repo"):
        publish(hub, corpus)
    assert len(repo.commits) == 1


def test_dry_run_sends_nothing(hub: HubServer, corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert publish(hub, corpus, "--dry-run") == 0
    assert hub.seen == []
    shown = capsys.readouterr().out
    assert "# little" in shown and "config_name: squad_v1.de" in shown
    assert all(path in shown for path in expected(corpus))


def test_without_a_login_the_message_says_how(
    hub: HubServer, corpus: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no-token"))
    with pytest.raises(BadFlag, match="hf auth login"):
        publish(hub, corpus)


def test_a_corpus_without_a_manifest_says_what_to_run(hub: HubServer, corpus: Path) -> None:
    (corpus / "manifest.yaml").unlink()
    with pytest.raises(BadManifest, match="synth manifest build"):
        publish(hub, corpus)


def test_a_corpus_that_does_not_hold_is_not_published(hub: HubServer, corpus: Path) -> None:
    victim = corpus / sorted(expected(corpus))[0]
    victim.write_bytes(victim.read_bytes() + b"x")
    with pytest.raises(StoppedError, match=victim.name):
        publish(hub, corpus)
    assert hub.seen == []


@pytest.mark.parametrize("repo", ["little", "a/b/c", "../x", "a/..", "https://h/x"])
def test_repository_names_are_checked(hub: HubServer, corpus: Path, repo: str) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    with pytest.raises(BadFlag, match="ORG/NAME"):
        command.run(parser.parse_args([str(corpus), "--repo", repo, "--endpoint", hub.url]))


def test_an_address_with_a_password_is_refused(corpus: Path) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    asked = parser.parse_args([str(corpus), "--repo", REPO, "--endpoint", "http://user:swordfish@127.0.0.1:1"])
    with pytest.raises(BadFlag) as caught:
        command.run(asked)
    assert "swordfish" not in str(caught.value)
