"""The values that go to and come from a teacher, and the ways in which one call can end badly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from synth.errors import SynthError
from synth.outcomes import Failure


class Endpoint(StrEnum):
    """Which of the two generating endpoints of the OpenAI protocol a call goes to."""

    COMPLETIONS = "completions"
    CHAT = "chat"

    @property
    def path(self) -> str:
        """Path below the server's base URL."""
        return "/v1/completions" if self is Endpoint.COMPLETIONS else "/v1/chat/completions"


@dataclass(frozen=True, slots=True)
class Call:
    """One request: where it goes and its JSON body. `model` is filled in by the client when it is absent."""

    endpoint: Endpoint
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, as the server gave it.

    `finish_reason` is passed on untouched (`stop`, `length`, vLLM's `repetition`, "" when absent); `stop_reason` is
    vLLM's addition: the stop string that matched, or `repetition_detected`. `refusal` is the OpenAI chat field of that
    name. `attempts` counts the tries of this call, `seconds` is the time of the successful one.
    """

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    attempts: int = 1
    seconds: float = 0.0
    stop_reason: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Served:
    """What a server says that it serves (`GET /v1/models`); `max_model_len` is None where it does not say."""

    url: str
    model: str
    max_model_len: int | None = None
    root: str = ""
    models: tuple[str, ...] = ()


@dataclass(slots=True)
class Counters:
    """Progress of a client, for people: calls (done, failed), HTTP requests (sent, retried), and tokens of answers."""

    sent: int = 0
    done: int = 0
    failed: int = 0
    retried: int = 0
    in_flight: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    restarts: int = 0


class CallError(SynthError):
    """One call has no usable answer; its row fails alone, with `failure` as its kind."""

    failure = Failure.ENGINE


class PromptTooLong(CallError):
    """The prompt, or prompt and answer together, does not fit the teacher's context."""

    failure = Failure.TOO_LONG


class RequestRefused(CallError):
    """The server refused this request for good, or failed on it every time while other requests got through."""


class EngineKilled(CallError):
    """The engine died each time this request was in flight, the last time with nothing else running."""


class CallTimedOut(CallError):
    """No answer within the time limit, in any attempt."""

    failure = Failure.TIMEOUT
