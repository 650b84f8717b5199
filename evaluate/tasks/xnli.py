"""XNLI: natural language inference in 15 languages; the test sets are translations of one another, line by line."""

from __future__ import annotations

from functools import partial

from synth.evaluate.tasks.base import (
    MNLI_FAMILY,
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
from synth.evaluate.tasks.shapes import pair
from synth.tasks.base import Licence

LABELS = ("entailment", "neutral", "contradiction")
# "contradictory" stands in some files of the machine-translated training set; XTREME's preprocessing maps it.
_WORDS = {word: word for word in LABELS} | {str(n): word for n, word in enumerate(LABELS)}
_WORDS["contradictory"] = "contradiction"
_LANGS = codes("ar bg de el en es fr hi ru sw th tr ur vi zh")

TASK = EvalTask(
    name="xnli",
    title="XNLI",
    suite=Suite.XTREME_R,
    group=Group.CLASSIFICATION,
    form=Form.PAIR,
    metric=Metric.ACCURACY,
    languages=_LANGS,
    split="test",
    sizes=per_language(_LANGS, 5010),
    dev_sizes=per_language(_LANGS, 2490),
    training=(Training("MNLI", 392_702, 2_490),),
    licence=Licence("CC-BY-NC-4.0", True, True, False, "XNLI's README; sources partly under other terms"),
    hub=(HubPlace("facebook/xnli", "{lang}", {"train": "train", "validation": "validation", "test": "test"}),),
    shape=partial(
        pair,
        names=(("premise", "sentence1", "text_a"), ("hypothesis", "sentence2", "text_b", "hypo")),
        words=_WORDS,
        parallel=True,
    ),
    labels=LABELS,
    same_task=MNLI_FAMILY,
    paper="Conneau et al. 2018",
    note="MNLI is its training set: intermediate MNLI is same-task.",
)
