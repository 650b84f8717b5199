"""The manifest as pydantic models: one YAML file that says everything about a corpus (docs/manifest.md).

Unknown keys are refused and every value is bounded, because a manifest may come from someone else. `format` is raised
whenever a reader of the old format could misread the new one.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from synth.manifest.fields import (
    CONFIG_PATTERN,
    FILE_PATTERN,
    MAX_BYTES,
    MAX_CONFIGS,
    MAX_FILES,
    MAX_ROWS,
    Commit,
    ConfigName,
    Count,
    FilePath,
    Lang,
    Location,
    Name,
    Seconds,
    Sha256,
    Split,
    TaskName,
    Text,
    Word,
)
from synth.outcomes import Failure, Kind, Reason

Details = Annotated[dict[Word, JsonValue], Field(max_length=200)]


class Model(BaseModel):
    """Base of all parts of a manifest: nothing unknown, nothing changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Software(Model):
    """What made the corpus."""

    version: Word
    """Version of Synth."""
    commit: Commit | None = None
    """Git commit of Synth, when it ran from a checkout; `-dirty` when there were local changes."""


class Terms(Model):
    """Terms of the upstream data, as Synth's task table knew them when the corpus was made."""

    id: Word
    """SPDX-like id."""
    redistribute: bool
    """False: nothing derived from it may be published."""
    non_commercial: bool
    share_alike: bool
    note: Text = ""


class SourcePart(Model):
    """One data set or file that examples were read from."""

    kind: Word
    """`hub` or `file`."""
    repository: Word | None = None
    """Data set on the Hub."""
    config: Word | None = None
    split: Word | None = None
    revision: Word | None = None
    """Commit of the data set, resolved when it was read."""
    path: Word | None = None
    """Name of a local file."""
    sha256: Sha256 | None = None
    origin: Word | None = None
    """Part of a composed task (`snli`, `anli_r1` ...)."""
    rows: Count = 0
    details: Details = {}


class Source(Model):
    """Where the English examples came from, exactly."""

    kind: Word
    """`sample`, `hub` or `files`."""
    parts: Annotated[tuple[SourcePart, ...], Field(max_length=1_000)] = ()
    rows: Count = 0
    """Rows that were read."""
    examples: Count = 0
    """Of these, those that could be used."""
    problems: Annotated[dict[Word, Count], Field(max_length=100)] = {}
    """Those that could not be used, by kind of problem."""
    details: Details = {}


class TaskRecord(Model):
    """One task of the corpus."""

    split: Split
    sample: Details = {}
    """The rule by which examples were taken: method, seed, limit."""
    sampled: Count = 0
    """Examples that were taken."""
    source: Source
    licence: Terms


class Teacher(Model):
    """The model that wrote the text, and under which terms."""

    profile: Word
    model: Word
    revision: Word | None = None
    quantization: Word | None = None
    style: Word | None = None
    prompt: Word | None = None
    """Version of the prompts."""
    licence: Text = ""
    outputs_note: Text = ""
    """What the model's terms say about its outputs."""
    non_commercial: bool = False
    languages: Annotated[tuple[Word, ...], Field(max_length=500)] = ()
    sampling: Details = {}
    details: Details = {}


class FilterRecord(Model):
    """How rows were filtered; absent when the corpus has not been filtered."""

    policy: Word
    fingerprint: Word
    """Hash of the policy's rules."""
    rules: Details = {}
    """The rules themselves, by check."""
    detectors: Annotated[dict[Word, dict[Word, Text]], Field(max_length=50)] = {}
    """Every language detector that was used: its package and version, and the hash of its model file."""
    details: Details = {}


