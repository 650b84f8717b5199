"""XCOPA: the more plausible cause or effect, in 11 languages without English."""

from __future__ import annotations

from synth.evaluate.tasks.base import EvalTask, Form, Group, HubPlace, Metric, Suite, Training, codes, per_language
from synth.evaluate.tasks.shapes import choice
from synth.tasks.base import Licence

_LANGS = codes("et ht id it qu sw ta th tr vi zh")

TASK = EvalTask(
    name="xcopa",
    title="XCOPA",
    suite=Suite.XTREME_R,
    group=Group.CLASSIFICATION,
    form=Form.CHOICE,
    metric=Metric.ACCURACY,
    languages=_LANGS,
    split="test",
    sizes=per_language(_LANGS, 500),
    dev_sizes=per_language(_LANGS, 100),
    training=(Training("Social IQa", 33_410, 1_954, then="COPA"), Training("COPA", 400, 100)),
    licence=Licence("CC-BY-4.0", True, False, False, "XCOPA's README"),
    hub=(
        HubPlace("cambridgeltl/xcopa", "{lang}", {"validation": "validation", "test": "test"}, _LANGS),
        HubPlace("aps/super_glue", "copa", {"train": "train", "validation": "validation"}, ("en",), note="COPA"),
        HubPlace(
            "lighteval/siqa",
            None,
            {"siqa_train": "train", "siqa_validation": "validation"},
            ("en",),
            note="Social IQa; the authors' repository is a script",
        ),
    ),
    shape=choice,
    labels=("0", "1"),
    paper="Ponti et al. 2020",
    note="Chance is 50; the standard error of 500 items is 2.2 points. Unstable across harnesses and seeds.",
)
