"""What each check measures, one behaviour a test; whole rows are in test_golden.py and test_run.py."""

from __future__ import annotations

import math
from typing import Any

import pytest

from synth.filter.checks import all_checks
from synth.filter.checks.base import Batch, ColumnType
from synth.filter.checks.length import length_table
from synth.filter.checks.numbers import numbers
from synth.filter.columns import as_arrays
from synth.filter.phrases import phrases
from synth.filter.text import Field, RowText, row_text
from synth.filter.tools import NO_TOOLS
from synth.filter.words import ascii_digits, words
from synth.languages import LANGUAGES
from synth.outcomes import Kind
from synth.tasks import get_task
from tests.filter.make_corpus import SENTENCES


def batch(source: str, text: str, lang: str = "es", kind: Kind = Kind.TRANSLATION) -> Batch:
    mine, theirs = (RowText((Field("premise", each),)) for each in (text, source))
    return Batch(get_task("mnli"), lang, kind, [{}], [{}], [{}], [mine], [theirs], [theirs], NO_TOOLS)


def score(check: str, source: str, text: str, lang: str = "es") -> dict[str, Any]:
    return {name: values[0] for name, values in all_checks()[check].score(batch(source, text, lang)).items()}


def test_columns_are_those_that_a_check_declares_and_carry_its_name() -> None:
    for name, check in all_checks().items():
        if name == "invariants":
            continue
        scored = check.score(batch("A dog sleeps.", "Un perro duerme."))
        assert list(scored) == list(check.columns)
        assert all(column.startswith(name) for column in scored)
        assert all(len(values) == 1 for values in scored.values())


def test_unknown_values_never_drop_a_row() -> None:
    for name, check in all_checks().items():
        empty = {column: [None] for column in check.columns}
        marks = check.decide(as_arrays(check, empty), check.thresholds())
        assert not any(mask.any() for mask in marks.drop.values()), name


@pytest.mark.parametrize("name", ["copy", "length", "numbers", "repetition", "script", "half", "leakage", "refusal"])
def test_checks_survive_strange_texts(name: str) -> None:
    for text in ("", "?", "1", "\u200b", "a" * 3000, "\U0001f600 😀", "ا" * 50, "\n\n"):
        for source in ("", "Yes.", "1 2 3"):
            scored = all_checks()[name].score(batch(source, text))
            assert all(not (isinstance(v[0], float) and math.isnan(v[0])) for v in scored.values())


def test_names_and_numbers_are_no_copy() -> None:
    source = "Then Barack Obama met Angela Merkel and Emmanuel Macron in Hamburg at 17:45 on 3 May 2016."
    text = "Barack Obama, Angela Merkel, Emmanuel Macron: Hamburg, 17:45, 3.5.2016"
    assert score("copy", source, text)["copy_overlap"] in (None, 0.0)
    assert score("copy", source, source)["copy_overlap"] == 1.0


def test_one_copied_field_is_seen_in_a_row_that_is_translated() -> None:
    source = RowText(
        (
            Field("premise", "The old man is sleeping in his chair by the window."),
            Field("hypothesis", "nobody is awake today"),
        )
    )
    text = RowText(
        (
            Field("premise", "El anciano duerme en su silla junto a la ventana."),
            Field("hypothesis", "nobody is awake today"),
        )
    )
    one = Batch(get_task("mnli"), "es", Kind.TRANSLATION, [{}], [{}], [{}], [text], [source], [source], NO_TOOLS)
    scored = all_checks()["copy"].score(one)
    assert scored["copy_field_overlap"] == [1.0]
    assert scored["copy_overlap"][0] < 0.5


