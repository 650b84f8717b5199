"""The language table against independent sources, and what users may write after --langs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from synth.errors import BadFlag
from synth.langs_table import languages_json, print_languages
from synth.languages import LANGUAGES, TARGETS, canonical_code, get_language, parse_languages
from synth.nearest import did_you_mean, nearest

PUBLISHED_ORDER = (
    "af ar az bg bn de el en es et eu fa fi fr gu he hi ht hu id it ja jv ka kk ko lt ml mr ms my nl pa pl pt qu ro ru "
    "sw ta te th tl tr uk ur vi wo yo zh"
)
XTREME_R = PUBLISHED_ORDER.split()
LID = Path(__file__).resolve().parents[1] / "../shared/realdata/lid"


def test_the_fifty_languages_in_order() -> None:
    assert list(LANGUAGES) == XTREME_R
    assert list(TARGETS) == [code for code in XTREME_R if code != "en"]


def test_task_coverage_has_the_published_sizes() -> None:
    """Sizes of XTREME_R_TASK2LANGS in the official evaluate.py, and of XTREME's PAWS-X and BUCC."""
    sizes = {"xnli": 15, "xcopa": 11, "udpos": 38, "panx": 48, "xquad": 12, "mlqa": 7, "tydiqa": 9, "tatoeba": 41}
    sizes |= {"mewslix": 11, "lareqa": 11, "pawsx": 7, "bucc2018": 4}
    found = {task: sum(task in language.xtreme for language in LANGUAGES.values()) for task in sizes}
    assert found == sizes
    assert {task for language in LANGUAGES.values() for task in language.xtreme} == set(sizes)


def test_every_language_is_described() -> None:
    for code, language in LANGUAGES.items():
        assert language.code == code
        assert language.name and language.endonym and language.family
        assert 0 <= language.tier <= 5
        assert all(len(iso) == 3 for iso in language.iso_members), code
        assert language.flores and language.cld2, code
        assert language.xtreme, f"{code} is in XTREME-R because some task tests it"


def test_families_are_those_of_the_paper() -> None:
    """XTREME-R speaks of 14 families and two isolates."""
    families = {language.family for language in LANGUAGES.values()}
    isolates = {family for family in families if family.startswith("isolate")}
    assert len(isolates) == 2
    assert len(families - isolates) == 14


def test_pretraining_coverage() -> None:
    assert {code for code, language in LANGUAGES.items() if not language.xlmr} == {"ht", "qu", "wo", "yo"}
    assert {code for code, language in LANGUAGES.items() if not language.mt5} == {"qu", "wo"}


def test_labels_exist_in_cld2() -> None:
    pycld2 = pytest.importorskip("pycld2")
    known = {code for _, code in pycld2.LANGUAGES}
    assert {label for language in LANGUAGES.values() for label in language.cld2} <= known


def test_langdetect_labels_are_its_profiles() -> None:
    langdetect = pytest.importorskip("langdetect")
    profiles = {path.name for path in (Path(langdetect.__file__).parent / "profiles").iterdir()}
    ours = {label for language in LANGUAGES.values() for label in language.langdetect}
    assert ours <= profiles
    uncovered = {code for code, language in LANGUAGES.items() if not language.langdetect}
    assert not uncovered & profiles


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("iw", "he"),
        ("jw", "jv"),
        ("fil", "tl"),
        ("zh-CN", "zh"),
        ("zh-Hant", "zh"),
        ("zho_Hant", "zh"),
        ("cmn_Hani", "zh"),
        ("swh_Latn", "sw"),
        ("__label__ekk_Latn", "et"),
        ("est_Latn", "et"),
        ("fas_Arab", "fa"),
        ("quz_Latn", "qu"),
        ("jpn_Jpan", "ja"),
        (" ES ", "es"),
        ("azb_Arab", None),
        ("pan_Arab", None),
        ("sr", None),
        ("", None),
    ],
)
def test_labels_of_other_tools(label: str, code: str | None) -> None:
    assert canonical_code(label) == code


