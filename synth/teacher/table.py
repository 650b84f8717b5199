"""`synth teachers`: the profiles as a table for people, or as one JSON object."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from json import dumps
from typing import TYPE_CHECKING, Any

from synth.teacher.profiles import Profile, load_profiles

if TYPE_CHECKING:
    from rich.table import Table

# Width of the table, in columns, where the terminal does not say: a pipe or a file should get whole rows.
_WIDTH_WITHOUT_TERMINAL = 160


def print_teachers(json: bool) -> None:
    """Print all profiles to standard output.

    Args:
        json: One JSON object `{"teachers": [...]}` instead of a table.
    """
    if json:
        sys.stdout.write(dumps(teachers_as_json(), ensure_ascii=False, indent=2) + "\n")
        return
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL)
    console.print(_table())


def teachers_as_json() -> dict[str, Any]:
    """All profiles as plain values; `covered` lists the languages also where a profile says `all`."""
    return {
        "teachers": [
            profile.model_dump(mode="json") | {"covered": sorted(profile.covered)} for profile in named_profiles()
        ]
    }


def named_profiles() -> tuple[Profile, ...]:
    """All profiles, those of a real model first."""
    return tuple(sorted(load_profiles().values(), key=lambda profile: (not profile.model, profile.name)))


def coverage() -> Mapping[str, frozenset[str]]:
    """The languages that each model's authors claim, by profile name; the generic profiles claim nothing."""
    return {profile.name: profile.covered for profile in named_profiles() if profile.model}


def _table() -> Table:
    from rich.table import Table

    table = Table(title="Teachers", caption="GiB: weights and a fifth for the cache. languages: of XTREME-R's 50.")
    for heading in ("profile", "model", "style", "languages", "licence", "GiB"):
        table.add_column(heading, justify="right" if heading in ("languages", "GiB") else "left", overflow="fold")
    for profile in named_profiles():
        licence = profile.licence.id + (", non-commercial" if profile.licence.non_commercial else "")
        memory = f"{profile.memory_gib:.0f}" if profile.memory_gib else "?"
        model = profile.model or "any other"
        languages = str(len(profile.covered)) if profile.model else "?"
        table.add_row(profile.name, model, profile.style, languages, licence, memory)
    return table
