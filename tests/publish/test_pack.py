"""Many small parts become few large files: the same rows in the same order."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from synth.corpus.rows import read_rows
from synth.manifest.build import build_manifest
from synth.manifest.models import Manifest, files_by_config
from synth.manifest.store import read_manifest
from synth.manifest.verify import verify_manifest
from synth.publish import command
from synth.publish.pack import is_needed, pack
from tests.manifest.make_corpus import Recipe, make_corpus, rewrite
from tests.publish.hub_server import HubServer


@pytest.fixture
def manifest(corpus: Path) -> Manifest:
    return read_manifest(corpus / "manifest.yaml")


def rows_of(root: Path, paths: list[str]) -> list[dict[str, object]]:
    return [row for path in paths for row in read_rows(root / path)]


def test_rows_and_their_order_stay(corpus: Path, manifest: Manifest, tmp_path: Path) -> None:
    packed = pack(manifest, corpus, tmp_path / "packed")
    before, after = files_by_config(manifest), files_by_config(packed)
    assert before.keys() == after.keys()
    for name, paths in before.items():
        assert len(paths) == 2 and len(after[name]) == 1
        assert rows_of(tmp_path / "packed", after[name]) == rows_of(corpus, paths)


def test_what_was_packed_holds(corpus: Path, manifest: Manifest, tmp_path: Path) -> None:
    packed = pack(manifest, corpus, tmp_path / "packed")
    assert verify_manifest(packed, tmp_path / "packed") == []


def test_files_stay_below_the_most_rows(corpus: Path, manifest: Manifest, tmp_path: Path) -> None:
    packed = pack(manifest, corpus, tmp_path / "packed", shard_rows=8)
    assert {len(paths) for paths in files_by_config(packed).values()} == {2}
    assert max(record.rows for record in packed.files.values()) <= 8


def test_packing_again_writes_nothing_and_packing_something_else_does(
    corpus: Path, manifest: Manifest, tmp_path: Path
) -> None:
    folder = tmp_path / "packed"
    first = pack(manifest, corpus, folder)
    times = {path: (folder / path).stat().st_mtime_ns for path in first.files}
    assert pack(manifest, corpus, folder) == first
    assert {path: (folder / path).stat().st_mtime_ns for path in first.files} == times
    torn = sorted(first.files)[0]
    (folder / torn).write_bytes((folder / torn).read_bytes()[:100])
    assert pack(manifest, corpus, folder) == first


def test_parts_under_different_terms_get_files_of_their_own(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path, Recipe(tasks=("anli_plus",), langs=("de",)))
    for path in sorted((corpus / "kept").rglob("*.parquet")):
        rows = [
            row | {"synth_origin": ("anli_r1", "mnli", "snli")[number % 3]}
            for number, row in enumerate(read_rows(path))
        ]
        rewrite(corpus, path.relative_to(corpus).as_posix(), rows)
    manifest = build_manifest(corpus)
    assert is_needed(manifest)
    folder = tmp_path / "packed"
    packed = pack(manifest, corpus, folder)
    assert verify_manifest(packed, folder) == []
    paths = files_by_config(packed)["anli_plus.de"]
    origins = [{row["synth_origin"] for row in read_rows(folder / path)} for path in paths]
    assert origins == [{"anli_r1"}, {"mnli"}, {"snli"}]
    before = {row["synth_id"] for row in rows_of(corpus, files_by_config(manifest)["anli_plus.de"])}
    assert {row["synth_id"] for row in rows_of(folder, paths)} == before


@pytest.mark.usefixtures("waits")
def test_a_corpus_of_many_files_is_published_packed(
    hub: HubServer, corpus: Path, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synth.publish.pack.PACK_ABOVE", 3)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(parser.parse_args([str(corpus), "--repo", "o/n", "--endpoint", hub.url])) == 0
    published = read_manifest(corpus / "published.yaml")
    assert len(published.files) == len(manifest.funnel)
    there = {path: blob.sha256 for path, blob in hub.repos["o/n"].commits[-1][1].items() if path.endswith(".parquet")}
    assert there == {path: record.sha256 for path, record in published.files.items()}
    assert verify_manifest(manifest, corpus) == [], "the corpus itself is as it was"
