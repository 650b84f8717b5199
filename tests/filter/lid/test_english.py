"""English words in a row, in texts of other languages."""

import pytest

from synth.filter.lid.english import english_runs, lexicon
from tests.filter.lid.sentences import SENTENCES

LATIN = ("af", "az", "de", "es", "et", "fi", "fr", "hu", "id", "lt", "nl", "pl", "pt", "sw", "tl", "tr", "vi")


@pytest.mark.parametrize("code", LATIN)
def test_other_languages_hold_no_runs(code: str) -> None:
    assert english_runs(SENTENCES[code], latin=True).share == 0.0


def test_a_run_is_measured_in_letters() -> None:
    runs = english_runs("Ich ging nach Hause because they were gone.", latin=True)
    assert runs.longest == 4
    assert runs.share == pytest.approx(len("becausetheyweregone") / len("IchgingnachHausebecausetheyweregone"))


def test_words_that_other_languages_share_prove_nothing() -> None:
    assert english_runs("Die man was in die week in die land.", latin=True).share == 0.0


def test_a_capitalised_title_is_no_run_of_its_own() -> None:
    assert english_runs("Ayer vimos The Other World en el cine.", latin=True).share == 0.0


def test_curly_apostrophes_are_apostrophes() -> None:
    assert english_runs("Er sagte, we don’t know why.", latin=True) == english_runs(
        "Er sagte, we don't know why.", latin=True
    )


def test_in_another_script_small_latin_words_in_a_row_count() -> None:
    runs = english_runs("Он сказал: gradient boosting works поэтому", latin=False)
    assert runs.longest == 3
    assert english_runs("Он живёт в New York и работает в Apple", latin=False).share == 0.0


def test_lists_do_not_overlap() -> None:
    assert lexicon().distinctive < lexicon().words
    assert {"was", "die", "her", "to"}.isdisjoint(lexicon().distinctive)