def test_no_label_means_two_languages() -> None:
    owners: dict[str, set[str]] = {}
    for code, language in LANGUAGES.items():
        labels = (*language.flores, *language.lid_labels, *language.iso_members, *language.cld2, *language.langdetect)
        for label in labels:
            owners.setdefault(label.lower(), set()).add(code)
    assert {label: codes for label, codes in owners.items() if len(codes) > 1} == {}


def test_parse_languages() -> None:
    assert parse_languages("all") == TARGETS
    assert parse_languages("ALL", with_english=True) == tuple(XTREME_R)
    assert parse_languages("zh, iw,es , es,JW,fil") == ("es", "he", "jv", "tl", "zh")
    assert parse_languages("sw,en", with_english=True) == ("en", "sw")
    assert parse_languages("all,sw") == TARGETS


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("es,swahilli", ["'swahilli'", "sw (Swahili)"]),
        ("Spanish", ["'Spanish'", "es (Spanish)"]),
        ("中文", ["zh (Chinese)"]),
        ("xx", ["'xx'"]),
        (" , ", ["names no language"]),
    ],
)
def test_unknown_languages_are_named_with_the_way_out(text: str, told: list[str]) -> None:
    with pytest.raises(BadFlag) as caught:
        parse_languages(text)
    message = str(caught.value)
    assert all(part in message for part in told), message
    assert "`synth langs` lists them" in message


def test_english_is_no_translation_target() -> None:
    with pytest.raises(BadFlag, match="English is the source"):
        parse_languages("es,en")


def test_get_language() -> None:
    assert get_language("IW").name == "Hebrew"
    with pytest.raises(BadFlag, match="'klingon'"):
        get_language("klingon")


def test_nearest() -> None:
    assert nearest("mnly", ["mnli", "qqp", "squad_v1"]) == ("mnli",)
    assert nearest("squad", ["mnli", "squad_v1", "squad_v2"]) == ("squad_v1", "squad_v2")
    assert nearest("Spanish", ["polish", "spanish"]) == ("spanish",)
    assert nearest("zzz", ["mnli"]) == ()
    assert did_you_mean("mnly", ["mnli"]) == "Did you mean 'mnli'?"
    assert did_you_mean("zzz", ["mnli"]) == ""


def test_json_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_languages(True, {"small": frozenset({"es", "sw"})})
    printed = json.loads(capsys.readouterr().out)
    assert printed == languages_json({"small": frozenset({"es", "sw"})})
    rows = {row["code"]: row for row in printed["languages"]}
    assert list(rows) == XTREME_R
    assert rows["sw"]["teachers"] == ["small"]
    assert rows["ht"]["teachers"] == []
    assert rows["wo"]["detectors"] == ["cld2"]
    assert rows["he"]["codes"]["cld2"] == ["iw"]
    assert "Joshi" in printed["tier_source"]


def test_people_table(capsys: pytest.CaptureFixture[str]) -> None:
    both = frozenset({"es"})
    print_languages(False, {"a": both, "b": both, "c": frozenset({"es", "wo"}), "d": frozenset({"ht", "wo"}) | both})
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.split()}
    assert set(XTREME_R) <= set(lines)
    assert lines["es"].rstrip().endswith("all")
    assert lines["wo"].rstrip().endswith("c, d")
    assert lines["de"].rstrip().endswith("none")


def test_the_table_loads_nothing_heavy() -> None:
    """`synth --help` imports this module: no YAML, no tables of other packages."""
    code = "import sys, synth.languages; print(*{'yaml', 'rich', 'numpy', 'pydantic', 'polars'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.skipif(not LID.is_dir(), reason="the shared language samples are not here")
def test_scripts_of_real_text() -> None:
    """Every language's own sentences are in the scripts that its entry accepts, but for two lines in a hundred."""
    from synth.scripts import script_share

    for code, language in LANGUAGES.items():
        lines = (LID / f"{code}.txt").read_text(encoding="utf-8").splitlines()
        shares = [share for line in lines if (share := script_share(line, language)) is not None]
        assert sum(share >= 0.5 for share in shares) / len(shares) >= 0.98, code
