r"""Categories of Combinatory Categorial Grammar as CCGbank writes them, e.g. `(S[dcl]\NP)/NP`.

The grammar read here: a category is one primary, or two with a slash between them; a primary is an atom, or a category
in parentheses. CCGbank always writes the parentheses, so `S\NP/NP` is malformed rather than left-associative. Source
of notation and atoms: Hockenmaier and Steedman (2005), CCGbank: User's Manual (MS-CIS-05-09).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from synth.errors import BadSource

# N, NP, PP, S and the verb particle PR; conj for conjunctions; punctuation and brackets stand for themselves.
_WORDS = frozenset({"S", "N", "NP", "PP", "PR", "conj"})
_MARKS = frozenset({",", ".", ":", ";", "LRB", "RRB", "LQU", "RQU", "``", "''", "$", "#", "--"})
ATOMS = _WORDS | _MARKS

_TOKEN = re.compile(r"(?P<atom>[A-Za-z]+|[,.:;$#]|``|''|--)(?:\[(?P<feature>[a-z]+|X)\])?|(?P<sign>[()/\\])")

# The longest category of CCGbank's sections 02-21 has 219 characters; far beyond it there is only damage, and the
# limits keep the reader's recursion shallow whatever a file holds.
_MAX_CHARS = 400
_MAX_DEPTH = 32


@dataclass(frozen=True, slots=True)
class Atom:
    """A basic category with its feature ("" when it has none): `S[dcl]`, `NP`, `.`."""

    name: str
    feature: str = ""

    def __str__(self) -> str:
        return f"{self.name}[{self.feature}]" if self.feature else self.name


@dataclass(frozen=True, slots=True)
class Functor:
    """A category that takes `argument` on the side its slash leans to, and yields `result`."""

    result: Category
    slash: str  # "/" looks to the right, "\\" to the left
    argument: Category

    def __str__(self) -> str:
        return f"{_inner(self.result)}{self.slash}{_inner(self.argument)}"


Category = Atom | Functor


def _inner(category: Category) -> str:
    return f"({category})" if isinstance(category, Functor) else str(category)


@lru_cache(maxsize=4096)
def parse_category(text: str) -> Category:
    """Read a category.

    Raises:
        BadSource: The text is not a well-formed category; the message says where it goes wrong.
    """
    if len(text) > _MAX_CHARS:
        raise _bad(text, f"it has {len(text)} characters, more than {_MAX_CHARS}")
    reader = _Reader(text)
    category = reader.category(0)
    if reader.position < len(text):
        raise _bad(text, f"nothing may follow after {text[: reader.position]!r}")
    return category


def category_problem(text: str) -> str:
    """Why a text is no category, or "" when it is one."""
    try:
        parse_category(text)
    except BadSource as error:
        return str(error)
    return ""


def _bad(text: str, why: str) -> BadSource:
    shown = text if len(text) <= 40 else f"{text[:37]}..."
    return BadSource(f"{shown!r} is not a CCG category: {why}; write it like (S[dcl]\\NP)/NP")


class _Reader:
    """Recursive descent over one category text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def category(self, depth: int) -> Category:
        """One primary, or two with a slash between."""
        result = self._primary(depth)
        slash = self.text[self.position : self.position + 1]
        if slash not in ("/", "\\"):
            return result
        self.position += 1
        return Functor(result, slash, self._primary(depth))

    def _primary(self, depth: int) -> Category:
        """An atom, or a category in parentheses."""
        if depth > _MAX_DEPTH:
            raise _bad(self.text, f"it is nested more than {_MAX_DEPTH} deep")
        match = _TOKEN.match(self.text, self.position)
        if match is None or match["sign"] not in (None, "("):
            raise _bad(self.text, f"a category is missing at character {self.position + 1}")
        self.position = match.end()
        if match["sign"] is None:
            return self._atom(match["atom"], match["feature"] or "")
        inner = self.category(depth + 1)
        if self.text[self.position : self.position + 1] != ")":
            raise _bad(self.text, f"a closing parenthesis is missing at character {self.position + 1}")
        self.position += 1
        return inner

    def _atom(self, name: str, feature: str) -> Atom:
        """An atom whose name CCGbank knows; marks carry no feature."""
        if name not in ATOMS:
            raise _bad(self.text, f"there is no basic category {name!r}")
        if feature and name in _MARKS:
            raise _bad(self.text, f"{name!r} takes no feature")
        return Atom(name, feature)
