"""SQuAD 1.1. Its paragraphs are also what XQuAD, MLQA's and LAReQA's training data come from."""

from __future__ import annotations

from synth.tasks.agreement import agrees, answers_agree
from synth.tasks.base import HubSource, Licence, Shape, Task
from synth.tasks.invariants import sound
from synth.tasks.squad import CHECKS, COLUMNS, answered

TASK = Task(
    name="squad_v1",
    title="SQuAD v1.1",
    shape=Shape.SPAN,
    columns=COLUMNS,
    labels=(),
    label_column=None,
    metric="F1 / exact match",
    sizes={"train": 87_599, "validation": 10_570},
    hub=(HubSource("rajpurkar/squad", "plain_text", {"train": "train", "validation": "validation"}),),
    licence=Licence(
        "CC-BY-SA-4.0",
        redistribute=True,
        non_commercial=False,
        share_alike=True,
        note="the Hub card says CC BY 4.0, the project's site CC BY-SA 4.0: treated as the stricter one",
    ),
    family="squad",
    group_column="context",
    validate=sound(COLUMNS, *CHECKS, answered),
    compare=agrees(COLUMNS, answers_agree),
    paper="Rajpurkar et al. 2016",
)
