"""What makes toys quick, and the same every time."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

# Tests run side by side already. With several threads the sums of a toy differ in their last bits from run to run,
# which Adam makes a difference of where a gradient is all rounding.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True, scope="module")
def _nothing_worth_collecting() -> Iterator[None]:
    """Garbage is collected after every training: that finds nothing of a toy, and took much of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gc.collect", lambda *_: 0)
        yield


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Toys are too small to share out: threads would only wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
