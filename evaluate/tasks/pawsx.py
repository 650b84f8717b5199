"""PAWS-X of XTREME version 1: paraphrase or not, in 7 languages."""

from __future__ import annotations

from functools import partial

from synth.evaluate.tasks.base import EvalTask, Form, Group, HubPlace, Metric, Suite, Training, codes, per_language
from synth.evaluate.tasks.shapes import pair
from synth.tasks.base import Licence

LABELS = ("0", "1")
_LANGS = codes("de en es fr ja ko zh")

TASK = EvalTask(
    name="pawsx",
    title="PAWS-X",
    suite=Suite.XTREME,
    group=Group.CLASSIFICATION,
    form=Form.PAIR,
    metric=Metric.ACCURACY,
    languages=_LANGS,
    split="test",
    sizes=per_language(_LANGS, 2000),
    dev_sizes=per_language(_LANGS, 2000),
    training=(Training("PAWS-X en", 49_401, 2_000),),
    licence=Licence("LicenseRef-PAWS", True, False, False, "free for any purpose, with attribution to Google"),
    hub=(
        HubPlace(
            "google-research-datasets/paws-x",
            "{lang}",
            {"train": "train", "validation": "validation", "test": "test"},
        ),
    ),
    shape=partial(
        pair, names=(("sentence1", "text_a"), ("sentence2", "text_b")), words={word: word for word in LABELS}
    ),
    labels=LABELS,
    paper="Yang et al. 2019",
    note="1 is paraphrase. Lines are not parallel across languages.",
)
