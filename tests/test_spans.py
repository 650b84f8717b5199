"""Spans: marking and reading marks keeps offsets true in every script; finding answers never takes half a word."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synth.prompts.base import BRACKETS, TAGS
from synth.spans import Span, clean_text, find, find_inflected, has_marks, mark, same_stem, trim, unmark

# Letters of spaced and unspaced scripts, both directions, accents and vowel signs, jamo, and white space of many kinds.
_PIECES = [
    *"ab zÉß19.,'",
    *("e\u0301", "o\u0308\u0323", "\u0301", "A\u030a", "\u212b"),
    *("\u1112", "\u1161", "\u11ab", "한", "글"),
    *("क", "ि", "्", "ष", "ক", "ো", "ে", "া", "த", "ொ", "ெ"),
    *("ก", "ำ", "้", "မ", "ြ", "န", "漢", "字", "か\u3099", "。"),
    *("ש", "\u05b8", "ע", "\u200f", "ع", "\u0651", "ر", "\u200d", "👩\u200d🚀"),
    *("  ", "\n", "\u00a0", "\u3000", "\t "),
]
texts = st.lists(st.sampled_from(_PIECES), max_size=30).map("".join)
any_text = st.one_of(texts, st.text(st.characters(exclude_categories=["Cs"]), max_size=40))


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[Span]]:
    """A text and spans in it: nested, overlapping, adjacent, equal."""
    text = draw(any_text.filter(lambda text: text and not has_marks(text, TAGS)))
    places = st.integers(0, len(text))
    pairs = draw(st.lists(st.tuples(places, places), max_size=6))
    return text, [Span(min(pair), max(pair)) for pair in pairs]


def _touches_words_only(text: str, span: Span) -> bool:
    """Whether both ends lie where a reader would put them: not before an accent, not inside a jamo sequence."""
    pieces = (text[: span.start], span.of(text), text[span.end :])
    joined = "".join(unicodedata.normalize("NFC", piece) for piece in pieces)
    cuts = any(piece and unicodedata.category(piece[0]).startswith("M") for piece in pieces[1:])
    return joined == unicodedata.normalize("NFC", text) and not cuts


@settings(max_examples=200, deadline=None)
@given(marked())
@example(("한글 각", [Span(0, 2), Span(3, 4)]))
@example((unicodedata.normalize("NFD", "한글 각"), [Span(0, 6), Span(7, 10)]))
@example(("a\u212bb", [Span(1, 2)]))
@example(("Rome, Rome  and Rome", [Span(0, 4), Span(6, 10), Span(16, 20), Span(0, 20), Span(6, 10)]))
def test_marks_that_come_back_untouched_give_every_span(case: tuple[str, list[Span]]) -> None:
    text, spans = case
    clean, found = unmark(mark(text, spans, TAGS), len(spans), TAGS)
    assert clean == clean_text(text)
    for span, place in zip(spans, found, strict=True):
        words = clean_text(span.of(text))
        if not any(char.isalnum() for char in words):
            continue
        assert place is not None, "a span with a letter or digit was lost"
        if _touches_words_only(text, span):
            assert place.of(clean) == words
        else:  # cut inside a letter: whole letters are given back, and nothing that was inside is missing
            assert 0 <= place.start < place.end <= len(clean)


_PARTS = ["<a1>", "</a1>", "<a2>", "</a2>", "< A1 >", "＜/a1＞", "<a12>", "</a", "[", "]", "［", "】", "<b>"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(_PARTS), any_text), max_size=12).map("".join), st.integers(0, 3))
def test_any_garbled_answer_is_read_without_error_and_its_spans_are_true(answer: str, count: int) -> None:
    for marks in (TAGS, BRACKETS):
        clean, found = unmark(answer, count if marks.several else min(count, 1), marks)
        assert clean == clean_text(clean)
        for place in found:
            if place is not None:
                assert 0 <= place.start < place.end <= len(clean)
                words = place.of(clean)
                assert words == words.strip() and any(char.isalnum() for char in words)


def test_marks_are_nested_in_order() -> None:
    text = "the old city of Kyoto"
    spans = [Span(0, 21), Span(4, 12), Span(8, 12), Span(8, 12)]
    told = mark(text, spans, TAGS)
    assert told == "<a1>the <a2>old <a3><a4>city</a4></a3></a2> of Kyoto</a1>"


def test_marks_as_teachers_write_them() -> None:
    clean, found = unmark("Am < a1 >12. Mai< / A1 > in ＜a2＞Wien＜/a2＞.", 2, TAGS)
    assert clean == "Am 12. Mai in Wien."
    assert [place and place.of(clean) for place in found] == ["12. Mai", "Wien"]


@pytest.mark.parametrize(
    "answer",
    [
        "&lt;a1&gt;Am 12.&lt;/a1&gt; in Wien.",
        "<a3>Am</a3> <a1>12.</a1> in <a1Wien.</a9",
        "Am <a1>12.</a1> <a2>in</a2> Wien.<a14>",
    ],
)
def test_no_debris_of_tags_is_left(answer: str) -> None:
    clean, found = unmark(answer, 1, TAGS)
    assert clean == "Am 12. in Wien." and found[0] is not None
    assert not has_marks(clean, TAGS)


@pytest.mark.parametrize(
    "answer",
    ["Wien", "<a1>Wien", "Wien</a1>", "</a1>Wien<a1>", "<a1>Wien</a1> <a1>Wien</a1>", "<a1> ... </a1>", "<a1></a1>"],
)
def test_a_missing_doubled_crossed_or_empty_mark_loses_its_span(answer: str) -> None:
    assert unmark(answer, 1, TAGS)[1] == [None]


def test_a_vowel_sign_behind_the_mark_belongs_to_the_answer() -> None:
    clean, found = unmark("[हिन्द]ी भाषा", 1, BRACKETS)
    assert clean == "हिन्दी भाषा"
    assert found[0] is not None and found[0].of(clean) == "हिन्दी"


def test_trim_of_white_space_only_is_nothing() -> None:
    assert trim("a   b", Span(1, 4)) is None


@pytest.mark.parametrize(("text", "held"), [("see <a1>", True), ("＜/A 3＞", True), ("note [1]", False), ("a1", False)])
def test_text_that_looks_like_our_marks_is_noticed(text: str, held: bool) -> None:
    assert has_marks(text, TAGS) is held
    assert has_marks(text, BRACKETS) is ("[" in text)


@pytest.mark.parametrize(
    ("answer", "text", "found"),
    [
        ("Wien", "Er wohnt in Wien.", "Wien"),
        ("wien", "Er wohnt in Wien.", "Wien"),
        ('"Wien."', "Er wohnt in Wien.", "Wien"),
        ("Ankara", "Ankara'da doğdu", "Ankara"),
        ("Ankara", "1950'de Ankarada doğdu", "Ankara"),
        ("1950", "1950'de Ankara'da doğdu", "1950"),
        ("1990", "وفي 1990 و1991", "1990"),
        ("1991", "وفي 1990 و1991", "1991"),
        ("東京", "彼は東京に住む", "東京"),
        ("서울", "그는 서울에서 산다", "서울"),
        ("กรุงเทพ", "เขาอยู่กรุงเทพมหานคร", "กรุงเทพ"),
        ("1 200", "etwa 1 200 Leute", "1 200"),
        ("cafe\u0301", "le café noir", "café"),
    ],
)
def test_find(answer: str, text: str, found: str) -> None:
    place = find(answer, text)
    assert place is not None and place.of(text) == found


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("15", "150 people came"),
        ("15", "in 2015"),
        ("5", "it is 1.5 m long"),
        ("1", "it is 1,5 m long"),
        ("10", "rund 10 000 Leute"),
        ("000", "rund 10 000 Leute"),
        ("20", "the G20 summit"),
        ("１５", "１５０人"),
        ("๑๕", "คน ๑๕๐ คน"),
        ("art", "the artist smiled"),
        ("art", "a smart idea"),
        ("cat", "the category is new"),
        ("त", "ती"),
        ("...", "well ..."),
        ("", "anything"),
        ("Rome", "Rome and Rome"),
    ],
)
def test_half_words_other_numbers_and_ambiguous_answers_are_not_found(answer: str, text: str) -> None:
    assert find(answer, text) is None


def test_the_place_in_the_source_chooses_among_several() -> None:
    text = "Rome fell. Then Rome rose. Rome!"
    assert [place.start for near in (0.0, 0.5, 0.9) if (place := find("Rome", text, near))] == [0, 16, 27]


def test_a_whole_word_goes_before_a_longer_one() -> None:
    place = find("Haus", "Die Häuser, der Hausrat, das Haus", near=0.0)
    assert place == Span(29, 33)


@pytest.mark.parametrize(
    ("answer", "text", "found"),
    [
        ("Helsinki", "Hän asuu Helsingissä, ei Helsinkiin päin.", "Helsinkiin"),
        ("kırmızı bahçe", "Çocuk kırmızı bahçede durdu.", "kırmızı bahçede"),
        ("красная площадь", "Он стоял на красной площади.", "красной площади"),
        ("fekete macska", "Láttam a fekete macskát.", "fekete macskát"),
        ("Universität Wien", "an der Universitäten «Wiens» stand", "Universitäten «Wiens"),
        ("mwalimu mkuu", "Walimu? Mwalimu mkuu!", "Mwalimu mkuu"),
        ("старый город", "в старом городе", "старом городе"),
    ],
)
def test_inflected_forms_are_found_whole(answer: str, text: str, found: str) -> None:
    place = find_inflected(answer, text, near=0.5)
    assert place is not None and place.of(text) == found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1990", "1991"),
        ("1990", "1990s"),
        ("A320", "A321"),
        ("covid-19", "covid-20"),
        ("5½", "5"),
        ("cat", "category"),
        ("in", "im"),
        ("", ""),
        ("राजा", "राम"),
    ],
)
def test_other_numbers_and_other_words_share_no_stem(one: str, other: str) -> None:
    assert not same_stem(one, other)


_WORDS = ["Haus", "Hausrat", "Häuser", "12", "120", "1.5", "A320", "A321", "дом", "доме", "पानी", "東京", "서울에", "x"]
sentences = st.lists(st.sampled_from([*_WORDS, ",", "(", ")"]), max_size=10).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(st.one_of(texts.map(clean_text), sentences), st.one_of(texts, st.sampled_from(_WORDS)), st.floats(0, 1))
def test_found_spans_lie_inside_and_cut_no_number_or_letter(text: str, answer: str, near: float) -> None:
    for place in (find(answer, text, near), find_inflected(answer, text, near)):
        if place is None:
            continue
        assert 0 <= place.start < place.end <= len(text)
        after = text[place.end : place.end + 1]
        assert not after or not unicodedata.category(after).startswith("M")
        assert not (text[place.end - 1].isdigit() and after.isdigit())
        assert not (place.start and text[place.start].isdigit() and text[place.start - 1].isdigit())


@settings(deadline=None)
@given(st.integers(0, 99999), st.integers(0, 99999))
def test_a_number_is_only_ever_found_as_itself(wanted: int, there: int) -> None:
    text = f"exactly {there} of them"
    for place in (find(str(wanted), text, 0.5), find_inflected(str(wanted), text, 0.5)):
        assert (place is not None) == (wanted == there)
