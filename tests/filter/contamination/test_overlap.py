from __future__ import annotations

import random
import unicodedata

import pytest

from synth.filter.contamination import TestText, build_index, overlap
from tests.filter.dedup.reference import ALPHABETS, LANGS


def sentences(script: str, count: int, seed: int) -> list[str]:
    """Sentences with marks; 18 to 40 words, or 60 to 120 characters where words are not spaced."""
    rng = random.Random(seed)
    letters = ALPHABETS[script]
    if script in ("Hani", "Thai"):
        mark = "，" if script == "Hani" else " "
        return [mark.join("".join(rng.choices(letters, k=rng.randint(5, 12))) for _ in range(10)) for _ in range(count)]
    words = ["".join(rng.choices(letters, k=rng.randint(2, 8))) for _ in range(2000)]
    texts = []
    for _ in range(count):
        chosen = rng.choices(words, k=rng.randint(18, 40))
        chosen = [word + rng.choice([",", ";"]) if rng.random() < 0.1 else word for word in chosen]
        texts.append(" ".join(chosen).capitalize() + ".")
    return texts


def plant(host: str, test: str, script: str, rng: random.Random) -> str:
    """Put 13 words in a row, or 30 characters, of a test text into the middle of another."""
    if script in ("Hani", "Thai"):
        at = rng.randrange(len(test) - 29)
        return host[: len(host) // 2] + test[at : at + 30] + host[len(host) // 2 :]
    words, hosts = test.split(), host.split()
    at = rng.randrange(len(words) - 12)
    half = len(hosts) // 2
    return " ".join([*hosts[:half], *words[at : at + 13], *hosts[half:]])


@pytest.mark.parametrize("script", sorted(ALPHABETS))
def test_planted_overlaps_are_found_and_clean_rows_are_not(script: str) -> None:
    lang, rng = LANGS[script], random.Random(1)
    tests = sentences(script, 300, seed=1)
    index = build_index(TestText("xnli", lang, "premise", text) for text in tests)
    clean = sentences(script, 1000, seed=2)
    planted = [plant(host, rng.choice(tests), script, rng) for host in clean]
    found = overlap(planted, lang, index)
    assert sum(value is not None for value in found) >= 0.99 * len(planted)
    assert {value.test_sets for value in found if value} == {("xnli",)}
    assert sum(value is not None for value in overlap(clean, lang, index)) <= 0.001 * len(clean)


def test_other_case_marks_and_width_do_not_hide_an_overlap() -> None:
    text = "the quick brown fox jumps over the lazy dog and runs into the dark forest tonight"
    index = build_index([TestText("mlqa", "en", "context", text)])
    changed = "THE quick, brown fox -- jumps over; the 'lazy' dog and runs into the dark ｆｏｒｅｓｔ tonight!"
    (found,) = overlap([changed], "en", index)
    assert found is not None
    assert found.share == 1.0
    assert found.excerpt == "the quick brown fox jumps over the lazy dog and runs into the"


def _digits(text: str, zero: str) -> str:
    return text.translate({ord("0") + n: ord(zero) + n for n in range(10)})


GERMAN = "Die große Straße führte außerhalb der Stadt weiß gestrichen vorbei an süßen Häusern und Flüssen"
TURKISH = "İstanbul ve İzmir arasında ısıtma sistemi kurulan yeni demiryolu hattı dün sabah açıldı diye İlker"
GREEK = "Ο γέρος ψαράς επισκευάζει τα δίχτυα του πριν βγει ο ήλιος ΐσως κάθε μέρα στο νησί"
HINDI = "यह पुल सन 1987 में सेना ने नदी पर बनाया था और 24 साल बाद बंद हुआ"
ARABIC = "بنى الجيش الجسر في عام 1987 على النهر ثم أغلق بعد 24 سنة من بنائه بسبب الفيضان"
PERSIAN = "او می‌رود به خانه‌ای که در کنار رودخانه است و کتاب‌ها را می‌خواند و سپس می‌خوابد"
THAI = "ชาวประมงแก่ซ่อมอวนในปี 1987 ก่อนพระอาทิตย์ขึ้นและกลับบ้าน"


@pytest.mark.parametrize(
    ("lang", "text", "changed"),
    [
        ("de", GERMAN, GERMAN.casefold()),
        ("de", GERMAN, GERMAN.upper()),
        ("tr", TURKISH, TURKISH.lower()),
        ("tr", TURKISH, TURKISH.upper()),
        ("el", GREEK, GREEK.upper()),
        ("el", GREEK, unicodedata.normalize("NFD", GREEK.casefold())),
        ("hi", HINDI, _digits(HINDI, "०")),
        ("ar", ARABIC, _digits(ARABIC, "٠")),
        ("ar", ARABIC, " ".join(f"\u200f{word}" for word in ARABIC.split())),
        ("ar", ARABIC, ARABIC.replace("جسر", "جســر")),
        ("fa", PERSIAN, PERSIAN.replace("\u200c", "")),
        ("th", THAI, _digits(THAI, "๐")),
        ("th", THAI, THAI.replace("ก่อน", "\u200bก่อน\u200b")),
    ],
)
def test_digits_of_the_script_full_case_folding_and_what_is_unseen_hide_nothing(
    lang: str, text: str, changed: str
) -> None:
    index = build_index([TestText("mlqa", lang, "context", text)])
    assert text != changed
    (found,) = overlap([f"{changed} 1 2 3"], lang, index)
    assert found is not None


def test_zero_width_characters_count_in_thirty_characters_as_they_stand() -> None:
    text = "ชาวประมงแก่\u200bซ่อมอวนของเขา\u200bก่อนพระอาทิตย์ขึ้นและกลับบ้าน"
    index = build_index([TestText("mlqa", "th", "context", text)])
    assert overlap([f"ก่อน{text[5:35]}นาน"], "th", index)[0] is not None


def test_thirty_characters_with_blanks_side_by_side_are_found() -> None:
    text = "教师的平均年龄正在  下降，教师们比前几年更年轻。越来越多的人  来到学校工作"
    index = build_index([TestText("xquad", "zh", "context", text)])
    assert overlap([f"我喜欢{text[1:31]}这本书"], "zh", index)[0] is not None


def test_overlap_says_which_sets_and_how_much() -> None:
    words = [f"w{number}" for number in range(40)]
    index = build_index(
        [TestText("xquad", "es", "context", " ".join(words[:20])), TestText("mlqa", "es", "context", " ".join(words))]
    )
    other = [f"x{number}" for number in range(20)]
    clean, inside, half = overlap([" ".join(other), " ".join(words), " ".join(words[:20] + other)], "es", index)
    assert clean is None
    assert inside is not None and (inside.test_sets, inside.ngrams, inside.share) == (("xquad", "mlqa"), 28, 1.0)
    assert half is not None and (half.ngrams, half.whole) == (8, False)
    assert half.share == pytest.approx(8 / 28)


def test_a_short_test_text_counts_when_a_field_equals_it_whole() -> None:
    index = build_index(
        [
            TestText("xcopa", "sw", "premise", "Mtu huyo alifungua mlango wa nyumba yake polepole."),
            TestText("xcopa", "sw", "choice1", "Alicheka sana."),
        ]
    )
    found = overlap(
        [
            "mtu huyo alifungua mlango wa nyumba yake polepole",
            "Jana mtu huyo alifungua mlango wa nyumba yake polepole.",
            "Alicheka sana.",
        ],
        "sw",
        index,
    )
    assert found[0] is not None and found[0].whole
    assert found[1:] == [None, None]


def test_languages_do_not_mix_and_an_unknown_one_is_clean() -> None:
    text = " ".join(f"w{number}" for number in range(30))
    index = build_index([TestText("xnli", "es", "premise", text)])
    assert overlap([text], "es", index)[0] is not None
    assert overlap([text], "fr", index) == [None]
    assert overlap([], "es", index) == []
    assert overlap(["", "a", "..."], "es", index) == [None, None, None]


def test_the_answer_for_a_row_does_not_depend_on_its_neighbours() -> None:
    tests = sentences("Latn", 50, seed=1)
    index = build_index(TestText("xnli", "es", "premise", text) for text in tests)
    rng = random.Random(5)
    rows = [*tests[:20], *sentences("Latn", 3000, seed=3)]
    rng.shuffle(rows)
    together = overlap(rows, "es", index)
    assert together == [overlap([row], "es", index)[0] for row in rows]
    assert sum(value is not None for value in together) == 20
