"""corpus.yaml: one corpus is asked for in one way; languages and tasks can be added."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synth.corpus.identity import describe, read_description
from synth.corpus.layout import Layout
from synth.errors import BadFolder


def _identity(**teacher: Any) -> dict[str, Any]:
    sources = {"mnli": {"kind": "sample", "sampled": 2}}
    return {"config": {"kind": "translation", "limit": 2}, "teacher": {"model": "m", **teacher}, "sources": sources}


def test_the_description_grows_by_languages_and_tasks(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    first = describe(layout, _identity(), ["es"], ["mnli"])
    more = {**_identity(), "sources": {"qqp": {"kind": "sample", "sampled": 3}}}
    assert describe(layout, more, ["sw", "es"], ["qqp"]) == first
    found = read_description(tmp_path)
    assert found and (found["languages"], found["tasks"], list(found["sources"])) == (
        ["es", "sw"],
        ["mnli", "qqp"],
        ["mnli", "qqp"],
    )
    assert found["fingerprint"] == first and found["name"] == tmp_path.name


def test_the_same_asking_does_not_touch_the_file(tmp_path: Path) -> None:
    describe(Layout(tmp_path), _identity(), ["es"], ["mnli"])
    before = (tmp_path / "corpus.yaml").stat().st_mtime_ns
    describe(Layout(tmp_path), _identity(), ["es"], ["mnli"])
    assert (tmp_path / "corpus.yaml").stat().st_mtime_ns == before


def test_every_difference_is_named_with_both_values(tmp_path: Path) -> None:
    describe(Layout(tmp_path), _identity(), ["es"], ["mnli"])
    other = _identity(model="n", extra=1)
    other["config"] = {"kind": "both", "limit": 2}
    other["sources"] = {"mnli": {"kind": "hub", "sampled": 5}}
    with pytest.raises(BadFolder) as refused:
        describe(Layout(tmp_path), other, ["es"], ["mnli"])
    for piece in (
        "kind: 'translation' there, 'both' asked",
        "teacher model: 'm' there, 'n' asked",
        "teacher extra: None there, 1 asked",
        "source of mnli: kind: 'sample' there, 'hub' asked",
        "another --out",
    ):
        assert piece in str(refused.value)
    assert "limit" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["", "- a\n", "format: 2\n", "format: 1\n", "format: 1\nconfig: 3\nteacher: []\n", "a: [", "\x00", "\udcff"]
)
def test_a_file_that_is_no_description_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "corpus.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadFolder, match=r"corpus\.yaml"):
        describe(Layout(tmp_path), _identity(), ["es"], ["mnli"])
