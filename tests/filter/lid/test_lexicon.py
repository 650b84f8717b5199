"""The English words and what they prove in which language."""

import pytest
import yaml

from synth.filter.lid.lexicon import lexicon, lexicon_bytes, participle, past, third_person
from synth.languages import LANGUAGES


@pytest.mark.parametrize(
    ("verb", "doubled", "forms"),
    [
        ("walk", "", ("walks", "walked", "walking")),
        ("watch", "", ("watches", "watched", "watching")),
        ("try", "", ("tries", "tried", "trying")),
        ("play", "", ("plays", "played", "playing")),
        ("like", "", ("likes", "liked", "liking")),
        ("agree", "", ("agrees", "agreed", "agreeing")),
        ("tie", "", ("ties", "tied", "tying")),
        ("stop", "p", ("stops", "stopped", "stopping")),
    ],
)
def test_regular_forms(verb: str, doubled: str, forms: tuple[str, str, str]) -> None:
    assert (third_person(verb), past(verb, doubled), participle(verb, doubled)) == forms
    assert set(forms) <= lexicon().words


def test_what_a_language_has_itself_is_not_distinctive_there() -> None:
    assert {"was", "die", "her", "over"}.isdisjoint(lexicon("nl").distinctive)
    assert {"was", "die"} <= lexicon("fi").distinctive
    assert "hotel" not in lexicon("fi").distinctive


def test_words_that_prove_are_words() -> None:
    for code in LANGUAGES:
        known = lexicon(code)
        assert known.alone <= known.distinctive < known.words


def test_the_lists_name_languages_of_the_fifty_and_words_of_the_lexicon() -> None:
    lists = yaml.safe_load(lexicon_bytes())
    assert set(" ".join(lists["shared"]).split()) - {"any"} <= set(LANGUAGES)
    assert set(lists["cognate"].split()) <= set(LANGUAGES)
    for code, words in lists["shared"].items():
        assert set(words.split()) <= lexicon().words, code
