"""What a check is: columns it adds to `scored/`, how it measures a batch of rows, and how a policy judges the columns.

Measuring and judging are apart on purpose: `score` may be slow and runs once, `decide` only compares columns with the
thresholds of a policy, so another policy rescores nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from synth.outcomes import Kind, Reason

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from synth.filter.text import RowText
    from synth.filter.tools import Tools
    from synth.tasks.base import Row, Task

    Mask = npt.NDArray[np.bool_]

GENERATED = frozenset({Kind.TRANSLATION, Kind.PARAPHRASE})
EVERY_KIND = frozenset(Kind)


class ColumnType(StrEnum):
    """Type of a scored column; it is nullable, and null means `could not be measured`."""

    NUMBER = "number"
    FLAG = "flag"
    TEXT = "text"


class Thresholds(BaseModel):
    """Base of every check's thresholds: a closed list of keys that a policy file may set."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one part with all that a check may look at.

    Args:
        task: The task that the rows belong to.
        lang: Language code of the rows.
        kind: `source`, `translation` or `paraphrase`; one part holds one kind.
        rows: The rows, Hub columns and provenance.
        sources: The English row of each, None where the corpus does not hold it.
        bases: What a paraphrase was made from (the translation, or the English row); else the same as `sources`.
        texts: The text fields of each row.
        source_texts: The text fields of each English row (empty when it is None).
        base_texts: The text fields of each base.
        tools: The models that were asked for: language detectors, sentence embeddings.
    """

    task: Task
    lang: str
    kind: Kind
    rows: Sequence[Row]
    sources: Sequence[Row | None]
    bases: Sequence[Row | None]
    texts: Sequence[RowText]
    source_texts: Sequence[RowText]
    base_texts: Sequence[RowText]
    tools: Tools


Columns = dict[str, list[Any]]
Scored = Mapping[str, "npt.NDArray[Any]"]


@dataclass(frozen=True, slots=True)
class Marks:
    """What a check concludes: rows to drop by reason, and notes that a row carries without being dropped."""

    drop: dict[Reason, Mask] = field(default_factory=dict)
    note: dict[str, Mask] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Args:
        name: Section of the policy file and prefix of the columns.
        version: Raised whenever the columns of a row could change; it is part of the score fingerprint.
        columns: Column name to type, in the order in which they are written.
        thresholds: Model of the section of the policy file.
        score: Measures a batch: one list per column.
        decide: Pure: masks of a part's columns under given thresholds.
        kinds: Kinds of rows that the check looks at; others get nulls.
        help: One line for the report.
        tools: Which of the models (keys of `Tools.identity`) its columns depend on.
    """

    name: str
    version: int
    columns: Mapping[str, ColumnType]
    thresholds: type[Thresholds]
    score: Callable[[Batch], Columns]
    decide: Callable[[Scored, Any], Marks]
    kinds: frozenset[Kind] = GENERATED
    help: str = ""
    tools: tuple[str, ...] = ()


def above(values: npt.NDArray[Any], limit: float) -> Mask:
    """True where a number is known and greater than the limit; unknown values never drop a row."""
    import numpy as np

    with np.errstate(invalid="ignore"):
        return np.asarray(values > limit, dtype=np.bool_)


def below(values: npt.NDArray[Any], limit: float) -> Mask:
    """True where a number is known and smaller than the limit."""
    import numpy as np

    with np.errstate(invalid="ignore"):
        return np.asarray(values < limit, dtype=np.bool_)