@pytest.mark.parametrize(
    ("source", "text", "lost", "added"),
    [
        ("It costs 1,234.5 dollars.", "Cuesta 1.234,5 dólares.", 0, 0),
        ("On 12/05/2020 at 9:30.", "El 2020-05-12 a las 09.30.", 0, 0),
        ("In 1987.", "في عام ١٩٨٧", 0, 0),
        ("In 1987.", "१९८७ में", 0, 0),
        ("In 1987.", "En 1978.", 1, 1),
        ("Two men, 3 dogs.", "Dos hombres, tres perros.", 0, 0),
        ("There are 55,000 barrels.", "စည်ပေါင်း ၅၅၀၀၀", 0, 0),
        ("The years 1995-96.", "Los años 1995–1996.", 0, 1),
        ("They gave 10 million and 48.6 million.", "他们捐了1000万和4860万。", 0, 0),
        ("A town of 120,000.", "12만 명의 도시", 0, 0),
        ("It carries 1300 people.", "它可以支持13000人。", 1, 1),
        ("In the 1930s and the 1780s.", "20世纪30年代和18 世紀 80 年代。", 0, 0),
        ("In the 1930s.", "20世纪80年代。", 1, 1),
        ("In 1987 and 2019.", "ในปี พ.ศ. ๒๕๓๐ และ พ.ศ. 2562", 0, 0),
        ("In 1987.", "ในปี พ.ศ. 2531", 1, 1),
        ("In 1987 and 2019.", "昭和62年と令和元年", 1, 0),
        ("In the year Showa 62.", "昭和62年", 0, 0),
        ("In 1987.", "民國76年", 0, 0),
        ("It was 49 games.", "Idije mokandinlaadota.", 1, 0),
        ("No number.", "Hay 120 y 130.", 0, 2),
    ],
)
def test_numbers(source: str, text: str, lost: int, added: int) -> None:
    scored = score("numbers", source, text)
    assert (scored["numbers_lost"], scored["numbers_added"]) == (lost, added)


def test_superscripts_are_no_digits() -> None:
    assert [number.groups for number in numbers("10² metres")] == [("10",)]
    assert ascii_digits("٣४৫໖") == "3456"


def test_a_loop_counts_only_beyond_the_source() -> None:
    loop = "very, very, very, very, very, very tired"
    assert score("repetition", loop, "muy, muy, muy, muy, muy, muy cansado")["repetition_loop"] < 0.25
    assert score("repetition", "He is tired.", "muy, muy, muy, muy, muy, muy cansado")["repetition_loop"] > 0.5


def _row(*texts: str) -> RowText:
    return RowText(tuple(Field(f"field{number}", text) for number, text in enumerate(texts)))


def test_what_two_fields_have_in_common_is_no_repetition() -> None:
    check = all_checks()["repetition"].score
    source = _row("Well, there is nobody here who could help me today.", "No one around is able to assist me.")
    text = _row("Bueno, no hay nadie aquí que pueda ayudarme hoy.", "No hay nadie aquí que pueda ayudarme hoy.")
    one = Batch(get_task("mnli"), "es", Kind.TRANSLATION, [{}], [{}], [{}], [text], [source], [source], NO_TOOLS)
    assert check(one)["repetition_repeated"] == [0.0]
    looped = _row("Sí.", "No hay nadie. No hay nadie. No hay nadie. No hay nadie. No hay nadie.")
    two = Batch(get_task("mnli"), "es", Kind.TRANSLATION, [{}], [{}], [{}], [looped], [source], [source], NO_TOOLS)
    assert check(two)["repetition_loop"][0] > 0.5


def test_choices_that_are_names_are_no_copy() -> None:
    names = [
        Field(f"choices[{n}]", name, True) for n, name in enumerate(("Lake Geneva", "Berlin", "Madagascar", "Peru"))
    ]
    source = RowText((Field("question", "Where would he go to swim?"), *names))
    text = RowText((Field("question", "¿Adónde iría a nadar?"), *names))
    one = Batch(
        get_task("commonsense_qa"), "es", Kind.TRANSLATION, [{}], [{}], [{}], [text], [source], [source], NO_TOOLS
    )
    assert all_checks()["copy"].score(one)["copy_overlap"][0] < 0.2
    plain = [
        Field(f"choices[{n}]", name, True) for n, name in enumerate(("deep water", "a river", "the sea", "a pool"))
    ]
    source, text = (RowText((first, *plain)) for first in (source.fields[0], text.fields[0]))
    two = Batch(
        get_task("commonsense_qa"), "es", Kind.TRANSLATION, [{}], [{}], [{}], [text], [source], [source], NO_TOOLS
    )
    assert all_checks()["copy"].score(two)["copy_overlap"][0] > 0.45


