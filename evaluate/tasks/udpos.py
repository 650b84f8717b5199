"""UD-POS: universal part-of-speech tags in 38 languages, the test sets of all treebanks of a language joined."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType

from synth.evaluate.tasks.base import EvalTask, Form, Group, HubPlace, Metric, Suite, Training, codes
from synth.evaluate.tasks.shapes import tags
from synth.tasks.base import Licence

UPOS = codes("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X")
_V1 = codes("af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh")
_LANGS = (*_V1, "lt", "pl", "uk", "wo", "ro")
# The script behind `google/xtreme` took every treebank whose name holds the language's: these sets hold Swiss German,
# Ancient Greek, Old French, Old Russian and Classical Chinese too (google-research/xtreme, issue 91: a fifth of `ru`).
# XTREME's own conversion goes by the code that a file's name begins with.
_MIXED = codes("de el fr ru zh")
# Sentences of `google/xtreme`; its mixed sets, and the five languages of XTREME-R (UD 2.7), are counted when loaded.
_COUNTED = dict(
    zip(
        _V1,
        (
            *(425, 1680, 1116, 22458, 2809, 5440, 3147, 3760, 1799, 600, 4422, 9465, 491, 2684, 449, 1557, 3518),
            *(2372, 1047, 4276, 47, 1471, 2681, 11336, 120, 146, 1000, 55, 4785, 535, 800, 100, 5528),
        ),
        strict=True,
    )
)
_SIZES = {lang: size for lang, size in _COUNTED.items() if lang not in _MIXED}
_SPLITS = {"train": "train", "validation": "validation", "test": "test"}
_WORDS = "syntactic words; the official preprocessing joins them to written words (`format: conllu` of UD's own files)"

TASK = EvalTask(
    name="udpos",
    title="UD-POS",
    suite=Suite.XTREME_R,
    group=Group.TAGGING,
    form=Form.TAGS,
    metric=Metric.SPAN_F1,
    languages=_LANGS,
    split="test",
    sizes=MappingProxyType(_SIZES),
    training=(Training("English UD 2.5 treebanks", 21_253, 3_974),),
    licence=Licence("LicenseRef-UD", True, True, True, "per treebank; some are non-commercial"),
    hub=(
        HubPlace(
            "google/xtreme",
            "udpos.{name}",
            _SPLITS,
            tuple(lang for lang in _V1 if lang not in _MIXED),
            note=_WORDS,
        ),
        HubPlace(
            "google/xtreme",
            "udpos.{name}",
            _SPLITS,
            _MIXED,
            note=_WORDS,
            mixed="holds treebanks of other languages too (Swiss German, Ancient Greek, Old French, Old Russian, "
            "Classical Chinese): name UD's own files in a sources file",
        ),
        HubPlace("izhx/xtreme-r-udpos", "{lang}", _SPLITS, note="all 38 languages"),
    ),
    shape=partial(tags, names=("pos_tags", "tags", "upos")),
    labels=UPOS,
    paper="Nivre et al. 2018; UD 2.5, and 2.7 for lt pl uk wo ro",
    note="The score is seqeval's F1 over runs of equal tags, not token accuracy, which stands beside it.",
)
