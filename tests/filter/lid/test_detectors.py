"""Detectors: what they know, models of the user, and equal answers from equivalent packages."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from synth.errors import BadFlag
from synth.filter.lid import Judge, fasttext_model
from synth.filter.lid.thresholds import load_thresholds
from synth.languages import LANGUAGES
from tests.filter.lid.sentences import SENTENCES

pytest.importorskip("pycld2", reason="language ID needs the extra 'lid'")
pytest.importorskip("fasttext", reason="language ID needs the extra 'lid'")

LANGDETECT_LACKS = {"az", "eu", "ht", "jv", "ka", "kk", "ms", "my", "qu", "wo", "yo"}


def test_declared_coverage() -> None:
    judge = Judge()
    found = {code: judge.coverage(code) for code in LANGUAGES}
    assert {code for code, each in found.items() if each["cld2"] == "lacks"} == set()
    assert {code for code, each in found.items() if each["fasttext"] == "lacks"} == {"wo"}
    assert {code for code, each in found.items() if each["langdetect"] == "lacks"} == LANGDETECT_LACKS
    assert found["qu"]["fasttext"] == "weak"


def test_langdetect_and_its_fast_twin_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("langdetect_rs", reason="compares langdetect-rs with langdetect")
    from synth.filter.lid.langdetect_profiles import LangdetectDetector

    fast = LangdetectDetector()
    monkeypatch.setitem(sys.modules, "langdetect_rs", None)
    slow = LangdetectDetector()
    assert (fast.identity["package"].split()[0], slow.identity["package"].split()[0]) == ("langdetect-rs", "langdetect")
    for text in [*SENTENCES.values(), "Bank", "parque", "...", "公园"]:
        assert fast.read(text) == slow.read(text) == slow.read(text)


def glotlid(line: str, k: int, threshold: float, errors: str) -> list[tuple[float, str]]:
    labels = ["__label__swh_Latn", "__label__pes_Arab", "__label__wol_Latn", "__label__pan_Arab", "__label__zza_Latn"]
    return list(zip([0.9, 0.05, 0.03, 0.02, 0.0], labels, strict=True))


def test_labels_of_glotlid_are_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    load: Callable[[Path], object] = lambda path: glotlid  # noqa: E731
    monkeypatch.setattr(fasttext_model, "_load", load)
    model = tmp_path / "glotlid.bin"
    model.write_bytes(b"a model")
    judge = Judge(["fasttext"], fasttext_model=model)
    # Punjabi in Arabic letters is not what XTREME-R means by pa.
    assert {code for code in LANGUAGES if judge.coverage(code)["fasttext"] == "knows"} == {"sw", "fa", "wo"}
    assert judge.judge(SENTENCES["sw"], "sw").votes == "+fasttext=sw:0.90"
    assert judge.identity["fasttext"]["model"] == "glotlid.bin"


def test_a_model_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFlag, match=r"nowhere\.bin is not a file"):
        Judge(fasttext_model=tmp_path / "nowhere.bin")
    broken = tmp_path / "broken.bin"
    broken.write_bytes(b"<html>Not found</html>" * 10)
    with pytest.raises(BadFlag, match=r"broken\.bin cannot be loaded"):
        Judge(fasttext_model=broken)


def test_thresholds_of_the_user_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    with pytest.raises(BadFlag, match=r"mine\.yaml"):
        load_thresholds(path)
    path.write_text("version: 1\nscript_shear: 0.5\n")
    with pytest.raises(BadFlag, match="script_shear"):
        load_thresholds(path)


def test_pairs_name_known_languages_and_each_other() -> None:
    rules = load_thresholds()
    codes = {code for pair in rules.confusable for code in pair}
    assert codes - set(LANGUAGES) == {"mk", "sr"}
    assert rules.twins("id") == {"ms"} and rules.twins("ms") == {"id"}
    assert rules.twins("id") <= rules.relatives("id")
    assert set(rules.fasttext_weak) <= set(LANGUAGES)
