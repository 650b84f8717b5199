"""How a generated row ends: kept, rejected (a reason) or failed (a kind). Closed lists, one place.

`rejected` means the teacher answered and the answer is not acceptable; `failed` means there is no usable answer.
Generation uses the reasons of the task invariants; the filter adds its own (see `filter/`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """Where a row ended."""

    KEPT = "kept"
    REJECTED = "rejected"
    FAILED = "failed"


class Kind(StrEnum):
    """Where the text of a row comes from."""

    SOURCE = "source"
    TRANSLATION = "translation"
    PARAPHRASE = "paraphrase"


class Failure(StrEnum):
    """Why a row has no usable answer."""

    REFUSED = "refused"  # the teacher or its content filter declined
    TRUNCATED = "truncated"  # finish_reason "length" even with the larger limit
    MALFORMED = "malformed"  # not the shape that was asked for, in any of the fallbacks
    EMPTY = "empty"  # nothing but white space
    TOO_LONG = "too_long"  # the prompt does not fit the teacher's context
    REPETITION = "repetition"  # the engine or we stopped an endless loop
    TIMEOUT = "timeout"  # no answer in time, in any attempt
    ENGINE = "engine"  # the request was refused with an error, or killed the engine


class Reason(StrEnum):
    """Why an answer is not acceptable. The first block is decided by generation, the rest by the filter."""

    EMPTY_FIELD = "empty_field"
    MISSING_FIELD = "missing_field"
    CHOICES_NOT_DISTINCT = "choices_not_distinct"
    CHOICES_COUNT = "choices_count"
    SIDES_MERGED = "sides_merged"
    SIDES_SWAPPED = "sides_swapped"
    SPAN_LOST = "span_lost"
    SPAN_MISMATCH = "span_mismatch"
    TOKEN_COUNT = "token_count"  # noqa: S105 - a reason, no password
    LABEL = "label"
    NOT_PARAPHRASED = "not_paraphrased"
    SCHEMA = "schema"

    COPY = "copy"
    LENGTH_RATIO = "length_ratio"
    NUMBERS = "numbers"
    REPETITION = "repetition"
    LEAKAGE = "leakage"
    REFUSAL = "refusal"
    SCRIPT = "script"
    HALF_TRANSLATED = "half_translated"
    LANGUAGE = "language"
    LANGUAGE_UNJUDGED = "language_unjudged"
    DUPLICATE = "duplicate"
    SIBLING_DROPPED = "sibling_dropped"
    CONTAMINATION = "contamination"
    SIMILARITY = "similarity"


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken invariant of a row: the reason, and a sentence for people that names field and value."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The end of one row. `why` is a `Reason` or `Failure` value, empty when kept."""

    outcome: Outcome
    why: str = ""
    detail: str = ""


KEPT = Verdict(Outcome.KEPT)


def rejected(reason: Reason, detail: str) -> Verdict:
    """A verdict for an answer that is not acceptable."""
    return Verdict(Outcome.REJECTED, reason.value, detail)


def failed(failure: Failure, detail: str) -> Verdict:
    """A verdict for a row without a usable answer."""
    return Verdict(Outcome.FAILED, failure.value, detail)
