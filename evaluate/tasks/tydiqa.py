"""TyDiQA-GoldP: questions written in the language itself, 9 languages; its development set is the test set."""

from __future__ import annotations

from types import MappingProxyType

from synth.evaluate.tasks.base import EvalTask, Form, Group, HubPlace, Metric, Suite, Training, codes
from synth.evaluate.tasks.shapes import span
from synth.tasks.base import Licence

_LANGS = codes("en ar bn fi id ko ru sw te")

TASK = EvalTask(
    name="tydiqa",
    title="TyDiQA-GoldP",
    suite=Suite.XTREME_R,
    group=Group.QA,
    form=Form.SPAN,
    metric=Metric.SQUAD,
    languages=_LANGS,
    split="test",
    sizes=MappingProxyType({}),  # 5,077 in all; counted by language when they are loaded
    training=(Training("TyDiQA-GoldP en", 3_696, 0),),
    licence=Licence("Apache-2.0", True, False, False, "TyDiQA's README"),
    hub=(
        HubPlace(
            "google-research-datasets/tydiqa",
            "secondary_task",
            {"train": "train", "test": "validation"},
            note="all languages in one split: kept by the language's name at the start of the id",
        ),
    ),
    shape=span,
    paper="Clark et al. 2020",
    note="XTREME averages English too, TyDiQA's own README does not. The training data of the other languages (49,881 "
    "examples in all) must not be used zero-shot. A model that was trained on SQuAD before has most of the gain.",
)
