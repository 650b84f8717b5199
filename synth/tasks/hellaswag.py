"""HellaSwag: which of four endings goes on from a context.

`ctx` repeats the context as one text. In the original files it is exactly `ctx_a + " " + ctx_b` with the letter case of
both kept (so that a lower-case word can follow a full stop), and exactly `ctx_a` where `ctx_b` is empty, as in the
WikiHow items: true of all 3,500 rows looked at (3,000 of train, 500 of validation). Evaluation harnesses capitalise
`ctx_b` themselves; the data do not. So `ctx` is not translated but derived from its translated halves by the same rule.
"""

from __future__ import annotations

from typing import Any

from synth.outcomes import Reason, Violation
from synth.tasks.agreement import agrees, choices_agree
from synth.tasks.base import Column, HubSource, Licence, Policy, Row, Shape, Task
from synth.tasks.invariants import all_filled, count_of, filled, one_of, shown, sound
from synth.tasks.text import folded

_LABELS = ("0", "1", "2", "3")
_COLUMNS = (
    Column("ind", "int32", Policy.COPY, "number in the original file"),
    Column("activity_label", "string", Policy.KEEP, "the ActivityNet or WikiHow category"),
    Column("ctx_a", "string", Policy.TRANSLATE, "the context's whole sentences"),
    Column("ctx_b", "string", Policy.TRANSLATE, "the beginning of the next sentence; empty for WikiHow"),
    Column("ctx", "string", Policy.DERIVE, "ctx_a and ctx_b with a blank between"),
    Column("endings", "list[string]", Policy.CHOICES, "four endings"),
    Column("source_id", "string", Policy.KEEP, "the video or article"),
    Column("split", "string", Policy.KEEP, "train, val or test"),
    Column("split_type", "string", Policy.KEEP, "indomain or zeroshot"),
    Column("label", "string", Policy.COPY, "index of the right ending, as a string"),
)


def join_context(ctx_a: str, ctx_b: str) -> str:
    """The value of `ctx` for these halves."""
    return f"{ctx_a} {ctx_b}" if ctx_b else ctx_a


def _derive(row: Row) -> dict[str, Any]:
    return {"ctx": join_context(row["ctx_a"], row["ctx_b"])}


def _endings(row: Row) -> list[str]:
    endings: list[str] = row["endings"]
    return endings


def _context_joined(row: Row) -> list[Violation]:
    """`ctx` is its halves; letter case and white space may differ, since copies of the data capitalise `ctx_b`."""
    expected = join_context(row["ctx_a"], row["ctx_b"])
    if folded(row["ctx"]) == folded(expected):
        return []
    return [Violation(Reason.SCHEMA, f"ctx is {shown(row['ctx'])}, not ctx_a and ctx_b: {shown(expected)}")]


TASK = Task(
    name="hellaswag",
    title="HellaSwag",
    shape=Shape.CHOICE,
    columns=_COLUMNS,
    labels=_LABELS,
    label_column="label",
    metric="accuracy",
    sizes={"train": 39_905, "validation": 10_042, "test": 10_003},
    hub=(HubSource("Rowan/hellaswag", None, {"train": "train", "validation": "validation"}),),
    licence=Licence(
        "MIT", redistribute=True, non_commercial=False, share_alike=False, note="MIT (rowanz/hellaswag on GitHub)"
    ),
    family="hellaswag",
    group_column=None,
    validate=sound(
        _COLUMNS,
        filled("ctx_a"),
        _context_joined,
        count_of("endings", 4, _endings),
        all_filled("ending", _endings),
        one_of("label", lambda _row: _LABELS),
    ),
    compare=agrees(_COLUMNS, choices_agree(_endings)),
    derive=_derive,
    paper="Zellers et al. 2019",
)
