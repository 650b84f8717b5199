"""The judge: right, wrong or cannot judge, for texts that a user of the filter meets."""

import sys
import unicodedata
from pathlib import Path

import pytest

from synth.errors import BadFlag
from synth.filter.lid import Answer, Judge, Why
from tests.filter.lid.sentences import SENTENCES

pytest.importorskip("pycld2", reason="language ID needs the extra 'lid'")
pytest.importorskip("fasttext", reason="language ID needs the extra 'lid'")

LATIN = ("de", "es", "fi", "fr", "hu", "lt", "nl", "pl", "pt", "sw", "tl", "tr")


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge()


@pytest.mark.parametrize("code", SENTENCES)
def test_text_in_the_expected_language_is_right(judge: Judge, code: str) -> None:
    found = judge.judge(SENTENCES[code], code)
    assert (found.answer, found.detected) == (Answer.RIGHT, code)
    assert found.script_share == 1.0


def test_text_in_another_language_is_never_right(judge: Judge) -> None:
    pairs = [(text, other) for code, text in SENTENCES.items() for other in SENTENCES if other != code]
    found = judge.judge_batch([text for text, _ in pairs], [other for _, other in pairs])
    assert [pair for pair, each in zip(pairs, found, strict=True) if each.answer is Answer.RIGHT] == []
    assert sum(each.answer is Answer.WRONG for each in found) > 0.97 * len(pairs)


def test_untranslated_english_is_wrong_for_every_language(judge: Judge) -> None:
    for code in SENTENCES.keys() - {"en"}:
        found = judge.judge(SENTENCES["en"], code)
        assert (found.answer, found.detected) == (Answer.WRONG, "en"), code


