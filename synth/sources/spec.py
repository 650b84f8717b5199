"""The YAML file that says which files or Hub data sets hold the splits of each task (docs/sources.md explains it)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from synth.errors import BadFlag, BadSource
from synth.nearest import did_you_mean
from synth.unique_keys import UniqueKeys

ORIGINS = ("mnli", "snli", "anli", "anli_r1", "anli_r2", "anli_r3")
_KEYS_OF = {
    "path": {"path", "format", "encoding", "quoted", "origin"},
    "hub": {"hub", "config", "split", "revision", "origin"},
    "use": {"use", "split", "origin"},
}


class Entry(BaseModel):
    """One part of a split: files (`path`), a Hub data set (`hub`), or the parts of another entry (`use`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str | None = Field(None, description="file or glob, relative to the YAML file")
    hub: str | None = Field(None, description="Hub id NAMESPACE/NAME, or a folder laid out as a Hub data set")
    use: str | None = Field(None, description="a task or part of this YAML file")
    format: str | None = Field(None, description="format of the files; guessed when left out")
    encoding: str = Field("utf-8", description="encoding of text files")
    quoted: bool | None = Field(None, description="whether cells of a table are quoted; by format when left out")
    config: str | None = Field(None, description="config of the Hub data set")
    split: str | None = Field(None, description="split of the Hub data set or of the used entry; ours when left out")
    revision: str | None = Field(None, description="commit, tag or branch of the Hub data set; resolved and recorded")
    origin: str | None = Field(None, description="which part of ANLI+ this is")

    @model_validator(mode="after")
    def _one_kind(self) -> Entry:
        given = self.model_fields_set
        kinds = [kind for kind in _KEYS_OF if kind in given]
        if len(kinds) != 1:
            raise ValueError(f"give exactly one of path, hub and use, not {' and '.join(kinds) or 'none'}")
        if foreign := sorted(given - _KEYS_OF[kinds[0]]):
            allowed = ", ".join(sorted(_KEYS_OF[kinds[0]]))
            raise ValueError(f"{', '.join(foreign)} cannot stand beside {kinds[0]}; keys there are {allowed}")
        return self

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str) -> str:
        try:
            "".encode(name)  # not `codecs.lookup`, which also knows codecs of bytes such as hex
        except (LookupError, UnicodeError):
            raise ValueError(
                f"unknown encoding {name!r}; give one that Python knows, such as utf-8 or latin-1"
            ) from None
        return name

    @field_validator("origin")
    @classmethod
    def _known_origin(cls, name: str | None) -> str | None:
        if name is not None and name not in ORIGINS:
            raise ValueError(f"unknown origin {name!r}; give one of {', '.join(ORIGINS)}")
        return name


def _as_entries(value: Any) -> Any:
    """A single path or entry may stand where a list of entries is expected."""
    values = value if isinstance(value, list) else [value]
    return [{"path": one} if isinstance(one, str) else one for one in values]


Entries = Annotated[tuple[Entry, ...], BeforeValidator(_as_entries), Field(min_length=1)]


class SourceSpec(BaseModel):
    """The whole file: for each task, and for each further part of ANLI+, its splits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tasks: dict[str, dict[str, Entries]]
    parts: dict[str, dict[str, Entries]] = {}

    def entries(self, name: str) -> dict[str, Entries] | None:
        """The splits of a task or part, None when the file names neither."""
        return self.tasks.get(name) or self.parts.get(name)


def read_spec(path: Path, known_tasks: Iterable[str]) -> SourceSpec:
    """Read and check the YAML file.

    Raises:
        BadSource: If there is no such file.
        BadFlag: If it is no YAML, or has a key that is unknown, given twice or of the wrong type.
    """
    spec = _validated(path, _load_yaml(path))
    known = list(known_tasks)
    for section, names, allowed in (("tasks", spec.tasks, known), ("parts", spec.parts, list(ORIGINS))):
        for name in names:
            if name not in allowed:
                raise BadFlag(f"{path.name}: {section}.{name}: {_no_such(name, allowed)}")
    return spec


def _load_yaml(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadSource(f"there is no source file {path}; give `sample`, `hub` or the path of a YAML file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadSource(f"{path} cannot be read ({error}); give the path of a YAML file in UTF-8") from None
    try:
        return yaml.load(text, Loader=UniqueKeys)  # noqa: S506 (a SafeLoader)
    except yaml.YAMLError as error:
        raise BadFlag(f"{path.name} is not YAML: {' '.join(str(error).split())}; correct it there") from None


def _validated(path: Path, value: Any) -> SourceSpec:
    if not isinstance(value, dict):
        raise BadFlag(f"{path.name} holds no mapping; start it with `tasks:` as docs/sources.md shows")
    try:
        return SourceSpec.model_validate(value)
    except ValidationError as error:
        found = "; ".join(_explained(one) for one in error.errors()[:3])
        raise BadFlag(f"{path.name}: {found}; docs/sources.md shows the format") from None


def _explained(error: Any) -> str:
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error["loc"]).lstrip(".")
    if error["type"] != "extra_forbidden":
        return f"{place}: {error['msg'].removeprefix('Value error, ')}"
    model = SourceSpec if len(error["loc"]) == 1 else Entry
    return f"{place}: unknown key, {_no_such(str(error['loc'][-1]), list(model.model_fields))}"


def _no_such(name: str, known: list[str]) -> str:
    return did_you_mean(name, known) or f"known are {', '.join(known)}"
