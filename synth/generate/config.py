"""What `synth generate` is asked for: one typed object behind flags and YAML, and the part of it that is identity."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synth.errors import BadFlag
from synth.nearest import did_you_mean
from synth.outcomes import Kind

# No part of a corpus' identity: how fast or where rows are made, and what is recorded by its own name (the teacher).
TUNING = frozenset(
    {"out", "engine", "in_flight", "timeout", "max_tokens", "server_args", "redo", "langs", "tasks", "workers", "quiet",
     "temperature", "tensor_parallel", "data_parallel", "teacher", "profile"}
)  # fmt: skip
EMBEDDED_LIMIT = 2  # examples a task that the embedded default takes, so that a laptop ends in minutes


class GenerateConfig(BaseModel):
    """Options of `synth generate` and `synth plan`; flags and YAML keys have these names."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    langs: str = Field("all", description="all, or languages such as es,sw (all: the 49 besides English)")
    tasks: str = Field("all", description="all, or tasks such as mnli,squad_v1")
    kind: Literal["translation", "paraphrase", "both"] = Field("translation", description="what is made")
    source: str = Field("sample", description="sample, hub, or a YAML file that lists local files")
    split: str = Field("train", description="split of the source")
    teacher: str = Field("embedded", description="embedded, a profile's name, a model id or folder, or URL[,URL]")
    profile: str | None = Field(None, description="profile (name or YAML file) for a model or URL that has none")
    limit: int | None = Field(None, ge=0, description="examples a task; a smaller limit is a subset of a larger one")
    seed: int = Field(0, ge=-(2**63), lt=2**63, description="seed of the choice that the limit makes")
    unit: Literal["joint", "field"] = Field(
        "joint", description="all fields of an example in one request, or one by one"
    )
    aligner: bool = Field(False, description="word aligner as the last rung for lost spans (extra `align`)")
    out: str | None = Field(None, description="the corpus folder; named after source and teacher when left out")
    engine: Literal["local", "ray"] = Field("local", description="where chunks run")
    redo: str | None = Field(None, description="rows to make again, such as failed:truncated,rejected:span_lost")
    temperature: float | None = Field(None, ge=0, le=2, description="sampling temperature of --redo")
    in_flight: int = Field(128, ge=1, le=65536, description="requests under way at a time")
    timeout: float = Field(600.0, gt=0, le=604_800, description="seconds that one request may take")
    max_tokens: int | None = Field(None, ge=1, description="most tokens that one answer may have")
    workers: int = Field(1, ge=1, description="Ray actors, each with its teacher (engine ray)")
    tensor_parallel: int = Field(1, ge=1, description="GPUs that share one copy of the teacher")
    data_parallel: int = Field(1, ge=1, description="copies of the teacher on this machine")
    server_args: tuple[str, ...] = Field((), description="further arguments for the vLLM server")

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of rows, in the order in which they are made."""
        if self.kind == "both":
            return (Kind.TRANSLATION, Kind.PARAPHRASE)
        return (Kind(self.kind),)

    @property
    def effective_limit(self) -> int | None:
        """The limit, with the small default of the embedded demonstration."""
        demonstration = self.teacher == "embedded" and self.source == "sample"
        return EMBEDDED_LIMIT if self.limit is None and demonstration else self.limit

    def identity(self) -> dict[str, Any]:
        """The options that decide which rows a corpus holds and how they come about."""
        kept = {name: value for name, value in self.model_dump().items() if name not in TUNING}
        kind = self.source if self.source in ("sample", "hub") else "files"  # which files: corpus.yaml's `sources` say
        return kept | {"limit": self.effective_limit, "source": kind}

    def folder(self) -> Path:
        """The corpus folder."""
        if self.out:
            return Path(self.out)
        source = Path(self.source).stem
        teacher = "server" if "://" in self.teacher else Path(self.teacher).name
        return Path("corpora") / f"{source}-{teacher}".lower()


def load_config(path: str | None, flags: dict[str, Any]) -> GenerateConfig:
    """The configuration of a YAML file with flags laid over it.

    Raises:
        BadFlag: The file cannot be read, or a key or value is not allowed; the nearest key is named.
    """
    values = {**(_read_yaml(path) if path else {}), **flags}
    try:
        return GenerateConfig(**values)
    except ValidationError as error:
        raise BadFlag(_explain(error, path)) from None


def _read_yaml(path: str) -> dict[str, Any]:
    try:
        value = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BadFlag(f"--config {path} cannot be read ({reason}); give a YAML file of options") from None
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise BadFlag(f"--config {path} holds no options; write lines such as 'langs: es,sw'")
    if isinstance(value.get("langs"), list):
        value["langs"] = ",".join(map(str, value["langs"]))
    if isinstance(value.get("tasks"), list):
        value["tasks"] = ",".join(map(str, value["tasks"]))
    return value


def _explain(error: ValidationError, path: str | None) -> str:
    first = error.errors()[0]
    key = str(first["loc"][0]) if first["loc"] else "?"
    if first["type"] == "extra_forbidden":
        hint = did_you_mean(key, GenerateConfig.model_fields)
        return f"unknown key {key!r} in {path or 'the options'}. {hint} `synth generate --help` lists all keys".replace(
            "  ", " "
        )
    return f"{key}: {first['msg']} (given: {first['input']!r}); `synth generate --help` explains it"
