"""Finding the English rows of a part, wherever they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.corpus.layout import Layout, Part
from synth.filter import io, sources
from synth.filter.sources import Lookup
from synth.outcomes import Kind
from tests.filter.make_corpus import Plan, make_corpus, rows_of, write_one


@pytest.fixture
def shifted(tmp_path: Path) -> Path:
    """Six parts of four rows; the second English row of each part is gone, the last lies in the next part."""
    root = make_corpus(tmp_path, Plan(langs=("es",), rows=24, part_rows=4))
    english = list(rows_of(root, "generated", "mnli", "en"))
    parts = [[english[4 * n - 1]] * (n > 0) + [english[4 * n], english[4 * n + 2]] for n in range(6)]
    for number, rows in enumerate(parts):
        write_one(root, Part("mnli", "en", Kind.SOURCE, number), rows)
    return root


def test_rows_of_other_parts_are_found_and_missing_ones_are_none(shifted: Path) -> None:
    lookup = Lookup(Layout(shifted))
    found = lookup.sources(Part("mnli", "es", Kind.TRANSLATION, 2), ["q/8", "q/9", "q/10", "q/11"])
    assert [row and row["synth_source_id"] for row in found] == ["q/8", None, "q/10", "q/11"]


def test_a_missing_row_does_not_make_every_part_be_read(shifted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def counted(path: Path, needed: tuple[str, ...] = (), only: tuple[str, ...] | None = None) -> object:
        read.append(len(only or ()) > 1)
        return plain(path, needed, only)

    plain = io.read_table
    monkeypatch.setattr(sources, "read_table", counted)
    lookup = Lookup(Layout(shifted))
    lookup.sources(Part("mnli", "es", Kind.TRANSLATION, 2), ["q/8", "q/9", "q/10", "q/11"])
    assert sum(read) == 2, "whole parts: its own, and the one that holds the last row"
    lookup.sources(Part("mnli", "es", Kind.TRANSLATION, 3), ["q/13"])
    assert len(read) - sum(read) == 6, "ids are read once"
