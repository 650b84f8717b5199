"""Settings from YAML files and `--set`, laid over a preset: dotted keys, unknown ones refused with the nearest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from synth.errors import BadFlag
from synth.nearest import did_you_mean

_MOST_BYTES = 1 << 20


def read_yaml(path: Path, presets: tuple[str, ...]) -> dict[str, Any]:
    """The keys of a settings file.

    Raises:
        BadFlag: It cannot be read, or holds no settings.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadFlag(f"{path} is too large for settings; give the YAML file of some")
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        hint = did_you_mean(str(path), presets) or f"Ready ones are {', '.join(presets)}"
        raise BadFlag(f"there are no settings {str(path)!r} ({type(error).__name__}). {hint}; or a YAML file") from None
    except yaml.YAMLError as error:
        raise BadFlag(f"{path} is not YAML: {' '.join(str(error).split())[:200]}; correct it there") from None
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise BadFlag(f"{path} holds no settings; docs/evaluate.md has an example")
    return value


def parse_changes(words: list[str]) -> dict[str, Any]:
    """`key=value` words as a mapping; values are read as YAML reads them.

    Raises:
        BadFlag: A word has no `=`, or a key is given twice.
    """
    found: dict[str, Any] = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not sign or not key.strip():
            raise BadFlag(f"--set {word!r}: write --set key=value, such as --set optim.learning_rate=1e-4")
        if key.strip() in found:
            raise BadFlag(f"--set {key.strip()} is given twice; give it once")
        found[key.strip()] = _plain(value)
    return found


def _plain(value: str) -> Any:
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        return value


def lay_over(
    values: Mapping[str, Any], changes: Mapping[str, Any], whole: type[BaseModel], target: type[BaseModel]
) -> dict[str, Any]:
    """The values with changes: `NAME.key` changes one target, a target's `key` all of them, others the settings.

    General changes are laid first, so that `--set squad.epochs=1 --set epochs=2` leaves one for SQuAD.

    Raises:
        BadFlag: A key is none of the settings'.
    """
    names = tuple(values["targets"])
    flat = dict(_flat({**changes, **dict(changes.get("targets") or {})}, skip="targets"))
    found: dict[str, Any] = _copy(values)
    for key, value in sorted(flat.items(), key=lambda pair: pair[0].split(".")[0] in names):
        first, _, rest = key.partition(".")
        if first in names and rest:
            _put(found["targets"][first], rest, value)
        elif first in target.model_fields:
            for name in names:
                _put(found["targets"][name], key, value)
        elif first in whole.model_fields:
            _put(found, key, value)
        else:
            raise _unknown(key, whole, target, names)
    return found


def _flat(values: Mapping[str, Any], prefix: str = "", skip: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if key == skip and not prefix:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _copy(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _copy(value) if isinstance(value, Mapping) else value for key, value in values.items()}


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    *sections, last = key.split(".")
    for section in sections:
        inner = values.setdefault(section, {})
        if not isinstance(inner, dict):
            raise BadFlag(f"{key}: {section} is no section; give {section}=value")
        values = inner
    values[last] = value


def keys_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """All dotted keys of a model."""
    for name, entry in model.model_fields.items():
        kinds = (entry.annotation, *get_args(entry.annotation))
        inner = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        if inner is None or name == "targets":
            yield f"{prefix}{name}"
        else:
            yield from keys_of(inner, f"{prefix}{name}.")


def _unknown(key: str, whole: type[BaseModel], target: type[BaseModel], names: tuple[str, ...]) -> BadFlag:
    known = [*keys_of(target), *keys_of(whole), *names]
    hint = did_you_mean(key, known)
    told = f"Keys are those of a target ({', '.join(keys_of(target))}), of one target ({', '.join(names)}), and "
    return BadFlag(f"unknown key {key!r} of the settings. {hint} {told}{', '.join(keys_of(whole))}")


def explain(error: ValidationError, name: str, whole: type[BaseModel], target: type[BaseModel]) -> str:
    """One line about the first thing that is wrong."""
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"])).removeprefix("targets.") or "the settings"
    if first["type"] == "extra_forbidden":
        hint = did_you_mean(place.rpartition(".")[2], [*keys_of(target), *keys_of(whole)])
        return f"{name}: unknown key {place}. {hint} docs/evaluate.md lists all keys"
    told = first["msg"].removeprefix("Value error, ")
    return f"{name}: {place}: {told} (given: {str(first['input'])[:80]!r}); docs/evaluate.md explains the keys"
