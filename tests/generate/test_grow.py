"""A corpus grows by tasks and languages, in any order of runs: each row is there once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from synth.corpus.layout import Layout
from synth.corpus.rows import read_rows
from synth.generate import chunks
from synth.generate.config import GenerateConfig
from synth.generate.run import generate
from tests.generate.conftest import Hired


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks.batches, "__defaults__", (6,))


def _run(root: Path, tasks: str, langs: str = "es") -> Counter[tuple[str, str]]:
    """Generate; rows by task and language, none of them twice."""
    generate(GenerateConfig(langs=langs, tasks=tasks, teacher="fake", limit=10, out=str(root / "c")))
    layout = Layout(root / "c")
    rows = [row for part in layout.parts() for row in read_rows(layout.part(part))]
    assert len({row["synth_id"] for row in rows}) == len(rows)
    return Counter((row["synth_task"], row["synth_lang"]) for row in rows if row["synth_lang"] != "en")


@pytest.mark.parametrize("pair", [("squad_v1", "squad_v2"), ("mnli", "anli_plus")])
def test_one_task_of_a_family_after_both(tmp_path: Path, hired: Hired, pair: tuple[str, str]) -> None:
    both = _run(tmp_path, ",".join(pair))
    asked = len(hired.teacher.calls)
    for task in pair:
        assert _run(tmp_path, task) == both
    assert len(hired.teacher.calls) == asked, "nothing was left to do"


def test_the_other_task_of_a_family_joins(tmp_path: Path, hired: Hired) -> None:
    one = _run(tmp_path, "squad_v2")
    assert set(_run(tmp_path, "squad_v1")) == {*one, ("squad_v1", "es")}
    assert set(_run(tmp_path, "qqp", "sw")) == {*one, ("squad_v1", "es"), ("qqp", "sw")}
