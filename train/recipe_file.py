"""Recipes from files and flags, and the flags that a recipe has."""

from __future__ import annotations

import argparse
from collections.abc import Hashable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from synth.errors import BadFlag
from synth.nearest import did_you_mean
from synth.train.recipe import Recipe

_MOST_BYTES = 1 << 20


def ready_recipes() -> tuple[str, ...]:
    """Names of the recipes that come with Synth."""
    folder = files("synth.train").joinpath("recipes")
    return tuple(sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml")))


def load_recipe(name: str, flags: Mapping[str, Any] | None = None) -> Recipe:
    """A recipe by the name of a ready one or by path, with flags laid over it.

    Args:
        name: A ready recipe, or the path of a YAML file.
        flags: Values by dotted key (`optim.learning_rate`), as text or as they are.

    Raises:
        BadFlag: There is no such recipe, or a key or value of it is not allowed.
    """
    values = _read(_text(name), name)
    budgets = [f"--{key}" for key in flags or {} if key.startswith("budget.")]
    if len(budgets) > 1:
        raise BadFlag(f"{' and '.join(budgets)} both say how long to train; give one of them")
    for key, value in (flags or {}).items():
        _lay_over(values, key, value)
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise BadFlag(_explain(error, name)) from None


def dump_recipe(recipe: Recipe) -> str:
    """The recipe as YAML with every key, for the run record."""
    text: str = yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=120)
    return text


def recipe_keys() -> Iterator[tuple[str, str]]:
    """Every dotted key of a recipe with its help."""
    yield from _keys(Recipe, "")


def add_recipe_flags(parser: argparse.ArgumentParser) -> None:
    """One flag a key; what is given arrives in `args.recipe_flags`."""
    group = parser.add_argument_group("keys of the recipe")
    for key, told in recipe_keys():
        group.add_argument(
            f"--{key}", dest="recipe_flags", action=_Collect, metavar="VALUE", help=told.replace("%", "%%")
        )
    parser.set_defaults(recipe_flags={})


class _Collect(argparse.Action):
    """Gathers flags into one mapping by dotted key."""

    def __call__(
        self, _parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        flags = {**getattr(namespace, self.dest), str(option).removeprefix("--"): values}
        setattr(namespace, self.dest, flags)


def _keys(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str]]:
    for name, entry in model.model_fields.items():
        inner = _section(entry)
        if inner is None:
            yield f"{prefix}{name}", entry.description or ""
            continue
        if entry.default is None:  # a section that may be left away, or be there with all its defaults
            yield f"{prefix}{name}", f"{entry.description or name}: `null` for none, `{{}}` for its defaults"
        yield from _keys(inner, f"{prefix}{name}.")


def _section(entry: FieldInfo) -> type[BaseModel] | None:
    """The model of a key that is a section of its own (also where it may be null); lists are keys."""
    either = get_origin(entry.annotation) in (Union, UnionType)
    kinds = get_args(entry.annotation) if either else (entry.annotation,)
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _text(name: str) -> str:
    if name in ready_recipes():
        return files("synth.train").joinpath("recipes", f"{name}.yaml").read_text(encoding="utf-8")
    path = Path(name)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadFlag(f"{name} is too large for a recipe; give the YAML file of one")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        hint = did_you_mean(name, ready_recipes()) or f"Ready ones are {', '.join(ready_recipes())}"
        raise BadFlag(f"There is no recipe {name!r} ({type(error).__name__}). {hint}; or give a YAML file") from None


class _Unique(yaml.SafeLoader):
    """The safe loader, but a key given twice is an error: the first value would silently be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """A mapping whose keys are all different."""
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        repeated = sorted({key for key in keys if keys.count(key) > 1})
        if repeated:
            raise yaml.YAMLError(f"the key {repeated[0]!r} is given twice at line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep)


def _read(text: str, name: str) -> dict[str, Any]:
    try:
        value = yaml.load(text, Loader=_Unique)  # noqa: S506  # a SafeLoader
    except yaml.YAMLError as error:
        raise BadFlag(f"{name} is not YAML: {' '.join(str(error).split())[:200]}; correct it there") from None
    if not isinstance(value, dict):
        raise BadFlag(f"{name} holds no recipe; start from a ready one ({', '.join(ready_recipes())})")
    return value


def _lay_over(values: dict[str, Any], key: str, value: Any) -> None:
    """Set a dotted key; of the budget's units the flag's replaces the file's."""
    *sections, last = key.split(".")
    inner = values
    for section in sections:
        there = inner.get(section) or {}
        if not isinstance(there, dict):
            raise BadFlag(
                f"{key}: {section} is {str(there)[:80]!r} and no section; `synth train --help` lists all keys"
            )
        inner[section] = dict(there)
        inner = inner[section]
    if sections == ["budget"]:
        inner.clear()
    inner[last] = _plain(value)


def _plain(value: Any) -> Any:
    """A flag's text as YAML reads it; text that YAML cannot read stays text."""
    if not isinstance(value, str):
        return value
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        return value


def _explain(error: ValidationError, name: str) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"])) or "the recipe"
    if first["type"] == "extra_forbidden":
        hint = did_you_mean(place, [key for key, _ in recipe_keys()])
        return " ".join(filter(None, (f"{name}: unknown key {place}.", hint, "`synth train --help` lists all keys")))
    told = first["msg"].removeprefix("Value error, ")
    return f"{name}: {place}: {told} (given: {str(first['input'])[:80]!r}); `synth train --help` explains the keys"
