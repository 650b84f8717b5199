"""ANLI+ is composed of parts, and shares MNLI's ids with mnli."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.errors import BadFlag
from synth.sources import open_source
from synth.sources.sampling import sample
from tests.sources.files import jsonl, load, nli, write

SPEC = """
tasks:
  mnli: {train: [mnli.jsonl, more.jsonl]}
  anli_plus:
    train:
      - {use: mnli}
      - {use: snli}
      - {path: anli.jsonl, format: anli_jsonl, origin: anli_r2}
parts:
  snli: {train: snli.jsonl}
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    write(tmp_path, "mnli.jsonl", jsonl(nli(n, pairID=f"{n}e") for n in range(40)))
    write(tmp_path, "more.jsonl", jsonl([nli(99)]))  # no id: named by its content
    write(tmp_path, "snli.jsonl", jsonl([nli(99), nli(0, pairID="1e")]))
    write(tmp_path, "anli.jsonl", jsonl([nli(3, uid="1e")]))
    return str(write(tmp_path, "sources.yaml", SPEC))


def test_mnli_examples_have_one_id_in_both_tasks(spec: str) -> None:
    source = open_source(spec)
    mnli = {e.source_id: e.row["premise"] for e in source.load("mnli", "train").examples}
    part = {e.source_id: e.row["premise"] for e in source.load("anli_plus", "train").examples if e.origin == "mnli"}
    assert part == mnli
    assert len(part) == 41


def test_equal_ids_and_equal_texts_of_other_parts_do_not_collide(spec: str) -> None:
    data = open_source(spec).load("anli_plus", "train")
    assert data.problems == ()
    assert {e.source_id for e in data.examples} >= {"1e", "snli:1e", "anli:1e"}
    assert {e.origin for e in data.examples} == {"mnli", "snli", "anli_r2"}
    assert all(set(e.row) == {"premise", "hypothesis", "label"} for e in data.examples)


def test_sampling_favours_the_same_mnli_examples_in_both_tasks(spec: str) -> None:
    source = open_source(spec)
    few = [e.source_id for e in sample(source.load("mnli", "train").examples, 10, seed=4)]
    part = [e for e in sample(source.load("anli_plus", "train").examples, None, seed=4) if e.origin == "mnli"]
    assert [e.source_id for e in part[:10]] == few


def test_mnli_itself_has_no_parts(spec: str) -> None:
    assert {e.origin for e in open_source(spec).load("mnli", "train").examples} == {""}


def test_an_origin_that_nothing_tells_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", jsonl([nli(1)]))
    with pytest.raises(BadFlag, match=r"tasks\.anli_plus\.train\[0\].*Add `origin:`"):
        load(tmp_path, "anli_plus", "a.jsonl")


def test_use_does_not_lead_in_circles(tmp_path: Path) -> None:
    with pytest.raises(BadFlag, match="leads to another"):
        load(tmp_path, "anli_plus", {"use": "mnli"}, tasks={"mnli": {"train": [{"use": "anli_plus"}]}})
