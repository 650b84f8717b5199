"""Merged sides are found; what only looks alike is left alone."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.tasks.sides import merged_sides

XNLI = Path(__file__).resolve().parents[2] / "../shared/realdata/xnli"
PARK = ("A dog runs in the park.", "A dog is running.")


@pytest.mark.parametrize(
    "target",
    [
        ("Ein Hund rennt im Park. Ein Hund rennt gerade.", "Ein Hund rennt gerade."),
        ("Ein Hund rennt im Park.", "Ein Hund rennt im Park.\nEin Hund rennt gerade."),
        ("一只狗在公园里跑。一只狗正在跑。", "一只狗正在跑。"),
        ("पार्क में कुत्ता दौड़ता है। कुत्ता दौड़ रहा है।", "कुत्ता दौड़ रहा है।"),
        ("Ein Hund rennt im Park | Ein Hund rennt gerade", "Ein Hund rennt gerade"),
        ("Ein Hund rennt.", "ein  hund RENNT."),
        # No sentence ends to go by (Thai has none): the length tells.
        ("Ein Hund rennt im Park Ein Hund rennt jetzt", "Ein Hund rennt jetzt"),
    ],
)
def test_a_merged_pair_is_found(target: tuple[str, str]) -> None:
    assert merged_sides(PARK, target)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (PARK, ("Ein Hund rennt im Park.", "Ein Hund rennt gerade.")),
        # No articles: the hypothesis becomes the beginning of the premise.
        (("The dog runs in the park.", "A dog runs."), ("Собака бежит в парке.", "Собака бежит.")),
        # The same with a short rest that is no second sentence, and with a second sentence that the source has too.
        (("A man sleeps on a green bench", "The man is asleep"), ("Мужчина спит на скамейке", "Мужчина спит")),
        (("The dog runs. It is in the park.", "A dog runs."), ("Собака бежит. Она в парке.", "Собака бежит.")),
        # Contained in the middle, where no merger puts it.
        (
            ("Someone says that a dog runs home", "A dog is running now"),
            ("Jemand sagt ein Hund rennt nach Hause", "ein Hund rennt"),
        ),
        # A short side at the beginning.
        (("Nope, I know", "Never"), ("No, lo sé bien", "No")),
        # The source has the same containment, whatever else the target adds.
        (("He left. He was sad.", "He was sad."), ("Er ging. Weit weg. Er war traurig.", "Er war traurig.")),
        (("He left. He was sad.", "He was sad."), ("Er ging. Er war traurig.", "Er war traurig.")),
        # A short side inside a word.
        (("We all know it.", "Yes."), ("Nosotros lo sabemos.", "no")),
        (("Is it open? No.", "Yes, it is."), ("¿Está abierto? No.", "Sí, lo está.")),
        (("Same text", "same text"), ("Gleicher Text", "gleicher Text")),
    ],
)
def test_a_sound_pair_is_left_alone(source: tuple[str, str], target: tuple[str, str]) -> None:
    assert merged_sides(source, target) == ""


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_any_text_gets_an_answer_and_order_does_not_matter(source: tuple[str, str], target: tuple[str, str]) -> None:
    there = bool(merged_sides(source, target))
    assert there == bool(merged_sides(source[::-1], target[::-1]))


@given(st.tuples(st.text(), st.text()))
def test_the_source_itself_is_never_merged(pair: tuple[str, str]) -> None:
    assert merged_sides(pair, pair) == ""


@pytest.mark.skipif(not XNLI.is_dir(), reason="the shared XNLI slices are not here")
def test_human_translations_are_almost_never_called_merged_and_mergers_mostly_are() -> None:
    tables = {path.name.split(".")[0][-2:]: _pairs(path) for path in sorted(XNLI.glob("dev-*.tsv"))}
    english = tables.pop("en")
    alarms = found = total = 0
    for pairs in tables.values():
        for source, (first, second) in zip(english, pairs, strict=True):
            total += 1
            alarms += bool(merged_sides(source, (first, second)))
            found += bool(merged_sides(source, (f"{first} {second}", second)))
    assert total > 5000
    assert alarms / total < 0.001
    assert found / total > 0.8


def _pairs(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row[0], row[1]) for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
