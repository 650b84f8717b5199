"""Selective redo: only the rows that ended in the named ways are made again; everything else stays as it is."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from synth.corpus.journal import Answer, Journal, read_answers, write_answers
from synth.corpus.layout import Layout
from synth.corpus.markers import read_marker
from synth.corpus.rows import read_rows
from synth.errors import BadFlag
from synth.generate.asking import Asker, Send
from synth.generate.chunk_run import Tools, finish, make_rows
from synth.generate.chunks import Chunk
from synth.generate.config import GenerateConfig
from synth.generate.ends import DROPPED, named_ids
from synth.generate.local import complete, only_here
from synth.generate.progress import Progress, tell
from synth.generate.rounds import drop_journals, rounds_complete, salts_of
from synth.generate.run import Ready, make_tools, prepare, read_inputs
from synth.generate.teachers import Teacher, choose_teacher, make_client, running
from synth.outcomes import Failure, Outcome, Reason
from synth.teacher.calls import Call, CallError, Reply

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: pairs of outcome and reason ("" for every reason of the outcome)."""

    ends: frozenset[tuple[str, str]]

    def takes(self, row: Mapping[str, Any]) -> bool:
        """Whether a row is to be made again."""
        end = (row["synth_outcome"], row["synth_reason"])
        return end in self.ends or (end[0], "") in self.ends


def parse_redo(text: str) -> Wanted:
    """Read `failed:truncated,rejected:language` or `failed`.

    Raises:
        BadFlag: An outcome or a reason is unknown.
    """
    from synth.nearest import did_you_mean

    known = {Outcome.FAILED: [kind.value for kind in Failure], Outcome.REJECTED: [reason.value for reason in Reason]}
    ends = set()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        outcome, _, why = part.partition(":")
        if outcome not in known:
            raise BadFlag(f"--redo {part!r}: begin with failed or rejected, such as failed:truncated")
        if why and why not in known[Outcome(outcome)]:
            names = known[Outcome(outcome)]
            raise BadFlag(f"--redo {part!r}: {did_you_mean(why, names)} {outcome} rows end with {', '.join(names)}")
        ends.add((outcome, why))
    if not ends:
        raise BadFlag("--redo names no rows; give for example failed:truncated,rejected:span_lost")
    return Wanted(frozenset(ends))


def redo(config: GenerateConfig) -> Ready:
    """Make the named rows of a finished corpus again, with the limits that are given now."""
    wanted = parse_redo(str(config.redo))
    inputs = read_inputs(config)
    teacher = choose_teacher(config)
    ready = prepare(config, inputs, teacher)
    if ready.pending:
        raise BadFlag(f"{ready.layout.root} is not finished; run the same command without --redo first")
    chosen = [chunk for chunk in ready.chunks if named_ids(chunk, ready.layout, wanted.takes)]
    if not chosen:
        tell(f"no row ended as {config.redo}: nothing to do{_unfiltered(ready.layout)}")
        return ready
    with (
        running(teacher, config, ready.layout, tell) as server,
        Progress(_count(chosen, wanted, ready.layout), 0) as bar,
    ):
        tools = make_tools(config, ready.layout, teacher, bar)
        client = make_client(teacher, config, server)

        async def run() -> None:
            async with client:
                for chunk in chosen:
                    with only_here(tools.layout.journal(chunk.owner)):
                        await redo_chunk(chunk, wanted, _salted(config, teacher, tools, chunk), client.ask)

        complete(run())
    if (ready.layout.root / DROPPED).is_dir():
        tell("run `synth filter` again: it has not judged the rows that were made again")
    return ready


def _unfiltered(layout: Layout) -> str:
    return "" if (layout.root / DROPPED).is_dir() else " (`synth filter` has not judged this corpus yet)"


def _salted(config: GenerateConfig, teacher: Teacher, tools: Tools, chunk: Chunk) -> Tools:
    """Tools whose new requests differ from those of every round before."""
    return replace(tools, limits=teacher.limits(config, salts_of(1 + rounds_complete(chunk, tools.layout))))


def _count(chunks: Sequence[Chunk], wanted: Wanted, layout: Layout) -> int:
    return sum(len(named_ids(chunk, layout, wanted.takes)) for chunk in chunks)


def _rows(chunk: Chunk, layout: Layout) -> list[Row]:
    return [row for part in chunk.parts for row in read_rows(layout.part(part))]


async def redo_chunk(chunk: Chunk, wanted: Wanted, tools: Tools, send: Send) -> int:
    """Make the wanted rows of one chunk again; answers that other rows rest on are used as they are."""
    started = time.monotonic()
    rows = _rows(chunk, tools.layout)
    again = named_ids(chunk, tools.layout, wanted.takes)
    old = read_answers(tools.layout.answers(chunk.family, chunk.owner))
    settled = await _settled_answers(chunk, again, old, tools)
    rounds = 1 + rounds_complete(chunk, tools.layout)
    with Journal(tools.layout.journal(chunk.owner, rounds)) as journal:
        known = journal.answers
        for key, answer in settled.items():
            known.setdefault(key, answer)
        asker = Asker(send, tools.identity, tools.limits, known, journal.append)
        made = await make_rows(chunk, tools, asker, only=again, paid=settled.keys(), fresh=again)
        new = {row["synth_id"]: row for row in made}
        write_answers(tools.layout.answers(chunk.family, chunk.owner), {**old, **known}.values())
        merged = [new.get(row["synth_id"], row) for row in rows]
        before = read_marker(tools.layout.part(chunk.owner))
        spent = (before.requests if before else 0) + asker.requests
        seconds = (before.seconds if before else 0.0) + time.monotonic() - started
        finish(chunk, tools.layout, merged, spent, seconds, rounds)
    drop_journals(chunk, tools.layout)
    return asker.requests


async def _settled_answers(chunk: Chunk, again: set[str], old: Mapping[str, Answer], tools: Tools) -> dict[str, Answer]:
    """The answers that rows which stay were made from; found by making those rows once more from what is kept."""
    used = _Noted(old)
    asker = Asker(_ask_nobody, tools.identity, tools.limits, used, lambda _answer: None)
    staying = {row["synth_id"] for row in _rows(chunk, tools.layout)} - again
    await make_rows(chunk, replace(tools, on_row=lambda _row: None), asker, only=staying)
    return used.noted


class _Noted(dict[str, Answer]):
    """Answers that remember which of them were looked at."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        super().__init__(answers)
        self.noted: dict[str, Answer] = {}

    def __getitem__(self, key: str) -> Answer:
        answer = super().__getitem__(key)
        self.noted[key] = answer
        return answer


async def _ask_nobody(_call: Call) -> Reply:
    raise CallError("only kept answers are looked at")
