"""Answer spans: marking them in a source text, reading marks in a translation, and finding answers without marks.

All offsets are code points, as in SQuAD: `context[start:start + len(text)] == text`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from synth.prompts.base import Marks

_MIN_STEM = 3  # letters that an inflected form must share at its beginning
_STEM_SHARE = 0.6  # ... and the share of the longer word that they must cover
_OPEN, _CLOSE = r"(?:<|＜|&lt;)\s*", r"\s*(?:>|＞|&gt;)"  # also as teachers write and escape them
_TAG_LIKE = rf"{_OPEN}(?:/\s*)?[aA]\s*\d+(?:{_CLOSE})?"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text, `text[start:end]`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The words of the span."""
        return text[self.start : self.end]


def mark(text: str, spans: Sequence[Span], marks: Marks) -> str:
    """Put the marks of span 1, 2, ... into `text`; at one place closings come before openings, inner ones first."""
    events = []
    for number, span in enumerate(spans, start=1):
        size = span.end - span.start
        events.append((span.start, 1, -size, -number, marks.open(number)))
        events.append((span.end, 0, size, number, marks.close(number)))
    pieces, at = [], 0
    for place, _, _, _, sign in sorted(events, key=lambda event: (event[0], event[1], event[2], -event[3])):
        pieces += [text[at:place], sign]
        at = place
    return "".join([*pieces, text[at:]])


def unmark(text: str, count: int, marks: Marks) -> tuple[str, list[Span | None]]:
    """Remove marks 1..count from a translation; returns the clean text and each span, None where its marks are lost.

    A span is lost when one of its marks is missing, doubled, out of order, or holds no letter or digit. Tags of other
    numbers and torn ones, which the source cannot have had (`has_marks`), are removed too. Clean text is NFC and its
    white space is single; offsets are of the clean text.
    """
    strays = [rf"(?P<stray>{_TAG_LIKE})"] if marks.several and count else []
    kinds = [*(_variants(number, marks) for number in range(1, count + 1)), *strays]
    pattern = re.compile("|".join(kinds) or r"(?!)")
    pieces: list[str] = []
    found: dict[str, list[int]] = {}
    length = at = 0
    for hit in pattern.finditer(text):
        piece = text[at : hit.start()]
        pieces.append(piece)
        length += len(piece)
        found.setdefault(str(hit.lastgroup), []).append(length)
        at = hit.end()
    raw = "".join([*pieces, text[at:]])
    clean, places = _tidy(raw)
    return clean, [_span(clean, places, found.get(f"o{n}", []), found.get(f"c{n}", [])) for n in range(1, count + 1)]


def has_marks(text: str, marks: Marks) -> bool:
    """Whether a source text already holds something that would be read as one of the marks."""
    return bool(re.search(_TAG_LIKE if marks.several else r"[\[\]［］【】]", text))


def _variants(number: int, marks: Marks) -> str:
    """Marks as teachers write them: white space inside tags, full-width or escaped brackets, capital letters."""
    if marks.several:
        return rf"(?P<o{number}>{_OPEN}[aA]\s*{number}{_CLOSE})|(?P<c{number}>{_OPEN}/\s*[aA]\s*{number}{_CLOSE})"
    return rf"(?P<o{number}>[\[［【])|(?P<c{number}>[\]］】])"


def _tidy(raw: str) -> tuple[str, list[tuple[int, int]]]:
    """NFC text with single spaces, and for every raw offset (0..len) its place there.

    A place is a pair: for a span that starts, and for one that ends, at that offset. They differ inside a sequence
    that NFC composes to one code point.
    """
    out: list[str] = []
    places: list[tuple[int, int]] = []
    length = 0
    for cluster in _clusters(raw):
        normal = unicodedata.normalize("NFC", cluster)
        if normal.isspace():
            normal = " " if out and out[-1] != " " else ""
        places += [(length, length)] + [(length, length + len(normal))] * (len(cluster) - 1)
        if normal:
            out.append(normal)
        length += len(normal)
    places.append((length, length))
    clean = "".join(out).rstrip(" ")
    return clean, [(min(low, len(clean)), min(high, len(clean))) for low, high in places]


