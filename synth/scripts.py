"""Which scripts a text is written in: counts of letters by ISO 15924 code, for the scripts of XTREME-R's languages.

Python's `unicodedata` knows categories but not scripts, so the ranges stand here, taken from the Script property of
Unicode 15 (UAX 24, `Scripts.txt`) and joined over gaps that hold no letter; a test compares every code point with the
`regex` package where that is installed.

What counts as one letter: every character of the categories L and M that has a script of its own. So the vowel signs
of Indic scripts, of Burmese and of Thai, and the points of Hebrew, count as letters of their script; marks that Unicode
calls inherited (accents of decomposed text, Arabic vowel points) belong to the letter before them and are not counted
again. Digits, punctuation, spaces and signs common to all scripts count nothing.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter
from typing import Final

from synth.languages import Language, letter_scripts

OTHER: Final = "Zzzz"
"""ISO 15924's code for an uncoded script: here, letters of any script that none of the 50 languages uses."""

_COMMON: Final = ""  # letters of no script of their own: inherited marks, modifier letters, Arabic tatweel

# First and last code point, script. Between two ranges, letters are of OTHER scripts.
_RANGES: Final = """
41-AA Latn|B5-B5 -|BA-2B8 Latn|2B9-2D1 -|2E0-2E4 Latn|2EC-36F -|370-373 Grek|374-374 -|376-3E1 Grek|3F0-3FF Grek
400-484 Cyrl|485-486 -|487-52F Cyrl|591-5F4 Hebr|610-63F Arab|640-640 -|641-64A Arab|64B-655 -|656-66F Arab|670-670 -
671-6FF Arab|750-77F Arab|870-8FF Arab|900-950 Deva|951-954 -|955-97F Deva|980-9FE Beng|A01-A76 Guru|A81-AFF Gujr
B82-BFA Taml|C00-C7F Telu|D00-D7F Mlym|E01-E5B Thai|1000-109F Mymr|10A0-10FF Geor|1100-11FF Hang|1AB0-1ACE -
1C80-1C88 Cyrl|1C90-1CBF Geor|1CD0-1CFA -|1D00-1D25 Latn|1D26-1D2A Grek|1D2B-1D2B Cyrl|1D2C-1D5C Latn|1D5D-1D61 Grek
1D62-1D65 Latn|1D66-1D6A Grek|1D6B-1D77 Latn|1D78-1D78 Cyrl|1D79-1DBE Latn|1DBF-1DBF Grek|1DC0-1DFF -|1E00-1EFF Latn
1F00-1FFE Grek|2071-209C Latn|20D0-2124 -|2126-2126 Grek|2128-2128 -|212A-212B Latn|212C-2131 -|2132-2132 Latn
2133-2149 -|214E-2188 Latn|2C60-2C7F Latn|2D00-2D2D Geor|2DE0-2DFF Cyrl|2E2F-2E2F -|3005-3005 Hani|3006-302D -
302E-302F Hang|3031-3035 -|303B-303B Hani|303C-303C -|3041-3096 Hira|3099-309A -|309D-309F Hira|30A1-30FA Kana
30FC-30FC Kana|30FD-30FF Kana|3131-318E Hang|31F0-31FF Kana|3400-9FFF Hani|A640-A69F Cyrl|A700-A721 -|A722-A787 Latn
A788-A78A -|A78B-A7FF Latn|A8E0-A8FF Deva|A960-A97C Hang|A9CF-A9CF -|A9E0-A9FE Mymr|AA60-AA7F Mymr|AB30-AB64 Latn
AB65-AB65 Grek|AB66-AB69 Latn|AC00-D7FB Hang|F900-FAD9 Hani|FB00-FB06 Latn|FB1D-FB4F Hebr|FB50-FDFD Arab|FE00-FE2D -
FE2E-FE2F Cyrl|FE70-FEFC Arab|FF21-FF5A Latn|FF66-FF6F Kana|FF70-FF70 Kana|FF71-FF9D Kana|FF9E-FF9F -|FFA0-FFDC Hang
101FD-101FD -|102E0-102E0 -|10780-107BA Latn|10EC2-10EFF Arab|1133B-1133B -|16FE3-16FE3 Hani|16FF0-16FF1 Hani
1AFF0-1B000 Kana|1B001-1B11F Hira|1B120-1B122 Kana|1B132-1B132 Hira|1B150-1B152 Hira|1B155-1B155 Kana|1B164-1B167 Kana
1CF00-1D1AD -|1D242-1D244 Grek|1D400-1D7CB -|1DF00-1DF2A Latn|1E030-1E08F Cyrl|1EE00-1EEBB Arab|20000-33479 Hani
E0100-E01EF -
"""
# The long-vowel mark of kana (30FC, FF70) is "common" in Unicode, which lets hiragana use it; it is a letter of Kana
# here, as words such as ラーメン need it.


def _read_ranges(table: str) -> tuple[list[int], list[int], list[str]]:
    firsts, lasts, scripts = [], [], []
    for entry in table.replace("\n", "|").split("|"):
        if entry:
            span, script = entry.split(" ")
            first, last = span.split("-")
            firsts.append(int(first, 16))
            lasts.append(int(last, 16))
            scripts.append(_COMMON if script == "-" else script)
    return firsts, lasts, scripts


_FIRSTS, _LASTS, _SCRIPTS = _read_ranges(_RANGES)


def script_of(char: str) -> str:
    """The ISO 15924 code of one character's script; "" when it is not a letter or belongs to no script, else Zzzz."""
    if unicodedata.category(char)[0] not in "LM":
        return _COMMON
    at = bisect_right(_FIRSTS, ord(char)) - 1
    return _SCRIPTS[at] if at >= 0 and ord(char) <= _LASTS[at] else OTHER


class _Cache(dict[str, str]):
    """Script of each character met so far; a plain dict look-up for all but the first of its kind."""

    def __missing__(self, char: str) -> str:
        self[char] = script = script_of(char)
        return script


_SCRIPT_OF: Final = _Cache()


def script_counts(text: str) -> dict[str, int]:
    """Letters of the text by ISO 15924 code, most frequent first; empty when the text has no letters.

    Each different character is looked up once (`Counter` counts them in C).
    """
    counts: dict[str, int] = {}
    for char, times in Counter(text).items():
        script = _SCRIPT_OF[char]
        if script:
            counts[script] = counts.get(script, 0) + times
    return dict(sorted(counts.items(), key=lambda item: -item[1])) if len(counts) > 1 else counts


def script_share(text: str, language: Language, *, main_only: bool = False) -> float | None:
    """Share (0 to 1) of the text's letters that are in the language's scripts; None when it has no letters.

    Args:
        text: Any text.
        language: The language it should be in.
        main_only: Accept only the main script: Latin for Azerbaijani and Cyrillic for Kazakh, which have two.
    """
    counts = script_counts(text)
    if not counts:
        return None
    accepted = letter_scripts(language.scripts[:1]) if main_only else language.letter_scripts
    return sum(times for script, times in counts.items() if script in accepted) / sum(counts.values())
