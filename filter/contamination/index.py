"""The test sets as sorted arrays of 64-bit hashes, a language at a time, and as ids and paragraphs to refuse.

Nothing of a test set's text is kept: hashes, ids, and the names of the sets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from synth.errors import BadFlag
from synth.filter.contamination.units import Form, ngrams_of, sizes_for, units_of, wholes_of
from synth.filter.dedup.arrays import Bools, Hashes, Ints, Words
from synth.filter.dedup.folding import blocks

MAX_SETS = 32  # sets are bits of a 32-bit mask
FILTER_BITS = 5  # a table of 2^5 flags a hash rules out 97 % of strange n-grams before the binary search
# The data sets whose paragraphs are those of SQuAD v1.1's development split: XQuAD translates 240 of them, LAReQA's
# XQuAD-R is the same text cut into sentences. Their question ids are SQuAD's.
SQUAD_DEV_SETS = frozenset({"squad_dev", "xquad", "lareqa"})


@dataclass(frozen=True, slots=True)
class TestText:
    """One text field of one test example. `id` is the question id for QA sets, else empty."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    test_set: str
    lang: str
    field: str
    text: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Sorted hashes with the sets that hold each, as bits."""

    hashes: Hashes
    masks: Words
    quick: Bools

    @classmethod
    def of(cls, hashes: Hashes, masks: Words) -> Lookup:
        """Sort, and join the sets of equal hashes."""
        order = np.argsort(hashes, kind="stable")
        hashes, masks = hashes[order], masks[order]
        first = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]])) if len(hashes) else order
        joined = np.bitwise_or.reduceat(masks, first) if len(hashes) else masks
        quick = np.zeros(1 << (FILTER_BITS + max(1, len(hashes)).bit_length()), np.bool_)
        quick[_flag(quick, hashes)] = True
        return cls(hashes[first], joined, quick)

    def find(self, hashes: Hashes) -> tuple[Ints, Words]:
        """Which of the given hashes are here (their indices), and in which sets."""
        near = np.flatnonzero(self.quick[_flag(self.quick, hashes)])
        if not len(self.hashes) or not len(near):
            return np.zeros(0, np.int64), np.zeros(0, np.uint32)
        places = np.minimum(np.searchsorted(self.hashes, hashes[near]), len(self.hashes) - 1)
        here = self.hashes[places] == hashes[near]
        return near[here], self.masks[places[here]]


def _flag(quick: Bools, hashes: Hashes) -> Ints:
    """Place of each hash in a table of flags: its uppermost bits."""
    return (hashes >> np.uint64(65 - len(quick).bit_length())).astype(np.int64)


@dataclass(frozen=True, slots=True)
class LanguageIndex:
    """N-grams, in both forms, and whole short texts of one language's test sets."""

    plain: Lookup
    verbatim: Lookup
    wholes: Lookup


@dataclass(frozen=True, slots=True)
class ContaminationIndex:
    """What must not be in a corpus.

    Args:
        sets: Names of the test sets; bit i of a mask stands for set i.
        languages: Overlap by language.
        ids: Question ids of SQuAD's development split (also as XQuAD and LAReQA carry them) and the set that told it.
        paragraphs: Digests of English paragraphs of that split, and the set that told it.
        other_ids: Question ids of the other QA test sets.
        texts: Fields read, by (set, language), for the record.
    """

    sets: tuple[str, ...]
    languages: Mapping[str, LanguageIndex]
    ids: Mapping[str, str]
    paragraphs: Mapping[bytes, str]
    other_ids: Mapping[str, str]
    texts: Mapping[tuple[str, str], int]

    def names(self, mask: int) -> tuple[str, ...]:
        """The sets of a mask."""
        return tuple(name for bit, name in enumerate(self.sets) if mask >> bit & 1)


def paragraph_digest(text: str) -> bytes:
    """A paragraph's identity: its words, folded, 128-bit BLAKE2b."""
    units = units_of([text], "en")
    return hashlib.blake2b(units.values.tobytes(), digest_size=16).digest()


_Parts = list[tuple[Hashes, Words]]


@dataclass(slots=True)
class _Builder:
    """Collects texts; a language's are hashed when enough of them wait."""

    sets: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    plain: dict[str, _Parts] = field(default_factory=dict)
    verbatim: dict[str, _Parts] = field(default_factory=dict)
    wholes: dict[str, _Parts] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    other_ids: dict[str, str] = field(default_factory=dict)
    paragraphs: dict[bytes, str] = field(default_factory=dict)
    texts: dict[tuple[str, str], int] = field(default_factory=dict)
    last: tuple[str, str, str] = ("", "", "")

    def add(self, text: TestText) -> None:
        """Take one field."""
        bit = self.sets.setdefault(text.test_set, len(self.sets))
        if bit >= MAX_SETS:
            raise BadFlag(f"more than {MAX_SETS} test sets ({text.test_set!r} is one too many); index fewer at a time.")
        key = (text.test_set, text.lang)
        self.texts[key] = self.texts.get(key, 0) + 1
        self._identify(text)
        same = (text.test_set, text.lang, text.text)
        if same == self.last:  # where a paragraph comes once for each of its questions
            return
        self.last = same
        self._refuse_paragraph(text)
        queue = self.waiting.setdefault(text.lang, [])
        queue.append((text.text, 1 << bit))
        if len(queue) >= 4096:
            self.flush(text.lang)

    def _identify(self, text: TestText) -> None:
        from_squad = text.test_set in SQUAD_DEV_SETS
        if text.id:
            (self.ids if from_squad else self.other_ids).setdefault(text.id, text.test_set)

    def _refuse_paragraph(self, text: TestText) -> None:
        if text.test_set in SQUAD_DEV_SETS and text.lang == "en" and text.field == "context":
            self.paragraphs.setdefault(paragraph_digest(text.text), text.test_set)

    def flush(self, lang: str) -> None:
        """Hash what waits."""
        queue = self.waiting.pop(lang, [])
        texts, bits = [text for text, _ in queue], np.array([bit for _, bit in queue], np.uint32)
        sizes = sizes_for(lang)
        for start, stop in blocks(texts):
            plain = units_of(texts[start:stop], lang)
            verbatim = units_of(texts[start:stop], lang, Form.VERBATIM)
            for found, store in (
                (ngrams_of(plain, sizes.gram), self.plain),
                (ngrams_of(verbatim, sizes.gram), self.verbatim),
                (wholes_of(plain, sizes), self.wholes),
            ):
                store.setdefault(lang, []).append((found.hashes, bits[start:stop][found.owner]))


def _lookup(parts: _Parts) -> Lookup:
    return Lookup.of(np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts]))


def build_index(texts: Iterable[TestText]) -> ContaminationIndex:
    """Index test texts, from files (`read_test_sets`) or from anywhere else."""
    builder = _Builder()
    for text in texts:
        builder.add(text)
    for lang in list(builder.waiting):
        builder.flush(lang)
    languages = {
        lang: LanguageIndex(_lookup(parts), _lookup(builder.verbatim[lang]), _lookup(builder.wholes[lang]))
        for lang, parts in builder.plain.items()
    }
    return ContaminationIndex(
        tuple(builder.sets), languages, builder.ids, builder.paragraphs, builder.other_ids, builder.texts
    )
