"""XQuAD: 240 paragraphs of SQuAD's development set, translated by people into 11 languages."""

from __future__ import annotations

from synth.evaluate.tasks.base import (
    SQUAD_FAMILY,
    EvalTask,
    Form,
    Group,
    HubPlace,
    Metric,
    Suite,
    Training,
    codes,
    per_language,
)
from synth.evaluate.tasks.shapes import span
from synth.tasks.base import Licence

_LANGS = codes("en es de el ru tr ar vi th zh hi ro")

TASK = EvalTask(
    name="xquad",
    title="XQuAD",
    suite=Suite.XTREME_R,
    group=Group.QA,
    form=Form.SPAN,
    metric=Metric.SQUAD,
    languages=_LANGS,
    split="test",
    sizes=per_language(_LANGS, 1190),
    training=(Training("SQuAD v1.1", 87_599, 10_570),),
    licence=Licence("CC-BY-SA-4.0", True, False, True, "XQuAD's README"),
    hub=(
        HubPlace("google/xquad", "xquad.{lang}", {"test": "validation"}),
        HubPlace(
            "rajpurkar/squad",
            "plain_text",
            {"train": "train", "validation": "validation"},
            ("en",),
            note="SQuAD v1.1, which XQuAD, MLQA and LAReQA are trained on",
        ),
    ),
    shape=span,
    same_task=SQUAD_FAMILY,
    paper="Artetxe, Ruder and Yogatama 2020",
    note="No segmentation of zh and th, so that F1 is nearly EM there and not on MLQA's scale. Paragraphs of SQuAD's "
    "development set: never train on that.",
)
