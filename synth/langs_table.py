"""What `synth langs` prints: one row a language, as a table for people or as one JSON object for programs."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from synth.languages import LANGUAGES, TIER_SOURCE, Language

# Width of the table, in columns, where the terminal does not say: a pipe or a file should get whole rows.
_WIDTH_WITHOUT_TERMINAL: Final = 200

_HEADINGS: Final = (
    "code",
    "language",
    "endonym",
    "script",
    "family",
    "tier",
    "other codes",
    "detectors",
    "tasks",
    "teachers",
)
_CAPTION: Final = (
    f"tier: {TIER_SOURCE}\n"
    "tasks: how many test sets of XTREME-R, PAWS-X and BUCC hold the language\n"
    "teachers: the profiles that were made for it"
)


@dataclass(frozen=True, slots=True)
class LanguageRow:
    """A language with what depends on this installation: the teacher profiles that were made for it."""

    language: Language
    teachers: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The row as plain values, codes of other tools under `codes`, detectors that know it under `detectors`."""
        language = self.language
        return {
            "code": language.code,
            "name": language.name,
            "endonym": language.endonym,
            "scripts": list(language.scripts),
            "direction": language.direction.value,
            "spaced": language.spaced,
            "family": language.family,
            "tier": language.tier,
            "xlmr": language.xlmr,
            "mt5": language.mt5,
            "codes": _codes(language),
            "detectors": list(detectors(language)),
            "xtreme_tasks": list(language.xtreme),
            "teachers": list(self.teachers),
        }


def _codes(language: Language) -> dict[str, list[str]]:
    return {
        "iso639_3": list(language.iso_members),
        "flores": list(language.flores),
        "fasttext": list(language.fasttext),
        "cld2": list(language.cld2),
        "langdetect": list(language.langdetect),
    }


def detectors(language: Language) -> tuple[str, ...]:
    """The language identifiers that can tell this language at all (facts of their label lists, not of accuracy)."""
    known = {"cld2": language.cld2, "fasttext": language.fasttext, "langdetect": language.langdetect}
    return tuple(name for name, labels in known.items() if labels)


def language_rows(teachers: Mapping[str, frozenset[str]]) -> tuple[LanguageRow, ...]:
    """One row for each of the 50 languages, in XTREME-R's order.

    Args:
        teachers: Teacher profile to the codes it covers.
    """
    return tuple(
        LanguageRow(language, tuple(profile for profile, codes in teachers.items() if code in codes))
        for code, language in LANGUAGES.items()
    )


def languages_json(teachers: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    """The JSON object of `synth langs --json`: where tiers come from, and the list of languages."""
    return {"tier_source": TIER_SOURCE, "languages": [row.as_json() for row in language_rows(teachers)]}


def print_languages(json: bool, teachers: Mapping[str, frozenset[str]]) -> None:
    """Print the 50 languages to standard output.

    Args:
        json: One JSON object instead of a table.
        teachers: Teacher profile to the codes it covers.
    """
    if json:
        sys.stdout.write(json_module.dumps(languages_json(teachers), ensure_ascii=False, indent=2) + "\n")
    else:
        _print_table(teachers)


def _print_table(teachers: Mapping[str, frozenset[str]]) -> None:
    from rich.box import SIMPLE_HEAD  # rich only where a table is drawn: not for --json, not for --help
    from rich.console import Console
    from rich.table import Table

    table = Table(title="The 50 languages of XTREME-R", caption=_CAPTION, box=SIMPLE_HEAD)
    table.title_justify = table.caption_justify = "left"
    for heading in _HEADINGS:
        table.add_column(heading, no_wrap=heading in {"code", "language"})
    for row in language_rows(teachers):
        table.add_row(*_cells(row, teachers))
    console = Console(file=sys.stdout)
    if not console.is_terminal:
        console.width = max(console.width, _WIDTH_WITHOUT_TERMINAL)
    console.print(table)


def _cells(row: LanguageRow, teachers: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    language = row.language
    return (
        language.code,
        language.name,
        language.endonym,
        " ".join(language.scripts),
        language.family,
        str(language.tier),
        " ".join(_other_codes(language)),
        " ".join(detectors(language)),
        str(len(language.xtreme)),
        _teachers_cell(row.teachers, tuple(teachers)),
    )


def _teachers_cell(covering: tuple[str, ...], profiles: tuple[str, ...]) -> str:
    """The profiles that cover a language in the fewest words: "all", "all but x", "none", or their names."""
    missing = [profile for profile in profiles if profile not in covering]
    if not covering:
        return "none"
    if not missing:
        return "all"
    if len(missing) < len(covering):
        return f"all but {', '.join(missing)}"
    return ", ".join(covering)


def _other_codes(language: Language) -> tuple[str, ...]:
    """Codes of other tools that differ from ours, once each."""
    codes = (*language.flores, *language.cld2, *language.langdetect)
    return tuple(dict.fromkeys(code for code in codes if code != language.code))
