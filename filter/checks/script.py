"""The letters are of the language's own script; free and exact, so it comes before any language detector.

The share of the expected script was at least 0.5 for 98.9 % and more of the true lines of every one of the 50 languages
(facts on language identification); names in Latin letters explain what is missing, and are put aside first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from synth.filter.checks.base import Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds, below
from synth.outcomes import Reason

if TYPE_CHECKING:
    from synth.languages import Language

LATIN: Final = "Latn"


class ScriptThresholds(Thresholds):
    """Least share of letters in the language's scripts."""

    min_share: float = 0.5
    main_only: bool = False


def score(batch: Batch) -> Columns:
    """Share of letters in any of the language's scripts, and in its main one."""
    from synth.languages import get_language
    from synth.scripts import script_share

    language = get_language(batch.lang)
    texts = [_without_names(text.pooled, language) for text in batch.texts]
    share = [script_share(text, language) for text in texts]
    main = share
    if len(language.scripts) > 1:
        main = [script_share(text, language, main_only=True) for text in texts]
    return {"script_share": list(share), "script_main_share": list(main)}


def _without_names(text: str, language: Language) -> str:
    """The text without Latin names, where it is otherwise in a script that is not Latin."""
    from synth.filter.lid.names import without_latin_names
    from synth.filter.lid.thresholds import load_thresholds
    from synth.scripts import script_share

    if text.isascii() or LATIN in language.letter_scripts:
        return text
    least = load_thresholds().names_share
    return without_latin_names(text) if (script_share(text, language) or 0.0) >= least else text


def decide(columns: Scored, thresholds: ScriptThresholds) -> Marks:
    """Too few letters of the script; texts without letters are not judged."""
    column = "script_main_share" if thresholds.main_only else "script_share"
    return Marks({Reason.SCRIPT: below(columns[column], thresholds.min_share)})


CHECK = Check(
    name="script",
    version=2,
    columns={"script_share": ColumnType.NUMBER, "script_main_share": ColumnType.NUMBER},
    thresholds=ScriptThresholds,
    score=score,
    decide=decide,
    help="written in the language's script",
)
