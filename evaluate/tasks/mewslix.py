"""Mewsli-X: which of a million entities does a mention in the news mean? 11 languages."""

from __future__ import annotations

from types import MappingProxyType

from synth.evaluate.tasks.base import EvalTask, Form, Group, HubPlace, Metric, Suite, Training, codes
from synth.evaluate.tasks.shapes import query
from synth.tasks.base import Licence

_LANGS = codes("ar de en es fa ja pl ro ta tr uk")
CANDIDATES = 1_003_893  # entity descriptions in 50 languages

TASK = EvalTask(
    name="mewslix",
    title="Mewsli-X",
    suite=Suite.XTREME_R,
    group=Group.RETRIEVAL,
    form=Form.LINKING,
    metric=Metric.MRR_20,
    languages=_LANGS,
    split="test",
    sizes=MappingProxyType(
        dict(zip(_LANGS, (1501, 1551, 1490, 1552, 458, 1519, 1562, 672, 1567, 1215, 1537), strict=True))
    ),
    training=(Training("English Wikipedia mentions and entities", 167_719, 14_051),),
    licence=Licence("Apache-2.0", True, False, False, "texts are Wikipedia's and Wikinews' under CC BY-SA and CC BY"),
    hub=(
        HubPlace("izhx/mewsli-x", "{lang}", {"validation": "dev", "test": "test"}, _LANGS),
        HubPlace("izhx/mewsli-x", "wikipedia_pairs", {"train": "train", "pairs_validation": "dev"}, ("en",)),
        HubPlace("izhx/mewsli-x", "candidate_entities", {"candidates": "test"}, note="name of the split not verified"),
    ),
    shape=query,
    paper="Ruder et al. 2021, after Botha, Shan and Gillick 2020",
    note="Reported as mAP@20, which with one gold entity is MRR@20. The public release (20220518) differs from the "
    "paper's own version: its authors warn that numbers are not comparable with the paper's table.",
)
