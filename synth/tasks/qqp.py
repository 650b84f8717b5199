"""Quora Question Pairs in GLUE's form."""

from __future__ import annotations

from synth.tasks.agreement import agrees, sides_apart
from synth.tasks.base import Column, HubSource, Licence, Policy, Shape, Task
from synth.tasks.invariants import class_index, filled, sound

_LABELS = ("not_duplicate", "duplicate")
_COLUMNS = (
    Column("question1", "string", Policy.TRANSLATE, "one question"),
    Column("question2", "string", Policy.TRANSLATE, "a question that may ask the same"),
    Column("label", "label", Policy.COPY, "not_duplicate or duplicate"),
    Column("idx", "int32", Policy.COPY, "GLUE's number within the split"),
)

TASK = Task(
    name="qqp",
    title="QQP",
    shape=Shape.PAIR,
    columns=_COLUMNS,
    labels=_LABELS,
    label_column="label",
    metric="accuracy / F1",
    sizes={"train": 363_846, "validation": 40_430, "test": 390_965},
    hub=(HubSource("nyu-mll/glue", "qqp", {"train": "train", "validation": "validation"}),),
    licence=Licence(
        "LicenseRef-Quora-Terms",
        redistribute=True,
        non_commercial=True,
        share_alike=False,
        note="Quora's terms of service (the Hub's GLUE card says only 'other'): read them before you publish a "
        "derivative; treated as non-commercial here",
    ),
    family="qqp",
    group_column=None,
    validate=sound(_COLUMNS, filled("question1", "question2"), class_index("label", len(_LABELS))),
    compare=agrees(_COLUMNS, sides_apart("question1", "question2")),
    paper="Iyer, Dandekar and Csernai 2017; GLUE: Wang et al. 2019",
)
