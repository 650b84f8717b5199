"""The run record: what a run starts from, and comparing runs by their records alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synth.errors import BadFolder, CheckFailed
from synth.train.prepare import prepare
from synth.train.recipe import Recipe
from synth.train.record import Status, begin_record, compare_runs, read_record, write_record
from tests.train.little import Little, make, recipe


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return make(tmp_path, Little())


def run(root: Path, asked: Recipe, arm: str, seed: int = 0) -> Path:
    folder = root / f"{arm}-{seed}"
    prepared = prepare(asked, folder / "rows", seed)
    write_record(folder, begin_record(asked, prepared, arm))
    return folder


def test_a_record_says_what_was_trained_on(tmp_path: Path, corpus: Path) -> None:
    asked = recipe([corpus])
    folder = run(tmp_path, asked, "multilingual")
    record = read_record(folder)
    assert Recipe.model_validate(record.recipe) == asked
    assert (record.status, record.summary.tasks["mnli"].examples) == (Status.PREPARED, 120)
    assert set(record.manifests) == {"little"}
    assert len(record.order_hash) == 64
    assert {"synth", "python", "pyarrow"} <= set(record.versions)
    assert record.hardware["cores"] >= 1


def test_a_record_is_written_again_at_the_end(tmp_path: Path, corpus: Path) -> None:
    folder = run(tmp_path, recipe([corpus]), "english")
    begun = read_record(folder)
    write_record(folder, begun.ended(Status.FAILED, {"failure": "diverged", "step": 17}))
    again = read_record(folder)
    assert (again.status, again.outcome) == (Status.FAILED, {"failure": "diverged", "step": 17})
    assert again.order_hash == begun.order_hash


def test_runs_from_one_recipe_are_matched_by_their_records(tmp_path: Path, corpus: Path) -> None:
    asked = recipe([corpus], seeds=[0, 1])
    folders = [run(tmp_path, asked, arm, seed) for arm in ("none", "english", "multilingual") for seed in (0, 1)]
    report = compare_runs(folders)
    assert report.holds
    assert len(report.arms) == 6


def test_runs_from_two_recipes_are_told_apart_by_their_records(tmp_path: Path, corpus: Path) -> None:
    keys: dict[str, Any] = {"optim": {"batch_size": 4, "accumulation": 1, "learning_rate": 3e-5}}
    folders = [run(tmp_path, recipe([corpus]), "english"), run(tmp_path, recipe([corpus], **keys), "multilingual")]
    with pytest.raises(CheckFailed, match=r"optim\.learning_rate: english has 1e-05, multilingual has 3e-05"):
        compare_runs(folders).require()


@pytest.mark.parametrize("text", ["", "{}", '{"format": 1, "status": "done"}', '{"format": 1, "status": "lost"}'])
def test_a_folder_without_a_whole_record_is_no_run(tmp_path: Path, text: str) -> None:
    (tmp_path / "train.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadFolder, match=r"train\.json"):
        read_record(tmp_path)