def _clusters(text: str) -> list[str]:
    """Split text where NFC cannot reach across: before every starter that composes with nothing before it."""
    clusters: list[str] = []
    for char in text:
        if clusters and not char.isspace() and not _starts(clusters[-1], char):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def _starts(before: str, char: str) -> bool:
    normal = unicodedata.normalize("NFC", char)
    if unicodedata.combining(unicodedata.normalize("NFD", char)[0]):
        return before.isspace()
    if before.isspace():
        return True
    # Hangul jamo and a few Indic vowel signs compose although they are starters; a jamo also with a syllable that
    # two jamo before it have become.
    return unicodedata.normalize("NFC", before + char) == unicodedata.normalize("NFC", before) + normal


def _span(clean: str, places: Sequence[tuple[int, int]], opens: Sequence[int], closes: Sequence[int]) -> Span | None:
    if len(opens) != 1 or len(closes) != 1 or opens[0] >= closes[0]:
        return None
    return trim(clean, Span(places[opens[0]][0], places[closes[0]][1]))


def trim(text: str, span: Span) -> Span | None:
    """The span without white space at its ends and with whole letters; None when no letter or digit is left.

    A vowel sign or accent that follows the last letter belongs to it, also when a teacher closed the mark before it.
    """
    words = span.of(text)
    start = span.start + len(words) - len(words.lstrip())
    end = span.end - (len(words) - len(words.rstrip()))
    while 0 < start < len(text) and _is_mark(text[start]) and not text[start - 1].isspace():
        start -= 1
    while start < end < len(text) and _is_mark(text[end]):
        end += 1
    return Span(start, end) if any(char.isalnum() for char in text[start:end]) else None


def _is_mark(char: str) -> bool:
    return bool(char) and unicodedata.category(char).startswith("M")


def find(answer: str, text: str, near: float | None = None) -> Span | None:
    """Where `answer` stands in `text`: as whole words, else at the beginning of a word that adds an ending to it.

    Exact hits go before those that differ in case. Numbers are only found whole.

    Args:
        answer: The translated answer.
        text: The translated sentence or paragraph.
        near: Relative place (0..1) of the answer in the source; chooses among several occurrences. Without it an
            answer that occurs more than once is not found, since which one is meant cannot be known.
    """
    answer = clean_text(answer).strip(" .,;:!?\"'«»„“”()[]。，、؟،।")
    if not any(char.isalnum() for char in answer):
        return None
    for fits in (_is_whole, _takes_ending):
        for flags in (re.NOFLAG, re.IGNORECASE):
            found = (Span(*hit.span()) for hit in re.finditer(re.escape(answer), text, flags))
            if hits := [span for span in found if fits(text, span)]:
                return _choose(hits, len(text), near)
    return None


def _is_whole(text: str, span: Span) -> bool:
    """No letter, accent or digit of the same word or number goes on at either end."""
    return _starts_whole(text, span) and not _goes_on(text, span.end)


def _takes_ending(text: str, span: Span) -> bool:
    """The hit begins a word whose ending is short enough to be an inflection ("Ankara" in "Ankarada")."""
    after = text[span.end : span.end + 1]
    if not _starts_whole(text, span) or _is_mark(after) or _number_goes_on(text, span.end):
        return False
    if text[span.end - 1].isdigit():
        return True
    stop = next((at for at in range(span.end, len(text)) if not _in_word(text[at])), len(text))
    return same_stem(span.of(text).split()[-1], span.of(text).split()[-1] + text[span.end : stop])


