"""Fixtures that several folders of tests share."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from synth.cli import main

# Before anything imports torch, which counts its threads once. Tests run side by side already; and with several threads
# the sums of a toy differ in their last bits from run to run, which Adam makes a difference of where a gradient is all
# rounding.
os.environ["OMP_NUM_THREADS"] = "1"

# A run in the background of a script ignores Ctrl-C, and so would every process that a test starts and stops.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Iterator[Cli]:
    """`cli("generate", "--langs", "es")` in this process: exit code, stdout, stderr."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def run(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([str(word) for word in words])
        told = capsys.readouterr()
        return code, told.out, told.err

    yield run
    for number, handler in before.items():
        signal.signal(number, handler)
