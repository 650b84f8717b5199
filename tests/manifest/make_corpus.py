"""A small corpus on disk as docs/corpus.md describes it, for tests: own sentences, every task, filtered or not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from synth.corpus.ids import RowId
from synth.corpus.layout import Layout, Part
from synth.corpus.markers import make_marker, write_marker
from synth.corpus.rows import Provenance, record, write_rows
from synth.outcomes import KEPT, Failure, Kind, Reason, Verdict, failed, rejected
from synth.tasks import TASKS

FINGERPRINT = "0123456789abcdef0123456789abcdef"


def english(task: str, number: int) -> dict[str, Any]:
    """A sound English row of a task."""
    where = f"The library number {number} stands near the old harbour."
    rows: dict[str, dict[str, Any]] = {
        "mnli": {"premise": where, "hypothesis": f"There is library {number}.", "label": number % 3, "idx": number},
        "anli_plus": {"premise": where, "hypothesis": f"There is library {number}.", "label": number % 3},
        "qqp": {
            "question1": f"Where is library {number}?",
            "question2": f"How do I find library {number}?",
            "label": number % 2,
            "idx": number,
        },
        "squad_v1": _squad(where, number, answerable=True),
        "squad_v2": _squad(where, number, answerable=number % 2 == 0),
        "hellaswag": {
            "ind": number,
            "activity_label": "Reading",
            "ctx_a": "A woman opens a book.",
            "ctx_b": "she",
            "ctx": "A woman opens a book. she",
            "endings": [f"reads page {number}.", "closes the window.", "sings a song.", "sells the lamp."],
            "source_id": f"activitynet~v_{number}",
            "split": "train",
            "split_type": "indomain",
            "label": str(number % 4),
        },
        "ccg": {"id": f"wsj_{number:04d}.1", "tokens": ["Birds", "sing"], "tags": ["N", "S\\NP"]},
        "cosmos_qa": {
            "id": f"cosmos##{number}",
            "context": where,
            "question": "What may one find there?",
            "answer0": "Books.",
            "answer1": "Ships only.",
            "answer2": "A desert.",
            "answer3": f"Number {number + 1000} of the trains.",
            "label": number % 4,
        },
        "commonsense_qa": {
            "id": f"c{number}",
            "question": "Where would you look for a book?",
            "question_concept": "book",
            "choices": {"label": list("ABCDE"), "text": ["library", "river", "oven", "cloud", f"box {number}"]},
            "answerKey": "ABCDE"[number % 5],
        },
    }
    return rows[task]


def _squad(context: str, number: int, answerable: bool) -> dict[str, Any]:
    text = "old harbour"
    answers = (
        {"text": [text], "answer_start": [context.index(text)]} if answerable else {"text": [], "answer_start": []}
    )
    return {
        "id": f"q{number}",
        "title": "Library",
        "context": context,
        "question": f"What is library {number} near?",
        "answers": answers,
    }


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the corpus holds."""

    tasks: Sequence[str] = ("mnli", "squad_v1")
    langs: Sequence[str] = ("de", "sw")
    rows: int = 12
    chunk: int = 8
    filtered: bool = True
    paraphrase: bool = True
    teacher: Mapping[str, Any] | None = None


TEACHER = {
    "profile": "tiny-test",
    "model": "nobody/tiny-test",
    "revision": "0" * 40,
    "quantization": "",
    "style": "chat",
    "prompt": "v1",
    "sampling": {"temperature": 0.0, "seed": 0},
    "licence": "apache-2.0",
    "outputs_note": "No terms on outputs.",
    "non_commercial": False,
}


def make_corpus(root: Path, recipe: Recipe | None = None, name: str = "little") -> Path:
    """Write the corpus below `root` and return its folder."""
    recipe = recipe or Recipe()
    corpus = root / name
    corpus.mkdir(parents=True)
    for task in recipe.tasks:
        _write(corpus, task, "en", Kind.SOURCE, recipe)
        for lang in recipe.langs:
            _write(corpus, task, lang, Kind.TRANSLATION, recipe)
        if recipe.paraphrase:
            _write(corpus, task, recipe.langs[0], Kind.PARAPHRASE, recipe)
    _describe(corpus, name, recipe)
    return corpus


def _describe(corpus: Path, name: str, recipe: Recipe) -> None:
    description = {
        "format": 1,
        "name": name,
        "created": "2026-11-22T11:00:00+00:00",
        "synth_version": "0.1.0",
        "fingerprint": FINGERPRINT,
        "config": {"kind": "both", "source": "sample", "split": "train", "limit": 12, "seed": 0, "unit": "joint"},
        "languages": list(recipe.langs),
        "tasks": list(recipe.tasks),
        "teacher": dict(recipe.teacher if recipe.teacher is not None else TEACHER),
        "sources": {task: _source(task, recipe.rows) for task in recipe.tasks},
    }
    (corpus / "corpus.yaml").write_text(yaml.safe_dump(description, sort_keys=False), encoding="utf-8")
    if recipe.filtered:
        (corpus / "filter.json").write_text(json.dumps(_filter_summary(recipe)), encoding="utf-8")


