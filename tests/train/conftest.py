"""What makes toys quick, and the same every time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def _nothing_worth_collecting() -> Iterator[None]:
    """Garbage is collected after every training: that finds nothing of a toy, and took much of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gc.collect", lambda *_: 0)
        yield
