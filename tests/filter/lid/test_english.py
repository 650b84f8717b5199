"""English words in a row, in texts of other languages."""

import pytest

from synth.filter.lid.english import english_runs, english_word_share
from tests.filter.lid.sentences import SENTENCES

LATIN = ("af", "az", "de", "es", "et", "fi", "fr", "hu", "id", "lt", "nl", "pl", "pt", "sw", "tl", "tr", "vi")


@pytest.mark.parametrize("code", LATIN)
def test_other_languages_hold_no_runs(code: str) -> None:
    assert english_runs(SENTENCES[code], code, latin=True).share == 0.0


def test_a_run_is_measured_in_letters() -> None:
    runs = english_runs("Ich ging nach Hause because they were gone.", "de", latin=True)
    assert runs.longest == 4
    assert runs.share == pytest.approx(len("becausetheyweregone") / len("IchgingnachHausebecausetheyweregone"))


def test_words_that_other_languages_share_prove_nothing() -> None:
    assert english_runs("Die man was in die week in die land.", "af", latin=True).share == 0.0


def test_a_capitalised_title_is_no_run_of_its_own() -> None:
    assert english_runs("Ayer vimos The Other World en el cine.", "es", latin=True).share == 0.0


def test_curly_apostrophes_are_apostrophes() -> None:
    assert english_runs("Er sagte, we don’t know why.", "de", latin=True) == english_runs(
        "Er sagte, we don't know why.", "de", latin=True
    )


def test_in_another_script_small_latin_words_in_a_row_count() -> None:
    runs = english_runs("Он сказал: gradient boosting works поэтому", "ru", latin=False)
    assert runs.longest == 3
    assert english_runs("Он живёт в New York и работает в Apple", "ru", latin=False).share == 0.0


def test_a_word_proves_nothing_in_a_language_that_has_it() -> None:
    assert english_runs("Bekledik her an on kez.", "tr", latin=True).share == 0.0
    assert english_runs("Me odotimme her an.", "fi", latin=True).longest == 2


def test_a_name_between_english_words_does_not_part_them() -> None:
    runs = english_runs("Wo liegt das Tal, where does Peter live now?", "de", latin=True)
    assert runs.longest == 2
    assert runs.share == pytest.approx(len("wheredoeslivenow") / len("WoliegtdasTalwheredoesPeterlivenow"))


@pytest.mark.parametrize(
    ("text", "code", "latin"),
    [("Missä kaupungissa Maija born?", "fi", True), ("Где Анна Петрова born?", "ru", False)],
)
def test_a_single_english_word_at_the_end_counts(text: str, code: str, latin: bool) -> None:
    assert english_runs(text, code, latin=latin).longest == 1


def test_a_single_word_proves_nothing_inside_a_text_or_where_cognates_abound() -> None:
    assert english_runs("Missä born Maija asuu nykyään?", "fi", latin=True).share == 0.0
    assert english_runs("Ils changent en cours de formation.", "fr", latin=True).share == 0.0


def test_share_of_english_words_is_seen_from_a_language() -> None:
    assert english_word_share("he on kai", "en") > 0.0
    assert english_word_share("he on kai", "fi") == 0.0
    assert english_word_share("", "fi") == 0.0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("¿Quién es el actor principal de la obra?", "es"),
        ("El material industrial costó poco.", "es"),
        ("Le service national de la production", "fr"),
        ("Was bedeutet dies?", "de"),
        ("Hij had in Rome gewoond.", "nl"),
        ("Dia naik lift.", "id"),
    ],
)
def test_words_that_latin_or_trade_left_everywhere_prove_nothing(text: str, code: str) -> None:
    assert english_runs(text, code, latin=True).share == 0.0
