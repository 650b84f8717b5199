"""The real command in a process of its own, and what a corpus holds afterwards."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from synth.corpus.layout import Layout
from synth.corpus.rows import read_rows
from tests.teacher.standin import ROOT, StandInProcess

IN_FLIGHT = 8
PATIENCE_S = 400.0  # only a process that hangs takes so long, also on a machine that does ten other things


def start(*words: object, limit: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    """Start `synth WORDS`."""
    command = [sys.executable, "-m", "synth.cli", *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, preexec_fn=limit)


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and stderr."""
    _, told = process.communicate(timeout=PATIENCE_S)
    return process.returncode, told


def generate(teacher: StandInProcess | str, out: Path, *more: object) -> list[object]:
    """The words of a run in several languages with few requests at a time."""
    url = teacher if isinstance(teacher, str) else teacher.url
    options = {"--teacher": url, "--out": out, "--in-flight": IN_FLIGHT, "--langs": "es,ru,zh,sw", "--limit": 5}
    given = [word for pair in options.items() for word in pair if pair[0] not in more]
    return ["generate", *given, *more]


def wait_for_requests(teacher: StandInProcess, count: int, process: subprocess.Popen[str]) -> bool:
    """Wait until the stand-in has been asked so often; False when the run ended before."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        if teacher.requests >= count:
            return True
        time.sleep(0.002)
    return False


def rows_of(out: Path) -> dict[str, dict[str, Any]]:
    """All rows by id; fails when one is there twice."""
    layout = Layout(out)
    found: dict[str, dict[str, Any]] = {}
    for part in layout.parts():
        for row in read_rows(layout.part(part)):
            assert row["synth_id"] not in found, f"{row['synth_id']} is there twice"
            found[row["synth_id"]] = row
    return found


def last_line(told: str) -> str:
    """The last line of stderr; there must be no traceback."""
    assert "Traceback" not in told, told
    return told.strip().splitlines()[-1]
