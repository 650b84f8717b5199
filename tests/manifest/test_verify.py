"""Verification names each difference between a manifest and its corpus."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth.corpus.rows import read_rows
from synth.errors import BadManifest, CheckFailed
from synth.manifest import command
from synth.manifest.build import build_manifest
from synth.manifest.models import Manifest
from synth.manifest.store import read_manifest, write_manifest
from synth.manifest.verify import verify_manifest
from synth.outcomes import Reason
from tests.manifest.make_corpus import rewrite

PART = "kept/squad_v1/de/part-00000.parquet"


def said(manifest: Manifest, corpus: Path, **more: Any) -> str:
    return "\n".join(map(str, verify_manifest(manifest, corpus, **more)))


def run(*words: object) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args([str(word) for word in words]))


def test_a_fresh_manifest_holds(corpus: Path, manifest: Manifest) -> None:
    assert verify_manifest(manifest, corpus) == []


def test_the_published_files_alone_hold_too(corpus: Path, manifest: Manifest) -> None:
    for path in [*corpus.rglob("*.done.json"), corpus / "corpus.yaml", corpus / "filter.json"]:
        path.unlink()
    assert verify_manifest(manifest, corpus) == []


def test_a_changed_byte_is_found(corpus: Path, manifest: Manifest) -> None:
    data = bytearray((corpus / PART).read_bytes())
    data[100] ^= 1
    (corpus / PART).write_bytes(bytes(data))
    assert f"{PART}: has the SHA-256" in said(manifest, corpus)


def test_missing_longer_and_surplus_files_are_found(corpus: Path, manifest: Manifest) -> None:
    (corpus / "kept/mnli/sw/part-00000.parquet").unlink()
    with (corpus / PART).open("ab") as stream:
        stream.write(b"x")
    (corpus / "kept/mnli/sw/part-00009.parquet").write_bytes(b"surplus")
    text = said(manifest, corpus)
    assert "kept/mnli/sw/part-00000.parquet: is missing" in text
    assert f"{PART}: has " in text and "bytes, not" in text
    assert "kept/mnli/sw/part-00009.parquet: is there but not in the manifest" in text


def change_rows(corpus: Path, change: Callable[[list[dict[str, Any]]], None]) -> Manifest:
    """Change the rows of a part and describe the corpus anew, so that only the rows are wrong."""
    rows = read_rows(corpus / PART)
    change(rows)
    rewrite(corpus, PART, rows)
    return build_manifest(corpus)


def _shift(rows: list[dict[str, Any]]) -> None:
    rows[1]["answers"]["answer_start"] = [3]


def _same_id(rows: list[dict[str, Any]]) -> None:
    rows[1] = dict(rows[0])


def _other_lang(rows: list[dict[str, Any]]) -> None:
    rows[0]["synth_lang"] = "sw"


def _other_source(rows: list[dict[str, Any]]) -> None:
    rows[0]["synth_source_id"] = "s99"


def _not_kept(rows: list[dict[str, Any]]) -> None:
    rows[0]["synth_reason"] = "language"
    rows[0]["synth_outcome"] = "rejected"


def _unanswerable(rows: list[dict[str, Any]]) -> None:
    rows[0]["id"] = "another question"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_shift, "breaks span_mismatch"),
        (_same_id, "appears twice"),
        (_other_lang, "is not the id of its parts"),
        (_other_source, "is not the id of its parts"),
        (_not_kept, "is not kept but 'rejected'"),
        (_unanswerable, "breaks "),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_rows_that_break_an_invariant_are_named(
    corpus: Path, change: Callable[[list[dict[str, Any]]], None], expected: str
) -> None:
    manifest = change_rows(corpus, change)
    text = said(manifest, corpus)
    assert expected in text and PART in text and "squad_v1/train/s" in text


def test_counts_of_the_funnel_are_checked_three_ways(corpus: Path, manifest: Manifest) -> None:
    entry = manifest.funnel["mnli.de"].model_copy(update={"kept": 8, "rejected": {Reason.LANGUAGE: 3}})
    lying = manifest.model_copy(update={"funnel": {**manifest.funnel, "mnli.de": entry}})
    text = said(lying, corpus)
    assert "mnli.de: kept is 8 in the funnel and 9 in the files" in text
    assert "funnel of mnli.de: kept is 8 and the markers say 9" in text
    assert "funnel of mnli.de: rejected is {'language': 3} and the markers say" in text
    unequal = entry.model_copy(update={"kept": 9})
    lying = manifest.model_copy(update={"funnel": {**manifest.funnel, "mnli.de": unequal}})
    assert "generated 12 is not lost 4 + kept 9" in said(lying, corpus)


def test_losses_of_an_unfiltered_corpus_are_counted_in_its_rows(tmp_path: Path) -> None:
    from tests.manifest.make_corpus import Recipe, make_corpus

    corpus = make_corpus(tmp_path, Recipe(filtered=False))
    manifest = build_manifest(corpus)
    assert verify_manifest(manifest, corpus) == []
    entry = manifest.funnel["mnli.de"].model_copy(update={"failed": {}, "rejected": {Reason.EMPTY_FIELD: 2}})
    lying = manifest.model_copy(update={"funnel": {**manifest.funnel, "mnli.de": entry}})
    (corpus / "corpus.yaml").unlink()
    assert "mnli.de: losses are {'rejected:empty_field': 2} in the funnel" in said(lying, corpus)


def test_another_configuration_is_noticed(corpus: Path, manifest: Manifest) -> None:
    other = manifest.model_copy(update={"fingerprint": "f" * 32})
    assert "corpus.yaml: fingerprint is '0123456789abcdef0123456789abcdef'" in said(other, corpus)


def test_another_teacher_or_way_of_asking_is_noticed(corpus: Path, manifest: Manifest) -> None:
    teacher = manifest.teacher.model_copy(update={"model": "somebody/else", "non_commercial": True})
    other = manifest.model_copy(update={"teacher": teacher, "config": {**manifest.config, "seed": 9}})
    text = said(other, corpus)
    assert "teacher: model is 'somebody/else' and corpus.yaml says 'nobody/tiny-test'" in text
    assert "teacher: non_commercial is" in text and "config: is not that of corpus.yaml" in text


def test_a_marker_that_says_something_else_is_noticed(corpus: Path, manifest: Manifest) -> None:
    marker = corpus / PART.replace(".parquet", ".done.json")
    value = json.loads(marker.read_text())
    marker.write_text(json.dumps(value | {"sha256": "0" * 64}))
    assert f"{PART}: its marker says" in said(manifest, corpus)


def test_languages_and_licences_must_be_those_of_the_files(corpus: Path, manifest: Manifest) -> None:
    record = manifest.tasks["squad_v1"]
    licence = record.licence.model_copy(update={"id": "CC0-1.0", "share_alike": False})
    tasks = {**manifest.tasks, "squad_v1": record.model_copy(update={"licence": licence})}
    lying = manifest.model_copy(update={"tasks": tasks, "languages": ("de", "en")})
    text = said(lying, corpus)
    assert "task squad_v1: licence: id is CC0-1.0, not CC-BY-SA-4.0" in text
    assert "task squad_v1: licence: share_alike is False, not True" in text
    assert "languages: ['de', 'en'] listed" in text


def test_parents_must_be_there_and_be_the_ones_meant(corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "corpora_manifests"
    write_manifest(folder / "elder.yaml", build_manifest(corpus).model_copy(update={"name": "elder"}))
    manifest = build_manifest(corpus, version="2", parents=[folder / "elder.yaml"])
    assert verify_manifest(manifest, corpus, folder) == []
    assert "parent elder: elder.yaml is not in" in said(manifest, corpus)
    other = read_manifest(folder / "elder.yaml").model_copy(update={"command": "something else"})
    write_manifest(folder / "elder.yaml", other)
    assert "parent elder: is version 1 with the identity" in said(manifest, corpus, parents=folder)


def test_the_command_says_yes_or_names_the_differences(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", corpus) == 0
    assert "little: 16 files and their rows are what the manifest says" in capsys.readouterr().out
    (corpus / PART).unlink()
    with pytest.raises(CheckFailed, match=PART) as caught:
        run("verify", corpus / "manifest.yaml")
    assert caught.value.exit_code == 1
    assert run("verify", corpus, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["holds"] is False and found["differences"][0] == {
        "where": PART,
        "what": "is missing or no regular file",
    }


def test_a_manifest_kept_elsewhere_finds_its_corpus_when_told(corpus: Path, tmp_path: Path) -> None:
    kept = tmp_path / "corpora_manifests" / "little.yaml"
    write_manifest(kept, read_manifest(corpus / "manifest.yaml"))
    assert run("verify", kept, "--corpus", corpus) == 0
    with pytest.raises(BadManifest, match="--corpus"):
        run("verify", kept)


def test_build_writes_manifest_and_card(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (corpus / "manifest.yaml").unlink()
    out = tmp_path / "corpora_manifests" / "little.yaml"
    assert run("build", corpus, "--out", out, "--corpus-version", "3", "--again", "make demo") == 0
    assert "little, version 3" in capsys.readouterr().out
    assert read_manifest(out) == read_manifest(corpus / "manifest.yaml")
    assert read_manifest(out).command == "make demo"
    assert (corpus / "README.md").read_text().startswith("---\npretty_name: little\n")
    assert run("verify", corpus) == 0


def test_show_and_schema_print(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", corpus) == 0
    assert "Funnel" in capsys.readouterr().out
    assert run("show", corpus / "manifest.yaml", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["funnel"]["mnli.de"]["kept_share"] == 0.75
    assert shown["funnel"]["mnli.de"]["language_share"] == pytest.approx(8 / 9)
    assert run("schema") == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Manifest"
