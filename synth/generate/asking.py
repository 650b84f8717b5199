"""Asking the teacher: a request is known by its content, sent once, and its answer kept before anybody uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from synth.corpus.files import fingerprint
from synth.corpus.journal import Answer
from synth.generate.json_answer import read_object
from synth.outcomes import Failure
from synth.prompts.base import Prompt
from synth.teacher.calls import Call, CallError, Endpoint, Reply

Send = Callable[[Call], Awaitable[Reply]]
_LOOP_TAIL = 48  # characters at the end of a cut-off answer in which a loop shows
_REFUSED = ("content_filter", "refusal")


@dataclass(frozen=True, slots=True)
class Limits:
    """Sampling and limits of a run.

    Args:
        sampling: Payload keys such as temperature, top_p, seed.
        tokens_per_char: Expected tokens of an answer per character of English source, a generous upper bound.
        floor: Tokens that every answer may have.
        ceiling: Tokens that no answer may have more of.
        salts: Rounds of making rows again, the present one first; "" is the first round. New requests carry the first,
            known answers of all are found.
    """

    sampling: Mapping[str, Any]
    tokens_per_char: float = 1.0
    floor: int = 24
    ceiling: int = 2048
    salts: tuple[str, ...] = ("",)

    def of(self, prompt: Prompt) -> int:
        """The token limit of a prompt's first attempt."""
        shape = 12 * len(prompt.keys)  # JSON keys, quotes and commas
        return min(self.ceiling, self.floor + shape + int(prompt.source_chars * self.tokens_per_char))


