"""WikiANN-NER (PAN-X): persons, places, organisations in 48 languages."""

from __future__ import annotations

from functools import partial
from typing import Any

from synth.evaluate.tasks.base import EvalTask, Form, Group, HubPlace, Metric, Suite, Training, codes, per_language
from synth.evaluate.tasks.shapes import tags
from synth.tasks.base import Licence

TAGS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
_V1 = codes(
    "ar he vi id jv ms tl eu ml ta te af nl en de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw yo my zh "
    "kk tr et fi hu"
)
_LANGS = (*_V1, "qu", "pl", "uk", "az", "lt", "pa", "gu", "ro")
_THOUSAND: Any = dict.fromkeys(codes("af bn hi kk ml mr ms sw ta te tl ur az"), 1000)
_HUNDRED: Any = dict.fromkeys(codes("jv my yo qu pa gu"), 100)
_SPLITS = {"train": "train", "validation": "validation", "test": "test"}

TASK = EvalTask(
    name="panx",
    title="WikiANN-NER",
    suite=Suite.XTREME_R,
    group=Group.TAGGING,
    form=Form.TAGS,
    metric=Metric.SPAN_F1,
    languages=_LANGS,
    split="test",
    sizes=per_language(_LANGS, 10_000, **_THOUSAND, **_HUNDRED),
    training=(Training("WikiANN en", 20_000, 10_000),),
    licence=Licence("LicenseRef-unknown", False, False, False, "the authors state no terms; Wikipedia is CC BY-SA"),
    hub=(
        HubPlace("unimelb-nlp/wikiann", "{lang}", _SPLITS),
        HubPlace("google/xtreme", "PAN-X.{lang}", _SPLITS, _V1),
    ),
    shape=partial(tags, names=("ner_tags", "tags")),
    labels=TAGS,
    paper="Pan et al. 2017, split by Rahimi et al. 2019",
    note="The paper says 47 languages, the official code scores 48. kk, th, tl and yo have small or no dev sets.",
)