class Funnel(Model):
    """What became of the rows of one task, language and kind: generated = failed + rejected + kept."""

    source: Count
    """English examples that could have been used."""
    generated: Count
    """Rows written, whatever their outcome."""
    failed: dict[Failure, Count] = {}
    rejected: dict[Reason, Count] = {}
    kept: Count
    rungs: Annotated[dict[Word, Count], Field(max_length=20)] = {}
    """Answer spans by the rung of the ladder that found them (before filtering)."""
    language: Annotated[dict[Word, Count], Field(max_length=20)] = {}
    """Usable rows by the answer of language identification: `right`, `wrong`, `cannot_judge`."""
    requests: Count = 0
    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    seconds: Seconds = 0.0

    @property
    def lost(self) -> int:
        """Rows that were generated and not kept."""
        return sum(self.failed.values()) + sum(self.rejected.values())


class FileRecord(Model):
    """One data file."""

    rows: Annotated[int, Field(ge=0, le=MAX_ROWS)]
    bytes: Annotated[int, Field(ge=1, le=MAX_BYTES)]
    sha256: Sha256


class Parent(Model):
    """A corpus that this one was made from."""

    name: Name
    version: Word
    identity: Sha256
    """`Manifest.identity` of the parent."""


class Manifest(Model):
    """A corpus of synthetic intermediate-task data: what it is, where it came from, what was lost, how to check it."""

    format: Literal[1] = 1
    name: Name
    version: Word = "1"
    created: datetime
    synth: Software
    command: Text
    """The command that makes the corpus again."""
    location: Location = "."
    """`.` (the folder that holds this file) or `hf://datasets/ORG/NAME@REVISION`."""
    stage: Literal["generated", "kept"]
    """`kept` when filtered: the files then hold kept rows only."""
    fingerprint: Word
    """Identity of the generation's configuration (corpus.yaml and the markers carry the same)."""
    languages: Annotated[tuple[Lang, ...], Field(min_length=1, max_length=500)]
    tasks: Annotated[dict[TaskName, TaskRecord], Field(min_length=1, max_length=100)]
    teacher: Teacher
    config: Details = {}
    """The identity part of the generation's configuration."""
    filter: FilterRecord | None = None
    parents: Annotated[tuple[Parent, ...], Field(max_length=100)] = ()
    funnel: Annotated[dict[ConfigName, Funnel], Field(max_length=MAX_CONFIGS)]
    files: Annotated[dict[FilePath, FileRecord], Field(max_length=MAX_FILES)]

    @model_validator(mode="after")
    def _refers_to_itself(self) -> Manifest:
        """Files belong to a config of the funnel, and configs to a task: everything later relies on it."""
        loose = {config_of(path) for path in self.files} - set(self.funnel)
        if loose:
            raise ValueError(f"files belong to {min(loose)}, which the funnel does not have")
        unknown = {split_config(name)[0] for name in self.funnel} - set(self.tasks)
        if unknown:
            raise ValueError(f"the funnel has {min(unknown)}, which `tasks` does not have")
        return self

    @property
    def identity(self) -> str:
        """SHA-256 of the canonical JSON without `location`: the same before and after publishing."""
        value = self.model_dump(mode="json", exclude={"location"})
        canonical = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def config_of(path: str) -> str:
    """Name of the `datasets` config that a file belongs to: `mnli.de`, `mnli.en`, `mnli.de.paraphrase`."""
    found = re.fullmatch(FILE_PATTERN, path)
    assert found, "paths of a manifest match FILE_PATTERN"
    ending = ".paraphrase" if found[4] == "paraphrase" else ""
    return f"{found[2]}.{found[3]}{ending}"


def split_config(name: str) -> tuple[str, str, Kind]:
    """Task, language and kind of a config name."""
    found = re.fullmatch(CONFIG_PATTERN, name)
    assert found, "config names of a manifest match CONFIG_PATTERN"
    if found[3]:
        return found[1], found[2], Kind.PARAPHRASE
    return found[1], found[2], Kind.SOURCE if found[2] == "en" else Kind.TRANSLATION


def files_by_config(manifest: Manifest) -> dict[str, list[str]]:
    """Config name -> its files in order; configs in the funnel's order."""
    grouped: dict[str, list[str]] = {name: [] for name in manifest.funnel}
    for path in sorted(manifest.files):
        grouped[config_of(path)].append(path)
    return {name: paths for name, paths in grouped.items() if paths}