class NoAnswer(Exception):
    """A request that a row needs has no usable answer: the row fails with this kind."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail


class Asker:
    """Sends each distinct request of a chunk once and remembers its answer.

    Args:
        send: Sends one call; raises `CallError` when only this call failed, `TeacherError` when all is lost.
        identity: Fingerprint of the teacher and its sampling; part of every request's key.
        limits: Sampling and token limits.
        known: Answers that are there already, by key.
        record: Called with every new answer before it is used.
    """

    def __init__(
        self,
        send: Send,
        identity: str,
        limits: Limits,
        known: Mapping[str, Answer],
        record: Callable[[Answer], None],
    ) -> None:
        self._send = send
        self._identity = identity
        self._limits = limits
        self._known = known
        self._record = record
        self._flying: dict[str, asyncio.Task[Answer]] = {}
        self.requests = 0

    def key(self, prompt: Prompt, salt: str = "") -> str:
        """The identity of a request: teacher, sampling, endpoint and payload; limits do not count."""
        return fingerprint([self._identity, prompt.endpoint, prompt.payload, salt])

    def knew(self, prompt: Prompt) -> bool:
        """Whether an earlier round has the answer: where rows are made again, rows that stay rest on it."""
        return any(self.key(prompt, salt) in self._known for salt in self._limits.salts[1:])

    def redone(self, prompt: Prompt) -> bool:
        """Whether the answer was given in a round of making rows again."""
        return any(self.key(prompt, salt) in self._known for salt in self._limits.salts[:-1])

    async def ask(self, prompt: Prompt) -> tuple[Answer, bool]:
        """The answer, and whether this call was the first to need it (and pays for it)."""
        keys = [self.key(prompt, salt) for salt in self._limits.salts]
        for key in keys:
            if key in self._known:
                return self._known[key], False
        return await self._new(keys[0], prompt)

    async def _new(self, salted: str, prompt: Prompt) -> tuple[Answer, bool]:
        if salted in self._flying:
            return await asyncio.shield(self._flying[salted]), False
        task = asyncio.ensure_future(self._fetch(salted, prompt))
        self._flying[salted] = task
        try:
            return await task, True
        finally:
            if task.done():
                self._flying.pop(salted, None)

    async def _fetch(self, key: str, prompt: Prompt) -> Answer:
        limit = self._limits.of(prompt)
        answer = await self._attempt(key, prompt, limit)
        if answer.failure == Failure.TRUNCATED and limit < self._limits.ceiling:
            again = await self._attempt(key, prompt, min(self._limits.ceiling, 2 * limit))
            answer = _added(again, answer)
        self._record(answer)
        return answer

    async def _attempt(self, key: str, prompt: Prompt, limit: int) -> Answer:
        payload = {**self._limits.sampling, **prompt.payload, "max_tokens": limit}
        self.requests += 1
        try:
            reply = await self._send(Call(Endpoint(prompt.endpoint), payload))
        except CallError as error:
            return Answer(key, "", finish="error", failure=error.failure, detail=str(error)[:300])
        return judge_reply(key, reply)


def _added(answer: Answer, before: Answer) -> Answer:
    return replace(
        answer,
        attempts=answer.attempts + before.attempts,
        prompt_tokens=answer.prompt_tokens + before.prompt_tokens,
        completion_tokens=answer.completion_tokens + before.completion_tokens,
    )


def judge_reply(key: str, reply: Reply) -> Answer:
    """Act on `finish_reason`: what the server calls finished, cut off, filtered or looping ends as a typed answer."""
    failure, detail = "", ""
    if reply.finish_reason in _REFUSED or reply.refusal:
        failure, detail = Failure.REFUSED, reply.refusal or "the server's content filter stopped the answer"
    elif reply.finish_reason == "repetition" or reply.stop_reason == "repetition_detected":
        failure, detail = Failure.REPETITION, "the engine stopped a loop"
    elif reply.finish_reason == "length":
        looped = is_loop(reply.text)
        failure = Failure.REPETITION if looped else Failure.TRUNCATED
        detail = "a loop up to the token limit" if looped else "cut off at the token limit"
    elif not reply.text.strip():
        failure, detail = Failure.EMPTY, "the answer holds nothing but white space"
    return Answer(
        key,
        reply.text.encode("utf-8", "replace").decode("utf-8"),  # half a surrogate pair can be neither written nor sent
        reply.finish_reason,
        reply.prompt_tokens,
        reply.completion_tokens,
        reply.attempts,
        failure,
        detail,
    )


def is_loop(text: str) -> bool:
    """Whether a cut-off text ends in a short piece said at least three times over."""
    tail = text[-3 * _LOOP_TAIL :]
    for size in range(1, min(_LOOP_TAIL, len(tail) // 3) + 1):
        piece = tail[-size:]
        if tail.endswith(piece * max(3, _LOOP_TAIL // (2 * size))):
            return True
    return False


class RowTrace:
    """The requests of one row: how they went, for its provenance columns, and what they cost (`Bill` settles that)."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._answers: list[Answer | None] = []
        self.prompt_tokens = 0
        self.completion_tokens = 0

    @property
    def answers(self) -> list[Answer]:
        """Answers in the order in which they were asked for, which no teacher's speed can change."""
        return [answer for answer in self._answers if answer]

    @property
    def raw(self) -> list[str]:
        """The texts of the answers."""
        return [answer.text for answer in self.answers]

    @property
    def attempts(self) -> int:
        """Most attempts that any of the requests took."""
        return max((answer.attempts for answer in self.answers), default=0)

    @property
    def finish(self) -> str:
        """The finish reason of the last request."""
        return self.answers[-1].finish if self.answers else ""

    def is_alone(self, own: Prompt, shared: Prompt, fresh: bool) -> bool:
        """Whether a row asks on its own although others share its request.

        It does when it is made again (`fresh`) and rows that stay rest on the shared answer, which would only be given
        again; and ever after, when its part is made anew from kept answers.
        """
        return self._asker.redone(own) or (fresh and self._asker.knew(shared))

    async def ask(self, prompt: Prompt) -> Answer:
        """Ask, and note it; the answer may carry a failure."""
        place = len(self._answers)
        self._answers.append(None)
        answer, first = await self._asker.ask(prompt)
        self._answers[place] = answer
        if first:
            self.prompt_tokens += answer.prompt_tokens
            self.completion_tokens += answer.completion_tokens
        return answer

    async def text(self, prompt: Prompt) -> str:
        """The plain text (or, for chat, the value of the only key) of an answer; `NoAnswer` when there is none."""
        if prompt.keys:
            return (await self.values(prompt))[prompt.keys[0]]
        text = usable(await self.ask(prompt)).text.strip()
        if _bare(text) in {_bare(echo) for echo in prompt.echoes}:
            raise NoAnswer(Failure.MALFORMED, f"the answer repeats an example of the prompt: {text[:80]!r}")
        return text

    async def values(self, prompt: Prompt) -> dict[str, str]:
        """The values of a JSON answer; `NoAnswer` when the answer is not the object that was asked for."""
        answer = usable(await self.ask(prompt))
        values = read_object(answer.text, prompt.keys, prompt.shown)
        if values is None:
            raise NoAnswer(Failure.MALFORMED, f"not a JSON object with the keys {', '.join(prompt.keys)}")
        return values


def _bare(text: str) -> str:
    """The text without case, and without signs at its ends."""
    return text.casefold().strip(" .,;:!?।。？！؟")


def usable(answer: Answer) -> Answer:
    """The answer itself, or `NoAnswer` when it carries a failure."""
    if answer.failure:
        raise NoAnswer(Failure(answer.failure), answer.detail)
    return answer