def _starts_whole(text: str, span: Span) -> bool:
    if span.start == 0:
        return True
    before, first = text[span.start - 1], text[span.start]
    if first.isdigit():
        # A letter before a number belongs to it in "G20"; in scripts without case it is a prefix ("and", "in").
        return not _number_before(text, span.start) and before.lower() == before.upper()
    return not (_in_word(before) and _spaced(before) and _spaced(first))


def _goes_on(text: str, end: int) -> bool:
    if end == len(text):
        return False
    last, after = text[end - 1], text[end]
    if _is_mark(after) or _number_goes_on(text, end):
        return True
    return _in_word(after) and _spaced(after) and _spaced(last)


def _in_word(char: str) -> bool:
    return char.isalpha() or _is_mark(char)


def _number_before(text: str, start: int) -> bool:
    """Whether digits before `start` are part of the number that begins there (1,500; 1.5; 10 000)."""
    return bool(re.search(r"\d[.,'’٫٬]?$", text[max(0, start - 2) : start])) or (
        bool(re.search(r"\d $", text[max(0, start - 2) : start])) and bool(re.match(r"\d{3}(?!\d)", text[start:]))
    )


def _number_goes_on(text: str, end: int) -> bool:
    """Whether digits behind `end` are part of the number that ends there."""
    ends_so = text[end - 1].isdigit()
    return ends_so and bool(re.match(r"[.,'’٫٬]?\d| \d{3}(?!\d)", text[end:]))


def _spaced(char: str) -> bool:
    """Whether the character's script separates words by spaces (Thai, Lao, Burmese, Khmer, CJK do not)."""
    code = ord(char)
    return not (0x0E00 <= code <= 0x0EFF or 0x1000 <= code <= 0x109F or 0x1780 <= code <= 0x17FF or code >= 0x2E80)


def _choose(hits: Sequence[Span], length: int, near: float | None) -> Span | None:
    if len(hits) == 1:
        return hits[0]
    if near is None:
        return None
    return min(hits, key=lambda span: abs(span.start / max(1, length) - near))


def find_inflected(answer: str, text: str, near: float | None = None) -> Span | None:
    """Where a form of `answer` stands in `text`: as many words, each sharing a stem (its beginning) with the answer's.

    Allows for case endings and agreement (Turkish, Finnish, Russian, Hungarian ...); the span that is returned is the
    text's own form. Only for words of at least three letters; numbers must be equal.
    """
    wanted = clean_text(answer).split()
    words = [(hit.start(), hit.end()) for hit in re.finditer(r"\S+", text)]
    hits = []
    for first in range(len(words) - len(wanted) + 1):
        window = words[first : first + len(wanted)]
        if wanted and all(same_stem(one, text[a:b]) for one, (a, b) in zip(wanted, window, strict=True)):
            hits.append(_bare(text, window[0][0], window[-1][1]))
    kept = [span for span in hits if span]
    return _choose(kept, len(text), near) if kept else None


def same_stem(one: str, other: str) -> bool:
    """Whether two words share so long a beginning that one is likely a form of the other."""
    one, other = _letters(one), _letters(other)
    if not one or not other or one == other:
        return bool(one) and one == other
    if one[0].isdigit() or other[0].isdigit() or re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return False
    shared = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    shared = min(len(one), len(other)) if shared is None else shared
    return shared >= _MIN_STEM and shared >= _STEM_SHARE * max(len(one), len(other))


def _letters(word: str) -> str:
    word = unicodedata.normalize("NFC", word).casefold()
    return word.strip("".join({char for char in word if not (char.isalnum() or _is_mark(char))}))


def _bare(text: str, start: int, end: int) -> Span | None:
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not (text[end - 1].isalnum() or _is_mark(text[end - 1])):
        end -= 1
    return Span(start, end) if start < end else None


def clean_text(text: str) -> str:
    """NFC, single spaces, no white space at the ends: the form in which all generated text is kept."""
    return " ".join(unicodedata.normalize("NFC", text).split())
