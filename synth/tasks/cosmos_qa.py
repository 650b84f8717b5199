"""Cosmos QA: a narrative, a question about what it leaves unsaid, and four answers.

The Hub's copy at `main` is a loading script, which `datasets` 4 and later refuse, so its automatic Parquet conversion
is read.
"""

from __future__ import annotations

from synth.tasks.agreement import agrees, choices_agree
from synth.tasks.base import Column, HubSource, Licence, Policy, Row, Shape, Task
from synth.tasks.invariants import class_index, filled, sound

_ANSWERS = ("answer0", "answer1", "answer2", "answer3")
_COLUMNS = (
    Column("id", "string", Policy.KEEP, "the item's id"),
    Column("context", "string", Policy.TRANSLATE, "the narrative"),
    Column("question", "string", Policy.TRANSLATE, "the question"),
    *(Column(name, "string", Policy.CHOICES, f"answer {index}") for index, name in enumerate(_ANSWERS)),
    Column("label", "int32", Policy.COPY, "index of the right answer"),
)


def _answers(row: Row) -> list[str]:
    return [row[name] for name in _ANSWERS]


TASK = Task(
    name="cosmos_qa",
    title="Cosmos QA",
    shape=Shape.CHOICE,
    columns=_COLUMNS,
    labels=("0", "1", "2", "3"),
    label_column="label",
    metric="accuracy",
    sizes={"train": 25_262, "validation": 2_985, "test": 6_963},
    hub=(
        HubSource(
            "allenai/cosmos_qa",
            None,
            {"train": "train", "validation": "validation"},
            revision="refs/convert/parquet",
        ),
    ),
    licence=Licence(
        "CC-BY-4.0", redistribute=True, non_commercial=False, share_alike=False, note="CC BY 4.0 (Hub card)"
    ),
    family="cosmos_qa",
    group_column="context",
    validate=sound(_COLUMNS, filled("context", "question", *_ANSWERS), class_index("label", len(_ANSWERS))),
    compare=agrees(_COLUMNS, choices_agree(_answers)),
    paper="Huang et al. 2019",
)
