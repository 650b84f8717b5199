"""On slices of the real sets, where the machine has them: planted overlaps are found, real English rows are clean."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from synth.filter.contamination import ContaminationIndex, TestText, build_index, overlap, refuse_at_source
from synth.filter.contamination.files import READERS

DATA = Path(__file__).resolve().parents[3] / "../shared/realdata"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the slices of real data are not on this machine")


def texts(test_set: str, lang: str, pattern: str) -> list[TestText]:
    return [
        TestText(test_set, lang, field, text, text_id)
        for path in sorted(DATA.glob(pattern))
        for field, text, text_id in READERS[test_set](path, lang)
    ]


@pytest.fixture(scope="module")
def index() -> ContaminationIndex:
    return build_index(
        [
            *texts("squad_dev", "en", "squad_v1.1/dev*.json"),
            *texts("xnli", "en", "xnli/*en*"),
            *texts("mlqa", "en", "mlqa/*-en-*.json"),
            *texts("tydiqa", "en", "tydiqa/*en.dev*.json"),
            *texts("udpos", "en", "udpos/en*test*"),
            *texts("bucc2018", "en", "bucc2018/*.en"),
        ]
    )


def train_texts() -> list[str]:
    found = []
    with (DATA / "hellaswag/hellaswag_train.first3000.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            found += [row["ctx"], *row["endings"]]
    squad = json.loads((DATA / "squad_v1.1/train-v1.1.first3000.json").read_text(encoding="utf-8"))
    for article in squad["data"]:
        for paragraph in article["paragraphs"]:
            found += [paragraph["context"], *(question["question"] for question in paragraph["qas"])]
    return found


def test_clean_training_rows_are_not_flagged(index: ContaminationIndex) -> None:
    rows = train_texts()
    flagged = [value for value in overlap(rows, "en", index) if value]
    assert len(rows) > 15_000
    assert len(flagged) <= 0.001 * len(rows), flagged[:5]


def test_planted_words_are_found(index: ContaminationIndex) -> None:
    rng = random.Random(0)
    sources = [text.text.split() for text in texts("bucc2018", "en", "bucc2018/*.en")]
    sources = [words for words in sources if len(words) >= 13]
    rows = []
    for host in train_texts()[:1000]:
        words = rng.choice(sources)
        at = rng.randrange(len(words) - 12)
        rows.append(f"{host} {' '.join(words[at : at + 13])} {host}")
    assert sum(value is not None for value in overlap(rows, "en", index)) >= 990


def test_squad_dev_is_refused_and_train_is_not(index: ContaminationIndex) -> None:
    for name, refused in (("dev-v1.1.first4para.json", True), ("train-v1.1.first3000.json", False)):
        data = json.loads((DATA / "squad_v1.1" / name).read_text(encoding="utf-8"))
        for article in data["data"]:
            for paragraph in article["paragraphs"]:
                row = {"id": "unknown", "context": paragraph["context"]}
                assert (refuse_at_source(row, index) is not None) == refused
