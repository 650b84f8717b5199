"""Keep test data out of a corpus: SQuAD's development split at the source, then ids and n-grams of every test set.

`build_index(read_test_sets(load_test_sets(file), file.parent))` makes the index; `refuse_at_source`, `tainted_ids`,
`id_overlap` and `overlap` ask it. docs/contamination.md says what is promised and how it was measured.
"""

from synth.filter.contamination.check import (
    Evidence,
    Overlap,
    Refusal,
    id_overlap,
    overlap,
    refuse_at_source,
    tainted_ids,
)
from synth.filter.contamination.files import TestSets, load_test_sets, read_test_sets
from synth.filter.contamination.index import ContaminationIndex, TestText, build_index

__all__ = [
    "ContaminationIndex",
    "Evidence",
    "Overlap",
    "Refusal",
    "TestSets",
    "TestText",
    "build_index",
    "id_overlap",
    "load_test_sets",
    "overlap",
    "read_test_sets",
    "refuse_at_source",
    "tainted_ids",
]
