"""Tatoeba: for each English sentence the nearest one of up to 1,000 in another language; 41 languages, no training."""

from __future__ import annotations

from typing import Any

from synth.evaluate.tasks.base import EvalTask, Form, Group, HubPlace, Metric, Suite, codes, per_language
from synth.evaluate.tasks.shapes import query
from synth.tasks.base import Licence

_V1 = codes(
    "ar he vi id jv tl eu ml ta te af nl de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw zh kk tr et fi hu"
)
_LANGS = (*_V1, "az", "lt", "pl", "uk", "ro")
_FEWER: Any = {"jv": 205, "ka": 746, "kk": 575, "ml": 687, "sw": 390, "ta": 307, "te": 234, "th": 548}

TASK = EvalTask(
    name="tatoeba",
    title="Tatoeba",
    suite=Suite.XTREME_R,
    group=Group.RETRIEVAL,
    form=Form.BITEXT,
    metric=Metric.ACCURACY,
    languages=_LANGS,
    split="test",
    sizes=per_language(_LANGS, 1000, **_FEWER),
    training=(),
    licence=Licence("CC-BY-2.0-FR", True, False, False, "Tatoeba's terms"),
    hub=(
        HubPlace("mteb/tatoeba-bitext-mining", "{lang3}-eng", {"test": "test"}, revision="main"),
        HubPlace("google/xtreme", "tatoeba.{lang3}", {"test": "validation"}, _V1),
    ),
    shape=query,
    paper="Artetxe and Schwenk 2019",
    note="English to foreign, mean of one middle layer, no margin. XTREME-R's published rows come from encoders that "
    "were already trained on SQuAD: they contain an intermediate-task effect.",
)
