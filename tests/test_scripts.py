"""Counting letters by script, against Unicode's own property and by examples."""

from __future__ import annotations

import unicodedata

import pytest

from synth.languages import LANGUAGES
from synth.scripts import OTHER, script_counts, script_of, script_share

NAMES = "Latn Cyrl Grek Arab Hebr Deva Beng Gujr Guru Taml Telu Mlym Mymr Thai Geor Hang Hani Hira Kana"
SCRIPTS = NAMES.split()
LONG_VOWEL_MARKS = {"\u30fc", "\uff70"}  # common to Hira and Kana in Unicode, letters of Kana here


@pytest.mark.skipif(unicodedata.unidata_version >= "16", reason="the table follows Unicode 15, this Python a later one")
def test_every_letter_has_the_script_that_unicode_says() -> None:
    regex = pytest.importorskip("regex")
    known = {script: regex.compile(rf"\p{{Script={script}}}") for script in SCRIPTS}
    shared = regex.compile(r"\p{Script=Common}|\p{Script=Inherited}|\p{Script=Unknown}")
    wrong = []
    for char in map(chr, range(0x110000)):
        if unicodedata.category(char)[0] not in "LM" or char in LONG_VOWEL_MARKS:
            continue
        ours = script_of(char)
        named = [script for script, pattern in known.items() if pattern.match(char)]
        expected = named[0] if named else "" if shared.match(char) else OTHER
        if ours != expected:
            wrong.append((f"U+{ord(char):04X}", ours, expected))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("Hello, 42!", {"Latn": 5}),
        ("Привет, Anna", {"Cyrl": 6, "Latn": 4}),
        ("マリアは本を3冊", {"Kana": 3, "Hira": 2, "Hani": 2}),
        ("ラーメン", {"Kana": 4}),
        ("한국어", {"Hang": 3}),
        ("कि", {"Deva": 2}),  # the vowel sign is a letter of its script
        ("où", {"Latn": 2}),
        (unicodedata.normalize("NFD", "où"), {"Latn": 2}),  # the accent belongs to its base
        ("مُحَمَّد", {"Arab": 4}),  # so do Arabic vowel points
        ("አማርኛ", {OTHER: 4}),
        ("123 – … 🙂", {}),
        ("", {}),
    ],
)
def test_script_counts(text: str, counts: dict[str, int]) -> None:
    assert script_counts(text) == counts


def test_counts_are_ordered_by_frequency() -> None:
    assert list(script_counts("aя яя")) == ["Cyrl", "Latn"]


def test_script_share() -> None:
    assert script_share("Мама work", LANGUAGES["ru"]) == pytest.approx(0.5)
    assert script_share("日本語のラーメン", LANGUAGES["ja"]) == 1.0
    assert script_share("The house", LANGUAGES["th"]) == 0.0
    assert script_share("2024: 3 / 4", LANGUAGES["th"]) is None


def test_the_second_script_of_a_language_can_be_refused() -> None:
    assert script_share("The house", LANGUAGES["kk"]) == 1.0
    assert script_share("The house", LANGUAGES["kk"], main_only=True) == 0.0
    assert script_share("日本語のラーメン", LANGUAGES["ja"], main_only=True) == 1.0
