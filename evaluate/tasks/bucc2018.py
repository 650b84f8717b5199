"""BUCC 2018 of XTREME version 1: find the few translated pairs in two monolingual corpora."""

from __future__ import annotations

from types import MappingProxyType

from synth.evaluate.tasks.base import EvalTask, Form, Group, HubPlace, Metric, Suite, codes
from synth.evaluate.tasks.shapes import query
from synth.tasks.base import Licence

_LANGS = codes("de fr ru zh")

TASK = EvalTask(
    name="bucc2018",
    title="BUCC",
    suite=Suite.XTREME,
    group=Group.RETRIEVAL,
    form=Form.MINING,
    metric=Metric.PAIR_F1,
    languages=_LANGS,
    split="test",
    sizes=MappingProxyType({"de": 9_580, "fr": 9_086, "ru": 14_435, "zh": 1_899}),
    dev_sizes=MappingProxyType({"de": 1_038, "fr": 929, "ru": 2_374, "zh": 257}),
    training=(),
    licence=Licence("LicenseRef-BUCC", False, False, False, "the shared task states no terms"),
    hub=(
        HubPlace(
            "google/xtreme",
            "bucc18.{lang}",
            {"validation": "validation"},
            note="gold pairs only, without the corpora around them: mining needs the original files",
        ),
    ),
    shape=query,
    paper="Zweigenbaum, Sharoff and Rapp 2018",
    note="Sizes are gold pairs. Ratio margin of 4 neighbours; the threshold is chosen on the dev gold.",
)
