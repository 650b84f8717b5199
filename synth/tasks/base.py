"""What a task is: its columns, what may happen to each of them, its labels, and the invariants that must survive.

Every one of the nine tasks is one module beside this one that builds one `Task`. Rows are plain dicts that hold the Hub
data set's own columns (see `Task.columns`); that is the form in which sources yield them, generation writes them, and
`datasets.load_dataset` returns them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from synth.outcomes import Violation

Row = Mapping[str, Any]


class Policy(StrEnum):
    """What generation does with a field."""

    TRANSLATE = "translate"  # text, translated (or paraphrased)
    CHOICES = "choices"  # answer options, a list or one of several numbered columns: order and count kept
    PROJECT = "project"  # SQuAD answers: spans inside a translated field
    GLOSS = "gloss"  # tokens replaced in place, one for one
    KEEP = "keep"  # verbatim text of the source (titles, ids of the data set)
    COPY = "copy"  # labels, tags and indices
    DERIVE = "derive"  # computed from the other columns of the finished row by `Task.derive` (HellaSwag's ctx)


class Shape(StrEnum):
    """The family of structure; recipes, heads and readers are chosen by it."""

    PAIR = "pair"
    SPAN = "span"
    CHOICE = "choice"
    TAGS = "tags"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the Hub data set.

    `feature` is a small string form of the `datasets` feature: "string", "int32", "int64", "list[string]", "answers"
    (SQuAD's `{text: list[string], answer_start: list[int32]}`), "choices" (CommonsenseQA's `{label, text}` lists),
    or "label" (a ClassLabel over `Task.labels`), "tags" (a list of ClassLabel-free tag strings).
    """

    name: str
    feature: str
    policy: Policy
    help: str = ""


@dataclass(frozen=True, slots=True)
class Licence:
    """Terms of the upstream data: an SPDX-like id, what follows for publishing, and where it says so."""

    id: str
    redistribute: bool  # False: nothing derived may be published (CCGbank)
    non_commercial: bool
    share_alike: bool
    note: str


@dataclass(frozen=True, slots=True)
class HubSource:
    """Where `datasets` finds a part of the task: repository, config, and how its splits map onto ours.

    Only splits with public labels are mapped. `origin` is `Example.origin` of the rows that come from here ("" when the
    task is not composed).
    """

    repo: str
    config: str | None
    splits: Mapping[str, str]  # our split -> Hub split
    revision: str | None = None
    origin: str = ""


def derive_nothing(_row: Row) -> dict[str, Any]:
    """`Task.derive` of the tasks whose columns are all independent."""
    return {}


@dataclass(frozen=True, slots=True)
class Task:
    """One intermediate task.

    Args:
        name: The command line's name (`mnli`).
        title: The name in papers.
        shape: Structure family.
        columns: Hub columns in order.
        labels: Label names in class order; empty when the task has no class label.
        label_column: Column of the label, or None (spans, and tags, which are one label a token).
        metric: Name of the development metric in the original paper or leaderboard.
        sizes: Rows a split in the public release.
        hub: Where the data lives on the Hub; empty for CCG (LDC only).
        licence: Upstream terms.
        family: Tasks of one family share source text, so their requests are shared (`squad`, `nli`).
        group_column: Column whose equal values are translated once (paragraph, premise), or None.
        validate: Returns every broken invariant of a row (empty when it is sound).
        compare: Of the English source row and a row made from it, in this order: everything that should agree and
            does not. Both rows must have passed `validate`.
        derive: Values of the `Policy.DERIVE` columns, computed from the row's other columns.
        paper: Where the data set was published.
        also: Tasks whose examples are part of this one (`anli_plus` holds `mnli`, `squad_v2` holds `squad_v1`).
    """

    name: str
    title: str
    shape: Shape
    columns: tuple[Column, ...]
    labels: tuple[str, ...]
    label_column: str | None
    metric: str
    sizes: Mapping[str, int]
    hub: tuple[HubSource, ...]
    licence: Licence
    family: str
    group_column: str | None
    validate: Callable[[Row], list[Violation]]
    compare: Callable[[Row, Row], list[Violation]]
    derive: Callable[[Row], dict[str, Any]] = derive_nothing
    paper: str = ""
    also: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the Hub columns, in order."""
        return tuple(column.name for column in self.columns)

    def columns_with(self, *policies: Policy) -> tuple[Column, ...]:
        """The columns that generation treats in one of these ways."""
        return tuple(column for column in self.columns if column.policy in policies)
