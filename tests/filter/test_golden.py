"""Golden rows of every script: the default policy keeps the right ones and finds the planted faults."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from synth.filter.checks import all_checks
from synth.filter.checks.base import Batch
from synth.filter.columns import as_arrays, empty_columns
from synth.filter.policy import load_policy
from synth.filter.text import Field, RowText, normalise
from synth.filter.tools import Tools, ToolSettings, build_tools
from synth.outcomes import Kind, Reason
from synth.tasks import get_task

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.yaml"))


def _rows() -> list[Any]:
    found = []
    for path in GOLDEN:
        content = yaml.safe_load(path.read_text("utf-8"))
        for row in content["rows"]:
            expected, why, english, text, *lang = row
            code = lang[0] if lang else content["lang"]
            found.append(pytest.param(expected, english, text, code, id=f"{path.stem}-{code}-{why}"))
    return found


@cache
def tools() -> Tools:
    pytest.importorskip("pycld2", reason="golden rows of `language` need CLD2")
    return build_tools(ToolSettings())


def _text(value: str | list[str]) -> RowText:
    if isinstance(value, str):
        return RowText((Field("premise", normalise(value)),))
    return RowText(tuple(Field(f"choices[{n}]", normalise(text), True) for n, text in enumerate(value)))


def reasons(english: str | list[str], text: str | list[str], lang: str) -> set[str]:
    mine, source = _text(text), _text(english)
    task = get_task("mnli")
    batch = Batch(task, lang, Kind.TRANSLATION, [{}], [{}], [{}], [mine], [source], [source], tools())
    policy, found = load_policy("default"), set()
    for name, check in all_checks().items():
        limits = policy.checks[name]
        if name in ("invariants", "contamination") or limits is None:
            continue
        scored = check.score(batch) if batch.kind in check.kinds else empty_columns(check, 1)
        marks = check.decide(as_arrays(check, scored), limits)
        found |= {reason.value for reason, mask in marks.drop.items() if mask.any()}
    return found


@pytest.mark.parametrize(("expected", "english", "text", "lang"), _rows())
def test_golden_row(expected: str, english: Any, text: Any, lang: str) -> None:
    found = reasons(english, text, lang)
    if expected == "keep":
        assert not found
    else:
        assert Reason(expected).value in found


def test_every_script_has_at_least_ten_rows() -> None:
    counts = {path.stem: len(yaml.safe_load(path.read_text("utf-8"))["rows"]) for path in GOLDEN}
    assert len(counts) >= 15
    assert min(counts.values()) >= 10, counts
