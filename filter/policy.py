"""The policy: thresholds of every check, and what is done about duplicates and their siblings.

A policy is a YAML file with a section a check; keys that are not given have the check's default. Unknown keys are
refused with the nearest known one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synth.corpus.files import fingerprint
from synth.errors import BadFlag
from synth.filter.checks import all_checks
from synth.filter.checks.base import Thresholds
from synth.filter.dedup.siblings import SOURCE_LANGUAGE, Reach
from synth.nearest import did_you_mean

M = TypeVar("M", bound=BaseModel)
_RULES = ("dedup", "siblings")
BUILT_IN = ("default", "strict", "lenient")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class DedupRules(_Section):
    """Near-duplicates within (task, language, kind)."""

    enabled: bool = True
    threshold: float = Field(default=0.8, ge=0.5, le=1.0)
    reach: Reach = Reach.ENGLISH_AND_OWN

    def drops_own(self, lang: str) -> bool:
        """Whether the duplicates that are found in a language leave it; with `english` only those of English do."""
        return self.enabled and (self.reach is not Reach.ENGLISH or lang == SOURCE_LANGUAGE)


class ParallelRules(_Section):
    """Whether what is dropped in one language is dropped in all, so that every language has the same examples."""

    keep_parallel: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """A complete policy.

    Args:
        name: Name or file name, for the report.
        checks: Thresholds by check; None where the check is switched off.
        dedup: Rules for duplicates.
        siblings: Whether the languages stay parallel.
        text: The YAML text as written, with its comments, for the report.
    """

    name: str
    checks: Mapping[str, Thresholds | None]
    dedup: DedupRules
    siblings: ParallelRules
    text: str

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that decides, as plain values."""
        checks = {name: limits and limits.model_dump(mode="json") for name, limits in sorted(self.checks.items())}
        rules = {name: getattr(self, name).model_dump(mode="json") for name in _RULES}
        return {"checks": checks, **rules}

    @property
    def fingerprint(self) -> str:
        """Hash of `identity`: two policies with the same hash decide alike, whatever they are called."""
        return fingerprint(self.identity)


def load_policy(name: str) -> Policy:
    """A policy by built-in name or path.

    Raises:
        BadFlag: No such policy, no YAML, an unknown key or a value that cannot be used; the message names it.
    """
    path = Path(name)
    if name in BUILT_IN:
        return parse_policy(files("synth.filter").joinpath(f"policies/{name}.yaml").read_text("utf-8"), name)
    if not path.is_file():
        raise BadFlag(
            f"--policy {name} is neither a file nor one of {', '.join(BUILT_IN)}. "
            f"{_near(name, BUILT_IN)}Give one of them."
        )
    try:
        return parse_policy(path.read_text("utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise BadFlag(f"policy {name} is not UTF-8 text; save it as UTF-8 YAML") from error
    except OSError as error:
        raise BadFlag(f"policy {name} cannot be read: {error.strerror}; correct its permissions") from error


def parse_policy(text: str, name: str) -> Policy:
    """A policy from YAML text.

    Raises:
        BadFlag: As for `load_policy`.
    """
    sections = _sections(text, name)
    checks = all_checks()
    known = (*checks, *_RULES)
    for key in sections:
        if key not in known:
            raise BadFlag(
                f"policy {name}: unknown key {key!r}. {_near(str(key), known)}Known keys: {', '.join(known)}."
            )
    return Policy(
        name=name,
        checks={check: _limits(name, check, checks[check].thresholds, sections.get(check, {})) for check in checks},
        dedup=_model(name, "dedup", DedupRules, _rules(sections, "dedup", off={"enabled": False})),
        siblings=_model(name, "siblings", ParallelRules, _rules(sections, "siblings", off={"keep_parallel": False})),
        text=text,
    )


def _sections(text: str, name: str) -> dict[str, Any]:
    import yaml

    from synth.unique_keys import UniqueKeys

    try:
        sections = yaml.load(text, Loader=UniqueKeys) or {}  # noqa: S506  # a safe loader
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise BadFlag(f"policy {name} is not YAML ({problem}); compare it with filter/policies/default.yaml") from error
    if not isinstance(sections, dict):
        raise BadFlag(f"policy {name} must be a mapping of checks; compare it with filter/policies/default.yaml")
    return sections


def _limits(policy: str, check: str, model: type[Thresholds], section: Any) -> Thresholds | None:
    # YAML reads a bare `off` as False: `refusal: off` switches a check off.
    return None if section is False else _model(policy, check, model, section)


def _rules(sections: Mapping[str, Any], key: str, off: Mapping[str, Any]) -> Any:
    section = sections.get(key, {})
    return dict(off) if section is False else section


def _model(policy: str, key: str, model: type[M], section: Any) -> M:
    if not isinstance(section, dict):
        raise BadFlag(
            f"policy {policy}: {key} must be a mapping of thresholds or `off`, not {section!r}; correct the file"
        )
    try:
        return model.model_validate(section)
    except ValidationError as error:
        raise BadFlag(f"policy {policy}: {_explain(key, model, error)}") from error


def _explain(key: str, model: type[BaseModel], error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in (key, *first["loc"]))
    if first["type"] == "extra_forbidden":
        names = tuple(model.model_fields)
        wrong = str(first["loc"][0])
        return f"unknown key {place!r}. {_near(wrong, names)}Known keys: {', '.join(names)}."
    return f"{place} = {first['input']!r} cannot be used: {first['msg']}; correct the file"


def _near(word: str, options: tuple[str, ...]) -> str:
    found = did_you_mean(word, options)
    return f"{found} " if found else ""
