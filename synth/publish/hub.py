"""Talking to the Hub: every call is tried again when that can help, and no token ever gets into a message."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from synth.errors import BadFlag, StoppedError
from synth.manifest.hub import short
from synth.manifest.redact import redact
from synth.network import network_errors

T = TypeVar("T")

# 412: somebody committed in between; 408, 425, 429 and 5xx: later it may work. (The client itself tries 429 and 5xx of
# uploads again, but never a commit, and never a 412.)
_AGAIN = frozenset((408, 412, 425, 429, 500, 502, 503, 504))
_LOGIN = frozenset((401, 403))
_WAITS = (2.0, 4.0, 8.0, 16.0, 32.0)  # seconds
_LONGEST_WAIT = 600.0  # seconds that a Retry-After may ask for


def check_endpoint(endpoint: str | None) -> None:
    """Refuse an address that is none, or that carries a password (it would end up in messages).

    Raises:
        BadFlag: The address cannot be used.
    """
    if endpoint is None:
        return
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise BadFlag(
            "--endpoint is no address like https://HOST without a user name; give one, and log in with a token"
        )


@dataclass(slots=True)
class Hub:
    """The Hub's client, with patience.

    Args:
        api: A `huggingface_hub.HfApi`.
        token: The token in use, only to keep it out of messages.
        say: Called with a line for people before each wait.
        sleep: Waits that many seconds.
    """

    api: Any
    token: str = ""
    say: Callable[[str], None] = lambda _line: None
    sleep: Callable[[float], None] = field(default_factory=lambda: time.sleep)

    def call(self, what: str, work: Callable[[], T]) -> T:
        """Do the work, again after a while when the network or the Hub fails in a way that may pass.

        Args:
            what: The work in words, for messages ("upload the files").
            work: Safe to repeat.

        Raises:
            BadFlag: The Hub refuses (login, rights, name).
            StoppedError: It still fails after all tries; what is uploaded stays.
        """
        for wait in (*_WAITS, None):
            try:
                return work()
            except _failures() as error:
                cause = _cause(error)
                if wait is None or not _may_pass(cause):
                    raise self._final(what, cause) from None  # the chain may hold the request with its token
                pause = _asked_wait(cause) or wait
                self.say(f"cannot {what} yet ({self.hide(short(cause))}); trying again in {pause:.0f} s")
                self.sleep(pause)
        raise AssertionError("unreachable")

    def hide(self, text: str) -> str:
        """The text without the token or anything like one."""
        return redact(text, self.token)

    def _final(self, what: str, error: Exception) -> Exception:
        said = self.hide(short(error))
        if status_of(error) in _LOGIN:
            return BadFlag(
                f"the Hub does not let you {what} ({said}); log in with a token that may write (`hf auth login`), and "
                "check --repo"
            )
        return StoppedError(
            f"cannot {what} ({said}). Files that are uploaded stay on the Hub, and nothing was published half: run the "
            "same command again to go on"
        )


def connect(endpoint: str | None, say: Callable[[str], None]) -> Hub:
    """A client with the user's own login (HF_TOKEN or `hf auth login`); a token is never an argument."""
    from huggingface_hub import HfApi, get_token

    check_endpoint(endpoint)
    return Hub(HfApi(endpoint=endpoint), get_token() or "", say)


def _failures() -> tuple[type[Exception], ...]:
    """What a call of the client raises when it fails: uploads wrap it in RuntimeError, bad answers are ValueErrors."""
    return (*network_errors(), RuntimeError, ValueError)


def _cause(error: Exception) -> Exception:
    """The failure of the network that an upload's RuntimeError wraps."""
    cause = error.__cause__ if isinstance(error, RuntimeError) else None
    return cause if isinstance(cause, network_errors()) else error


def status_of(error: Exception) -> int | None:
    """HTTP status of an error of the Hub's client; None when it has no answer."""
    response = getattr(error, "response", None)
    return None if response is None else int(response.status_code)


def _may_pass(error: Exception) -> bool:
    if isinstance(error, json.JSONDecodeError):  # a gateway answered with a page instead of JSON
        return True
    if not isinstance(error, network_errors()) or isinstance(error, FileNotFoundError | PermissionError):
        return False
    status = status_of(error)
    return status is None or status in _AGAIN


def _asked_wait(error: Exception) -> float | None:
    """Seconds of a Retry-After header, bounded."""
    response = getattr(error, "response", None)
    text = "" if response is None else str(response.headers.get("Retry-After", ""))
    return min(float(text), _LONGEST_WAIT) if text.isdigit() else None
