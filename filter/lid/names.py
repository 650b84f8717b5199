"""Text without its names: what is left when the words that every language writes alike are put aside.

"Blue Lake 위원회와 Old Mill 위원회가 합쳐졌습니다" is Korean though half of its letters are Latin, and CLD2 calls
a German sentence English when it tells of a "Silver Creek High School in Old Mill, Nebraska".
"""

from __future__ import annotations

import re
from typing import Final

# A few words of Latin letters alone in brackets, as behind a term or a name: "横波 (transverse wave)".
_GLOSS: Final = re.compile(r"[(（\[][A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ0-9\s.,;:'’&/–-]{1,60}[)）\]]")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LATIN_WORD: Final = re.compile(r"[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]+(?:['’.-][A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]+)*")
# "Society for the Prevention of Cruelty": what links the words of an English title is part of it.
_LINKS: Final = re.compile(r"\b([A-Z][\w'’-]*)(?: (?:a|an|and|at|by|for|in|of|on|the|to|with))+(?= [A-Z])")
_STARTS: Final = ".!?:;…\n"  # a capital behind one of these begins a sentence
_REACH: Final = 20  # characters looked back for the end of a sentence
_OPENING: Final = " \t\"'“”„«»‘’()[]*-–—"


def without_latin_names(text: str) -> str:
    """A text of a language that has no Latin letters, without Latin glosses in brackets and Latin words with a capital.

    Other small Latin letters stay: a sentence that was left in English, or romanised, consists of them.
    """
    return _LATIN_WORD.sub(lambda found: " " if found[0][0].isupper() else found[0], _GLOSS.sub(" ", text))


def without_capitalised(text: str) -> str:
    """A text in Latin letters without words that have a capital where no sentence begins (German loses its nouns)."""
    text = _LINKS.sub(r"\1", text)
    return _WORD.sub(lambda found: " " if found[0][0].isupper() and _inside(text, found.start()) else found[0], text)


def _inside(text: str, start: int) -> bool:
    before = text[max(0, start - _REACH) : start]
    word = before.rstrip(_OPENING)
    return bool(word) and word[-1] not in _STARTS
