"""What is scored again, and what is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from synth.filter import score
from synth.filter.checks import all_checks
from synth.filter.checks.base import Batch, Check, Columns
from synth.filter.engine import LocalEngine
from synth.filter.policy import load_policy
from synth.filter.run import FilterResult, filter_corpus
from synth.filter.tools import NO_TOOLS, ToolSettings
from tests.filter.make_corpus import SENTENCES, Plan, changed, make_corpus

ALONE = LocalEngine(1)


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts the parts that each check scores."""
    count: Counter[str] = Counter()

    def counting(check: Check) -> Check:
        def noted(batch: Batch) -> Columns:
            count[check.name] += 1
            return check.score(batch)

        return replace(check, score=noted)

    checks = {name: counting(check) for name, check in all_checks().items()}
    monkeypatch.setattr(score, "all_checks", lambda: checks)
    return count


def run(root: Path, settings: ToolSettings) -> FilterResult:
    return filter_corpus(root, load_policy("default"), settings, ALONE)


def files(root: Path) -> dict[str, bytes]:
    found = (root / "scored").glob("*/*/p*.parquet")
    return {str(path.relative_to(root)): path.read_bytes() for path in found}


def test_a_check_with_another_version_is_scored_again_alone(
    tmp_path: Path, scored: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ToolSettings(detectors=())
    root, fresh = (make_corpus(tmp_path / name, Plan(langs=("es",), rows=16)) for name in ("again", "fresh"))
    assert run(root, settings).scored == 4
    checks: Mapping[str, Check] = vars(score)["all_checks"]()
    newer = {**checks, "copy": replace(checks["copy"], version=99)}
    monkeypatch.setattr(score, "all_checks", lambda: newer)
    scored.clear()
    assert run(root, settings).scored == 4
    assert scored == {"copy": 2}, "two Spanish parts; English rows have no such check"
    run(fresh, settings)
    assert files(root) == files(fresh)


def test_other_rows_are_scored_by_all_checks(tmp_path: Path, scored: Counter[str]) -> None:
    settings = ToolSettings(detectors=())
    run(make_corpus(tmp_path, Plan(langs=("es",), rows=8)), settings)
    first = Counter(scored)
    make_corpus(tmp_path, Plan(langs=("es",), rows=8, faults={("mnli", "es", 3): changed(premise=SENTENCES["es"][7])}))
    run(tmp_path, settings)
    assert scored["length"] == 2 * first["length"] and scored["numbers"] == 2 * first["numbers"]


def test_detectors_are_asked_again_when_they_change_and_nothing_else_is(tmp_path: Path, scored: Counter[str]) -> None:
    pytest.importorskip("pycld2")
    root = make_corpus(tmp_path, Plan(langs=("es",), rows=8))
    run(root, ToolSettings(detectors=()))
    scored.clear()
    assert run(root, ToolSettings(detectors=("cld2",))).scored > 0
    assert set(scored) == {"language"}


def test_spoilt_scores_are_made_anew(tmp_path: Path) -> None:
    settings = ToolSettings(detectors=())
    root = make_corpus(tmp_path, Plan(langs=("es",), rows=8))
    run(root, settings)
    path = root / "scored/mnli/es/part-00000.parquet"
    good = path.read_bytes()
    path.write_bytes(good[:100])
    assert run(root, settings).scored == 1
    assert path.read_bytes() == good


def test_a_check_sees_only_the_models_that_it_declares() -> None:
    class Anything:
        name = identity = "x"

        def embed(self, texts: object) -> list[list[float]]:
            return []

    tools = replace(NO_TOOLS, embedder=Anything())
    assert tools.only(("embedder",)).embedder is tools.embedder
    assert tools.only(("detectors", "test_sets")).embedder is None
