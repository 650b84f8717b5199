"""English words by the thousand, and which of them are a sign of English in a text of a given language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

_ALONE: Final = 4  # letters of a word that says something by itself
# "principal", "production", "material": spelled alike wherever Latin left its words.
_LATIN: Final = re.compile(
    r"^.{2,}(?:al|ance|ant|ary|ate|ble|ade|age|ace|ence|ent|ice|ile|ine|ion|ism|ist|ive|or|ude|ure|ute|ic|ique|ous)s?$"
)
_SIBILANT: Final = re.compile(r"(?:s|x|z|ch|sh)$")
_CONSONANT_Y: Final = re.compile(r"[^aeiou]y$")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """English words as they look from one language.

    Args:
        words: All of them, in small letters.
        distinctive: Those that are spelled like no word of that language.
        alone: Those of which a single one, at the end of a text, shows that it ends in English.
    """

    words: frozenset[str]
    distinctive: frozenset[str]
    alone: frozenset[str]


@cache
def lexicon_bytes() -> bytes:
    """The file of English words as it is, for reading and for a manifest's hash."""
    return files("synth.filter.lid").joinpath("english_words.yaml").read_bytes()


@cache
def lexicon(code: str = "") -> Lexicon:
    """The English words, seen from a language of the 50; by default from one that shares only what all share."""
    lists = _lists()
    shared = [
        word for codes, words in lists["shared"].items() if {"any", code} & {*codes.split()} for word in words.split()
    ]
    distinctive = _words() - {*shared, *map(third_person, shared)}
    if code in lists["cognate"].split():
        distinctive = frozenset(word for word in distinctive if not _LATIN.search(word))
        return Lexicon(_words(), distinctive, frozenset())
    return Lexicon(_words(), distinctive, frozenset(word for word in distinctive if len(word) >= _ALONE))


@cache
def _words() -> frozenset[str]:
    lists = _lists()
    verbs, doubling, nouns = (lists[kind].split() for kind in ("verbs", "doubling", "nouns"))
    formed = (form for verb in verbs for form in (third_person(verb), past(verb), participle(verb)))
    doubled = (form for verb in doubling for form in (past(verb, verb[-1]), participle(verb, verb[-1])))
    plurals = map(third_person, [*doubling, *nouns])
    return frozenset([*verbs, *formed, *doubling, *doubled, *nouns, *plurals, *lists["words"].split()])


@cache
def _lists() -> Any:
    return yaml.safe_load(lexicon_bytes())


def third_person(word: str) -> str:
    """A regular verb with -s, or a noun in the plural: "watches", "tries"."""
    if _SIBILANT.search(word):
        return word + "es"
    return word[:-1] + "ies" if _CONSONANT_Y.search(word) else word + "s"


def past(verb: str, doubled: str = "") -> str:
    """A regular verb with -ed: "liked", "tried", and with a doubled consonant "stopped"."""
    if verb.endswith("e"):
        return verb + "d"
    return verb[:-1] + "ied" if _CONSONANT_Y.search(verb) else f"{verb}{doubled}ed"


def participle(verb: str, doubled: str = "") -> str:
    """A regular verb with -ing: "liking", "tying", and with a doubled consonant "stopping"."""
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    return (verb[:-1] if verb.endswith("e") and not verb.endswith("ee") else verb + doubled) + "ing"
