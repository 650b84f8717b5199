"""The baseline of the benchmarks: what a careful hand-written script does, row by row and task by task.

Every text of a row is one request with the same prompt wording as Synth's; a SQuAD row translates its paragraph, its
question and its answer, and looks the answer up in the paragraph. Nothing is shared between rows or tasks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from synth.generate.asking import Limits, judge_reply, read_object
from synth.generate.recipes.fields import fields_of, with_fields
from synth.languages import Language
from synth.prompts.base import Prompt, Style
from synth.sources.base import Example
from synth.spans import clean_text, find
from synth.tasks import get_task
from synth.tasks.base import Shape, Task
from synth.teacher.calls import Call, CallError, Endpoint, Reply

Send = Callable[[Call], Awaitable[Reply]]


@dataclass
class Bill:
    """What the baseline used."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    requests: int = 0
    kept: int = 0
    rows: int = 0

    @property
    def tokens(self) -> int:
        """Prompt and generated tokens."""
        return self.prompt_tokens + self.completion_tokens


class Plain:
    """Asks for one text at a time.

    Args:
        send: One call to the teacher.
        style, limits: The same as Synth's.
        once: Send equal requests once and *count* them each time. For counting tokens; False for measuring time.
    """

    def __init__(self, send: Send, style: Style, limits: Limits, once: bool) -> None:
        self.bill = Bill()
        self._send, self._style, self._limits, self._once = send, style, limits, once
        self._seen: dict[str, asyncio.Task[Reply]] = {}

    async def row(self, example: Example, language: Language) -> bool:
        """Translate one row; whether it is sound by Synth's own validators."""
        task = get_task(example.task)
        self.bill.rows += 1
        try:
            made = await self._made(task, example.row, language)
        except (CallError, ValueError):
            return False
        sound = not task.validate(made) and not task.compare(example.row, made)
        self.bill.kept += sound
        return sound

    async def _made(self, task: Task, row: Mapping[str, Any], language: Language) -> dict[str, Any]:
        if task.shape is Shape.SPAN:
            return await self._squad(row, language)
        fields = fields_of(task, row)
        texts = await asyncio.gather(*(self._text(text, language) for text in fields.values()))
        return with_fields(task, row, dict(zip(fields, texts, strict=True)))

    async def _squad(self, row: Mapping[str, Any], language: Language) -> dict[str, Any]:
        answers = row["answers"]["text"]
        context, question, *told = await asyncio.gather(
            *(self._text(text, language) for text in (row["context"], row["question"], *answers))
        )
        spans = [find(answer, context) for answer in told]
        if not all(spans):
            raise ValueError("an answer is not in the paragraph")
        kept = [span for span in spans if span]
        new = {"text": [span.of(context) for span in kept], "answer_start": [span.start for span in kept]}
        return {**row, "context": context, "question": question, "answers": new}

    async def _text(self, text: str, language: Language) -> str:
        if not text.strip():
            return ""
        prompt = self._style.text(text, language)
        reply = await self._reply(prompt)
        self.bill.requests += 1
        self.bill.prompt_tokens += reply.prompt_tokens
        self.bill.completion_tokens += reply.completion_tokens
        if judge_reply("", reply).failure:
            raise ValueError("no usable answer")
        values = read_object(reply.text, prompt.keys) if prompt.keys else {"text": reply.text}
        if values is None:
            raise ValueError("not the JSON that was asked for")
        return clean_text(values["text"])

    async def _reply(self, prompt: Prompt) -> Reply:
        payload = {**self._limits.sampling, **prompt.payload, "max_tokens": self._limits.of(prompt)}
        call = Call(Endpoint(prompt.endpoint), payload)
        if not self._once:
            return await self._send(call)
        key = repr(sorted(payload.items()))
        if key not in self._seen:
            self._seen[key] = asyncio.ensure_future(self._send(call))
        return await self._seen[key]
