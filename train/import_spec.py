"""What `synth import` is asked for: machine-translated versions of the tasks that exist already, and where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from synth.errors import BadFlag
from synth.languages import LANGUAGES
from synth.nearest import did_you_mean
from synth.sources.spec import ORIGINS
from synth.tasks import TASKS
from synth.unique_keys import UniqueKeys

LANG = "{lang}"
_MOST_BYTES = 1 << 20


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HubPlace(_Section):
    """A data set on the Hub, or a folder laid out as one; `{lang}` in `config` or `split` is each language in turn."""

    repo: str = Field(description="NAMESPACE/NAME, or a folder")
    config: str | None = Field(default=None, description="config, such as {lang} or mlqa-translate-train.{lang}")
    split: str = Field(default="train", description="the data set's own name of the split, such as {lang}_mnli")
    revision: str | None = Field(default=None, description="commit, tag or branch; resolved and recorded")

    @property
    def tells_languages(self) -> bool:
        """Whether each language has rows of its own, or (XNLI's `all_languages`) rows hold them all."""
        return LANG in f"{self.config} {self.split}" or self.config == "all_languages"


def _as_list(value: Any) -> Any:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


class TaskImport(_Section):
    """One task: its translated files, or its data set on the Hub.

    `columns` renames: our column (`premise`) to the file's. Where a row carries its English text too, `english` says in
    which columns; `parallel` names an English file (or Hub config) with the same rows in the same order. Either joins
    rows to the English examples by their text; else they are joined by their own ids.
    """

    files: str | dict[str, str] | None = Field(default=None, description="path with {lang}, or a path by language")
    hub: HubPlace | None = None
    langs: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = Field(min_length=1, description="languages")
    codes: dict[str, str] = Field(default={}, description="what the data call a language, where not as we do")
    format: str | None = Field(default=None, description="format of the files; guessed when left out")
    header: tuple[str, ...] = Field(default=(), description="columns of tables without a header line")
    columns: dict[str, str] = Field(default={}, description="our column: theirs")
    english: dict[str, str] = Field(default={}, description="our column: theirs, with the English text")
    parallel: str | None = Field(default=None, description="English file, or Hub config, with the same rows in order")
    origin: str = Field(default="", description="which part of ANLI+ this is")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        unknown = sorted(set(self.langs) - set(LANGUAGES) | ({"en"} & set(self.langs)))
        if unknown:
            raise ValueError(f"{', '.join(unknown)} is no language to import; `synth langs` lists them")
        if (self.files is None) == (self.hub is None):
            raise ValueError("give either `files` or `hub`")
        if isinstance(self.files, str) and LANG not in self.files and len(self.langs) > 1:
            raise ValueError(f"`files` needs {LANG} where the languages' paths differ")
        if self.hub is not None and len(self.langs) > 1 and not self.hub.tells_languages:
            raise ValueError(f"`hub` needs {LANG} in `config` or `split`, or all languages would have the same rows")
        if isinstance(self.files, dict) and (missing := sorted(set(self.langs) - set(self.files))):
            raise ValueError(f"`files` has no path for {', '.join(missing)}")
        if self.origin and self.origin not in ORIGINS:
            raise ValueError(f"unknown origin {self.origin!r}; give one of {', '.join(ORIGINS)}")
        return self

    def theirs(self, lang: str) -> str:
        """What the data call this language."""
        return self.codes.get(lang, lang)


class ImportSpec(_Section):
    """The whole request: who translated, under which terms, and the tasks."""

    translator: str = Field(min_length=1, description="what made the translations, such as 'Facebook MT 2018 (XNLI)'")
    licence: str = Field(min_length=1, description="terms of the translations")
    non_commercial: bool = Field(description="whether they exclude commercial use")
    note: str = Field(default="", description="anything that users should know")
    split: str = Field(default="train", description="our name of the split")
    english: str = Field(description="English examples: sample, hub, a source's YAML file, or a corpus folder")
    unjoined: bool = Field(default=False, description="keep rows without English example (no arm can use them)")
    tasks: dict[str, TaskImport] = Field(min_length=1)

    @model_validator(mode="after")
    def _known_tasks(self) -> Self:
        for name, entry in self.tasks.items():
            if name not in TASKS:
                raise ValueError(f"there is no task {name!r}. {did_you_mean(name, TASKS) or ', '.join(TASKS)}")
            if name == "anli_plus" and not entry.origin:
                raise ValueError(f"anli_plus: which part is this? Add `origin` with one of {', '.join(ORIGINS)}")
        return self

    @property
    def identity(self) -> dict[str, Any]:
        """The request for corpus.yaml: everything but the places of files, whose hashes `sources` records."""
        tasks = {
            name: entry.model_dump(mode="json", exclude={"files", "langs"}) | {"hub": entry.hub and entry.hub.repo}
            for name, entry in sorted(self.tasks.items())
        }
        return {"kind": "translation", "split": self.split, "unjoined": self.unjoined, "imported": tasks}


def read_import(path: Path) -> ImportSpec:
    """The request in a YAML file.

    Raises:
        BadFlag: It cannot be read, or a key or value is not allowed.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadFlag(f"{path.name} is too large; give the YAML file that says what to import (docs/train.md)")
        value = yaml.load(path.read_text(encoding="utf-8"), Loader=UniqueKeys)  # noqa: S506  # a SafeLoader
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        told = " ".join(str(error).split())[:200]
        raise BadFlag(f"{path.name} cannot be read ({told}); give a YAML file (docs/train.md)") from None
    return import_spec(value, path.name)


def import_spec(value: Any, name: str) -> ImportSpec:
    """The request as given, checked (see `read_import`)."""
    if not isinstance(value, Mapping):
        raise BadFlag(f"{name} holds no keys; docs/train.md shows what to write")
    try:
        return ImportSpec.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the request"
        told = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            known = [*ImportSpec.model_fields, *TaskImport.model_fields, *HubPlace.model_fields]
            told = f"unknown key. {did_you_mean(str(first['loc'][-1]), known)}"
        raise BadFlag(f"{name}: {place}: {told}; docs/train.md shows the keys") from None
