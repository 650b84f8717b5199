"""The arms of the experiment by name: from what parts of a corpus each of them takes its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from synth.nearest import did_you_mean
from synth.outcomes import Kind


class ArmName(StrEnum):
    """Arms that a recipe names without saying more."""

    NONE = "none"  # no intermediate stage: the pretrained model goes straight to the target
    ENGLISH = "english"
    ENGLISH_PARAPHRASE = "english-paraphrase"  # the control for translationese: the same teacher, English out
    MULTILINGUAL = "multilingual"
    MULTILINGUAL_PARAPHRASE = "multilingual-paraphrase"
    ENGLISH_MLM = "english+mlm"
    MULTILINGUAL_MT = "multilingual-mt"  # translations that existed before, brought in by `synth import`


@dataclass(frozen=True, slots=True)
class Component:
    """One part of the corpora that an arm draws from.

    Args:
        kind: Kind of its rows.
        english: Whether its rows are English, or in the other languages.
        external: Whether it comes from imported corpora, or from generated ones; None: from either.
    """

    kind: Kind
    english: bool
    external: bool | None


COMPONENTS: Mapping[str, Component] = {
    ArmName.ENGLISH: Component(Kind.SOURCE, english=True, external=None),
    ArmName.ENGLISH_PARAPHRASE: Component(Kind.PARAPHRASE, english=True, external=False),
    ArmName.MULTILINGUAL: Component(Kind.TRANSLATION, english=False, external=False),
    ArmName.MULTILINGUAL_PARAPHRASE: Component(Kind.PARAPHRASE, english=False, external=False),
    ArmName.MULTILINGUAL_MT: Component(Kind.TRANSLATION, english=False, external=True),
}
"""What an arm's `weights` may name."""

_WEIGHTS: Mapping[str, Mapping[str, float]] = {
    ArmName.NONE: {},
    ArmName.ENGLISH_MLM: {ArmName.ENGLISH: 1.0},
    **{name: {name: 1.0} for name in COMPONENTS},
}


class Arm(BaseModel):
    """One arm: a name that Synth knows, or a mixture with a name of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(pattern=r"^[a-z][a-z0-9+-]{0,39}$", description=f"{', '.join(ArmName)}, or a mixture's name")
    weights: dict[str, float] = Field(default={}, description=f"mixtures: weight of each of {', '.join(COMPONENTS)}")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.name in _WEIGHTS and self.weights:
            raise ValueError(f"{self.name} is an arm of its own; give a mixture another name")
        if self.name not in _WEIGHTS and not self.weights:
            hint = did_you_mean(self.name, map(str, ArmName)) or f"Arms are {', '.join(ArmName)}"
            raise ValueError(f"there is no arm {self.name!r}. {hint}; a mixture needs `weights`")
        for part, weight in self.weights.items():
            if part not in COMPONENTS:
                raise ValueError(f"weights: there is no {part!r}; mix some of {', '.join(COMPONENTS)}")
            if weight <= 0:
                raise ValueError(f"weights: {part} must be above 0; leave it out instead")
        return self

    @property
    def mlm(self) -> bool:
        """Whether language modelling is mixed in."""
        return self.name == ArmName.ENGLISH_MLM

    @property
    def mixture(self) -> dict[str, float]:
        """Share of each component, in the order of `COMPONENTS`, together 1; empty for the arm `none`."""
        weights = self.weights or _WEIGHTS[self.name]
        total = sum(weights.values())
        return {name: weights[name] / total for name in COMPONENTS if name in weights}

    @property
    def paraphrases(self) -> bool:
        """Whether any of its text is a paraphrase."""
        return any(COMPONENTS[name].kind is Kind.PARAPHRASE for name in self.mixture)


def arm_of(value: Any) -> Any:
    """What stands in a recipe's `arms` as the arguments of `Arm`: a bare name, or a mapping."""
    return {"name": value} if isinstance(value, str) else value
