"""Look corpus rows up in the index: at the source (SQuAD's development split), by id, and by n-grams of each field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from synth.filter.contamination.index import ContaminationIndex, LanguageIndex, paragraph_digest
from synth.filter.contamination.units import Form, NGrams, Sizes, Units, ngrams_of, sizes_for, units_of, wholes_of
from synth.filter.dedup.arrays import Ints, Words
from synth.filter.dedup.folding import blocks


class Evidence(StrEnum):
    """What gave a row away."""

    ID = "id"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a source example may not be used: its id or its paragraph is in a test set."""

    evidence: Evidence
    test_set: str
    detail: str


@dataclass(frozen=True, slots=True)
class Overlap:
    """Overlap of one field with test sets of its language.

    Args:
        test_sets: Sets that hold it.
        ngrams: N-grams of the field found in them; 1 when the whole of a short field was found.
        share: Part of the field's n-grams that were found, 0 to 1.
        whole: The field is a whole short test text.
        excerpt: The first n-gram found, as the row has it, folded.
    """

    test_sets: tuple[str, ...]
    ngrams: int
    share: float
    whole: bool
    excerpt: str


def refuse_at_source(row: Mapping[str, Any], index: ContaminationIndex, source_id: str = "") -> Refusal | None:
    """Whether an English example comes from a test set: by its id, or by its paragraph.

    Args:
        row: The task's Hub columns; `id` and `context` are looked at where there are any.
        index: The test sets.
        source_id: The example's source id, looked at besides `id`.
    """
    for name in {str(row.get("id") or ""), source_id} - {""}:
        if found := id_overlap(name, index):
            return found
    context = row.get("context")
    if isinstance(context, str) and index.paragraphs:
        test_set = index.paragraphs.get(paragraph_digest(context))
        if test_set:
            return Refusal(Evidence.PARAGRAPH, test_set, f"its paragraph is one of {test_set}: {context[:60]!r}")
    return None


def id_overlap(source_id: str, index: ContaminationIndex) -> Refusal | None:
    """Whether a source id is that of a test question. Holds for a row in any language, however it is worded."""
    test_set = index.ids.get(source_id) or index.other_ids.get(source_id)
    return Refusal(Evidence.ID, test_set, f"id {source_id!r} is a question of {test_set}") if test_set else None


def tainted_ids(examples: Iterable[tuple[str, Mapping[str, Any]]], index: ContaminationIndex) -> dict[str, Refusal]:
    """Source ids whose English row is refused, so that their translations can be refused by id.

    SQuAD v2 asks unanswerable questions, with ids of their own, about the paragraphs of v1.1: only the English
    paragraph gives those away.
    """
    found = ((source_id, refuse_at_source(row, index, source_id)) for source_id, row in examples)
    return {source_id: refusal for source_id, refusal in found if refusal}


def overlap(texts: Sequence[str], lang: str, index: ContaminationIndex) -> list[Overlap | None]:
    """Overlap of each text with the test sets of its language; None for a clean one.

    Call it once a field, for any number of rows; without a test set in this language all are clean.
    """
    found: list[Overlap | None] = [None] * len(texts)
    here = index.languages.get(lang)
    if here is None:
        return found
    for start, stop in blocks(texts):
        for place, value in _block(texts[start:stop], lang, here, index):
            found[start + place] = value
    return found


def _block(
    texts: Sequence[str], lang: str, here: LanguageIndex, index: ContaminationIndex
) -> list[tuple[int, Overlap]]:
    sizes = sizes_for(lang)
    plain, verbatim = units_of(texts, lang), units_of(texts, lang, Form.VERBATIM)
    looked_up = (
        (verbatim, ngrams_of(verbatim, sizes.gram), here.verbatim, False),
        (plain, wholes_of(plain, sizes), here.wholes, True),
        (plain, ngrams_of(plain, sizes.gram), here.plain, False),  # last: what it says of a row is what stays
    )
    found: dict[int, Overlap] = {}
    for units, grams, lookup, whole in looked_up:
        found.update(_Hits(grams, *lookup.find(grams.hashes), whole=whole).overlaps(units, sizes, index))
    return sorted(found.items())


@dataclass(frozen=True, slots=True)
class _Hits:
    """N-grams of a block that were found, and their sets."""

    grams: NGrams
    found: Ints
    masks: Words
    whole: bool

    def overlaps(self, units: Units, sizes: Sizes, index: ContaminationIndex) -> list[tuple[int, Overlap]]:
        """One overlap a text."""
        owners, first, counts = np.unique(self.grams.owner[self.found], return_index=True, return_counts=True)
        if not len(owners):
            return []
        masks = np.bitwise_or.reduceat(self.masks, first)
        result = []
        for owner, place, count, mask in zip(owners, first, counts, masks, strict=True):
            length = int(units.counts[owner])
            total = 1 if self.whole else length - sizes.gram + 1
            unit = int(self.grams.first[self.found[place]])
            excerpt = units.text(unit, length if self.whole else sizes.gram)
            sets = index.names(int(mask))
            result.append((int(owner), Overlap(sets, int(count), int(count) / total, self.whole, excerpt)))
        return result
