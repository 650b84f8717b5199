"""Which reason is the main one when a row has several: the one that explains the others comes first."""

from __future__ import annotations

from collections.abc import Iterable

from synth.outcomes import Reason

# A refusal is also in the wrong language and of the wrong length; saying "length" first would hide what happened. A
# side that was cut to a word looks like exchanged sides as well.
ORDER = (
    Reason.SCHEMA, Reason.MISSING_FIELD, Reason.EMPTY_FIELD, Reason.LABEL, Reason.CHOICES_COUNT, Reason.TOKEN_COUNT,
    Reason.SPAN_LOST, Reason.SPAN_MISMATCH, Reason.SIDES_MERGED,
    Reason.REFUSAL, Reason.LEAKAGE, Reason.REPETITION, Reason.COPY, Reason.SCRIPT, Reason.LANGUAGE,
    Reason.HALF_TRANSLATED, Reason.CHOICES_NOT_DISTINCT, Reason.NOT_PARAPHRASED, Reason.LENGTH_RATIO,
    Reason.SIDES_SWAPPED, Reason.NUMBERS, Reason.SIMILARITY, Reason.CONTAMINATION, Reason.DUPLICATE,
    Reason.SIBLING_DROPPED, Reason.LANGUAGE_UNJUDGED,
)  # fmt: skip
_PLACE = {reason: place for place, reason in enumerate(ORDER)}


def in_order(reasons: Iterable[Reason]) -> list[Reason]:
    """The different reasons, main one first."""
    return sorted(set(reasons), key=_PLACE.__getitem__)
