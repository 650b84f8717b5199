"""Test sets given with --testsets: rows that hold test text, or come from a test question, are dropped."""

from __future__ import annotations

import json
from pathlib import Path

from synth.filter.policy import load_policy
from synth.filter.run import filter_corpus
from synth.filter.tools import ToolSettings
from tests.filter.make_corpus import SENTENCES, Plan, make_corpus
from tests.filter.test_run import ALONE, cell, reasons, run


def _test_sets(folder: Path) -> Path:
    """One XQuAD file in Spanish that holds two of our sentences, and a SQuAD dev file with one of our ids."""
    text = f"{SENTENCES['es'][0]} {SENTENCES['es'][1]}"
    folder.mkdir()
    question = {"id": "x1", "question": "¿Quién repara las redes por la mañana temprano?", "answers": []}
    xquad = {"data": [{"title": "t", "paragraphs": [{"context": text, "qas": [question]}]}]}
    dev = {
        "data": [{"title": "t", "paragraphs": [{"context": "Nothing of ours.", "qas": [{**question, "id": "q/7"}]}]}]
    }
    (folder / "xquad.es.json").write_text(json.dumps(xquad), "utf-8")
    (folder / "dev.json").write_text(json.dumps(dev), "utf-8")
    sets = folder / "sets.yaml"
    sets.write_text("xquad: {es: [xquad.es.json]}\nsquad_dev: {en: [dev.json]}\n", "utf-8")
    return sets


def test_test_text_and_test_ids_are_dropped(tmp_path: Path) -> None:
    root = make_corpus(tmp_path / "c", Plan(rows=14, tasks=("squad_v1",)))
    settings = ToolSettings(detectors=(), test_sets=_test_sets(tmp_path / "sets"))
    result = filter_corpus(root, load_policy("default"), settings, ALONE)
    spanish = reasons(root, "squad_v1", "es")
    # Rows 0 to 9 have the two sentences one after the other as their context.
    assert {f"q/{n}" for n in range(10)} <= set(spanish)
    assert all("contamination" in each for each in spanish.values())
    assert reasons(root, "squad_v1", "sw") == {"q/7": ["contamination"]}
    assert cell(result, "squad_v1", "en", "source").dropped == {"contamination": 1}


def test_without_test_sets_nothing_is_contaminated(tmp_path: Path) -> None:
    root = make_corpus(tmp_path / "c", Plan(rows=14, tasks=("squad_v1",)))
    run(root)
    assert reasons(root, "squad_v1", "es") == {}
