"""Making rows again that share a request with rows that stay: they are asked alone, and stay so ever after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth.corpus.layout import Layout
from synth.corpus.rows import read_rows
from synth.generate.config import GenerateConfig
from synth.generate.redo import redo
from synth.generate.run import generate
from synth.teacher.calls import Call
from tests.generate.conftest import Hired
from tests.generate.fakes import Row, Teacher, data, stand_in

PREMISE = "Two boats lie in the harbour."
CONTEXT = "Ada Moss sold fish in Bath. She left in 1912."


def _source(root: Path) -> Path:
    pairs = [{"premise": PREMISE, "hypothesis": f"Boat {at} is red.", "label": 0, "idx": at} for at in range(3)]
    (root / "nli.jsonl").write_text("\n".join(map(json.dumps, pairs)), encoding="utf-8")
    answer = {"text": "1912", "answer_start": CONTEXT.index("1912")}
    asked = [{"id": f"q{at}", "question": f"Question {at}?", "answers": [answer]} for at in range(3)]
    squad = {"data": [{"title": "T", "paragraphs": [{"context": CONTEXT, "qas": asked}]}]}
    (root / "squad.json").write_text(json.dumps(squad), encoding="utf-8")
    path = root / "s.yaml"
    path.write_text("tasks:\n  mnli: {train: nli.jsonl}\n  squad_v1: {train: squad.json}\n", encoding="utf-8")
    return path


def _config(root: Path, task: str, **more: Any) -> GenerateConfig:
    return GenerateConfig(
        langs="es", tasks=task, source=str(_source(root)), teacher="fake", out=str(root / "c"), **more
    )


def _rows(root: Path) -> dict[str, Row]:
    layout = Layout(root / "c")
    return {row["synth_id"]: row for part in layout.parts() for row in read_rows(layout.part(part))}


def _spoilt(call: Call) -> str:
    """Says nothing of row 1: what it says of it in a shared answer is the row's shared text once more."""
    said = json.loads(stand_in(call))
    return json.dumps({key: "<<none>>" if data(call)[key].endswith(("1 is red.", "1?")) else said[key] for key in said})


@pytest.mark.parametrize(("task", "column"), [("mnli", "hypothesis"), ("squad_v1", "question")])
def test_a_row_that_shares_its_answer_is_really_made_again(
    tmp_path: Path, hired: Hired, monkeypatch: pytest.MonkeyPatch, task: str, column: str
) -> None:
    hired.teacher = Teacher(_spoilt)
    generate(_config(tmp_path, task))
    before = _rows(tmp_path)
    (bad,) = (name for name, row in before.items() if row[column] == "<<none>>")

    monkeypatch.setattr("synth.generate.redo.named_ids", lambda chunk, *_: {bad} if chunk.lang == "es" else set())
    hired.teacher = Teacher()
    redo(_config(tmp_path, task, redo="rejected:language"))
    after = _rows(tmp_path)
    assert {name for name in before if before[name] != after[name]} == {bad}
    assert len(hired.teacher.calls) == 1 and "«xx»" in after[bad][column]

    path = tmp_path / "c/generated" / task / "es/part-00000.parquet"
    path.write_bytes(b"damaged")
    hired.teacher = idle = Teacher()
    generate(_config(tmp_path, task))
    rebuilt = _rows(tmp_path)
    assert not idle.calls and all(rebuilt[name][column] == row[column] for name, row in after.items())
