"""`datasets.load_dataset(FOLDER, CONFIG)` on the kept files, per task: the features of the original Hub data set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synth.manifest.build import build_manifest
from synth.publish.card import write_card_files
from tests.manifest.make_corpus import Recipe, english, make_corpus

STRING, INT32 = "Value('string')", "Value('int32')"

# What `load_dataset` gives for the originals (nyu-mll/glue, rajpurkar/squad, ... as of datasets 4 and 5), written down
# by hand: a test that took them from the task table would only compare the table with itself.
ORIGINAL: dict[str, dict[str, str]] = {
    "mnli": {
        "premise": STRING, "hypothesis": STRING,
        "label": "ClassLabel(names=['entailment', 'neutral', 'contradiction'])", "idx": INT32,
    },
    "anli_plus": {
        "premise": STRING, "hypothesis": STRING,
        "label": "ClassLabel(names=['entailment', 'neutral', 'contradiction'])",
    },
    "qqp": {
        "question1": STRING, "question2": STRING, "label": "ClassLabel(names=['not_duplicate', 'duplicate'])",
        "idx": INT32,
    },
    "squad_v1": {
        "id": STRING, "title": STRING, "context": STRING, "question": STRING,
        "answers": "{'text': List(Value('string')), 'answer_start': List(Value('int32'))}",
    },
    "squad_v2": {
        "id": STRING, "title": STRING, "context": STRING, "question": STRING,
        "answers": "{'text': List(Value('string')), 'answer_start': List(Value('int32'))}",
    },
    "hellaswag": {
        "ind": INT32, "activity_label": STRING, "ctx_a": STRING, "ctx_b": STRING, "ctx": STRING,
        "endings": "List(Value('string'))", "source_id": STRING, "split": STRING, "split_type": STRING,
        "label": STRING,
    },
    "ccg": {"id": STRING, "tokens": "List(Value('string'))", "tags": "List(Value('string'))"},
    "cosmos_qa": {
        "id": STRING, "context": STRING, "question": STRING, "answer0": STRING, "answer1": STRING,
        "answer2": STRING, "answer3": STRING, "label": INT32,
    },
    "commonsense_qa": {
        "id": STRING, "question": STRING, "question_concept": STRING,
        "choices": "{'label': List(Value('string')), 'text': List(Value('string'))}", "answerKey": STRING,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    corpus = make_corpus(tmp_path_factory.mktemp("loading"), Recipe(tasks=tuple(ORIGINAL), langs=("de",)))
    for name, text in write_card_files(build_manifest(corpus)).items():
        (corpus / name).write_text(text, encoding="utf-8")
    return corpus


def load(folder: Path, config: str) -> Any:
    from datasets import load_dataset

    return load_dataset(str(folder), config, split="train", cache_dir=str(folder.parent / "cache"))


@pytest.mark.parametrize("task", sorted(ORIGINAL))
def test_translations_have_the_columns_and_features_of_the_original(folder: Path, task: str) -> None:
    data = load(folder, f"{task}.de")
    columns = list(ORIGINAL[task])
    assert data.column_names[: len(columns)] == columns
    assert {name: str(data.features[name]) for name in columns} == ORIGINAL[task]
    assert all(name.startswith("synth_") for name in data.column_names[len(columns) :])
    assert set(data["synth_outcome"]) == {"kept"}
    assert {name: data[0][name] for name in columns} == english(task, 0)


@pytest.mark.parametrize(("ending", "rows"), [(".en", 12), (".de", 9), (".de.paraphrase", 9)])
def test_each_kind_is_a_config_of_its_own(folder: Path, ending: str, rows: int) -> None:
    kinds = {".en": "source", ".de": "translation", ".de.paraphrase": "paraphrase"}
    data = load(folder, f"mnli{ending}")
    assert len(data) == rows
    assert set(data["synth_kind"]) == {kinds[ending]}


def test_configs_of_several_parts_hold_all_of_them(folder: Path) -> None:
    assert len(list((folder / "kept" / "qqp" / "de").glob("part-*.parquet"))) > 1
    assert len(load(folder, "qqp.de")) == 9
