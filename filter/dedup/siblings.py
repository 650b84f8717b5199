"""Which rows to leave out in every language, once each language has said which of its rows repeat another.

A comparison between languages needs the same source examples in each, while a translation may lose what told two
sources apart. How far a removal reaches is therefore a policy.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

SOURCE_LANGUAGE = "en"


class Reach(StrEnum):
    """How far the removal of a source id in one language reaches."""

    PER_LANGUAGE = "per_language"  # each language for itself: most rows, unequal sets
    ENGLISH = "english"  # English decides for all; what collapsed in translation stays
    ENGLISH_AND_OWN = "english_and_own"  # English decides for all, and each language for itself
    ANY = "any"  # a duplicate anywhere goes everywhere: equal sets in all languages, fewest rows


@dataclass(frozen=True, slots=True)
class Removal:
    """Why a source id is left out in a language: its own duplicate, or that of a sibling in these languages."""

    own: bool
    because_of: tuple[str, ...]


def spread(removed: Mapping[str, Collection[str]], reach: Reach) -> dict[str, dict[str, Removal]]:
    """Apply a policy.

    Args:
        removed: For every language of the corpus (also those with none) the source ids that it removed.
        reach: The policy.

    Returns:
        For every language, the source ids to leave out, sorted, with the reason.
    """
    langs = sorted(removed)
    by_id: dict[str, list[str]] = {}
    for lang in langs:
        for source_id in sorted(set(removed[lang])):
            by_id.setdefault(source_id, []).append(lang)
    result: dict[str, dict[str, Removal]] = {lang: {} for lang in langs}
    for source_id in sorted(by_id):
        for lang in langs:
            causes = _causes(by_id[source_id], lang, reach)
            if causes:
                result[lang][source_id] = Removal(lang in causes, causes)
    return result


def _causes(found_in: list[str], lang: str, reach: Reach) -> tuple[str, ...]:
    """The languages whose finding removes the id in `lang`."""
    if reach is Reach.ANY:
        return tuple(found_in)
    deciding = {
        Reach.PER_LANGUAGE: {lang},
        Reach.ENGLISH: {SOURCE_LANGUAGE},
        Reach.ENGLISH_AND_OWN: {SOURCE_LANGUAGE, lang},
    }[reach]
    return tuple(found for found in found_in if found in deciding)
