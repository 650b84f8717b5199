"""Ask a server what it serves before anything is sent to it, and find the key for it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from synth.errors import BadFlag, TeacherError
from synth.teacher.calls import Served
from synth.teacher.transport import CREDENTIAL_ADVICE

if TYPE_CHECKING:
    import aiohttp

PROBE_S = 15.0


def normal_url(url: str) -> str:
    """Base URL without the trailing `/v1` that OpenAI clients want and we add.

    Raises:
        BadFlag: not an http or https URL, or one with a password in it.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise BadFlag(f"the teacher URL cannot be read ({error}); give it like http://localhost:8000") from error
    if parts.username or parts.password:
        shown = f"{parts.scheme}://...@{host}"
        raise BadFlag(f"the teacher URL {shown} holds credentials; put the key into SYNTH_TEACHER_API_KEY instead")
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise BadFlag(f"{url!r} is no teacher URL; give it like http://localhost:8000")
    path = parts.path.rstrip("/").removesuffix("/v1")
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def api_key_for(url: str) -> str | None:
    """The key from the environment; OPENAI_API_KEY is meant for someone else's server and only leaves over https."""
    key = os.environ.get("SYNTH_TEACHER_API_KEY", "").strip()
    if not key and url.startswith("https://"):
        key = os.environ.get("OPENAI_API_KEY", "").strip()
    return key or None


def key_headers(url: str, api_key: str | None = None) -> dict[str, str]:
    """Headers of every request to this URL."""
    key = api_key or api_key_for(url)
    headers = {"Content-Type": "application/json"}
    return headers | {"Authorization": f"Bearer {key}"} if key else headers


async def probe(url: str, model: str | None = None, api_key: str | None = None) -> Served:
    """What the server at `url` serves.

    Args:
        url: Base URL, with or without `/v1`.
        model: The model wanted, also as the URL's fragment (`http://host:8000#name`); not needed where one is served.
        api_key: Else taken from the environment.

    Raises:
        BadFlag: nothing answers there, or it does not serve `model`.
        TeacherError: it does not accept the credentials.
    """
    import aiohttp

    base = normal_url(url)
    model = model or unquote(urlsplit(url).fragment) or None
    limits = aiohttp.ClientTimeout(total=PROBE_S)
    try:
        async with (
            aiohttp.ClientSession(headers=key_headers(base, api_key), timeout=limits) as session,
            session.get(base + "/v1/models", allow_redirects=False) as answer,
        ):
            if answer.status in (401, 403):
                raise TeacherError(f"{base} does not accept the credentials; {CREDENTIAL_ADVICE}")
            if answer.status != 200:
                raise BadFlag(f"{base}/v1/models answers HTTP {answer.status}; is an OpenAI-compatible server there?")
            return _choose(base, await answer.json(content_type=None), model)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        reason = str(error) or f"no answer within {PROBE_S:g} s"
        raise BadFlag(f"no teacher answers at {base} ({reason}); start the server or correct the URL") from error


async def served_models(session: aiohttp.ClientSession, base: str) -> tuple[str, ...]:
    """Names of the models, or nothing where the server does not tell."""
    import aiohttp

    try:
        async with session.get(base + "/v1/models", timeout=aiohttp.ClientTimeout(total=PROBE_S)) as answer:
            return tuple(str(card["id"]) for card in _cards(await answer.json(content_type=None)))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError):
        return ()


def _cards(body: Any) -> list[dict[str, Any]]:
    data = body.get("data") if isinstance(body, dict) else None
    return [card for card in data or [] if isinstance(card, dict) and card.get("id")]


def _choose(base: str, body: Any, model: str | None) -> Served:
    """Pick the wanted model, or the only one."""
    cards = _cards(body)
    names = tuple(str(card["id"]) for card in cards)
    if not cards:
        raise BadFlag(f"{base} serves no model; start it with one")
    if model is None and len(cards) > 1:
        raise BadFlag(f"{base} serves several models ({', '.join(names)}); name one behind the URL: {base}#{names[0]}")
    for card in cards:
        if model in (None, card["id"], card.get("root")):
            length = card.get("max_model_len")
            size = length if isinstance(length, int) and length > 0 else None
            return Served(base, str(card["id"]), size, str(card.get("root") or ""), names)
    raise BadFlag(f"{base} does not serve {model!r} but {', '.join(names)}; name one of these")
