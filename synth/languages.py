"""The 50 languages of XTREME-R: their names, scripts, resource tiers, and the codes that other tools give them.

The facts and their sources are in `synth.language_table`; this module gives them a type, and reads what users write
after `--langs`. Resource tiers are the classes of Joshi et al. 2020 ("The State and Fate of Linguistic Diversity and
Inclusion in the NLP World"), 0 the poorest, 5 the richest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from synth import language_table as table
from synth.errors import BadFlag
from synth.nearest import nearest

TIER_SOURCE: Final = "Joshi et al. 2020, class 0 (poorest) to 5 (richest)"

# ISO 15924 codes that stand for several scripts, and the scripts of single letters that they are made of.
_COMPOUND_SCRIPTS: Final = {"Jpan": ("Hira", "Kana", "Hani")}
# Labels of FLORES and GlotLID tell simplified from traditional; as scripts of letters both are Hani.
_SCRIPT_SPELLINGS: Final = {"Hani": ("Hani", "Hans", "Hant")}


class Direction(StrEnum):
    """The direction in which a language is written."""

    LTR = "ltr"
    RTL = "rtl"


@dataclass(frozen=True, slots=True)
class Language:
    """One language of XTREME-R.

    Args:
        code: XTREME-R's code, an ISO 639-1 code; the key everywhere in Synth.
        name: English name.
        endonym: The language's name in itself.
        scripts: ISO 15924 codes accepted for it, the main one first ("Jpan" for Japanese, "Hani" for Chinese).
        direction: Left to right, or right to left.
        spaced: Whether spaces separate words (False for Japanese, Burmese, Thai, Chinese).
        family: Language family, or isolate, as the XTREME-R paper groups them.
        tier: Class 0 to 5 of Joshi et al. 2020.
        xlmr, mt5: Whether the pre-training data of XLM-R, of mT5, holds it.
        iso639_3: ISO 639-3 code that Tatoeba and XTREME use.
        iso_members: All ISO 639-3 codes that stand for it, `iso639_3` first (macro-language, standard members).
        flores: FLORES-200 and NLLB codes; two for Chinese (simplified first).
        fasttext, cld2, langdetect: Labels in fastText's lid.176, CLD2, langdetect; empty where the tool lacks it.
        xtreme: Tasks whose test data hold it (XTREME-R's ten, and `pawsx` and `bucc2018` of XTREME).
    """

    code: str
    name: str
    endonym: str
    scripts: tuple[str, ...]
    direction: Direction
    spaced: bool
    family: str
    tier: int
    xlmr: bool
    mt5: bool
    iso639_3: str
    iso_members: tuple[str, ...]
    flores: tuple[str, ...]
    fasttext: tuple[str, ...]
    cld2: tuple[str, ...]
    langdetect: tuple[str, ...]
    xtreme: tuple[str, ...]

    @property
    def main_script(self) -> str:
        """The ISO 15924 code of the script a teacher is asked for."""
        return self.scripts[0]

    @property
    def letter_scripts(self) -> frozenset[str]:
        """Scripts of single letters accepted for it: `scripts` with Jpan taken apart into Hira, Kana and Hani."""
        return letter_scripts(self.scripts)

    @property
    def lid_labels(self) -> tuple[str, ...]:
        """Labels of GlotLID, OpenLID and NLLB-style identifiers that mean this language in an accepted script.

        Every member code is combined with every accepted script, so that the models' versions (`est_Latn` and
        `ekk_Latn`, `pes_Arab` and `fas_Arab`, `cmn_Hani` and `zho_Hans`) are all understood.
        """
        scripts = [spelling for script in self.scripts for spelling in _SCRIPT_SPELLINGS.get(script, (script,))]
        return tuple(f"{iso}_{script}" for iso in self.iso_members for script in scripts)


def letter_scripts(scripts: tuple[str, ...]) -> frozenset[str]:
    """The scripts of single letters that a tuple of ISO 15924 codes stands for."""
    return frozenset(part for script in scripts for part in _COMPOUND_SCRIPTS.get(script, (script,)))


def _labels(exceptions: Mapping[str, str], code: str) -> tuple[str, ...]:
    return tuple(exceptions.get(code, code).split())


def _language(facts: table.LanguageFacts) -> Language:
    code, scripts, iso = facts.code, tuple(facts.scripts.split()), tuple(facts.iso.split())
    return Language(
        code=code,
        name=facts.name,
        endonym=facts.endonym,
        scripts=scripts,
        direction=Direction.RTL if code in table.RIGHT_TO_LEFT else Direction.LTR,
        spaced=code not in table.UNSPACED,
        family=facts.family,
        tier=facts.tier,
        xlmr=code not in table.NOT_IN_XLMR,
        mt5=code not in table.NOT_IN_MT5,
        iso639_3=iso[0],
        iso_members=iso,
        flores=tuple(table.FLORES.get(code, f"{iso[0]}_{scripts[0]}").split()),
        fasttext=_labels(table.FASTTEXT, code),
        cld2=_labels(table.CLD2, code),
        langdetect=_labels(table.LANGDETECT, code),
        xtreme=tuple(task for task, codes in table.TASK_LANGUAGES.items() if code in codes.split()),
    )


LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType({facts.code: _language(facts) for facts in table.FACTS})
"""The 50 languages by code, in XTREME-R's order (alphabetical by code)."""