def test_choices_of_a_word_each_that_stayed_english_are_a_copy() -> None:
    def row(question: str, *words: str) -> RowText:
        choices = [Field(f"choices[{number}]", word, True) for number, word in enumerate(words)]
        return RowText((Field("question", question), *choices))

    english = ("plumber", "dentist", "baker", "pilot", "farmer")
    source, question = row("Who repairs a broken tooth?", *english), "Wer repariert einen kaputten Zahn?"
    copied, good = row(question, *english), row(question, "Klempner", "Arzt", "Bäcker", "Pilot", "Bauer")
    task = get_task("commonsense_qa")
    two = Batch(
        task, "de", Kind.TRANSLATION, [{}] * 2, [{}] * 2, [{}] * 2, [copied, good], [source] * 2, [source] * 2, NO_TOOLS
    )
    bad, sound = all_checks()["copy"].score(two)["copy_field_overlap"]
    assert bad == 1.0
    assert sound < 0.5


def test_capitals_do_not_hide_a_copy() -> None:
    source = "The shop is closed on Sundays and nobody is working there."
    assert score("copy", source, source.upper())["copy_overlap"] == 1.0


def test_titles_leave_no_run_of_function_words() -> None:
    source = (
        "She wrote To the Lords of the City and On the Towers of the Sea and From the Hills to the Shore in a year."
    )
    text = "Ella escribió To the Lords of the City, On the Towers of the Sea y From the Hills to the Shore en un año."
    assert score("copy", source, text)["copy_run"] == 0
    half = "Ella escribió algo because the old house was quiet in winter."
    assert score("copy", "She wrote because the old house was quiet in winter.", half)["copy_run"] == 8


def test_english_words_are_counted_against_letters_where_there_are_no_spaces() -> None:
    title = "เขาเขียนหนังสือ To the Lords of the City and the Sea เมื่อปีที่แล้ว"
    long = title + "และหลังจากนั้นเขาก็ย้ายไปอยู่ต่างจังหวัดกับครอบครัวของเขาเป็นเวลาหลายปีโดยไม่ได้เขียนหนังสือเล่มใหม่อีกเลย" * 3
    source = "He wrote To the Lords of the City and the Sea last year."
    assert score("half", source, title, "th")["half_function_share"] > 0.08
    assert 0.0 < score("half", source, long, "th")["half_function_share"] <= 0.08


def test_latin_names_do_not_count_against_a_script() -> None:
    source = "The Blue Lake and Old Mill committees joined."
    assert score("script", source, "Blue Lake Travellers와 Old Mill이 합쳐졌다.", "ko")["script_share"] == 1.0
    assert score("script", source, "Blue Lake와 Old Mill committees joined in the end.", "ko")["script_share"] < 0.5
    assert score("script", source, "Blue Lake Old Mill", "ko")["script_share"] == 0.0


def test_the_same_paragraph_again_is_repetition_without_being_a_loop() -> None:
    part = "El viejo pescador repara sus redes antes de que salga el sol. "
    scored = score("repetition", SENTENCES["en"][0] + SENTENCES["en"][1], part + "Pausa. " + part)
    assert scored["repetition_repeated"] > 0.35
    assert scored["repetition_loop"] == 0.0


