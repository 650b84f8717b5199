"""What may be published, and under what: refusals say why and name the flag."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from synth.errors import BadFlag, BadManifest
from synth.manifest.build import build_manifest
from synth.manifest.models import Manifest
from synth.manifest.store import read_manifest, write_manifest
from synth.publish import command
from synth.publish.card import write_card_files
from synth.publish.licences import require_terms, terms_of
from synth.publish.subset import without
from tests.manifest.make_corpus import TEACHER, Recipe, make_corpus

ALL = ("anli_plus", "mnli", "qqp", "squad_v1", "hellaswag", "ccg", "cosmos_qa", "commonsense_qa")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    folder = make_corpus(tmp_path_factory.mktemp("licences"), Recipe(tasks=ALL, langs=("de",), rows=4))
    manifest = build_manifest(folder)
    write_manifest(folder / "manifest.yaml", manifest)
    return folder, manifest


def with_teacher(manifest: Manifest, **changes: Any) -> Manifest:
    return manifest.model_copy(update={"teacher": manifest.teacher.model_copy(update=changes)})


def refusal(manifest: Manifest, drop: Sequence[str] = (), non_commercial: bool = False, licence: str = "") -> str:
    """Why it is refused; empty when it may be published."""
    try:
        require_terms(terms_of(without(manifest, drop), licence), non_commercial)
    except BadFlag as error:
        return str(error)
    return ""


def head(manifest: Manifest) -> dict[str, Any]:
    text = write_card_files(manifest)["README.md"]
    value: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return value


def test_ccgbank_is_never_published(everything: tuple[Path, Manifest]) -> None:
    _, manifest = everything
    for accepted in (False, True):
        text = refusal(manifest, drop=("anli_plus", "qqp"), non_commercial=accepted)
        assert "ccg: nothing made from it may be passed on" in text and "--drop ccg" in text


def test_a_manifest_that_claims_other_terms_changes_nothing(everything: tuple[Path, Manifest]) -> None:
    _, manifest = everything
    record = manifest.tasks["ccg"]
    free = record.licence.model_copy(update={"id": "MIT", "redistribute": True, "non_commercial": False})
    lying = manifest.model_copy(update={"tasks": {"ccg": record.model_copy(update={"licence": free})}})
    assert "--drop ccg" in refusal(lying)


def test_non_commercial_parts_only_when_asked_for(everything: tuple[Path, Manifest]) -> None:
    _, manifest = everything
    text = refusal(manifest, drop=("ccg",))
    assert "CC-BY-NC-4.0" in text and "--non-commercial" in text and "--drop anli_plus,qqp" in text
    assert refusal(manifest, drop=("ccg",), non_commercial=True) == ""
    assert refusal(manifest, drop=("ccg", "anli_plus", "qqp")) == ""


def test_every_reason_is_given_at_once(everything: tuple[Path, Manifest]) -> None:
    text = refusal(with_teacher(everything[1], licence=""))
    assert all(piece in text for piece in ("--drop ccg", "--teacher-licence", "--non-commercial"))


@pytest.mark.parametrize("recorded", ["", "unknown"])
def test_a_teacher_without_terms_needs_them_named(everything: tuple[Path, Manifest], recorded: str) -> None:
    manifest = with_teacher(everything[1], licence=recorded)
    assert "--teacher-licence" in refusal(manifest, drop=("ccg", "anli_plus", "qqp"))
    assert refusal(manifest, drop=("ccg", "anli_plus", "qqp"), licence="apache-2.0") == ""


def test_a_non_commercial_teacher_marks_everything_it_wrote(everything: tuple[Path, Manifest]) -> None:
    manifest = with_teacher(everything[1], licence="cc-by-nc-4.0", non_commercial=True)
    free = without(manifest, [task for task in ALL if task not in ("hellaswag", "cosmos_qa")])
    assert "--non-commercial" in refusal(free)
    assert refusal(free, non_commercial=True) == ""
    assert head(free)["license_name"] == "per-config-non-commercial"
    assert "non-commercial" in head(free)["tags"]


@pytest.mark.parametrize("licence", ["cc-by-nc-4.0", "Research only, non-commercial"])
def test_terms_that_are_non_commercial_by_name_bind(everything: tuple[Path, Manifest], licence: str) -> None:
    manifest = without(everything[1], [task for task in ALL if task != "hellaswag"])
    assert "--non-commercial" in refusal(with_teacher(manifest, licence=licence))
    assert "--non-commercial" in refusal(with_teacher(manifest, licence="unknown"), licence=licence)


def test_share_alike_and_a_non_commercial_teacher_do_not_go_together(everything: tuple[Path, Manifest]) -> None:
    manifest = with_teacher(everything[1], licence="cc-by-nc-4.0", non_commercial=True)
    text = refusal(manifest, drop=("ccg",), non_commercial=True)
    assert "share-alike terms allow no further condition" in text and "--drop anli_plus,mnli,squad_v1" in text


@pytest.mark.parametrize(
    ("kept", "licence"),
    [(("squad_v1",), "cc-by-sa-4.0"), (("hellaswag", "commonsense_qa"), "mit"), (("cosmos_qa",), "cc-by-4.0")],
)
def test_one_licence_for_all_is_the_repositorys(
    everything: tuple[Path, Manifest], kept: tuple[str, ...], licence: str
) -> None:
    manifest = without(everything[1], [task for task in ALL if task not in kept])
    assert head(manifest)["license"] == licence


def test_different_licences_stay_with_their_configs(everything: tuple[Path, Manifest]) -> None:
    manifest = without(everything[1], ["ccg"])
    found = head(manifest)
    assert (found["license"], found["license_link"]) == ("other", "LICENSE.md")
    assert {"non-commercial", "share-alike"} <= set(found["tags"])
    files = write_card_files(manifest)
    assert "Non-commercial use only" in files["README.md"]
    lines = {line.split("|")[1].strip(): line for line in files["LICENSE.md"].splitlines() if line.startswith("| `")}
    assert "CC-BY-SA-4.0 | no | yes" in lines["`squad_v1.*`"]
    assert "| yes | yes |" in lines["`anli_plus.*`"]
    assert "snli" in files["LICENSE.md"] and "synth_origin" in files["LICENSE.md"]


def test_dropping_leaves_the_other_tasks_whole(everything: tuple[Path, Manifest]) -> None:
    _, manifest = everything
    rest = without(manifest, ["ccg", "qqp"])
    assert not any("ccg" in path or "qqp" in path for path in [*rest.files, *rest.funnel, *rest.tasks])
    assert rest.files["kept/mnli/de/part-00000.parquet"] == manifest.files["kept/mnli/de/part-00000.parquet"]
    with pytest.raises(BadFlag, match="the corpus holds"):
        without(manifest, ["mnlii"])
    with pytest.raises(BadFlag, match="nothing to publish"):
        without(manifest, ALL)


def publish(folder: Path, *flags: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args([str(folder), "--repo", "o/n", "--dry-run", *flags]))


def test_the_command_refuses_and_drops(everything: tuple[Path, Manifest], capsys: pytest.CaptureFixture[str]) -> None:
    folder, _ = everything
    with pytest.raises(BadFlag, match="--drop ccg"):
        publish(folder, "--non-commercial")
    assert publish(folder, "--drop", "ccg, anli_plus,qqp") == 0
    shown = capsys.readouterr().out
    assert "ccg.de" not in shown and "kept/ccg" not in shown and "kept/mnli/de/part-00000.parquet" in shown


def test_an_unfiltered_corpus_is_not_published(tmp_path: Path) -> None:
    folder = make_corpus(tmp_path, Recipe(tasks=("hellaswag",), filtered=False, teacher=TEACHER))
    write_manifest(folder / "manifest.yaml", build_manifest(folder))
    assert read_manifest(folder / "manifest.yaml").stage == "generated"
    with pytest.raises(BadManifest, match="synth filter"):
        publish(folder)
