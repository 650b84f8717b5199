"""When two texts count as the same, for the invariants of tasks."""

from __future__ import annotations

import re
import unicodedata

_BREAK = re.compile(r"\s*\n\s*")
_SPACE = re.compile(r"[^\S\n]+")


def folded(text: str) -> str:
    """The text as compared: NFKC, case folded, each run of white space one blank, none at the ends.

    NFKC comes again after folding because folding can undo it (Unicode Standard, section 5.18, toNFKC_Casefold).
    """
    once = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", once).split())


def folded_lines(text: str) -> str:
    """Like `folded`, but a run of white space with a line break in it stays one line break."""
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _SPACE.sub(" ", _BREAK.sub("\n", once.strip()))


def trimmed(text: str) -> str:
    """The text without punctuation and white space at its ends."""
    start, end = 0, len(text)
    while start < end and _is_edge(text[start]):
        start += 1
    while end > start and _is_edge(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_edge(char: str) -> bool:
    return char.isspace() or unicodedata.category(char).startswith("P")
