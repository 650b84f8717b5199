"""One HTTP exchange with an OpenAI-compatible server, and what its status and body mean."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from synth.errors import SynthError, TeacherError
from synth.teacher.calls import Call, PromptTooLong, Reply, RequestRefused

if TYPE_CHECKING:
    import aiohttp

CONNECT_S = 10.0
DETAIL_CHARS = 400
_MOST_TOKENS = 1 << 20

# What servers say when prompt + answer exceed the context. vLLM 0.32: "This model's maximum context length is ...",
# "exceeds model's maximum context length"; OpenAI: code "context_length_exceeded"; llama.cpp: type
# "exceed_context_size_error"; text-generation-inference: "`inputs` tokens + `max_new_tokens` must be <= ...".
_TOO_LONG = re.compile(
    r"maximum context length|context_length_exceeded|exceed_context_size|longer than the maximum model length"
    r"|exceeds (?:the )?max_model_len|`inputs`[^.]{0,60}must (?:be <=|have less than)",
    re.IGNORECASE,
)
CREDENTIAL_ADVICE = (
    "set SYNTH_TEACHER_API_KEY (or, for an https URL, OPENAI_API_KEY) to a key that this server accepts, "
    "and run the same command again"
)


class TroubleKind(StrEnum):
    """Why one try failed although another may succeed."""

    REFUSED = "refused"  # no connection: nothing was sent
    UNAVAILABLE = "unavailable"  # 502 or 503: a server that is starting, overloaded, or whose engine is dead
    LOST = "lost"  # the connection broke while the request was under way
    TIMEOUT = "timeout"
    THROTTLED = "throttled"  # 429
    SERVER = "server"  # other 5xx
    GARBAGE = "garbage"  # status 200 with a body that is no answer


class Trouble(SynthError):
    """One try failed; `after` is the server's Retry-After in seconds, if it sent one."""

    def __init__(self, kind: TroubleKind, detail: str, after: float | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.after = after


class NotFound(SynthError):
    """Status 404: the path or the model does not exist; the client adds which models do."""


async def exchange(session: aiohttp.ClientSession, base: str, call: Call, timeout_s: float) -> Reply:
    """Send one request and read its answer.

    Raises:
        Trouble: another try may succeed.
        PromptTooLong, RequestRefused: this request never will.
        NotFound, TeacherError: no request will.
    """
    import aiohttp

    limits = aiohttp.ClientTimeout(total=timeout_s, sock_connect=CONNECT_S)
    body = json.dumps(dict(call.payload)).encode()
    try:
        async with session.post(base + call.endpoint.path, data=body, timeout=limits, allow_redirects=False) as answer:
            content = await answer.read()
            return read_answer(answer.status, content, answer.headers.get("Retry-After"))
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise Trouble(TroubleKind.REFUSED, f"cannot connect: {error}") from error
    except TimeoutError as error:
        raise Trouble(TroubleKind.TIMEOUT, f"no answer within {timeout_s:g} s") from error
    except (aiohttp.ClientError, OSError) as error:
        raise Trouble(TroubleKind.LOST, f"the connection broke: {type(error).__name__}: {error}") from error


def read_answer(status: int, content: bytes, retry_after: str | None = None) -> Reply:
    """Turn status and body into a reply, or raise what they mean (see `exchange`)."""
    if status == 200:
        return _read_reply(content)
    detail = f"HTTP {status}: {_error_text(content)}"
    if status == 429:
        raise Trouble(TroubleKind.THROTTLED, detail, seconds_to_wait(retry_after))
    if status in (408, 504):
        raise Trouble(TroubleKind.TIMEOUT, detail)
    if status in (502, 503):
        raise Trouble(TroubleKind.UNAVAILABLE, detail, seconds_to_wait(retry_after))
    if status >= 500:
        raise Trouble(TroubleKind.SERVER, detail)
    raise _refusal(status, detail)


def _refusal(status: int, detail: str) -> SynthError:
    """What a status below 500, other than 200, 408 and 429, means."""
    if status in (401, 403):
        # The body is left out: some servers repeat a part of the key in it.
        return TeacherError(f"the teacher does not accept the credentials (HTTP {status}); {CREDENTIAL_ADVICE}")
    if status == 404:
        return NotFound(detail)
    if 300 <= status < 400:
        return TeacherError(f"the teacher's URL redirects ({detail}); give the address that it redirects to")
    if _TOO_LONG.search(detail):
        return PromptTooLong(detail)
    return RequestRefused(detail)


def _read_reply(content: bytes) -> Reply:
    """Read a 200 body; anything that is not an answer is `GARBAGE`."""
    try:
        body = json.loads(content)
        choice = body["choices"][0]
        message = choice.get("message") or {}
        text = choice["text"] if "text" in choice else message["content"]
        usage = body.get("usage") or {}
        return Reply(
            text=_string(text),
            finish_reason=_string(choice.get("finish_reason")),
            prompt_tokens=_tokens(usage.get("prompt_tokens")),
            completion_tokens=_tokens(usage.get("completion_tokens")),
            stop_reason=_string(choice.get("stop_reason")),
            refusal=_string(message.get("refusal")),
        )
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        start = content[:120].decode("utf-8", "replace")
        raise Trouble(TroubleKind.GARBAGE, f"status 200 without an answer: {start!r}") from error


def _tokens(value: Any) -> int:
    """A count of tokens within what a context can hold, so that sums of a wrong one fit into a column of int32."""
    return min(max(0, int(value or 0)), _MOST_TOKENS)


def _string(value: Any) -> str:
    """A JSON value as text; null (a chat message without content) is empty. Stop token ids come as numbers.

    JSON can carry half of a surrogate pair, which no file in UTF-8 can: it becomes a question mark.
    """
    return "" if value is None else str(value).encode("utf-8", "replace").decode("utf-8")


def _error_text(content: bytes) -> str:
    """The message of an error body, in the shapes that servers use, else its beginning."""
    raw = content.decode("utf-8", "replace")
    try:
        body = json.loads(raw)
    except ValueError:
        return raw[:DETAIL_CHARS]
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict):
        parts = [str(error[key]) for key in ("message", "detail", "code", "type") if error.get(key)]
        return "; ".join(parts)[:DETAIL_CHARS] or raw[:DETAIL_CHARS]
    return str(error)[:DETAIL_CHARS]


def seconds_to_wait(header: str | None, now: datetime | None = None) -> float | None:
    """Retry-After in seconds: a number or an HTTP date (RFC 9110, section 10.2.3); None when absent or unreadable."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())
