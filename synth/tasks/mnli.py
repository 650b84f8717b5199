"""MultiNLI in GLUE's form. It is also what XNLI trains on: translating it is translate-train for that target."""

from __future__ import annotations

from dataclasses import replace

from synth.tasks.agreement import agrees
from synth.tasks.base import Column, Licence, Policy, Shape, Task
from synth.tasks.invariants import sound
from synth.tasks.nli import APART, CHECKS, HYPOTHESIS, LABEL, LABELS, MNLI_HUB, PREMISE

_COLUMNS = (PREMISE, HYPOTHESIS, LABEL, Column("idx", "int32", Policy.COPY, "GLUE's number within the split"))

TASK = Task(
    name="mnli",
    title="MNLI",
    shape=Shape.PAIR,
    columns=_COLUMNS,
    labels=LABELS,
    label_column="label",
    metric="accuracy",
    sizes={
        "train": 392_702,
        "validation": 9_815,
        "validation_mismatched": 9_832,
        "test_matched": 9_796,
        "test_mismatched": 9_847,
    },
    hub=(replace(MNLI_HUB, origin=""),),
    licence=Licence(
        "LicenseRef-OANC AND CC-BY-3.0 AND CC-BY-SA-3.0",
        redistribute=True,
        non_commercial=False,
        share_alike=True,
        note="mostly the Open American National Corpus' terms; the fiction parts are CC BY 3.0 and CC BY-SA 3.0 "
        "(multi_nli Hub card)",
    ),
    family="nli",
    group_column="premise",
    validate=sound(_COLUMNS, *CHECKS),
    compare=agrees(_COLUMNS, APART),
    paper="Williams, Nangia and Bowman 2018",
)