def test_what_the_source_has_is_no_leak() -> None:
    source = "User: I said **no** in the <b>chat</b>."
    assert score("leakage", source, "User: Dije **no** en el <b>chat</b>.")["leakage_kind"] == ""
    assert score("leakage", "I said no.", "User: Dije que no.")["leakage_kind"] == "role"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Aquí está la traducción: Dije que no.", "preamble"),
        ("Dije <|im_end|>", "role"),
        ("English: I said no.", "label"),
        ("Español: Dije que no.", "label"),
        ("premise: Dije que no.", "label"),
        ("< A1 >Dije< / a1 > que no.", "marker"),
        ("# Dije\nque no.", "markup"),
        ('{"premise": "Dije que no."}', "json"),
        ("Dije que no: no era él.", ""),
    ],
)
def test_kinds_of_leak(text: str, kind: str) -> None:
    assert score("leakage", "I said no.", text)["leakage_kind"] == kind


def test_phrases_are_seen_with_capital_dotted_i_and_without_zero_width_characters() -> None:
    assert score("leakage", "I said no.", "İşte çeviri hayır dedim", "tr")["leakage_kind"] == "preamble"
    said = "متاسفم، نمی‌توانم ترجمه کنم"
    for text in (said, said.replace("\u200c", "")):
        assert score("refusal", "I said no.", text, "fa")["refusal_match"]


def test_words_that_only_begin_like_a_refusal_are_none() -> None:
    english = "The base belonged to the air force."
    assert score("refusal", english, "It was an air base of the army.", "en")["refusal_match"] == ""
    assert score("refusal", english, "As an AI, I cannot say that.", "es")["refusal_match"]
    told = "Dabei kann ich Ihnen nicht helfen, sagte er."
    assert score("refusal", "I can not help you there, he said.", told, "de")["refusal_match"] == ""


def test_choices_that_differ_only_in_what_is_not_seen_are_the_same() -> None:
    texts = [RowText(tuple(Field("c", each, True) for each in group)) for group in (("ماء", "ماء\u200f"), ("a", "b"))]
    one = Batch(get_task("mnli"), "ar", Kind.TRANSLATION, [{}], [{}], [{}], texts[:1], texts[1:], texts[1:], NO_TOOLS)
    assert all_checks()["choices"].score(one)["choices_same"] == [1.0]


def test_a_refusal_in_the_source_is_translated_not_refused() -> None:
    source = "I'm sorry, but I can't help you, said the robot that called itself an AI."
    assert (
        score("refusal", source, "Lo siento, como modelo de lenguaje no puedo ayudarte con eso.")["refusal_match"] == ""
    )
    assert score("refusal", "The robot slept.", "I'm sorry, but I can't translate that.")["refusal_match"]


def test_there_are_phrases_for_every_language() -> None:
    assert all(
        len(phrases(group, lang)) > len(phrases(group, "en"))
        for group in ("refusal", "preamble")
        for lang in LANGUAGES
        if lang not in ("en", "es", "fr")
    )


def test_function_words_of_the_language_are_not_english() -> None:
    dutch = "Dit is een huis dat van hem was en is verkocht voor de oorlog."
    assert score("half", "x", dutch, "nl")["half_function_words"] == 0
    assert score("half", "x", "Het huis that was sold before the war.", "nl")["half_function_words"] >= 3


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "Un but, puis un autre but, et enfin le but de la victoire."),
        ("pt", "Se for cedo, se for tarde ou se for de noite, a porta fica aberta."),
        ("vi", "Cô ấy may áo, mua than, may thêm váy rồi lại than trời mưa."),
        ("tr", "Her gün bir not, her hafta bir not, her ay bir not daha."),
        ("hu", "A had jött, a had ment, és a had nem tért vissza."),
        ("ms", "Ada had laju, had umur dan had masa di sini."),
        ("pl", "Jeden but jest mokry, drugi but suchy, a trzeci but za mały."),
    ],
)
def test_words_that_only_look_english_are_not(lang: str, text: str) -> None:
    assert score("half", "x", text, lang)["half_function_words"] == 0


