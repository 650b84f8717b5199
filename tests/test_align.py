"""The aligner with a dictionary as its model, and with the real encoder where that is at hand."""

import builtins
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.align import Aligner, load_aligner, read_pieces
from synth.alignment import Pieces, unit_rows
from synth.errors import MissingExtra
from synth.spans import Span
from tests.encoder_at_hand import real_encoder

XQUAD = Path(__file__).resolve().parents[1] / "../shared/realdata/xquad"
CONCEPTS = {
    "king": 0, "rey": 0, "国王": 0, "died": 1, "murió": 1, "死于": 1, "in": 2, "en": 2,
    "1984": 3, "paris": 4, "parís": 4, "巴黎": 4, "the": 5, "el": 5, "old": 6, "viejo": 6, ",": 7, "，": 7,
}  # fmt: skip


def dictionary_reader(text: str) -> Pieces | None:
    """Words are pieces; words of one meaning have the same vector, unknown ones a vector of their own."""
    hits = list(re.finditer(r"国王|死于|巴黎|\d+|[^\W\d]+|[,，]", text))
    if not hits:
        return None
    size = len(CONCEPTS) + 20
    vectors = np.zeros((len(hits), size), np.float32)
    for row, hit in enumerate(hits):
        vectors[row, CONCEPTS.get(hit[0].lower(), 20 + len(hit[0]))] = 1
    return Pieces(tuple(hit.span() for hit in hits), unit_rows(vectors))


aligner = Aligner(dictionary_reader)


def project(source: str, words: str, target: str) -> str | None:
    start = source.index(words)
    span = aligner.project(source, Span(start, start + len(words)), target)
    return span.of(target) if span else None


def test_words_are_found_where_the_order_differs() -> None:
    assert project("The old king died in Paris", "old king", "En París murió el rey viejo") == "rey viejo"


def test_scripts_without_spaces_need_no_words() -> None:
    assert project("The king died in Paris", "Paris", "国王死于巴黎。") == "巴黎"


def test_an_answer_that_the_translation_left_out_is_not_found() -> None:
    assert project("The king died in Paris", "Paris", "El rey murió") is None


def test_an_answer_of_which_only_half_is_there_is_not_found() -> None:
    assert project("The old king died in Paris 1984", "Paris 1984", "El viejo rey murió en 1984") is None


@pytest.mark.parametrize("target", ["", "…", "   "])
def test_nothing_is_found_in_a_text_without_words(target: str) -> None:
    assert project("The king died", "king", target) is None


def test_a_span_without_a_piece_is_not_found() -> None:
    assert aligner.project("The king -- died", Span(9, 11), "El rey murió") is None


@settings(deadline=None, max_examples=200)
@given(st.permutations(["king", "died", "in", "1984", "paris", "the", "old"]), st.data())
def test_words_in_any_order_come_back_from_themselves(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    start = len(" ".join([*words[:first], ""]))
    span = Span(start, start + len(" ".join(words[first : last + 1])))
    assert aligner.project(text, span, text) == span


def test_a_missing_library_is_named_with_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "torch" else real(name, *a))
    with pytest.raises(MissingExtra, match=r'word aligner needs torch; pip install "synth-xtreme\[align\]"'):
        load_aligner()


def test_importing_the_aligner_does_not_import_torch() -> None:
    import subprocess
    import sys

    code = "import sys, synth.align; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_text_longer_than_the_encoder_reads_is_refused_not_cut() -> None:
    class Tokenizer:
        model_max_length = 4

        def __call__(self, text: str, **options: Any) -> dict[str, Any]:
            return {"offset_mapping": [[(at, at + 1) for at in range(len(text))]]}

    class Encoder:
        class config:  # noqa: N801 - the name of transformers' attribute
            max_position_embeddings = 512

        def __call__(self, **inputs: Any) -> None:
            raise builtins.AssertionError("a text that does not fit must not be run")

    pytest.importorskip("torch")
    assert read_pieces("12345", Tokenizer(), Encoder(), 7) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "words", "target", "expected"),
    [
        ("The bridge was built in 1932 by Ana.", "in 1932", "Ana construyó el puente en 1932.", "en 1932"),
        ("She keeps bees behind the old school.", "old school", "Она держит пчёл за старой школой.", "старой школой"),
        ("The river is forty kilometres long.", "forty kilometres", "这条河长四十公里。", "四十公里"),
        ("My brother lives in Germany.", "Germany", "น้องชายของฉันอาศัยอยู่ในประเทศเยอรมนี", "เยอรมนี"),
    ],
)
def test_real_sentences(source: str, words: str, target: str, expected: str) -> None:
    start = source.index(words)
    span = load_aligner(str(real_encoder())).project(source, Span(start, start + len(words)), target)
    assert span is not None
    assert expected in span.of(target)
    assert len(span.of(target)) <= len(expected) + 8


@pytest.mark.slow
def test_quality_on_real_paragraphs() -> None:
    """On 40 Spanish answers of the articles that chose no constant; docs/encoder.md has all rates."""
    if not XQUAD.is_dir():
        pytest.skip("no XQuAD slice beside the checkout")
    english, spanish = _answers("en"), _answers("es")
    real = load_aligner(str(real_encoder()))
    scores = []
    for key in sorted(english)[:40]:
        (source, span), (target, gold) = english[key], spanish[key]
        found = real.project(source, span, target)
        if found:
            shared = max(0, min(found.end, gold.end) - max(found.start, gold.start))
            scores.append(2 * shared / (found.end - found.start + gold.end - gold.start))
    assert len(scores) >= 28
    assert np.mean(scores) >= 0.85


def _answers(lang: str) -> dict[str, tuple[str, Span]]:
    articles = json.loads((XQUAD / f"xquad.{lang}.first2para.json").read_text(encoding="utf-8"))["data"][1:12:2]
    return {
        qa["id"]: (paragraph["context"], Span(at["answer_start"], at["answer_start"] + len(at["text"])))
        for article in articles
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
        for at in qa["answers"][:1]
    }
