"""Counting drawn rows: the same on one core and on many."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.train import counting
from synth.train.encode.heads import Limits, encoder_of
from synth.train.encode.pieces import Cutter
from synth.train.prepare import prepare
from tests.train.encode.tokenizers_of import tokenizer
from tests.train.little import Little, make, recipe


def test_many_processes_count_what_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = recipe([make(tmp_path, Little(rows=70, tasks=("squad_v2",)))], tasks=["squad_v2"])
    data = prepare(asked, tmp_path / "rows", 0).arms["multilingual"]
    encoder = encoder_of("squad_v2", Cutter(tokenizer("unigram")), Limits(span=40, stride=8, question=6))
    alone = counting.count_rows(data, "squad_v2", encoder)
    monkeypatch.setattr(counting, "CHUNK", 7)
    monkeypatch.setattr(counting, "_FEW", 0)
    monkeypatch.setattr(counting.os, "sched_getaffinity", lambda _: {0, 1, 2})
    assert counting.count_rows(data, "squad_v2", encoder) == alone
    assert (alone.examples, alone.sources, sum(alone.labels.values())) == (140, 70, 140)
    assert alone.accounts["de"].truncated > 0
    assert alone.tokens > 0