def test_length_is_judged_by_language() -> None:
    english = "The old fisherman repairs his nets before the sun comes up."
    assert abs(score("length", english, "老渔夫在太阳升起之前修补渔网。", "zh")["length_z"]) < 3
    assert score("length", english, "El pescador sale.", "es")["length_z"] < -5
    assert score("length", "Yes.", "Ndiyo, kabisa.", "sw")["length_z"] < 5


def test_the_length_table_covers_all_languages() -> None:
    table = length_table()
    assert set(table["languages"]) == set(LANGUAGES) - {"en"}
    assert all(-2 < each["median"] < 1 and each["spread"] >= 0.8 for each in table["languages"].values())


def test_script_of_a_language_with_two() -> None:
    scored = score("script", "A house.", "Ев.", "az")
    assert (scored["script_share"], scored["script_main_share"]) == (1.0, 0.0)
    assert score("script", "1987", "1987", "th")["script_share"] is None


def test_fields_of_every_task_are_found() -> None:
    row = {
        "context": "a",
        "question": "b",
        "answer0": "c",
        "answer1": "d",
        "answer2": "e",
        "answer3": "f",
        "id": "x",
        "label": 1,
    }
    assert [f.text for f in row_text(get_task("cosmos_qa"), row).fields] == list("abcdef")
    assert row_text(get_task("cosmos_qa"), row).choices == tuple("cdef")
    ccg = {"id": "1", "tokens": ["Der", "Hund"], "tags": ["N/N", "N"]}
    assert row_text(get_task("ccg"), ccg).pooled == "Der Hund"


def test_words_keep_their_marks() -> None:
    assert words("विद्यार्थी ने") == ["विद्यार्थी", "ने"]
    assert words("ဆရာမ၊ ကျောင်း") == ["ဆရာမ", "ကျောင်း"]


def test_column_types_are_closed() -> None:
    kinds = {kind for check in all_checks().values() for kind in check.columns.values()}
    assert kinds <= set(ColumnType)


def decided(check: str, **columns: Any) -> set[str]:
    """Reasons of one row with these scores, others unknown, under the check's own defaults."""
    one = all_checks()[check]
    scored = {name: [columns.get(name)] for name in one.columns}
    marks = one.decide(as_arrays(one, scored), one.thresholds())
    return {reason.value for reason, mask in marks.drop.items() if mask.any()}


def test_half_translated_needs_several_english_words_and_a_share_of_them() -> None:
    assert decided("half", half_function_words=3, half_function_share=0.2) == {"half_translated"}
    assert decided("half", half_function_words=1, half_function_share=0.5) == set()
    assert decided("half", half_function_words=5, half_function_share=0.01) == set()


def test_a_text_partly_english_is_half_translated_and_one_wholly_english_is_wrong() -> None:
    wrong = {"language_answer": "wrong"}
    assert decided("language", **wrong, language_english_share=0.4) == {"half_translated"}
    assert "language" in decided("language", **wrong, language_english_share=0.9, language_detected="en")
    assert decided("language", **wrong, language_english_share=0.0, language_detected="fr") == {"language"}
    assert decided("language", language_answer="cannot_judge") == set()


def test_a_long_english_run_is_half_translated_unless_the_text_is_a_copy() -> None:
    assert decided("copy", copy_overlap=0.2, copy_run=9) == {"half_translated"}
    assert decided("copy", copy_overlap=0.8, copy_run=9) == {"copy"}


def test_numbers_written_as_words_are_forgiven_and_changed_ones_are_not() -> None:
    assert decided("numbers", numbers_source=2, numbers_lost=2, numbers_added=0) == set()
    assert decided("numbers", numbers_source=2, numbers_lost=1, numbers_added=1) == {"numbers"}
    assert decided("numbers", numbers_source=5, numbers_lost=3, numbers_added=0) == {"numbers"}
    assert decided("numbers", numbers_source=0, numbers_lost=0, numbers_added=3) == {"numbers"}
