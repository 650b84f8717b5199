"""What the two inference tasks share: labels, columns, invariants and the Hub's parts."""

from __future__ import annotations

from synth.tasks.agreement import sides_apart
from synth.tasks.base import Column, HubSource, Policy
from synth.tasks.invariants import class_index, filled

LABELS = ("entailment", "neutral", "contradiction")  # the order of the Hub's ClassLabel, in all five sources

PREMISE = Column("premise", "string", Policy.TRANSLATE, "what is taken as given")
HYPOTHESIS = Column("hypothesis", "string", Policy.TRANSLATE, "what does, may or cannot follow")
LABEL = Column("label", "label", Policy.COPY, "entailment, neutral or contradiction")

CHECKS = (filled("premise", "hypothesis"), class_index("label", len(LABELS)))
APART = sides_apart("premise", "hypothesis")

# GLUE's own test sets have no public labels, so they are no splits here.
MNLI_HUB = HubSource(
    "nyu-mll/glue",
    "mnli",
    {
        "train": "train",
        "validation": "validation_matched",
        "validation_mismatched": "validation_mismatched",
    },
    origin="mnli",
)
