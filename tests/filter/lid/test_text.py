"""Cleaning and pooling."""

from synth.filter.lid.text import clean, pool_fields


def test_fields_are_pooled_once_each_and_empty_ones_left_out() -> None:
    assert pool_fields(["¿Qué hora es?", "", None, "  ", "las dos", "las tres", "las dos "]) == (
        "¿Qué hora es?\nlas dos\nlas tres"
    )
    assert pool_fields([]) == ""


def test_clean_composes_and_drops_what_is_in_no_language() -> None:
    assert clean("cafe\u0301") == "café"
    assert clean("eins\nzwei\x00drei") == "eins zwei drei"
    assert clean("Schreib an anna@example.org oder siehe https://example.org/a?b=c !").split() == (
        ["Schreib", "an", "oder", "siehe", "!"]
    )
