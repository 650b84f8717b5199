"""LAReQA (XQuAD-R): find all sentences, in 11 languages at once, that answer a question."""

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
from synth.evaluate.tasks.shapes import query
from synth.tasks.base import Licence

_LANGS = codes("ar de el en es hi ru th tr vi zh")

TASK = EvalTask(
    name="lareqa",
    title="LAReQA",
    suite=Suite.XTREME_R,
    group=Group.RETRIEVAL,
    form=Form.ANSWERS,
    metric=Metric.MAP_20,
    languages=_LANGS,
    split="test",
    sizes=per_language(_LANGS, 1190),
    training=(Training("SQuAD v1.1 as questions and answering sentences", 87_599, 10_570),),
    licence=Licence("CC-BY-SA-4.0", True, False, True, "LAReQA's README"),
    hub=(
        HubPlace(
            "google-research-datasets/xquad_r",
            "{lang}",
            {"test": "validation"},
            note="has no sentence boundaries: the official task cannot be built from it, only from the authors' files",
        ),
    ),
    shape=query,
    same_task=SQUAD_FAMILY,
    paper="Roy et al. 2020",
    note="One pool of the sentences of all 11 languages; the mean is over all 13,090 questions. The official total has "
    "no reader for it; Synth counts it as the tenth task. Harnesses that rank whole paragraphs score far higher.",
)
