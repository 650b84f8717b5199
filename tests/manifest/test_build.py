"""The manifest of a corpus: what it says, how it reads, and what it refuses to describe."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from synth.errors import BadFolder, BadManifest, CheckFailed
from synth.manifest.build import build_manifest
from synth.manifest.models import Manifest, config_of, files_by_config, split_config
from synth.manifest.schema import manifest_schema
from synth.manifest.show import render
from synth.manifest.store import dump_manifest, parse_manifest, read_manifest
from synth.outcomes import Failure, Kind, Reason
from tests.manifest.make_corpus import Recipe, make_corpus

SCHEMA = Path(__file__).resolve().parents[2] / "synth" / "data" / "manifest.schema.json"


def test_the_funnel_follows_every_row(manifest: Manifest) -> None:
    entry = manifest.funnel["squad_v1.de"]
    assert (entry.source, entry.generated, entry.kept) == (12, 12, 9)
    assert entry.failed == {Failure.TRUNCATED: 1}
    assert entry.rejected == {Reason.EMPTY_FIELD: 1, Reason.LANGUAGE: 1}
    assert entry.rungs == {"markers": 10}
    assert entry.language == {"right": 8, "wrong": 1, "cannot_judge": 1}
    assert (entry.prompt_tokens, entry.completion_tokens, entry.seconds) == (120, 84, 3.0)
    assert manifest.funnel["squad_v1.en"].kept == 12
    assert manifest.funnel["squad_v1.de.paraphrase"].kept == 9


def test_a_filtered_corpus_lists_its_kept_files_only(corpus: Path, manifest: Manifest) -> None:
    assert manifest.stage == "kept"
    there = {path.relative_to(corpus).as_posix() for path in (corpus / "kept").rglob("*.parquet")}
    assert set(manifest.files) == there
    assert manifest.files["kept/mnli/de/part-00000.parquet"].rows == 5


def test_an_unfiltered_corpus_lists_what_was_generated(tmp_path: Path) -> None:
    manifest = build_manifest(make_corpus(tmp_path, Recipe(filtered=False)))
    assert (manifest.stage, manifest.filter) == ("generated", None)
    entry = manifest.funnel["mnli.sw"]
    assert (entry.generated, entry.kept, entry.rejected) == (12, 10, {Reason.EMPTY_FIELD: 1})


def test_it_names_source_sample_teacher_filter_and_command(manifest: Manifest) -> None:
    record = manifest.tasks["mnli"]
    assert (record.split, record.sampled, record.sample["limit"]) == ("train", 12, 12)
    assert (record.source.rows, record.source.examples, record.source.problems) == (13, 12, {"invalid": 1})
    assert record.source.parts[0].sha256 == "c" * 64
    assert (manifest.teacher.model, manifest.teacher.licence) == ("nobody/tiny-test", "apache-2.0")
    assert manifest.filter is not None
    assert (manifest.filter.policy, manifest.filter.fingerprint) == ("default", "a" * 32)
    assert manifest.filter.detectors["fasttext"]["sha256"] == "b" * 64
    assert manifest.command == (
        "synth generate --langs de,sw --tasks mnli,squad_v1 --kind both --limit 12 --teacher tiny-test "
        "--out corpora/little && synth filter corpora/little --policy default"
    )


def test_describing_an_unchanged_corpus_again_changes_nothing(corpus: Path, manifest: Manifest) -> None:
    again = build_manifest(corpus)
    assert again.model_copy(update={"synth": manifest.synth}) == manifest


def test_where_it_lives_does_not_change_what_it_is(manifest: Manifest) -> None:
    moved = manifest.model_copy(update={"location": f"hf://datasets/a/b@{'0' * 40}"})
    assert moved.identity == manifest.identity
    assert manifest.model_copy(update={"version": "2"}).identity != manifest.identity


def test_yaml_comes_back_as_it_was_and_reads_well(manifest: Manifest) -> None:
    text = dump_manifest(manifest)
    assert parse_manifest(text.encode()) == manifest
    assert text.startswith("format: 1\nname: little\n")
    assert (
        ": &" not in text
        and ": *" not in text
        and "\nfiles:\n  kept/mnli/de/paraphrase-00000.parquet:\n    rows: " in text
    )
    assert "failed: {}" not in text, "what is empty is left out"
    assert max(map(len, text.splitlines())) < 400


def test_one_changed_file_changes_few_lines(manifest: Manifest) -> None:
    path = "kept/mnli/de/part-00000.parquet"
    record = manifest.files[path].model_copy(update={"sha256": "0" * 64})
    changed = manifest.model_copy(update={"files": {**manifest.files, path: record}})
    before, after = (dump_manifest(each).splitlines() for each in (manifest, changed))
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


def test_the_schema_in_the_repository_is_current() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == manifest_schema(), (
        "run `synth manifest schema > synth/data/manifest.schema.json`"
    )


def test_the_schema_accepts_what_synth_writes_and_refuses_more(manifest: Manifest) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="comes with other packages, not with Synth")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    value = yaml.safe_load(dump_manifest(manifest))
    value["created"] = manifest.created.isoformat()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(value, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(value | {"surprise": 1}, schema)


def test_a_page_for_people_has_what_matters(manifest: Manifest) -> None:
    page = render(manifest)
    for piece in ("little, version 1", "nobody/tiny-test", "CC-BY-SA-4.0; share-alike", "policy default", "75.0%"):
        assert piece in page
    row = next(line for line in page.splitlines() if line.strip().startswith("squad_v1.sw"))
    assert row.split()[1:8] == ["12", "12", "1", "2", "9", "75.0%", "100.0%"]


def test_config_names_say_task_language_and_kind(manifest: Manifest) -> None:
    assert config_of("kept/mnli/de/paraphrase-00001.parquet") == "mnli.de.paraphrase"
    assert split_config("mnli.en") == ("mnli", "en", Kind.SOURCE)
    assert split_config("mnli.en.paraphrase") == ("mnli", "en", Kind.PARAPHRASE)
    assert list(files_by_config(manifest)) == sorted(manifest.funnel)


def test_a_folder_that_is_no_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match=r"corpus\.yaml"):
        build_manifest(tmp_path)


def test_a_corpus_without_finished_parts_is_refused(corpus: Path) -> None:
    for marker in corpus.rglob("*.done.json"):
        marker.unlink()
    with pytest.raises(BadFolder, match="no finished part"):
        build_manifest(corpus)


def test_a_part_that_its_marker_does_not_describe_is_refused(corpus: Path) -> None:
    part = corpus / "kept/mnli/de/part-00000.parquet"
    part.write_bytes(part.read_bytes() + b"!")
    with pytest.raises(CheckFailed, match="kept/mnli/de/part-00000"):
        build_manifest(corpus)


def test_stages_that_do_not_add_up_are_refused(corpus: Path) -> None:
    for path in (corpus / "dropped" / "mnli" / "de").glob("part-00000.*"):
        path.unlink()
    with pytest.raises(CheckFailed, match=r"mnli\.de: 12 rows generated"):
        build_manifest(corpus)


def test_a_broken_marker_is_named(corpus: Path) -> None:
    marker = corpus / "generated/mnli/de/part-00000.done.json"
    marker.write_text(marker.read_text().replace('"rows": 8', '"rows": "many"'))
    with pytest.raises(BadFolder, match=r"part-00000\.done\.json"):
        build_manifest(corpus)


def test_parents_are_recorded_by_their_identity(corpus: Path, manifest: Manifest) -> None:
    child = build_manifest(corpus, version="2", parents=[corpus / "manifest.yaml"])
    assert [(parent.name, parent.identity) for parent in child.parents] == [("little", manifest.identity)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 2}, "format"),
        ({"name": "../x"}, "name"),
        ({"location": "hf://datasets/a/b"}, "location"),
        ({"location": "file:///x"}, "location"),
        ({"languages": []}, "languages"),
        ({"stage": "scored"}, "stage"),
        ({"funnel": {}}, "funnel"),
    ],
)
def test_broken_manifests_name_the_key(manifest: Manifest, change: dict[str, object], said: str) -> None:
    value = manifest.model_dump(mode="json") | change
    with pytest.raises(BadManifest, match=said):
        parse_manifest(json.dumps(value).encode())


def test_a_missing_file_is_a_clear_message(tmp_path: Path) -> None:
    with pytest.raises(BadManifest, match="check the path"):
        read_manifest(tmp_path / "nothing.yaml")
