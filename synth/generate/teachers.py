"""From `--teacher` to somebody to ask: a profile, a style, an identity, and a server of our own where one is needed."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.corpus.files import fingerprint
from synth.corpus.layout import Layout
from synth.errors import BadFlag
from synth.generate.asking import Limits
from synth.generate.config import GenerateConfig
from synth.nearest import did_you_mean
from synth.outcomes import Kind
from synth.prompts.base import Style
from synth.prompts.chat import ChatStyle
from synth.prompts.fewshot import FewShotStyle
from synth.prompts.mt import TranslationStyle
from synth.teacher.calls import Served

if TYPE_CHECKING:
    from synth.teacher.client import TeacherClient
    from synth.teacher.profiles import Profile
    from synth.teacher.server import VllmServer

_REDO_TEMPERATURE = 0.7  # a teacher at temperature 0 would say the same again


@dataclass(frozen=True, slots=True)
class Teacher:
    """Who is asked. `urls` is empty when Synth starts the server itself."""

    profile: Profile
    model: str
    urls: tuple[str, ...]
    style: Style

    def identity(self) -> dict[str, Any]:
        """What decides its answers; goes to corpus.yaml and into every request's key."""
        profile = self.profile
        return {
            "profile": profile.name,
            "model": self.model,
            "revision": profile.revision,
            "quantization": profile.quantization,
            "style": str(profile.style),
            "prompt": self.style.version,
            "sampling": dict(profile.payload_sampling()),
            "licence": profile.licence.id,
            "outputs_note": profile.licence.outputs_note,
            "non_commercial": profile.licence.non_commercial,
        }

    def request_identity(self) -> str:
        """The part of the identity that decides what an answer is, as a fingerprint."""
        known = self.identity()
        return fingerprint([known[key] for key in ("model", "revision", "quantization", "style", "prompt", "sampling")])

    def limits(self, config: GenerateConfig, salts: tuple[str, ...] = ("",)) -> Limits:
        """Sampling and token limits of a run; a redo (several `salts`) samples so that it can say something else."""
        sampling = dict(self.profile.payload_sampling())
        if salts[0]:
            sampling |= {"temperature": _redo_temperature(config, sampling), "seed": int(salts[0][:8], 16) % 2**31}
        ceiling = config.max_tokens or max(256, self.profile.context // 2)
        return Limits(sampling, self.profile.tokens_per_char, ceiling=ceiling, salts=salts)


def _redo_temperature(config: GenerateConfig, sampling: Mapping[str, Any]) -> float:
    return config.temperature if config.temperature is not None else (sampling.get("temperature") or _REDO_TEMPERATURE)


def choose_teacher(config: GenerateConfig) -> Teacher:
    """The teacher that `--teacher` and `--profile` mean; a URL is asked what it serves.

    Raises:
        BadFlag: A URL does not answer, a profile is unknown, or the teacher cannot do what is asked.
    """
    urls = tuple(url for url in config.teacher.split(",") if url) if "://" in config.teacher else ()
    profile, model = _asked_by_url(config, urls) if urls else _asked_by_name(config)
    teacher = Teacher(profile, model, urls, make_style(profile))
    if Kind.PARAPHRASE in config.kinds and isinstance(teacher.style, TranslationStyle):
        raise BadFlag(
            f"the teacher {profile.name} only translates; use an instruction-tuned one for --kind {config.kind}"
        )
    return teacher


def _asked_by_url(config: GenerateConfig, urls: tuple[str, ...]) -> tuple[Profile, str]:
    from synth.teacher.profiles import get_profile, profile_for_model

    own = get_profile(config.profile) if config.profile else None
    model, served_length = _served_model(urls)
    return own or profile_for_model(model, served_length), model


def _asked_by_name(config: GenerateConfig) -> tuple[Profile, str]:
    """The profile of a name, a model id or a folder, and the model to start."""
    from synth.teacher.profiles import get_profile, profile_for_model, profile_names

    name = config.teacher
    if name not in profile_names():
        _refuse_mistyped(name, profile_names())
        return (get_profile(config.profile) if config.profile else profile_for_model(name)), name
    if config.profile:
        raise BadFlag(
            f"--profile {config.profile} says how another model is asked; give that model or URL as --teacher"
        )
    profile = get_profile(name)
    if not profile.model:
        raise BadFlag(f"{name} names no model; give one: --teacher MODEL_OR_URL --profile {name}")
    return profile, profile.model


def _refuse_mistyped(name: str, known: Collection[str]) -> None:
    """An empty word, or one that is no folder, has no owner as Hub ids do, and is nearly one of our names."""
    if not name.strip():
        raise BadFlag("--teacher is empty; give a name of `synth teachers`, a model (OWNER/NAME or a folder) or URLs")
    hint = did_you_mean(name, known)
    if hint and "/" not in name and not Path(name).exists():
        raise BadFlag(
            f"unknown teacher {name!r}. {hint} `synth teachers` lists all; models are OWNER/NAME, folders or URLs"
        )


def _served_model(urls: tuple[str, ...]) -> tuple[str, int | None]:
    """The one model that all URLs serve, and the longest prompt plus answer that all of them take."""
    from synth.teacher.probe import probe

    async def ask() -> list[Served]:
        return [await probe(url) for url in urls]

    served = asyncio.run(ask())
    models = list(dict.fromkeys(one.model for one in served))
    if len(models) > 1:
        raise BadFlag(f"the teacher URLs serve different models ({', '.join(models)}); give URLs of one model")
    return models[0], min((one.max_model_len for one in served if one.max_model_len), default=None)


def make_style(profile: Profile) -> Style:
    """How a teacher with this profile is asked."""
    if profile.style == "base":
        return FewShotStyle(bos=profile.quirks.bos)
    if profile.style == "translation":
        return TranslationStyle(profile.quirks.template)
    extra = (
        {"chat_template_kwargs": dict(profile.quirks.chat_template_kwargs)}
        if profile.quirks.chat_template_kwargs
        else {}
    )
    return ChatStyle(system=profile.quirks.system_prompt, extra=extra)


@contextmanager
def running(
    teacher: Teacher, config: GenerateConfig, layout: Layout, tell: Callable[[str], None]
) -> Iterator[VllmServer | None]:
    """A server for the teacher while the block runs (None where URLs were given), stopped behind it."""
    if teacher.urls:
        yield None
        return
    from synth.teacher.server import start_server

    log = layout.logs / f"teacher-{socket.gethostname()}-{os.getpid()}.log"  # machines may share the folder
    tell(f"starting {teacher.model} under vLLM; its log: {log}")
    server = start_server(teacher.profile, teacher.model, log, config, tell)
    try:
        tell(f"the teacher is ready after {server.startup_s:.0f} s")
        yield server
    finally:
        server.stop()


def make_client(teacher: Teacher, config: GenerateConfig, server: VllmServer | None) -> TeacherClient:
    """A client for the teacher, with the run's concurrency and patience."""
    from synth.teacher.breaker import Limits as Patience
    from synth.teacher.client import TeacherClient

    patience = Patience(in_flight=config.in_flight, timeout_s=config.timeout)
    model = server.options.name if server else teacher.model
    return TeacherClient(teacher.urls, model, limits=patience, server=server)
