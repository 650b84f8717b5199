"""MLQA: questions about Wikipedia in 7 languages; context and question in the same one."""

from __future__ import annotations

from types import MappingProxyType

from synth.evaluate.tasks.base import SQUAD_FAMILY, EvalTask, Form, Group, HubPlace, Metric, Suite, Training, codes
from synth.evaluate.tasks.shapes import span
from synth.tasks.base import Licence

_LANGS = codes("en es de ar hi vi zh")
_SPLITS = {"validation": "validation", "test": "test"}

TASK = EvalTask(
    name="mlqa",
    title="MLQA",
    suite=Suite.XTREME_R,
    group=Group.QA,
    form=Form.SPAN,
    metric=Metric.MLQA,
    languages=_LANGS,
    split="test",
    sizes=MappingProxyType(
        {"en": 11_590, "es": 5_253, "de": 4_517, "ar": 5_335, "hi": 4_918, "vi": 5_495, "zh": 5_137}
    ),
    dev_sizes=MappingProxyType({"en": 1148, "es": 500, "de": 512, "ar": 517, "hi": 507, "vi": 511, "zh": 504}),
    training=(Training("SQuAD v1.1", 87_599, 10_570),),
    licence=Licence("CC-BY-SA-3.0", True, False, True, "MLQA's README"),
    hub=(
        HubPlace("facebook/mlqa", "mlqa.{lang}.{lang}", _SPLITS),
        HubPlace("google/xtreme", "MLQA.{lang}.{lang}", _SPLITS),
    ),
    shape=span,
    same_task=SQUAD_FAMILY,
    paper="Lewis et al. 2020",
    note="Own script: punctuation of all scripts, articles by language, Chinese by character.",
)
