"""Slices of the real data sets, where a copy of them lies beside the repository (they may not be published with it)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from synth.sources import open_source

REAL = Path(__file__).resolve().parents[2] / "../shared/realdata"
SPEC = {
    "tasks": {
        "squad_v1": {"train": "squad_v1.1/train*.json", "validation": "squad_v1.1/dev*.json"},
        "squad_v2": {"train": "squad_v2.0/train*.json", "validation": "squad_v2.0/dev*.json"},
        "hellaswag": {"train": "hellaswag/*train*", "validation": "hellaswag/*val*"},
        "commonsense_qa": {"train": "commonsenseqa/train*", "validation": "commonsenseqa/dev*"},
        "cosmos_qa": {"train": "cosmosqa/valid.csv"},
        "mnli": {"train": ["mnli/*.json", "mnli/k-shot/*/train.tsv"]},
        "qqp": {"train": ["qqp/*.json", "qqp/k-shot/*/train.tsv"], "validation": "qqp/wang2017*"},
        "anli_plus": {
            "train": [{"use": "mnli"}, {"use": "snli"}, {"path": "anli/ANLI_r*_dev.csv", "format": "anli_csv"}],
        },
    },
    "parts": {"snli": {"train": ["snli/*.json", "snli/cad*train.tsv", "snli/k-shot/*/train.tsv"]}},
}
COUNTS = {
    ("squad_v1", "train"): (3002, {}),
    ("squad_v1", "validation"): (639, {}),
    ("squad_v2", "train"): (4719, {}),
    ("squad_v2", "validation"): (579, {}),
    ("hellaswag", "train"): (3000, {}),
    ("hellaswag", "validation"): (500, {}),
    ("commonsense_qa", "train"): (3000, {}),
    ("commonsense_qa", "validation"): (500, {}),
    ("cosmos_qa", "train"): (2000, {}),
    ("mnli", "train"): (3096, {}),
    ("qqp", "train"): (3064, {}),
    ("qqp", "validation"): (987, {"bad_encoding": 13}),
    ("anli_plus", "train"): (9847, {"duplicate_row": 11}),
}


@pytest.mark.skipif(not REAL.is_dir(), reason="no copy of the real data sets beside the repository")
@pytest.mark.parametrize(("task", "split"), COUNTS, ids=lambda name: name)
def test_every_row_is_an_example_or_a_known_problem(tmp_path: Path, task: str, split: str) -> None:
    def absolute(value: object) -> object:
        if isinstance(value, dict):
            return {key: one if key in {"use", "format"} else absolute(one) for key, one in value.items()}
        return [absolute(one) for one in value] if isinstance(value, list) else str(REAL / str(value))

    (tmp_path / "real.yaml").write_text(yaml.safe_dump(absolute(SPEC)))
    data = open_source(str(tmp_path / "real.yaml")).load(task, split)
    assert (len(data.examples), data.origin["problems"]) == COUNTS[task, split]
    assert data.origin["rows"] == len(data.examples) + len(data.problems)
    assert len({example.source_id for example in data.examples}) == len(data.examples)
