"""A teacher that is a function: what it says is decided by the test, what it was asked is kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from synth.corpus.layout import Layout
from synth.corpus.rows import read_rows
from synth.generate.asking import Limits
from synth.generate.chunk_run import Tools, run_chunk
from synth.generate.chunks import Chunk, make_chunks
from synth.generate.config import GenerateConfig
from synth.outcomes import Kind
from synth.prompts.base import Style
from synth.prompts.chat import ChatStyle
from synth.sources.base import Example
from synth.sources.sample import load_sample
from synth.teacher.calls import Call, Endpoint, Reply
from tests.teacher.standin import chat_text, completion_text

Row = dict[str, Any]
Speak = Callable[[Call], str | Reply]


def asked(**options: Any) -> GenerateConfig:
    """A configuration with these options."""
    return GenerateConfig(**options)


def stand_in(call: Call) -> str:
    """What the stand-in server would say."""
    if call.endpoint is Endpoint.CHAT:
        return chat_text(call.payload)
    return completion_text(str(call.payload["prompt"]))


class Teacher:
    """Answers by `speak`; keeps every call, and counts how many were open at once."""

    def __init__(self, speak: Speak = stand_in) -> None:
        self.speak = speak
        self.calls: list[Call] = []

    async def send(self, call: Call) -> Reply:
        """One answer, after giving every other row the chance to ask the same."""
        self.calls.append(call)
        await asyncio.sleep(0.001)
        said = self.speak(call)
        return said if isinstance(said, Reply) else Reply(said, "stop", 10, 5)


def system(call: Call) -> str:
    """The instruction of a chat call."""
    return str(call.payload["messages"][0]["content"])


def data(call: Call) -> dict[str, str]:
    """The JSON object that a chat call carries."""
    found: dict[str, str] = json.loads(call.payload["messages"][-1]["content"])
    return found


def keys(call: Call) -> list[str]:
    """The keys that a chat call asks for."""
    return list(call.payload["response_format"]["json_schema"]["schema"]["required"])


def tools(root: Path, style: Style | None = None, **more: Any) -> Tools:
    """What a chunk needs, with a corpus in `root`."""
    options: dict[str, Any] = {"teacher": "fake", "identity": "fake-1", "limits": Limits({"temperature": 0.0}), **more}
    return Tools(Layout(root), style or ChatStyle(), **options)


def examples(*tasks: str, count: int | None = None) -> dict[str, Sequence[Example]]:
    """The embedded sample, `count` examples a task."""
    return {task: load_sample(task).examples[:count] for task in tasks}


def example(task: str, row: Mapping[str, Any], source_id: str = "x1", origin: str = "") -> Example:
    """One example of our own."""
    return Example(task, "train", source_id, dict(row), origin)


def chunk_of(
    found: Mapping[str, Sequence[Example]], lang: str = "es", kinds: Sequence[Kind] = (Kind.TRANSLATION,)
) -> Chunk:
    """The only chunk that these examples become."""
    (chunk,) = make_chunks(found, [lang], kinds, "identity")
    return chunk


def make(chunk: Chunk, told: Tools, teacher: Teacher) -> list[Row]:
    """Run the chunk to its end and read its rows from disk, in the order of its parts."""
    asyncio.run(run_chunk(chunk, told, teacher.send))
    return [row for part in chunk.parts for row in read_rows(told.layout.part(part))]