@pytest.mark.parametrize("code", LATIN)
def test_half_english_is_wrong_and_its_english_is_measured(judge: Judge, code: str) -> None:
    words = SENTENCES[code].split()
    start = " ".join(words[: len(words) // 2])
    found = judge.judge(f"{start} until the evening because the weather was so nice.", code)
    assert (found.answer, found.why) == (Answer.WRONG, Why.ENGLISH)
    assert found.english_share is not None
    assert 0.3 < found.english_share < 0.9


def test_english_left_in_another_script_is_wrong(judge: Judge) -> None:
    found = judge.judge("Вчера дети играли в саду до самого вечера because the weather was very nice.", "ru")
    assert (found.answer, found.why) == (Answer.WRONG, Why.ENGLISH)


def test_an_english_title_in_a_sentence_is_no_half_translation(judge: Judge) -> None:
    text = (
        "Gestern Abend lief im Kino noch einmal der alte Film The Sound of Music, den meine Großmutter so gern mochte."
    )
    assert judge.judge(text, "de").answer is Answer.RIGHT


def test_script_decides_before_any_detector(judge: Judge) -> None:
    romanised = judge.judge("Kal bachche shaam tak bageeche mein khelte rahe kyunki mausam bahut achha tha", "hi")
    assert (romanised.answer, romanised.why, romanised.script_share) == (Answer.WRONG, Why.SCRIPT, 0.0)
    assert judge.judge("公园", "es").answer is Answer.WRONG
    assert judge.judge("สวัสดี", "th").answer is Answer.RIGHT


@pytest.mark.parametrize("text", ["Bank", "OK", "Ja.", "Paris"])
def test_short_text_cannot_be_judged(judge: Judge, text: str) -> None:
    found = judge.judge(text, "de")
    assert (found.answer, found.why) == (Answer.CANNOT_JUDGE, Why.TOO_SHORT)


@pytest.mark.parametrize("text", ["", "   ", "42", "3.14 % (2021)", "https://example.org/der-lange-weg", "\x00\ud800"])
def test_text_without_letters_cannot_be_judged(judge: Judge, text: str) -> None:
    found = judge.judge(text, "de")
    assert (found.answer, found.why, found.script_share) == (Answer.CANNOT_JUDGE, Why.NO_LETTERS, None)


def test_an_abbreviation_is_no_wrong_script(judge: Judge) -> None:
    assert judge.judge("DNA", "ru").answer is Answer.CANNOT_JUDGE


def test_malay_and_indonesian_are_flagged_and_never_called_wrong(judge: Judge) -> None:
    own = judge.judge(SENTENCES["id"], "id")
    other = judge.judge(SENTENCES["id"], "ms")
    assert own.confusable and other.confusable
    assert (other.answer, other.why, other.detected) == (Answer.CANNOT_JUDGE, Why.TWINS, "id")
    assert not judge.judge(SENTENCES["fr"], "ms").confusable


def test_a_near_relative_is_flagged(judge: Judge) -> None:
    found = judge.judge(SENTENCES["af"], "nl")
    assert found.answer is not Answer.RIGHT
    assert found.confusable


@pytest.mark.parametrize("code", ["vi", "fr", "ko", "tr"])
def test_decomposed_text_gets_the_same_judgement(judge: Judge, code: str) -> None:
    decomposed = unicodedata.normalize("NFD", SENTENCES[code])
    assert decomposed != SENTENCES[code]
    assert judge.judge(decomposed, code) == judge.judge(SENTENCES[code], code)


def test_batch_equals_single_and_is_repeatable(judge: Judge) -> None:
    texts, codes = [*SENTENCES.values(), "Tom is by ons.", "Una homa."], [*SENTENCES, "af", "sw"]
    batch = judge.judge_batch(texts, codes)
    assert batch == [judge.judge(text, code) for text, code in zip(texts, codes, strict=True)]
    assert batch[::-1] == Judge().judge_batch(texts[::-1], codes[::-1])


def test_control_characters_do_not_stop_the_detectors(judge: Judge) -> None:
    text = SENTENCES["es"].replace(" ", " \x00\x1b\ufffe\ud83d ")
    assert judge.judge(text, "es").answer is Answer.RIGHT


def test_unknown_language_code_is_named(judge: Judge) -> None:
    with pytest.raises(BadFlag, match="'xx'"):
        judge.judge("text", "xx")


def test_unknown_detector_is_named() -> None:
    with pytest.raises(BadFlag, match=r"'cld9'.*cld2, fasttext, langdetect"):
        Judge(["cld9"])


@pytest.mark.parametrize("module", ["pycld2", "fasttext", "langdetect"])
def test_a_missing_package_is_named_and_the_others_go_on(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("synth.filter.lid.") and module[-4:] in name]:
        monkeypatch.delitem(sys.modules, name)
    for name in (module, f"{module}.FastText", f"{module}_rs"):
        monkeypatch.setitem(sys.modules, name, None)
    judge = Judge()
    (missing,) = judge.missing.items()
    assert missing[0] == module.removeprefix("py")
    assert "pip install" in missing[1]
    assert judge.judge(SENTENCES["de"], "de").answer is Answer.RIGHT
    assert judge.judge(SENTENCES["fr"], "de").answer is Answer.WRONG


def test_a_language_that_no_detector_knows_cannot_be_judged() -> None:
    judge = Judge(["fasttext", "langdetect"])
    found = judge.judge("Xale yi dañu doon fo ci tool bi ba ngoon ndax jaww ji dafa neexoon lool.", "wo")
    assert (found.answer, found.why) == (Answer.CANNOT_JUDGE, Why.UNKNOWN)
    assert judge.coverage("wo") == {"fasttext": "lacks", "langdetect": "lacks"}


def test_without_detectors_the_script_still_decides() -> None:
    judge = Judge([])
    assert judge.judge(SENTENCES["th"], "th").answer is Answer.RIGHT
    assert judge.judge(SENTENCES["th"], "de").answer is Answer.WRONG
    assert judge.judge(SENTENCES["fr"], "de").answer is Answer.CANNOT_JUDGE


def test_identity_names_packages_model_and_rules(judge: Judge) -> None:
    assert judge.identity["fasttext"]["model"] == "lid.176.ftz"
    assert len(judge.identity["fasttext"]["sha256"]) == 64
    assert judge.identity["cld2"]["package"].startswith("pycld2 ")
    assert judge.identity["rules"] == Judge([]).identity["rules"]


REAL = Path(__file__).resolve().parents[3] / "../shared/realdata/lid"


@pytest.mark.skipif(not REAL.is_dir(), reason="the shared language ID text is not here")
def test_rates_on_real_text(judge: Judge) -> None:
    single, joined, wrong = {}, {}, 0.0
    for path in sorted(REAL.glob("*.txt")):
        lines = path.read_text("utf-8").splitlines()
        threes = [" ".join(lines[at : at + 3]) for at in range(0, len(lines) - 2, 3)]
        single[path.stem] = accepted(judge, lines, path.stem)
        joined[path.stem] = accepted(judge, threes, path.stem)
        wrong += sum(accepted(judge, lines[::35], other) for other in ("de", "sw", "ru", "en") if other != path.stem)
    assert sum(single.values()) / len(single) > 0.965
    assert sum(joined.values()) / len(joined) > 0.985
    assert min(share for code, share in single.items() if code not in ("id", "ms")) > 0.88
    assert wrong / (4 * len(single) - 4) < 0.005


def accepted(judge: Judge, texts: list[str], code: str) -> float:
    found = judge.judge_batch(texts, [code] * len(texts))
    return sum(each.answer is Answer.RIGHT for each in found) / len(texts)