ENGLISH: Final = LANGUAGES["en"]
"""The source language."""

TARGETS: Final[tuple[str, ...]] = tuple(code for code in LANGUAGES if code != ENGLISH.code)
"""The 49 other codes, in order: what `--langs all` means for translation."""


def _spellings() -> dict[str, str]:
    """Every way of writing a language's code, in lower case, to our code; our own codes win over all others."""
    found: dict[str, str] = {}
    for code, language in LANGUAGES.items():
        tools = (*language.flores, *language.lid_labels, *language.iso_members, *language.cld2, *language.langdetect)
        found.update((label.lower(), code) for label in tools)
    return found | table.ALIASES | {code: code for code in LANGUAGES}


_SPELLINGS: Final = _spellings()


def canonical_code(label: str) -> str | None:
    """Our code for a label of any tool (`iw`, `zh-Hant`, `swh_Latn`, `__label__ekk_Latn`), or None for none of the 50.

    Labels with a script that we do not accept for the language (`azb_Arab`, `pan_Arab`) are none of the 50.
    """
    return _SPELLINGS.get(label.strip().removeprefix("__label__").lower())


def get_language(code: str) -> Language:
    """The language with this code or well-known alias, upper or lower case.

    Raises:
        BadFlag: It is none of the 50; the message names the nearest ones.
    """
    return LANGUAGES[_known(code)]


def parse_languages(text: str, *, with_english: bool = False) -> tuple[str, ...]:
    """The codes in a `--langs` value, without repeats, in XTREME-R's order.

    Args:
        text: "all", or codes and aliases separated by commas.
        with_english: English may be a target too (paraphrases); then "all" holds it.

    Raises:
        BadFlag: Nothing is named, a code is unknown, or English is named where it can only be the source.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise BadFlag("--langs names no language. Write 'all' or codes such as 'es,sw,zh'; `synth langs` lists them.")
    wanted = {code for word in words for code in _expand(word, with_english)}
    return tuple(code for code in LANGUAGES if code in wanted)


def _expand(word: str, with_english: bool) -> tuple[str, ...]:
    if word.lower() == "all":
        return tuple(LANGUAGES) if with_english else TARGETS
    code = _known(word)
    if code == ENGLISH.code and not with_english:
        raise BadFlag(
            f"language {word!r}: English is the source of translation, not a target. Leave it out, or ask for "
            "paraphrases (`--kind paraphrase`), which English has too."
        )
    return (code,)


def _known(word: str) -> str:
    code = canonical_code(word)
    if code is None:
        raise BadFlag(
            f"language {word!r} is not one of the 50 of XTREME-R. {_suggestion(word)}`synth langs` lists them."
        )
    return code


def _suggestion(word: str) -> str:
    by_name = {language.name: code for code, language in LANGUAGES.items()}
    by_name |= {language.endonym: code for code, language in LANGUAGES.items()}
    found = nearest(word, [*LANGUAGES, *by_name])
    codes = dict.fromkeys(by_name.get(option, option) for option in found)
    if not codes:
        return ""
    return f"Did you mean {' or '.join(f'{code} ({LANGUAGES[code].name})' for code in codes)}? "