def _source(task: str, rows: int) -> dict[str, Any]:
    part = {"kind": "file", "path": f"{task}.jsonl", "sha256": "c" * 64, "rows": rows + 1}
    sample = {"method": "hash-order", "seed": 0, "limit": 12}
    counts = {"rows": rows + 1, "examples": rows, "problems": {"invalid": 1}, "read": rows, "sampled": rows}
    return {"kind": "sample", "parts": [part], **counts, "sample": sample}


def _filter_summary(recipe: Recipe) -> dict[str, Any]:
    cells = [{"task": task, "lang": "en", "kind": "source", "answers": {}} for task in recipe.tasks]
    answers = {"right": recipe.rows - 4, "wrong": 1, "cannot_judge": 1}
    for task in recipe.tasks:
        cells += [{"task": task, "lang": lang, "kind": "translation", "answers": answers} for lang in recipe.langs]
    detectors = {"cld2": {"package": "pycld2 0.42"}, "fasttext": {"package": "x 1", "sha256": "b" * 64}}
    policy = {"name": "default", "fingerprint": "a" * 32, "rules": {"copy": {"ngram": 4}}}
    return {"format": 1, "policy": policy, "models": {"embedder": "", "detectors": detectors}, "cells": cells}


def _verdict(kind: Kind, number: int) -> Verdict:
    """Of a translation, row 1 fails, row 2 is rejected, and row 3 will not pass the filter."""
    if kind is Kind.SOURCE or number not in (1, 2):
        return KEPT
    if number == 1:
        return failed(Failure.TRUNCATED, "the answer was cut off")
    return rejected(Reason.EMPTY_FIELD, "nothing came back")


def _write(corpus: Path, task: str, lang: str, kind: Kind, recipe: Recipe) -> None:
    numbers = range(recipe.rows)
    for index, start in enumerate(range(0, recipe.rows, recipe.chunk)):
        part = Part(task, lang, kind, index)
        rows = [_row(part, number) for number in numbers[start : start + recipe.chunk]]
        _write_part(corpus, "generated", part, rows)
        if recipe.filtered:
            _filter(corpus, part, rows)


def _filter(corpus: Path, part: Part, rows: list[dict[str, Any]]) -> None:
    """As `synth filter` does: every row goes to kept/ or to dropped/, those that generation lost to dropped/ too."""
    gone = {"synth_outcome": "rejected", "synth_reason": Reason.LANGUAGE.value, "synth_detail": "another language"}
    kept, dropped = [], []
    for row in rows:
        if row["synth_outcome"] != "kept":
            dropped.append(row)
        elif row["synth_source_id"] == "s3" and part.kind is not Kind.SOURCE:
            dropped.append(row | gone)
        else:
            kept.append(row)
    _write_part(corpus, "kept", part, kept)
    _write_part(corpus, "dropped", part, dropped)


def _row(part: Part, number: int) -> dict[str, Any]:
    values = english(part.task, number)
    verdict = _verdict(part.kind, number)
    if verdict.outcome != "kept":
        values = dict.fromkeys(values)
    rung = "markers" if part.task.startswith("squad") and part.kind is Kind.TRANSLATION and verdict is KEPT else ""
    how = Provenance(
        teacher="" if part.kind is Kind.SOURCE else "tiny-test",
        prompt="" if part.kind is Kind.SOURCE else "v1",
        unit="source" if part.kind is Kind.SOURCE else "joint",
        rung=rung,
        prompt_tokens=10,
        completion_tokens=7,
    )
    row_id = RowId(part.task, "train", f"s{number}", part.lang, part.kind.value, 0)
    return record(row_id, values, verdict, how)


def _write_part(corpus: Path, stage: str, part: Part, rows: list[dict[str, Any]]) -> None:
    path = Layout(corpus).part(part, stage)
    write_rows(path, TASKS[part.task], rows)
    sums = {"requests": len(rows), "prompt_tokens": 10 * len(rows), "completion_tokens": 7 * len(rows), "seconds": 1.5}
    write_marker(path, make_marker(path, part, FINGERPRINT, rows, **sums))


def rewrite(corpus: Path, relative: str, rows: list[dict[str, Any]]) -> None:
    """Write a part anew with these rows, with a marker that fits."""
    stage = relative.split("/", maxsplit=1)[0]
    layout = Layout(corpus)
    part = next(part for part in layout.parts(stage) if layout.part(part, stage) == corpus / relative)
    _write_part(corpus, stage, part, rows)
