"""Passages for language modelling: drawn by number, languages in their shares."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from synth.errors import BadSource
from synth.train.mlm_text import MlmText, Passage


def folder(root: Path, **texts: list[str]) -> Path:
    for lang, lines in texts.items():
        (root / f"{lang}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def test_passages_are_whole_lines_of_their_language(tmp_path: Path) -> None:
    lines = {"sw": ["maktaba ya kale", "", "bandari"], "th": ["ห้องสมุดเก่า", "ท่าเรือ"]}
    text = MlmText(folder(tmp_path, **lines), exponent=1, seed=0)
    found = {text.passage(number) for number in range(200)}
    assert found == {Passage(lang, line) for lang, own in lines.items() for line in own if line}


def test_the_nth_passage_does_not_depend_on_those_before(tmp_path: Path) -> None:
    texts = folder(tmp_path, es=[f"frase {n}" for n in range(50)], sw=[f"sentensi {n}" for n in range(50)])
    forward = [MlmText(texts, 0.3, seed=3).passage(number) for number in range(20)]
    again = MlmText(texts, 0.3, seed=3)
    assert [again.passage(number) for number in reversed(range(20))] == list(reversed(forward))
    assert [MlmText(texts, 0.3, seed=4).passage(number) for number in range(20)] != forward


@pytest.mark.parametrize(("exponent", "share"), [(1.0, 0.9), (0.5, 0.75), (0.0, 0.5)])
def test_languages_are_drawn_by_size_to_the_exponent(tmp_path: Path, exponent: float, share: float) -> None:
    texts = folder(tmp_path, es=[f"frase {n}" for n in range(90)], sw=[f"sentensi {n}" for n in range(10)])
    text = MlmText(texts, exponent, seed=0)
    counts = Counter(text.passage(number).lang for number in range(2_000))
    assert counts["es"] / 2_000 == pytest.approx(share, abs=0.06)


def test_folders_without_text_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match=r"such as es\.txt"):
        MlmText(tmp_path, 0.3, 0)
    with pytest.raises(BadSource, match=r"es\.txt holds no passage"):
        MlmText(folder(tmp_path, es=["", ""]), 0.3, 0)
