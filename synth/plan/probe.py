"""A few real requests to the teacher: how fast it is, and how far the token estimate is off."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from synth.corpus.layout import Layout
from synth.errors import TeacherError
from synth.generate.config import GenerateConfig
from synth.generate.local import complete
from synth.generate.progress import tell
from synth.generate.teachers import Teacher, make_client, running
from synth.plan.dryrun import Asked
from synth.plan.estimate import Cost, Estimate, cost_of, texts_of
from synth.plan.placeholder import pieces
from synth.plan.tokens import Tokens
from synth.teacher.calls import CallError, Reply
from synth.teacher.client import TeacherClient

_LANGUAGES = 3  # with the fewest, the most, and a middling number of tokens


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe found.

    Args:
        requests: Requests that were answered.
        rate: Generated tokens a second.
        prompt_factor: Prompt tokens that the server counted for each that was estimated.
        completion_factor: The same of generated tokens.
    """

    requests: int
    rate: float
    prompt_factor: float
    completion_factor: float


def probe_teacher(
    number: int, config: GenerateConfig, teacher: Teacher, layout: Layout, found: Estimate, tokens: Tokens
) -> Probed:
    """Ask `number` requests of the dry run in each of a few languages.

    Raises:
        TeacherError: None of them was answered.
    """
    asked = choose(found.sample, number, tokens)
    with running(teacher, config, layout, tell) as server:
        began = time.monotonic()
        replies = complete(_ask_all([one for _, one in asked], make_client(teacher, config, server)))
        seconds = time.monotonic() - began
    answered = [(lang, one, reply) for (lang, one), reply in zip(asked, replies, strict=True) if reply]
    told, actual = Cost(), Cost()
    for lang, one, reply in answered:
        told.add(cost_of([one], lang, tokens))
        actual.add(Cost(0, 1, reply.prompt_tokens, reply.completion_tokens))
    if not actual.completion_tokens:
        raise TeacherError(
            f"the teacher answered none of {len(asked)} probe requests; try it with `synth generate --limit 1`, or "
            "state a rate with --rate"
        )
    return Probed(
        len(answered),
        actual.completion_tokens / max(0.001, seconds),
        actual.prompt_tokens / max(1.0, told.prompt_tokens),
        actual.completion_tokens / max(1.0, told.completion_tokens),
    )


def choose(sample: Sequence[tuple[str, Asked]], number: int, tokens: Tokens) -> list[tuple[str, Asked]]:
    """Requests for a probe: from evenly all over, and none that would carry a pretended translation to the teacher."""
    real = [(lang, one) for lang, one in sample if not _pretends(one)]
    langs = sorted({lang for lang, _ in real}, key=tokens.ratio)
    some = dict.fromkeys(langs[round(at * (len(langs) - 1) / (_LANGUAGES - 1))] for at in range(_LANGUAGES))
    chosen = []
    for lang in some:
        mine = [(own, one) for own, one in real if own == lang]
        step = max(1.0, len(mine) / number)
        chosen += [mine[int(at * step)] for at in range(min(number, len(mine)))]
    return chosen


def _pretends(asked: Asked) -> bool:
    return any(foreign for text in texts_of(asked) for _, foreign in pieces(text))


async def _ask_all(asked: Sequence[Asked], client: TeacherClient) -> list[Reply | None]:
    async def ask(one: Asked) -> Reply | None:
        try:
            return await client.ask(one.call)
        except CallError:
            return None

    async with client:
        return list(await asyncio.gather(*(ask(one) for one in asked)))
