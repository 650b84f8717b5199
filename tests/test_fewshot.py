"""The example sentences: all there, in the right language and script, marked alike."""

from __future__ import annotations

import re
import unicodedata

import pytest

from synth.errors import BadFlag
from synth.fewshot import Pair, few_shot, marked_example, paraphrases
from synth.languages import LANGUAGES, TARGETS
from synth.scripts import script_share

BRACKETED = re.compile(r"\[([^\[\]]+)\]")

# Languages whose sentences CLD2, or langdetect, takes for another one. Empty: both name all languages they cover.
CLD2_EXCEPTIONS: dict[str, str] = {}
LANGDETECT_EXCEPTIONS: dict[str, str] = {}


def texts(code: str) -> list[str]:
    """Every sentence in a language that a prompt can show."""
    found = [side for pair in paraphrases(code) for side in (pair.source, pair.target)]
    if code != "en":
        found += [pair.target for pair in few_shot(code)] + [marked_example(code).target]
    return found


@pytest.mark.parametrize("code", TARGETS)
def test_translations(code: str) -> None:
    pairs = few_shot(code)
    assert len(pairs) == 4
    assert [pair.source for pair in pairs] == [pair.source for pair in few_shot("es")]
    for pair in pairs:
        assert pair.target.strip() == pair.target != ""
        assert pair.target != pair.source
        assert re.findall(r"\d+", pair.target) == re.findall(r"\d+", pair.source)
    assert len({pair.target for pair in pairs}) == 4


@pytest.mark.parametrize("code", TARGETS)
def test_marked_example(code: str) -> None:
    pair = marked_example(code)
    for side in (pair.source, pair.target):
        assert side.count("[") == side.count("]") == 1
        spans = BRACKETED.findall(side)
        assert len(spans) == 1 and spans[0] == spans[0].strip()
        assert len(spans[0]) < 0.6 * len(side), "a span is a part of its sentence"
    assert pair.source != pair.target


@pytest.mark.parametrize("code", LANGUAGES)
def test_paraphrases(code: str) -> None:
    pairs = paraphrases(code)
    assert len(pairs) == 2
    for pair in pairs:
        assert pair.source != pair.target
        if LANGUAGES[code].spaced:
            first, second = set(pair.source.split()), set(pair.target.split())
            assert len(first & second) <= len(first | second) / 2, pair


@pytest.mark.parametrize("code", LANGUAGES)
def test_script_and_form(code: str) -> None:
    for text in texts(code):
        assert script_share(text, LANGUAGES[code], main_only=True) == 1.0, text
        assert unicodedata.is_normalized("NFC", text), text


@pytest.mark.parametrize("code", LANGUAGES)
def test_cld2_agrees(code: str) -> None:
    pycld2 = pytest.importorskip("pycld2")
    _, _, found = pycld2.detect(" ".join(texts(code)), isPlainText=True)
    assert found[0][1] in (LANGUAGES[code].cld2 if code not in CLD2_EXCEPTIONS else (CLD2_EXCEPTIONS[code],))


def test_langdetect_agrees() -> None:
    langdetect = pytest.importorskip("langdetect")
    langdetect.DetectorFactory.seed = 0
    for code, language in LANGUAGES.items():
        if language.langdetect:
            accepted = (LANGDETECT_EXCEPTIONS[code],) if code in LANGDETECT_EXCEPTIONS else language.langdetect
            assert langdetect.detect(" ".join(texts(code))) in accepted, code


def test_no_two_languages_share_their_sentences() -> None:
    """Close relatives (id and ms, hi and mr, ru and uk) must show the model a difference."""
    seen: dict[str, str] = {}
    for code in TARGETS:
        whole = " ".join(pair.target for pair in few_shot(code))
        assert whole not in seen, (code, seen.get(whole))
        seen[whole] = code


def test_aliases_and_english() -> None:
    assert few_shot("iw") == few_shot("he")
    assert paraphrases("en")[0] == Pair("It rained all night.", "The rain did not stop until morning.")
    for function in (few_shot, marked_example):
        with pytest.raises(BadFlag, match="into English"):
            function("en")
    with pytest.raises(BadFlag, match="'xx'"):
        paraphrases("xx")
