"""Near-duplicates within a task, a language and a kind: found by n-grams of characters, verified exactly.

The whole of it is `find_duplicates(DedupInput(...), DedupConfig(...)) -> DedupResult`; `spread` then carries removals
across languages. docs/dedup.md explains the choices and holds the measurements.
"""

from synth.filter.dedup.config import Banding, DedupConfig, Mode, banding_for, ngram_for
from synth.filter.dedup.find import SignedColumn, find_duplicates, merge, sign
from synth.filter.dedup.result import DedupResult, Pairs, Removals, pair_table
from synth.filter.dedup.rows import DedupInput
from synth.filter.dedup.siblings import Reach, Removal, spread

__all__ = [
    "Banding",
    "DedupConfig",
    "DedupInput",
    "DedupResult",
    "Mode",
    "Pairs",
    "Reach",
    "Removal",
    "Removals",
    "SignedColumn",
    "banding_for",
    "find_duplicates",
    "merge",
    "ngram_for",
    "pair_table",
    "sign",
    "spread",
]
