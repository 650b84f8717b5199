"""The card: metadata that the Hub takes, and a text that says what people need to know."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from synth.generate.teachers import make_style
from synth.manifest.models import Manifest, SourcePart
from synth.manifest.store import read_manifest
from synth.prompts.chat import ChatStyle
from synth.publish.card import write_card_files
from synth.publish.licences import terms_of
from synth.publish.metadata import configs, metadata, size_category
from synth.teacher.profiles import get_profile


@pytest.fixture
def manifest(corpus: Path) -> Manifest:
    return read_manifest(corpus / "manifest.yaml")


@pytest.fixture
def card(manifest: Manifest) -> str:
    return write_card_files(manifest, repo="some-org/little")["README.md"]


def test_the_metadata_is_what_the_hubs_own_class_reads(card: str) -> None:
    from huggingface_hub import DatasetCard

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data: dict[str, Any] = yaml.safe_load(str(DatasetCard(card).data))
    assert data["language"] == ["de", "en", "sw"]
    assert data["annotations_creators"] == data["language_creators"] == ["machine-generated"]
    assert data["multilinguality"] == ["translation"]
    assert data["source_datasets"] == ["Rowan/hellaswag", "rajpurkar/squad"]
    assert data["task_categories"] == ["multiple-choice", "question-answering"]
    assert data["size_categories"] == ["n<1K"]
    assert {"synthetic", "share-alike", "squad_v1", "hellaswag"} <= set(data["tags"])


def test_there_is_one_config_for_each_task_language_and_kind(card: str, manifest: Manifest) -> None:
    found = {entry["config_name"]: entry["data_files"] for entry in yaml.safe_load(card.split("---\n")[1])["configs"]}
    assert set(found) == set(manifest.funnel)
    assert found["squad_v1.de"] == [{"split": "train", "path": "kept/squad_v1/de/part-*.parquet"}]
    assert found["squad_v1.de.paraphrase"] == [{"split": "train", "path": "kept/squad_v1/de/paraphrase-*.parquet"}]


def test_a_config_without_rows_is_left_out(manifest: Manifest) -> None:
    files = {
        path: record.model_copy(update={"rows": 0}) if "/sw/" in path else record
        for path, record in manifest.files.items()
    }
    names = {entry["config_name"] for entry in configs(manifest.model_copy(update={"files": files}))}
    assert names == {name for name in manifest.funnel if ".sw" not in name}


@pytest.mark.parametrize(
    "piece",
    [
        "**Machine-generated** translations and paraphrases",
        'load_dataset("some-org/little", "hellaswag.de")',
        "| `squad_v1.de` | 12 | 12 | 1 | 2 | 9 | 75.0 % |",
        "| de | 36 | 75.0 % | 88.9 % | 100.0 % | 23 |",
        "| failed: truncated | 6 | 8.3 % |",
        "![Share of generated rows that were kept, by language and task](kept_share.svg)",
        "`nobody/tiny-test`",
        "version `v1`",
        "The wording of this version is in `synth/prompts` of the Synth version named",
        "policy `default`",
        "## Known weaknesses",
        "translate-train",
        "no detector could say",
        "| `squad_v1.*` | CC-BY-SA-4.0 | no | yes |",
        "Rajpurkar et al. 2016",
        "synth generate --langs de,sw --tasks squad_v1,hellaswag",
        "synth manifest verify FOLDER",
        "@misc{little-",
        "identity",
    ],
)
def test_the_text_says(card: str, piece: str) -> None:
    assert piece in card


@pytest.mark.parametrize(
    ("style", "profile", "pieces"),
    [
        (
            "chat",
            "gemma3-4b-it",
            ("You translate English into German", "<a1>", "You reword German", "q1, q2"),
        ),
        ("base", "embedded", ("English: …\nGerman:\n", "[…]", "Same meaning:")),
        ("translation", "translategemma-4b", ('"target_lang_code": "de"',)),
        ("translation", "towerinstruct-7b", ("from English into German.\nEnglish: …\nGerman:",)),
    ],
)
def test_the_prompts_are_shown_as_they_were_sent(
    manifest: Manifest, style: str, profile: str, pieces: tuple[str, ...]
) -> None:
    version = make_style(get_profile(profile)).version
    teacher = manifest.teacher.model_copy(update={"style": style, "prompt": version, "profile": profile})
    card = write_card_files(manifest.model_copy(update={"teacher": teacher}))["README.md"]
    section = card.split("### Prompts")[1].split("\n## ")[0]
    assert all(piece in section for piece in pieces), section


@pytest.mark.parametrize("update", [{"prompt": "chat-0"}, {"style": "unheard-of"}, {"style": None, "prompt": None}])
def test_the_wording_of_another_version_is_not_made_up(manifest: Manifest, update: dict[str, str | None]) -> None:
    teacher = manifest.teacher.model_copy(update={"style": "chat", "prompt": ChatStyle().version, **update})
    card = write_card_files(manifest.model_copy(update={"teacher": teacher}))["README.md"]
    assert "You translate" not in card and "in `synth/prompts` of the Synth version named" in card


def test_where_the_publishers_files_lie_is_not_shown(manifest: Manifest) -> None:
    tasks = dict(manifest.tasks)
    part = SourcePart(kind="file", path="/home/somebody/secret/train.csv", sha256="a" * 64)
    source = tasks["squad_v1"].source.model_copy(update={"kind": "files", "parts": (part,)})
    tasks["squad_v1"] = tasks["squad_v1"].model_copy(update={"source": source})
    card = write_card_files(manifest.model_copy(update={"tasks": tasks}))["README.md"]
    assert "somebody" not in card and "train.csv@aaaaaaaaaaaa" in card


def test_the_card_is_the_same_every_time(manifest: Manifest) -> None:
    assert write_card_files(manifest) == write_card_files(manifest)


def test_the_picture_shows_every_cell(manifest: Manifest) -> None:
    svg = write_card_files(manifest)["kept_share.svg"]
    root = ElementTree.fromstring(svg)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("75.0") == 6
    assert {"de", "sw", "squad_v1", "squad_v1 (p)", "hellaswag"} <= set(texts)
    assert "script" not in svg


def test_text_of_others_stays_text(manifest: Manifest) -> None:
    nasty = "x | y\n# Title <img src=x onerror=alert(1)> [a](javascript:b) `code`"
    teacher = manifest.teacher.model_copy(update={"licence": nasty, "outputs_note": nasty, "model": nasty})
    files = write_card_files(manifest.model_copy(update={"teacher": teacher, "command": "a\n```\n# Title"}))
    for text in (files["README.md"], files["LICENSE.md"]):
        assert "\n# Title" not in text.replace("\n# Title\n```\n\n`synth", "")
        outside_code = "".join(piece for number, piece in enumerate(text.split("`")) if number % 2 == 0)
        assert "<img" not in outside_code.replace("\\<img", "")


@pytest.mark.parametrize(
    ("rows", "name"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (392_702, "100K<n<1M"), (20_000_000, "10M<n<100M")],
)
def test_sizes_have_the_hubs_names(rows: int, name: str) -> None:
    assert size_category(rows) == name


def test_five_hundred_configs_make_a_card_of_bearable_size(manifest: Manifest) -> None:
    langs = [f"{first}{second}" for first in "abcdefgh" for second in "abcdefgh"][:50]
    funnel, files = {}, {}
    for task in manifest.tasks:
        for lang in langs:
            funnel[f"{task}.{lang}"] = manifest.funnel[f"{task}.de"]
            files[f"kept/{task}/{lang}/part-00000.parquet"] = manifest.files[f"kept/{task}/de/part-00000.parquet"]
    big = manifest.model_copy(update={"funnel": funnel, "files": files, "languages": tuple(langs)})
    found: dict[str, Any] = metadata(big, terms_of(big))
    assert len(found["configs"]) == 100
    assert len(yaml.safe_dump(found["configs"])) < 15_000, "nine tasks with 50 languages then stay below 70 KB"
