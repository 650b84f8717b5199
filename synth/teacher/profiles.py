"""Teacher profiles: what is known about a model that decides how it is asked and what may be done with its answers.

A profile is a YAML file; ours are in `profiles/` beside this module, each fact with its source in a comment, and
`--profile FILE` takes one of the user's own. `docs/teachers.md` explains the keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synth.errors import BadFlag
from synth.languages import LANGUAGES
from synth.nearest import did_you_mean

GENERIC_CHAT = "generic-instruct"
GENERIC_BASE = "generic-base"
EMBEDDED = "embedded"


class _Strict(BaseModel):
    """Unknown keys are errors: a typo must not become a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Licence(_Strict):
    """Terms of the model; `outputs_note` says what they mean for training on its answers (no legal advice)."""

    id: str
    outputs_note: str
    non_commercial: bool = False


class LoopStop(_Strict):
    """vLLM's `repetition_detection`: stop when a pattern of some tokens has come so many times in a row."""

    max_pattern_size: int = Field(ge=1)
    min_pattern_size: int = Field(default=1, ge=1)
    min_count: int = Field(ge=2)


class Sampling(_Strict):
    """How answers are drawn. 0 for `top_k` and 1 for the others mean: not sent."""

    temperature: float = Field(default=0.0, ge=0, le=2)
    top_p: float = Field(default=1.0, gt=0, le=1)
    top_k: int = Field(default=0, ge=0)
    repetition_penalty: float = Field(default=1.0, gt=0)
    seed: int = 0
    repetition_detection: LoopStop | None = None


class Quirks(_Strict):
    """How this model differs in what it can be sent.

    Args:
        chat_template_kwargs: Passed to the chat template (`enable_thinking: false` for Qwen 3).
        template: Input form of a translation model: `translategemma` or `tower`.
        system_prompt: Whether the chat template takes a system message.
        bos: Text that must start a raw prompt, where the tokenizer does not add it.
    """

    chat_template_kwargs: Mapping[str, bool | int | float | str] = Field(default_factory=dict)
    template: Literal["", "translategemma", "tower"] = ""
    system_prompt: bool = True
    bos: str = ""


class Serving(_Strict):
    """How a server of our own starts this model; 0 leaves the choice to vLLM."""

    max_num_seqs: int = Field(default=0, ge=0)
    kv_cache_gib: int = Field(default=4, ge=1)
    eager: bool = False
    args: tuple[str, ...] = ()


class Profile(_Strict):
    """One teacher.

    Args:
        name: Name for `--teacher`; the file's name.
        model: Hub id, empty for the generic ones.
        style: `chat` (instructions), `translation` (text in, text out) or `base` (continues text).
        languages: XTREME-R codes that its authors claim, or `all`.
        context: Tokens of prompt and answer together that Synth uses; the model may take more.
        tokens_per_char: Upper bound of an answer's tokens per character of English source.
        memory_gib: Weights in bfloat16 (or as quantized) and 20 % for the key-value cache, GiB; 0 when unknown.
        quantization, revision: As vLLM takes them.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    model: str = ""
    style: Literal["chat", "translation", "base"]
    languages: Literal["all"] | tuple[str, ...]
    licence: Licence
    context: int = Field(default=4096, ge=256)
    tokens_per_char: float = Field(default=1.0, gt=0)
    memory_gib: float = Field(default=0.0, ge=0)
    sampling: Sampling = Sampling()
    quirks: Quirks = Quirks()
    serving: Serving = Serving()
    quantization: str = ""
    revision: str = ""

    @property
    def covered(self) -> frozenset[str]:
        """The XTREME-R languages that its authors claim."""
        return frozenset(LANGUAGES) if self.languages == "all" else frozenset(self.languages)

    def payload_sampling(self) -> dict[str, Any]:
        """Sampling as keys of a request; keys beyond the OpenAI protocol only where they do something."""
        given = self.sampling
        payload: dict[str, Any] = {"temperature": given.temperature, "seed": given.seed}
        payload |= {"top_p": given.top_p} if given.top_p < 1 else {}
        payload |= {"top_k": given.top_k} if given.top_k else {}
        payload |= {"repetition_penalty": given.repetition_penalty} if given.repetition_penalty != 1 else {}
        loops = given.repetition_detection
        return payload | ({"repetition_detection": loops.model_dump()} if loops else {})


@cache
def load_profiles() -> Mapping[str, Profile]:
    """Our own profiles by name, in the order of their names."""
    folder = files("synth.teacher") / "profiles"
    found = [
        _read(entry.read_text(encoding="utf-8"), entry.name)
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    ]
    return MappingProxyType({profile.name: profile for profile in sorted(found, key=lambda profile: profile.name)})


def profile_names() -> tuple[str, ...]:
    """Names of our own profiles."""
    return tuple(load_profiles())


def get_profile(name: str) -> Profile:
    """A profile by its name, or from a YAML file of the user's.

    Raises:
        BadFlag: there is none of this name; the file cannot be read or breaks the format (key and reason named).
    """
    if name in load_profiles():
        return load_profiles()[name]
    if name.endswith((".yaml", ".yml")):
        try:
            return _read(Path(name).read_text(encoding="utf-8"), name)
        except (OSError, UnicodeDecodeError) as error:
            raise BadFlag(f"the profile {name} cannot be read ({error}); give a YAML file") from error
    raise BadFlag(f"unknown profile {name!r}. {did_you_mean(name, profile_names())} `synth teachers` lists all")


def profile_for_model(model: str, served_max_len: int | None = None) -> Profile:
    """The profile of a model: by its id, the last part of it (folders, copies), a profile's name, or the generic one.

    Args:
        model: Hub id, folder or name under which a server serves it.
        served_max_len: Longest prompt plus answer that the server takes, where it says so.
    """
    profile = _by_id(model) or load_profiles()[GENERIC_CHAT].model_copy(update={"model": model})
    if served_max_len and served_max_len < profile.context:
        return profile.model_copy(update={"context": served_max_len})
    return profile


def _by_id(model: str) -> Profile | None:
    known = {profile.model.lower(): profile for profile in load_profiles().values() if profile.model}
    lowered = model.rstrip("/").lower()
    if lowered in known:
        return known[lowered]
    names = {key.rsplit("/", 1)[-1]: profile for key, profile in known.items()}
    return names.get(lowered.rsplit("/", 1)[-1]) or load_profiles().get(lowered)


def _read(text: str, where: str) -> Profile:
    """One profile from YAML text."""
    try:
        values = yaml.safe_load(text)
        profile = Profile.model_validate(values)
    except yaml.YAMLError as error:
        raise BadFlag(f"the profile {where} is no YAML ({' '.join(str(error).split())}); correct it") from error
    except ValidationError as error:
        raise BadFlag(_explain(error, where)) from None
    unknown = sorted(set(profile.languages) - set(LANGUAGES)) if profile.languages != "all" else []
    if unknown:
        raise BadFlag(f"the profile {where} names languages outside XTREME-R ({', '.join(unknown)}); leave them out")
    if profile.style == "translation" and not profile.quirks.template:
        raise BadFlag(f"the profile {where} has style translation but no quirks.template; say translategemma or tower")
    return profile


def _explain(error: ValidationError, where: str) -> str:
    first = error.errors()[0]
    key = ".".join(map(str, first["loc"])) or "the file"
    hint = did_you_mean(key, Profile.model_fields) if first["type"] == "extra_forbidden" else ""
    return f"the profile {where}: {key}: {first['msg']}. {hint} docs/teachers.md lists the keys".replace("  ", " ")
