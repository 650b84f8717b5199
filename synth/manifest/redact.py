"""Taking secrets out of text that is going to be kept or shown: tokens, keys, passwords in addresses."""

from __future__ import annotations

import os
import re
from typing import Any

_HIDDEN = "[hidden]"
_PATTERNS = (
    re.compile(r"\bhf_(?:oauth_)?[A-Za-z0-9_.-]{8,}"),  # Hugging Face tokens
    re.compile(r"\bapi_org_[A-Za-z0-9]{8,}"),  # its older organisation tokens
    re.compile(r"\bsk-[A-Za-z0-9_-]{8,}"),  # keys of OpenAI-compatible services
    re.compile(r"(?i)\bbearer\s+[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?<=://)[^/\s@]+(?=@)"),  # user:password@ in an address
    re.compile(r"(?i)(?<=[?&])(?:[a-z_]*key|token|access_token|secret)=[^&\s]+"),
    re.compile(r"(?i)--(?:[a-z]+-)*(?:token|key|secret|password)[= ]\S+"),
)
_VARIABLES = re.compile(r"(?i)(token|api_?key|secret|password)$")
_SHORTEST = 8  # a shorter value is no secret, and hiding it would garble text


def _planted() -> list[str]:
    values = [value for name, value in os.environ.items() if _VARIABLES.search(name)]
    return sorted((value for value in values if len(value) >= _SHORTEST), key=len, reverse=True)


def redact(text: str, *also: str) -> str:
    """The text with everything hidden that looks like a secret, or is one of this process's environment.

    Args:
        text: Any text.
        also: Further secrets to hide, such as the token that is in use.
    """
    for secret in (*also, *_planted()):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, _HIDDEN)
    for pattern in _PATTERNS:
        text = pattern.sub(_HIDDEN, text)
    return text


def redact_all(value: Any) -> Any:
    """Plain data with every string redacted, keys included."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(str(key)): redact_all(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact_all(item) for item in value]
    return value
