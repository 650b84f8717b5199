"""What the benchmarks share: a recorded run of `synth generate` on a teacher of our own, and where they ran."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.generate.config import GenerateConfig
from synth.generate.local import complete, run_open
from synth.generate.progress import Progress, tell
from synth.generate.run import Inputs, Ready, make_tools, prepare, read_inputs
from synth.generate.teachers import Teacher, choose_teacher, make_client, running
from synth.teacher.calls import Call, Reply


@dataclass
class Recorded:
    """A run: what was sent, what came back, and how long it took (seconds, without starting the teacher)."""

    calls: list[tuple[Call, Reply]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def generated(self) -> int:
        """Tokens that the teacher wrote."""
        return sum(reply.completion_tokens for _, reply in self.calls)

    @property
    def prompted(self) -> int:
        """Tokens of all prompts."""
        return sum(reply.prompt_tokens for _, reply in self.calls)


@contextmanager
def teacher_up(config: GenerateConfig, teacher: Teacher, ready: Ready) -> Any:
    """The teacher, warmed up by one request a language."""
    with running(teacher, config, ready.layout, tell) as server:
        yield server


def prepared(config: GenerateConfig) -> tuple[Inputs, Teacher, Ready]:
    """A planned run in a fresh folder."""
    inputs = read_inputs(config)
    teacher = choose_teacher(config)
    return inputs, teacher, prepare(config, inputs, teacher)


def record(config: GenerateConfig, teacher: Teacher, ready: Ready, server: Any) -> Recorded:
    """Run all pending chunks and keep every call."""
    found = Recorded()

    async def run() -> None:
        client = make_client(teacher, config, server)
        async with client:

            async def send(call: Call) -> Reply:
                reply = await client.ask(call)
                found.calls.append((call, reply))
                return reply

            with Progress(ready.rows, ready.rows_done) as bar:
                tools = make_tools(config, ready.layout, teacher, bar)
                started = time.monotonic()
                await run_open(iter(ready.pending), tools, send, max(64, 2 * config.in_flight))
                found.seconds = time.monotonic() - started

    complete(run())
    return found


def scratch() -> Path:
    """A new folder outside the repository."""
    return Path(tempfile.mkdtemp(prefix="synth-bench-"))


def hardware() -> str:
    """The machine in one line."""
    name = next(
        (line.split(":", 1)[1].strip() for line in _cpuinfo() if line.startswith("model name")), platform.processor()
    )
    load = os.getloadavg()[0]
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}, load before the run {load:.1f}"


def _cpuinfo() -> Sequence[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
