"""Derivations in CCGbank's form; the sentences and trees are our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.sources.ccgbank import word_of
from tests.sources.files import kinds, load, write

BODY = (
    r"(<T S[dcl] 0 2> (<L NP NNP NNP Ada NP>) (<T S[dcl]\NP 0 2> (<L (S[dcl]\NP)/NP VBZ VBZ bakes (S[dcl]\NP_1)/NP_2>) "
)
BREAD = BODY + "(<L NP NN NN bread NP>) ) ) "
CAKE = BODY + "(<L NP NN NN cake NP>) ) ) "
TAGS = ["NP", r"(S[dcl]\NP)/NP", "NP"]


def header(name: str) -> str:
    return f"ID={name} PARSER=GOLD NUMPARSE=1\n"


def test_words_and_tags_of_the_leaves(tmp_path: Path) -> None:
    write(tmp_path, "00/wsj_0001.auto", f"{header('wsj_0001.1')}{BREAD}\n{header('wsj_0001.2')}{CAKE}\n")
    data = load(tmp_path, "ccg", "*/*.auto")
    assert [e.source_id for e in data.examples] == ["wsj_0001.1", "wsj_0001.2"]
    assert data.examples[0].row == {"id": "wsj_0001.1", "tokens": ["Ada", "bakes", "bread"], "tags": TAGS}


@pytest.mark.parametrize(
    "leaf",
    ["NP NNP NNP Ada NP", "NP NNP Ada NP", "NP Ada ada NNP I-PER I-NP NP"],
    ids=["ccgbank", "one part of speech", "extended"],
)
def test_the_number_of_fields_tells_where_the_word_is(tmp_path: Path, leaf: str) -> None:
    write(tmp_path, "a.auto", header("wsj_0001.1") + BREAD.replace("NP NNP NNP Ada NP", leaf))
    assert load(tmp_path, "ccg", "a.auto").examples[0].row["tokens"][0] == "Ada"


@pytest.mark.parametrize(
    ("token", "word"),
    [
        ("-LRB-", "("),
        ("-RCB-", "}"),
        (r"and\/or", "and/or"),
        (r"\*", "*"),
        ("``", '"'),
        ("''", '"'),
        ("'s", "'s"),
        ("--", "--"),
    ],
)
def test_treebank_escapes_are_undone(token: str, word: str) -> None:
    assert word_of(token) == word


def test_damaged_derivations_are_named_by_line_and_id(tmp_path: Path) -> None:
    cut = BREAD[:60]
    odd = BREAD.replace("NP NNP NNP Ada NP", "NP NNP NP")
    text = (
        header("wsj_1.1") + cut + "\n" + header("wsj_1.2") + header("wsj_1.3") + odd + "\n" + header("wsj_1.4") + CAKE
    )
    write(tmp_path, "a.auto", text)
    data = load(tmp_path, "ccg", "a.auto")
    assert kinds(data) == [("line 1 (wsj_1.1)", "bad_row"), ("line 3", "bad_row"), ("line 4 (wsj_1.3)", "bad_row")]
    assert [e.source_id for e in data.examples] == ["wsj_1.4"]


def test_a_category_that_is_none_is_a_problem(tmp_path: Path) -> None:
    write(
        tmp_path, "a.auto", header("w.1") + BREAD.replace("<L NP NN NN", r"<L (NP NN NN") + "\n" + header("w.2") + CAKE
    )
    data = load(tmp_path, "ccg", "a.auto")
    assert [p.what for p in data.problems] == ["unknown_label"]


def test_running_numbers_are_no_ids(tmp_path: Path) -> None:
    write(tmp_path, "a.auto", header("1") + BREAD)
    write(tmp_path, "b.auto", header("1") + CAKE + "\n" + BREAD)
    data = load(tmp_path, "ccg", "a.auto", "b.auto")
    assert len({e.source_id for e in data.examples}) == 2
    assert all(e.row["id"] == e.source_id for e in data.examples)
    assert [p.what for p in data.problems] == ["duplicate_row"]


def test_a_derivation_over_several_lines(tmp_path: Path) -> None:
    write(tmp_path, "a.auto", header("w.1") + BREAD.replace(" (<", "\n  (<"))
    assert load(tmp_path, "ccg", "a.auto").examples[0].row["tags"] == TAGS
