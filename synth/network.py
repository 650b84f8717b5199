"""What the Hub's client raises when a request fails, whichever HTTP library its version speaks through."""

from __future__ import annotations

from synth.errors import MissingExtra


def network_errors() -> tuple[type[Exception], ...]:
    """What huggingface_hub raises when a request fails.

    Version 1 speaks through httpx and version 2 through httpx2; the base classes of the Hub's own error name the one in
    use (and OSError, which covers the file system and `LocalEntryNotFoundError`).

    Raises:
        MissingExtra: huggingface_hub is not installed.
    """
    try:
        from huggingface_hub.errors import HfHubHTTPError
    except ImportError as error:
        raise MissingExtra("huggingface_hub is not installed; run `pip install huggingface_hub`") from error
    return (HfHubHTTPError, *HfHubHTTPError.__bases__)
