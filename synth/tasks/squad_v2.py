"""SQuAD 2.0: the questions of version 1.1, and about half as many again that their paragraph does not answer."""

from __future__ import annotations

from synth.tasks.agreement import agrees, answers_agree
from synth.tasks.base import HubSource, Licence, Shape, Task
from synth.tasks.invariants import sound
from synth.tasks.squad import CHECKS, COLUMNS

TASK = Task(
    name="squad_v2",
    title="SQuAD v2.0",
    shape=Shape.SPAN,
    columns=COLUMNS,
    labels=(),
    label_column=None,
    metric="F1 / exact match",
    sizes={"train": 130_319, "validation": 11_873},
    hub=(HubSource("rajpurkar/squad_v2", "squad_v2", {"train": "train", "validation": "validation"}),),
    licence=Licence(
        "CC-BY-SA-4.0", redistribute=True, non_commercial=False, share_alike=True, note="CC BY-SA 4.0 (Hub card)"
    ),
    family="squad",
    group_column="context",
    validate=sound(COLUMNS, *CHECKS),
    compare=agrees(COLUMNS, answers_agree),
    paper="Rajpurkar, Jia and Liang 2018",
    also=("squad_v1",),
)
