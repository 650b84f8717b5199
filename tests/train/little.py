"""Small corpora for the tests of training: which rows each language kept is chosen by the test."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from synth.corpus.ids import RowId
from synth.corpus.layout import Layout, Part
from synth.corpus.markers import make_marker, write_marker
from synth.corpus.rows import Provenance, record, write_rows
from synth.manifest.build import build_manifest
from synth.manifest.store import write_manifest
from synth.outcomes import KEPT, Kind, Reason, rejected
from synth.tasks import TASKS
from synth.train.recipe import Recipe
from tests.manifest.make_corpus import FINGERPRINT, TEACHER, english

CHUNK = 64


@dataclass(frozen=True)
class Little:
    """A corpus: for each language the numbers of the rows that were lost."""

    name: str = "little"
    tasks: Sequence[str] = ("mnli",)
    rows: int = 60
    translations: Mapping[str, Collection[int]] = field(default_factory=lambda: {"de": (), "sw": ()})
    paraphrases: Mapping[str, Collection[int]] = field(default_factory=dict)
    profile: str = "tiny-test"
    model: str = "nobody/tiny-test"
    english_text: str = ""  # put before every premise: another release of the data


def make(root: Path, little: Little) -> Path:
    """Write the corpus with its manifest; returns the folder."""
    corpus = root / little.name
    corpus.mkdir(parents=True)
    for task in little.tasks:
        _write(corpus, little, task, "en", Kind.SOURCE, ())
        for lang, lost in little.translations.items():
            _write(corpus, little, task, lang, Kind.TRANSLATION, lost)
        for lang, lost in little.paraphrases.items():
            _write(corpus, little, task, lang, Kind.PARAPHRASE, lost)
    _describe(corpus, little)
    write_manifest(corpus / "manifest.yaml", build_manifest(corpus))
    return corpus


def _describe(corpus: Path, little: Little) -> None:
    source = {"kind": "sample", "parts": [], "rows": little.rows, "examples": little.rows, "sampled": little.rows}
    description = {
        "format": 1,
        "name": little.name,
        "created": "2026-11-22T11:00:00+00:00",
        "synth_version": "0.1.0",
        "fingerprint": FINGERPRINT,
        "config": {"kind": "both", "source": "sample", "split": "train", "seed": 0},
        "languages": list(little.translations),
        "tasks": list(little.tasks),
        "teacher": {**TEACHER, "profile": little.profile, "model": little.model},
        "sources": {task: {**source, "parts": []} for task in little.tasks},
    }
    (corpus / "corpus.yaml").write_text(yaml.safe_dump(description), encoding="utf-8")


def _write(corpus: Path, little: Little, task: str, lang: str, kind: Kind, lost: Collection[int]) -> None:
    for index, start in enumerate(range(0, little.rows, CHUNK)):
        part = Part(task, lang, kind, index)
        numbers = range(start, min(start + CHUNK, little.rows))
        rows = [_row(little, part, number, number in lost) for number in numbers]
        path = Layout(corpus).part(part)
        write_rows(path, TASKS[task], rows)
        sums = {"requests": 0, "prompt_tokens": 0, "completion_tokens": 0, "seconds": 0.0}
        write_marker(path, make_marker(path, part, FINGERPRINT, rows, **sums))


def _row(little: Little, part: Part, number: int, lost: bool) -> dict[str, Any]:
    values = english(part.task, number)
    if little.english_text and "premise" in values:
        values["premise"] = little.english_text + values["premise"]
    row_id = RowId(part.task, "train", f"s{number}", part.lang, part.kind.value, 0)
    if lost:
        return record(row_id, dict.fromkeys(values), rejected(Reason.EMPTY_FIELD, "nothing came back"), Provenance())
    return record(row_id, values, KEPT, Provenance())


def recipe(corpora: Sequence[Path], **keys: Any) -> Recipe:
    """A small recipe over these corpora."""
    values: dict[str, Any] = {
        "name": "tried",
        "model": {"architecture": "e5-small"},
        "tasks": ["mnli"],
        "arms": ["none", "english", "multilingual"],
        "corpora": [str(path) for path in corpora],
        "optim": {"batch_size": 4, "accumulation": 1},
        **keys,
    }
    return Recipe.model_validate(values)
