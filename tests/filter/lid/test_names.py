"""Names are no other language: text around them is judged without them."""

from __future__ import annotations

import pytest

from synth.filter.lid import Answer, Judge
from synth.filter.lid.names import without_capitalised, without_latin_names

pytest.importorskip("pycld2", reason="language ID needs the extra 'lid'")
pytest.importorskip("fasttext", reason="language ID needs the extra 'lid'")

WITH_NAMES = {
    "ko": "Blue Lake 위원회와 Old Mill 위원회가 합쳐져 Silver Creek 위원회가 생겼습니다.",
    "zh": "Blue Lake 委员会与 Old Mill 委员会合并后，Silver Creek 委员会成立了。",
    "ru": "Группа Blue Lake Travellers выпустила альбом Silver Creek Revisited в прошлом году.",
    "th": "วง Blue Lake Travellers ออกอัลบั้ม Silver Creek Revisited เมื่อปีที่แล้ว",
    "de": "Nach dem Umzug besuchte sie die Silver Creek High School in Old Mill, Nebraska, und spielte dort Handball.",
    "es": "Tras la mudanza estudió en la Silver Creek High School de Old Mill, Nebraska, y jugó allí al balonmano.",
}
ENGLISH = "the committee of the old mill joined with that of the blue lake last year"


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge()


@pytest.mark.parametrize("code", WITH_NAMES)
def test_a_text_full_of_english_names_is_right(judge: Judge, code: str) -> None:
    assert judge.judge(WITH_NAMES[code], code).answer is Answer.RIGHT


@pytest.mark.parametrize("code", WITH_NAMES)
def test_an_english_remainder_is_still_wrong(judge: Judge, code: str) -> None:
    assert judge.judge(f"{WITH_NAMES[code]} {ENGLISH}", code).answer is Answer.WRONG
    assert judge.judge(ENGLISH.title(), code).answer is not Answer.RIGHT


def test_english_in_capitals_with_a_foreign_word_is_not_right(judge: Judge) -> None:
    assert judge.judge("The Old Mill Joined With The Blue Lake 위원회", "ko").answer is Answer.WRONG
    assert judge.judge("Uske Papa Ke Paas Do Hazaar Acre Ke Khet The", "hi").answer is Answer.WRONG


def test_small_latin_letters_stay_and_particles_stay() -> None:
    assert without_latin_names("Émile Zola의 책, the book of life").split() == [
        "의",
        "책,",
        "the",
        "book",
        "of",
        "life",
    ]


def test_a_gloss_in_brackets_goes_and_a_translation_in_them_stays() -> None:
    assert without_latin_names("횡파(transverse wave)는 파동이다 （wave, 2）").split() == ["횡파", "는", "파동이다"]
    assert without_latin_names("морады (братья the brothers)") == "морады (братья the brothers)"


def test_capitals_at_the_head_of_a_sentence_stay() -> None:
    text = "Durch den Wald. Kinder spielen im Garten: «Wir bleiben»\nMorgen kommt Anna-Lena"
    assert without_capitalised(text).split() == [
        "Durch", "den", ".", "Kinder", "spielen", "im", ":", "«Wir", "bleiben»", "Morgen", "kommt",
    ]  # fmt: skip


def test_what_links_the_words_of_an_english_title_goes_with_them() -> None:
    text = "Ella trabaja en la Society for the Care of the Elderly desde mayo."
    assert "for the" not in without_capitalised(text)
    assert "desde mayo" in without_capitalised(text)
