"""Importing real line-parallel data: XNLI's own tables, joined to English whose punctuation was changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth.train.import_spec import import_spec
from synth.train.importing import import_corpus

XNLI = Path(__file__).resolve().parents[2] / "../shared/realdata/xnli"
ENDING = ".first900.tsv"


@pytest.mark.skipif(not (XNLI / f"dev-en{ENDING}").is_file(), reason="the XNLI slice of ../shared is not here")
def test_every_real_row_finds_its_english_example(tmp_path: Path) -> None:
    lines = (XNLI / f"dev-en{ENDING}").read_text(encoding="utf-8").splitlines()
    english = [
        {
            "premise": premise.replace(".", " ."),
            "hypothesis": hypothesis.upper(),
            "label": label,
            "pairID": f"x{number}",
        }
        for number, (premise, hypothesis, label) in enumerate(line.split("\t") for line in lines)
    ]
    (tmp_path / "en.jsonl").write_text("".join(json.dumps(row) + "\n" for row in english), encoding="utf-8")
    source = "tasks: {mnli: {train: {path: en.jsonl, format: mnli_jsonl}}}"
    (tmp_path / "source.yaml").write_text(source, encoding="utf-8")
    entry = {
        "files": str(XNLI / f"dev-{{lang}}{ENDING}"),
        "langs": ["de", "zh", "ur"],
        "header": ["premise", "hypothesis", "label"],
        "parallel": str(XNLI / f"dev-en{ENDING}"),
    }
    terms = {"translator": "people", "licence": "CC-BY-NC-4.0", "non_commercial": True, "english": "source.yaml"}
    spec = import_spec({**terms, "tasks": {"mnli": entry}}, "request")
    found = import_corpus(spec, tmp_path, tmp_path / "xnli")
    for tally in found.tallies["mnli"].values():
        assert tally.read == tally.joined == len(lines)
        assert tally.kept >= 0.99 * len(lines)  # a few trip the invariants of the task
