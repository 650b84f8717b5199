"""The experiment file: which recipes are trained, how their runs are evaluated, what is reported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from synth.errors import BadFlag
from synth.nearest import did_you_mean
from synth.train.recipe import Numbers, Recipe, Words
from synth.train.recipe_file import load_recipe
from synth.unique_keys import UniqueKeys

_MOST_BYTES = 1 << 20
_HELP = "docs/experiment.md shows one"


class _Section(BaseModel):
    """Nothing unknown, nothing changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Training(_Section):
    """One recipe; the keys are those of `synth train`."""

    recipe: str = Field(description="a ready recipe, or a YAML file")
    corpora: Words = Field(default=(), description="manifests, or corpus folders with one; the recipe's own if none")
    arms: tuple[Any, ...] = Field(default=(), description="arms; the recipe's own if none")
    seeds: Numbers = Field(default=(), description="seeds; the recipe's own if none")
    flags: dict[str, Any] = Field(default={}, description="any other key of the recipe, by its dotted name")

    def load(self) -> Recipe:
        """The recipe with everything laid over it.

        Raises:
            BadFlag: There is no such recipe, or a key or value of it is not allowed.
        """
        given = {"corpora": list(self.corpora), "arms": list(self.arms), "seeds": list(self.seeds)}
        twice = [name for name in given if name in self.flags]
        if twice:
            raise BadFlag(f"{twice[0]} stands in `flags` too; give it beside `recipe` only")
        return load_recipe(self.recipe, {**self.flags, **{name: value for name, value in given.items() if value}})


class Evaluation(_Section):
    """How every run is evaluated; the keys are those of `synth evaluate`."""

    source: str = Field(default="hub", description="hub, or a YAML file that names local files")
    settings: str = Field(default="official", description="a preset, or a YAML file")
    flags: dict[str, Any] = Field(default={}, description="changed settings, by their dotted names")
    tasks: Words = Field(default=("all",), description="target tasks")
    langs: Words = Field(default=("all",), description="languages")


class Reporting(_Section):
    """What is reported; the keys are those of `synth report`."""

    title: str = ""
    baseline: str | None = Field(default=None, description="arm that all others are compared with")
    replicates: int = Field(default=1000, ge=100, le=100_000, description="bootstrap replicates")
    seed: int = Field(default=20_200_526, ge=0, description="seed of the bootstrap")


class Experiment(_Section):
    """An experiment. Paths are relative to where the command runs, as they are on a command line."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,95}$")
    train: tuple[Training, ...] = Field(min_length=1, description="one recipe, or a list of several")
    evaluate: Evaluation = Evaluation()
    report: Reporting = Reporting()

    @field_validator("train", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return [value] if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _named(self) -> Experiment:
        if not self.evaluate.tasks or not self.evaluate.langs:
            raise ValueError("evaluate: name tasks and langs, or leave them out for all")
        return self


def load_experiment(path: Path) -> Experiment:
    """The experiment in a YAML file.

    Raises:
        BadFlag: It cannot be read, or a key or value of it is not allowed; the message names the key.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadFlag(f"{path} is too large for an experiment; {_HELP}")
        value = yaml.load(path.read_text(encoding="utf-8"), Loader=UniqueKeys)  # noqa: S506  # a SafeLoader
    except (OSError, UnicodeDecodeError) as error:
        raise BadFlag(f"there is no experiment {str(path)!r} ({type(error).__name__}); {_HELP}") from None
    except yaml.YAMLError as error:
        raise BadFlag(f"{path} is not YAML: {' '.join(str(error).split())[:200]}; correct it there") from None
    if not isinstance(value, dict):
        raise BadFlag(f"{path} holds no experiment; {_HELP}")
    try:
        return Experiment.model_validate({"name": path.stem, **value})
    except ValidationError as error:
        raise BadFlag(_explain(error, path)) from None


def _explain(error: ValidationError, path: Path) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"] if not isinstance(part, int)) or "the experiment"
    if first["type"] == "extra_forbidden":
        known = [
            *Experiment.model_fields,
            *(f"{name}.{key}" for name, one in _PARTS.items() for key in one.model_fields),
        ]
        hint = did_you_mean(place, known)
        return " ".join(filter(None, (f"{path}: unknown key {place}.", hint, f"{_HELP}")))
    told = first["msg"].removeprefix("Value error, ")
    return f"{path}: {place}: {told} (given: {str(first['input'])[:80]!r}); {_HELP}"


_PARTS: dict[str, type[BaseModel]] = {"train": Training, "evaluate": Evaluation, "report": Reporting}
