"""Parts do not depend on how fast the teacher answers, nor on what an interrupted attempt left in the journal."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from synth.errors import TeacherError
from synth.generate.chunk_run import run_chunk
from synth.generate.chunks import Chunk
from synth.generate.local import complete
from synth.outcomes import Kind
from synth.prompts.base import Style
from synth.prompts.chat import ChatStyle
from synth.prompts.fewshot import FewShotStyle
from synth.teacher.calls import Call, Reply
from tests.generate.fakes import Teacher, chunk_of, examples, make, tools

BOTH = (Kind.TRANSLATION, Kind.PARAPHRASE)


class Uneven(Teacher):
    """Takes another time for each answer, and gives up after some."""

    def __init__(self, seed: int, most: int = 10**6) -> None:
        super().__init__()
        self._random = random.Random(seed)
        self._most = most

    async def send(self, call: Call) -> Reply:
        await asyncio.sleep(self._random.choice((0, 0.001, 0.01)))
        if len(self.calls) >= self._most:
            raise TeacherError("the teacher is gone")
        return await super().send(call)


def _bytes(chunk: Chunk, root: Path) -> list[bytes]:
    layout = tools(root).layout
    return [layout.part(part).read_bytes() for part in chunk.parts] + [
        layout.answers(chunk.family, chunk.owner).read_bytes()
    ]


@pytest.mark.parametrize("task", [("squad_v1", "squad_v2"), ("anli_plus", "mnli"), ("commonsense_qa",)])
@pytest.mark.parametrize(("style", "unit"), [(ChatStyle(), "joint"), (ChatStyle(), "field"), (FewShotStyle(), "joint")])
def test_speed_and_interruptions_leave_no_trace(tmp_path: Path, task: tuple[str, ...], style: Style, unit: str) -> None:
    chunk = chunk_of(examples(*task), kinds=BOTH)
    found = []
    for seed in range(3):
        root = tmp_path / str(seed)
        told = tools(root, style, unit=unit)
        if seed == 2:
            with pytest.raises(TeacherError):
                complete(run_chunk(chunk, told, Uneven(seed, most=9).send))
        make(chunk, told, Uneven(seed))
        found.append(_bytes(chunk, root))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("kinds", [(Kind.TRANSLATION,), (Kind.PARAPHRASE,), BOTH])
def test_every_request_is_paid_for_once_by_a_row(tmp_path: Path, kinds: tuple[Kind, ...]) -> None:
    teacher = Teacher()
    rows = make(chunk_of(examples("squad_v1", "squad_v2"), kinds=kinds), tools(tmp_path), teacher)
    assert sum(row["synth_prompt_tokens"] for row in rows) == 10 * len(teacher.calls)
    assert sum(row["synth_completion_tokens"] for row in rows) == 5 * len(teacher.calls)
