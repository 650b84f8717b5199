"""A corpus that lives on the Hub, filtered again from its manifest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from synth.corpus.layout import Layout
from synth.corpus.rows import read_rows
from synth.errors import BadManifest
from synth.filter.refilter import refill
from synth.manifest import locate
from synth.manifest.build import build_manifest
from synth.manifest.hub import fetch_corpus
from synth.manifest.models import Manifest
from synth.manifest.store import read_manifest, write_manifest
from synth.manifest.verify import verify_manifest
from synth.publish.pack import pack
from tests.conftest import Cli
from tests.manifest.conftest import _template, corpus, manifest  # noqa: F401 - fixtures
from tests.publish.conftest import hub, waits  # noqa: F401 - fixtures
from tests.publish.hub_server import HubServer

FLAGS = ("--workers", 1, "--detectors", "none", "--policy", "lenient", "--no-report")


@pytest.fixture
def packed(corpus: Path, manifest: Manifest, tmp_path: Path) -> tuple[Manifest, Path]:  # noqa: F811
    """The kept corpus as it is published: few files, and a location on the Hub."""
    folder = tmp_path / "fetched"
    few = pack(manifest, corpus, folder)
    return few.model_copy(update={"location": f"hf://datasets/a/b@{'0' * 40}"}), folder


def ids(root: Path, stage: str) -> set[str]:
    layout = Layout(root)
    return {row["synth_id"] for part in layout.parts(stage) for row in read_rows(layout.part(part, stage))}


def published_ids(found: Manifest, folder: Path) -> set[str]:
    return {row["synth_id"] for path in found.files for row in read_rows(folder / path)}


@pytest.mark.usefixtures("waits")
def test_a_published_corpus_is_filtered_from_its_manifest(
    hub: HubServer,  # noqa: F811
    corpus: Path,  # noqa: F811
    tmp_path: Path,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flags = ("--non-commercial", "--teacher-licence", "apache-2.0", "--endpoint", hub.url)
    assert cli("publish", corpus, "--repo", "o/n", *flags)[0] == 0
    shutil.move(corpus / "published.yaml", tmp_path / "there.yaml")
    # `synth filter` goes to the Hub that huggingface_hub was started with (HF_ENDPOINT is read at its import)
    monkeypatch.setattr(locate, "fetch_corpus", lambda it, cache, _, say: fetch_corpus(it, cache, hub.url, say))
    monkeypatch.chdir(tmp_path)
    code, _, err = cli("filter", "there.yaml", *FLAGS)
    published = read_manifest(tmp_path / "there.yaml")
    out = tmp_path / "corpora" / f"{published.name}-refiltered"
    assert code == 0, err
    assert f"the {sum(entry.lost for entry in published.funnel.values()):,} rows that were dropped before" in err
    assert len(ids(out, "generated")) == sum(record.rows for record in published.files.values())
    assert ids(out, "generated") == ids(out, "kept") | ids(out, "dropped")
    described = build_manifest(out)
    assert verify_manifest(described, out, out) == []
    assert described.parents[0].identity == published.identity
    assert described.tasks == published.tasks and described.teacher == published.teacher
    assert described.command.startswith(f"synth filter {published.name}.yaml --policy lenient")
    hub.seen.clear()
    assert cli("filter", "there.yaml", *FLAGS)[0] == 0
    assert hub.seen == []


def test_packed_rows_are_cut_back_beside_their_english_rows(
    packed: tuple[Manifest, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synth.filter.refilter.PART_ROWS", 4)
    found, folder = packed
    out = tmp_path / "again"
    assert refill(found, folder, out) == len(published_ids(found, folder))
    assert ids(out, "generated") == published_ids(found, folder)
    layout = Layout(out)
    parts = list(layout.parts())
    assert len(parts) > len(found.files)
    english = {}
    for part in parts:
        rows = read_rows(layout.part(part))
        assert {(r["synth_task"], r["synth_lang"], r["synth_kind"]) for r in rows} == {
            (part.task, part.lang, part.kind)
        }
        if part.lang == "en" and part.kind == "source":
            english.update({(part.task, row["synth_source_id"]): part.number for row in rows})
    assert max(english.values()) > 0
    for part in parts:
        for row in read_rows(layout.part(part)):
            assert english.get((part.task, row["synth_source_id"]), part.number) == part.number


def test_an_interrupted_folder_is_finished_and_a_foreign_one_refused(
    packed: tuple[Manifest, Path], tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, folder = packed
    monkeypatch.setattr(locate, "fetch_corpus", lambda *_: folder)
    write_manifest(tmp_path / "there.yaml", found)
    out = tmp_path / "out"
    refill(found, folder, out)
    layout = Layout(out)
    first, second, *_ = layout.parts()
    layout.marker(first).unlink()
    (out / f"{found.name}.yaml").unlink()
    before = layout.part(second).stat().st_mtime_ns
    assert cli("filter", tmp_path / "there.yaml", "--out", out, *FLAGS)[0] == 0
    assert ids(out, "generated") == published_ids(found, folder)
    assert layout.part(second).stat().st_mtime_ns == before
    assert read_manifest(out / f"{found.name}.yaml").identity == found.identity
    write_manifest(tmp_path / "there.yaml", found.model_copy(update={"version": "2"}))
    code, _, err = cli("filter", tmp_path / "there.yaml", "--out", out, *FLAGS)
    assert code == 2 and "another --out" in err


def test_rows_in_the_wrong_place_are_refused(packed: tuple[Manifest, Path], tmp_path: Path) -> None:
    found, folder = packed
    one, other = [path for path in sorted(found.files) if "/en/" not in path and "/part-" in path][:2]
    assert one.split("/")[:2] == other.split("/")[:2], "two languages of one task"
    shutil.copy(folder / one, folder / other)
    files = {**found.files, other: found.files[one]}
    with pytest.raises(BadManifest, match="whose lang is not"):
        refill(found.model_copy(update={"files": files}), folder, tmp_path / "out")
