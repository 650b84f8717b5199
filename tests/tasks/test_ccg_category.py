"""Reading and refusing CCG categories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import BadSource
from synth.tasks.ccg_category import ATOMS, Atom, Category, Functor, category_problem, parse_category

WORDS = sorted(name for name in ATOMS if name.isalpha() and name not in ("LRB", "RRB", "LQU", "RQU"))
MARKS = sorted(ATOMS - set(WORDS))

atoms = st.one_of(
    st.builds(Atom, st.sampled_from(WORDS), st.sampled_from(["", "dcl", "nb", "num", "X"])),
    st.builds(Atom, st.sampled_from(MARKS)),
)
categories: st.SearchStrategy[Category] = st.recursive(
    atoms, lambda inner: st.builds(Functor, inner, st.sampled_from("/\\"), inner), max_leaves=12
)


@given(categories)
def test_a_category_survives_writing_and_reading(category: Category) -> None:
    assert parse_category(str(category)) == category


@given(categories, st.integers(0, 80), st.sampled_from("()/\\[]x "))
def test_a_damaged_category_is_refused_or_still_balanced(category: Category, place: int, char: str) -> None:
    text = str(category)
    text = text[:place] + char + text[place:]
    if not category_problem(text):
        assert text.count("(") == text.count(")")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    problem = category_problem(text)
    if problem:
        assert "is not a CCG category" in problem
    else:
        assert str(parse_category(text))


def test_structure() -> None:
    verb_phrase = Functor(Atom("S", "dcl"), "\\", Atom("NP"))
    assert parse_category(r"(S[dcl]\NP)/NP") == Functor(verb_phrase, "/", Atom("NP"))


def test_redundant_parentheses_mean_the_same() -> None:
    assert parse_category(r"(S\NP)") == parse_category(r"S\NP")


@pytest.mark.parametrize(
    "text", ["N", "NP[nb]/N", ",", ".", "conj", "LRB", "conj/conj", "N[num]", r"PP\PP", r"S[X]\NP"]
)
def test_ccgbank_notation_is_accepted(text: str) -> None:
    assert category_problem(text) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "missing at character 1"),
        ("VBZ", "no basic category 'VBZ'"),
        (r"S\NP/NP", "nothing may follow"),
        (r"(S\NP", "closing parenthesis is missing at character 6"),
        (r"S\NP)", "nothing may follow"),
        ("S/", "missing at character 3"),
        ("S[dcl", "nothing may follow"),
        (".[dcl]", "takes no feature"),
        ("(" * 50 + "N" + ")" * 50, "nested more than"),
        ("N/" * 300, "600 characters"),
    ],
)
def test_a_malformed_category_is_refused_with_the_place(text: str, why: str) -> None:
    with pytest.raises(BadSource) as caught:
        parse_category(text)
    assert why in str(caught.value)
