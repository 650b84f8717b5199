"""Suggestions for mistyped names: used by every error message that can say "did you mean"."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_SHORT: Final = 2  # letters of a language code


def nearest(word: str, options: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """The options most like `word`, best first, ignoring case; empty when none comes near.

    Similarity is `difflib`'s ratio (Ratcliff and Obershelp). Its own default cut-off, 0.6, lets one typing error in a
    word of three letters pass; for words of two letters (language codes) 0.5 does the same.
    """
    by_folded = {option.casefold(): option for option in options}
    folded = word.strip().casefold()
    if folded in by_folded:
        return (by_folded[folded],)
    starts = [name for name in by_folded if len(folded) > 1 and name.startswith(folded)]
    close = get_close_matches(folded, by_folded, n=limit, cutoff=0.5 if len(folded) <= _SHORT else 0.6)
    # dict.fromkeys: unique, in order. A prefix is a surer sign than similarity ("span" -> "spanish").
    found = list(dict.fromkeys(sorted(starts) + close))
    return tuple(by_folded[name] for name in found[:limit])


def did_you_mean(word: str, options: Iterable[str], limit: int = 3) -> str:
    """The suggestion as a phrase for an error message, such as "Did you mean 'sw'?"; "" when nothing is near."""
    found = nearest(word, options, limit)
    if not found:
        return ""
    return f"Did you mean {' or '.join(repr(name) for name in found)}?"
