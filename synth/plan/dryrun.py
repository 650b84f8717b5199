"""The real recipes over real examples with a pretended teacher: what would be sent, request by request.

Each distinct request of a chunk is counted once, as in a run. What a run adds are second attempts: answers that are cut
off or not in the shape that was asked for, and answer spans that have to be looked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from synth.corpus.journal import Answer
from synth.corpus.layout import Layout
from synth.generate.asking import Asker
from synth.generate.chunk_run import Tools, make_rows
from synth.generate.chunks import group_of, make_chunk
from synth.generate.config import GenerateConfig
from synth.generate.teachers import Teacher
from synth.outcomes import Kind
from synth.plan.placeholder import answer
from synth.sources.base import Example
from synth.teacher.calls import Call, Reply


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a dry run, and the answer that was pretended."""

    call: Call
    answer: str


@dataclass(slots=True)
class _Pretender:
    asked: list[Asked] = field(default_factory=list)

    async def send(self, call: Call) -> Reply:
        said = answer(call)
        self.asked.append(Asked(call, said))
        return Reply(said, "stop", 0, 0)


def dry_tools(config: GenerateConfig, teacher: Teacher) -> Tools:
    """What chunks need, without a folder and without an aligner (which asks nobody)."""
    nowhere = Layout(Path())
    return Tools(nowhere, teacher.style, teacher.profile.name, "plan", teacher.limits(config), config.unit)


def dry_run(
    family: str, lang: str, kinds: tuple[Kind, ...], chunks: Iterable[Sequence[Example]], tools: Tools
) -> list[Asked]:
    """Every request that these chunks would send."""
    pretender = _Pretender()
    asyncio.run(_run(family, lang, kinds, chunks, tools, pretender))
    return pretender.asked


async def _run(
    family: str,
    lang: str,
    kinds: tuple[Kind, ...],
    chunks: Iterable[Sequence[Example]],
    tools: Tools,
    pretender: _Pretender,
) -> None:
    for number, examples in enumerate(chunks):
        known: dict[str, Answer] = {}

        def record(given: Answer, known: dict[str, Answer] = known) -> None:
            known[given.key] = given

        asker = Asker(pretender.send, tools.identity, tools.limits, known, record)
        await make_rows(make_chunk("plan", family, lang, number, kinds, tuple(examples)), tools, asker)


def spread(examples: Sequence[Example], rows: int) -> list[Example]:
    """About `rows` examples from evenly all over, those that share a text together; all when there are no more."""
    groups: dict[tuple[str, str], list[Example]] = {}
    for example in examples:
        groups.setdefault(group_of(example), []).append(example)
    step = max(1.0, len(examples) / rows)
    members = list(groups.values())
    return [example for at in range(int(len(members) / step)) for example in members[int(at * step)]] or members[0]
