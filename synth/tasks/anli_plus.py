"""ANLI+: the three rounds of Adversarial NLI with MultiNLI and SNLI, trained with one shared head.

The composition is that of Phang et al. (2020), "English Intermediate-Task Training Improves Zero-Shot Cross-Lingual
Transfer Too"; sizes are the sums of the public releases, SNLI's rows without a gold label included.
"""

from __future__ import annotations

from synth.tasks.agreement import agrees
from synth.tasks.base import HubSource, Licence, Shape, Task
from synth.tasks.invariants import sound
from synth.tasks.nli import APART, CHECKS, HYPOTHESIS, LABEL, LABELS, MNLI_HUB, PREMISE

_COLUMNS = (PREMISE, HYPOTHESIS, LABEL)


def _anli(number: int) -> HubSource:
    """One round of ANLI: its splits carry the round in their names."""
    splits = {"train": f"train_r{number}", "validation": f"dev_r{number}", "test": f"test_r{number}"}
    return HubSource("facebook/anli", "plain_text", splits, origin=f"anli_r{number}")


_SNLI = HubSource(
    "stanfordnlp/snli",
    "plain_text",
    {"train": "train", "validation": "validation", "test": "test"},
    origin="snli",
)
# MultiNLI's mismatched set stays with MNLI: ANLI+ has one validation split.
_MNLI = HubSource(
    MNLI_HUB.repo, MNLI_HUB.config, {"train": "train", "validation": "validation_matched"}, origin=MNLI_HUB.origin
)

TASK = Task(
    name="anli_plus",
    title="ANLI+",
    shape=Shape.PAIR,
    columns=_COLUMNS,
    labels=LABELS,
    label_column="label",
    metric="accuracy",
    sizes={
        "train": 550_152 + 392_702 + 16_946 + 45_460 + 100_459,
        "validation": 10_000 + 9_815 + 1_000 + 1_000 + 1_200,
        "test": 10_000 + 1_000 + 1_000 + 1_200,
    },
    hub=(_SNLI, _MNLI, _anli(1), _anli(2), _anli(3)),
    licence=Licence(
        "CC-BY-NC-4.0 AND CC-BY-SA-4.0 AND LicenseRef-MultiNLI",
        redistribute=True,
        non_commercial=True,
        share_alike=True,
        note="ANLI is CC BY-NC 4.0, SNLI CC BY-SA 4.0 (their Hub cards), MultiNLI as for mnli; the two CC licences do "
        "not combine in one adaptation, so publish the parts as separate files",
    ),
    family="nli",
    group_column="premise",
    validate=sound(_COLUMNS, *CHECKS),
    compare=agrees(_COLUMNS, APART),
    paper="Nie et al. 2020 (ANLI), Williams et al. 2018 (MultiNLI), Bowman et al. 2015 (SNLI)",
    also=("mnli",),
)
