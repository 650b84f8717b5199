"""The closed list of what can be wrong with one row of a source, and how the counts are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from synth.sources.base import SourceProblem


class What(StrEnum):
    """Why a row of a source is left out. The values are the `what` of `SourceProblem`."""

    WRONG_OFFSET = "wrong_offset"  # an answer is not at its offset in the context
    MISSING_LABEL = "missing_label"  # no gold label: "-", -1, empty, no answer
    UNKNOWN_LABEL = "unknown_label"  # a label that the task does not have
    MISSING_FIELD = "missing_field"  # a column that the task needs is not there
    BAD_ENCODING = "bad_encoding"  # bytes that are not text in the file's encoding, or half a surrogate pair
    DUPLICATE_ROW = "duplicate_row"  # the same id and the same content again
    DUPLICATE_ID = "duplicate_id"  # the same id with other content: the first one stays
    BAD_ROW = "bad_row"  # the line, record or derivation cannot be taken apart
    BAD_JSON = "bad_json"  # not JSON
    DAMAGED_FILE = "damaged_file"  # the file ends early or cannot be decoded from here on
    INVALID = "invalid"  # an invariant of the task is broken


def count(problems: Iterable[SourceProblem]) -> dict[str, int]:
    """Problems by kind, in the order of the kinds' names, for manifests and messages."""
    return dict(sorted(Counter(str(problem.what) for problem in problems).items()))


def summary(problems: Iterable[SourceProblem]) -> str:
    """One phrase for people, such as `missing_label 12, bad_row 1`; "" when there is no problem."""
    return ", ".join(f"{what} {number}" for what, number in count(problems).items())
