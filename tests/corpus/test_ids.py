"""Row ids: reversible, whatever the source calls its rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.corpus.ids import RowId, parse_row_id


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.integers(0, 99))
def test_ids_can_be_taken_apart_again(source_id: str, variant: int) -> None:
    row_id = RowId("mnli", "train", source_id, "es", "translation", variant)
    assert parse_row_id(str(row_id)) == row_id


def test_slashes_of_a_source_id_are_escaped() -> None:
    assert str(RowId("ccg", "train", "wsj/02%", "sw", "translation")) == "ccg/train/wsj%2F02%25/sw/translation/0"


@pytest.mark.parametrize("text", ["", "a/b", "a/b/c/d/e/x", "a/b/c/d/e/1/2"])
def test_other_text_is_no_id(text: str) -> None:
    with pytest.raises(ValueError, match="not a row id"):
        parse_row_id(text)
