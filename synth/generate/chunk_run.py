"""Running one chunk: every row to its end, answers journalled as they arrive, parts and markers written last."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from synth.corpus.ids import RowId
from synth.corpus.journal import Journal, read_answers, write_answers
from synth.corpus.layout import Layout
from synth.corpus.markers import is_whole, make_marker, read_marker, write_marker
from synth.corpus.rows import Provenance, record, write_rows
from synth.generate.asking import Asker, Limits, NoAnswer, RowTrace, Send
from synth.generate.bill import Bill
from synth.generate.chunks import Chunk, group_of
from synth.generate.recipes import Job, Made, paraphrase_row, translate_row
from synth.generate.rounds import drop_journals, rounds_behind, salts_of
from synth.languages import get_language
from synth.outcomes import KEPT, Kind, Outcome, Reason, Verdict, Violation, failed, rejected
from synth.prompts.base import Style
from synth.sources.base import Example
from synth.tasks import get_task

OnRow = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Tools:
    """What a run gives to each of its chunks.

    Args:
        layout: The corpus folder.
        style: How the teacher is asked.
        teacher: Name of its profile, for the rows.
        identity: Fingerprint of teacher and sampling, part of each request's key.
        limits: Sampling and token limits.
        unit: "joint" or "field".
        align: Word aligner for lost spans, or None.
        on_row: Called with each finished row, for progress.
        may_write: Called before a chunk's files are written; raises where another worker has taken the chunk over.
    """

    layout: Layout
    style: Style
    teacher: str
    identity: str
    limits: Limits
    unit: str = "joint"
    align: Any = None
    on_row: OnRow = field(default=lambda _row: None)
    may_write: Callable[[], None] = field(default=lambda: None)


def is_done(chunk: Chunk, layout: Layout) -> bool:
    """Whether all parts of a chunk are there, whole, and made from what is asked for now."""
    paths = [layout.part(part) for part in chunk.parts]
    return all(is_whole(path, read_marker(path), chunk.fingerprint) for path in paths)


async def run_chunk(chunk: Chunk, tools: Tools, send: Send) -> int:
    """Make all rows of a chunk that is not done yet; returns the number of requests that it sent."""
    started = time.monotonic()
    rounds = rounds_behind(chunk, tools.layout)  # more than none where a part of a redone chunk was damaged
    limits = replace(tools.limits, salts=salts_of(rounds))
    kept_answers = read_answers(tools.layout.answers(chunk.family, chunk.owner))
    with Journal(tools.layout.journal(chunk.owner)) as journal:
        known = journal.answers
        before = sum(answer.attempts for answer in known.values())  # requests of an attempt that was cut off
        for key, answer in kept_answers.items():
            known.setdefault(key, answer)
        asker = Asker(send, tools.identity, limits, known, journal.append)
        rows = await make_rows(chunk, tools, asker)
        tools.may_write()
        write_answers(tools.layout.answers(chunk.family, chunk.owner), known.values())
        finish(chunk, tools.layout, rows, before + asker.requests, time.monotonic() - started, rounds)
    drop_journals(chunk, tools.layout)
    return asker.requests


def _tidy(chunk: Chunk, layout: Layout) -> None:
    """Remove half-written files of attempts that were killed. Whoever writes a chunk holds its lock."""
    for path in (layout.answers(chunk.family, chunk.owner), *map(layout.part, chunk.parts)):
        for stale in path.parent.glob(f".{path.stem}.*.tmp"):
            stale.unlink(missing_ok=True)


def write_source_chunk(chunk: Chunk, layout: Layout) -> None:
    """Write the English rows of a chunk as they are."""
    rows = [
        record(_row_id(example, "en", Kind.SOURCE), example.row, KEPT, Provenance(example.origin, unit="source"))
        for example in chunk.examples
    ]
    finish(chunk, layout, rows, 0, 0.0)


def finish(
    chunk: Chunk, layout: Layout, rows: Sequence[Mapping[str, Any]], requests: int, seconds: float, redone: int = 0
) -> None:
    """Write each part of the chunk and, after it, its marker. Costs stand in the owner's marker."""
    for part in chunk.parts:
        mine = [row for row in rows if row["synth_task"] == part.task and row["synth_kind"] == part.kind]
        path = layout.part(part)
        write_rows(path, get_task(part.task), mine)
        costs = {
            "requests": requests if part == chunk.owner else 0,
            "prompt_tokens": sum(row["synth_prompt_tokens"] for row in mine),
            "completion_tokens": sum(row["synth_completion_tokens"] for row in mine),
            "seconds": round(seconds, 3) if part == chunk.owner else 0.0,
            "redone": redone,
        }
        write_marker(path, make_marker(path, part, chunk.fingerprint, mine, **costs))
    _tidy(chunk, layout)


async def make_rows(
    chunk: Chunk,
    tools: Tools,
    asker: Asker,
    only: Collection[str] | None = None,
    paid: Collection[str] = (),
    fresh: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Rows of all kinds, in the chunk's order: translations, then paraphrases (of these, or of English).

    Args:
        chunk: The chunk.
        tools: Style, limits and what else the run gives.
        asker: Where answers come from.
        only: Ids of the rows to make; None makes all.
        paid: Keys of requests that rows outside `only` have paid for.
        fresh: Ids of the rows that are made again.
    """
    bill = Bill(asker)
    groups = chunk.groups()
    jobs = [_job(example, groups[group_of(example)], chunk.lang, tools) for example in chunk.examples]
    reworded = [job for job in jobs if Kind.PARAPHRASE in chunk.kinds and _wanted(job, Kind.PARAPHRASE, only)]
    # A paragraph is reworded with the answers of all its rows marked, so all of them are translated for it.
    needed = {group_of(job.example) for job in reworded}
    translated = [
        job
        for job in jobs
        if chunk.lang != "en" and (group_of(job.example) in needed or _wanted(job, Kind.TRANSLATION, only))
    ]
    told = Kind.TRANSLATION in chunk.kinds
    made = await _gather(
        _row(_freshly(job, Kind.TRANSLATION, fresh), tools, bill, told and _wanted(job, Kind.TRANSLATION, only))
        for job in translated
    )
    rows = [row for row in made if told and (only is None or row["synth_id"] in only)]
    sources = made if chunk.lang != "en" else [dict(job.example.row) for job in jobs]
    regrouped = _regrouped(translated if chunk.lang != "en" else jobs, sources)
    again = [(job, source) for job, source in zip(regrouped, sources, strict=True) if _wanted_id(job, only, reworded)]
    rows += await _gather(
        _paraphrase(_freshly(job, Kind.PARAPHRASE, fresh), source, tools, bill) for job, source in again
    )
    bill.settle(rows, paid)
    return rows


def _freshly(job: Job, kind: Kind, fresh: Collection[str]) -> Job:
    return replace(job, fresh=_id_of(job, kind) in fresh)


def _wanted(job: Job, kind: Kind, only: Collection[str] | None) -> bool:
    return only is None or _id_of(job, kind) in only


def _wanted_id(job: Job, only: Collection[str] | None, reworded: Sequence[Job]) -> bool:
    return bool(reworded) and _wanted(job, Kind.PARAPHRASE, only)


async def _gather(coroutines: Any) -> list[dict[str, Any]]:
    """Run rows side by side; the first error that stops the run cancels the rest of the chunk."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(coroutine) for coroutine in coroutines]
    return [task.result() for task in tasks]


def _job(example: Example, group: tuple[Example, ...], lang: str, tools: Tools) -> Job:
    return Job(get_task(example.task), example, group, tools.style, get_language(lang), tools.unit, tools.align)


def _regrouped(jobs: Sequence[Job], sources: Sequence[Mapping[str, Any]]) -> list[Job]:
    """Jobs whose groups hold the rows that are reworded: translations that were kept, or the English rows."""
    new: dict[tuple[str, str], Example] = {}
    for job, source in zip(jobs, sources, strict=True):
        if source.get("synth_outcome", Outcome.KEPT) == Outcome.KEPT:
            row = {column: source[column] for column in job.task.column_names}
            new[job.example.task, job.example.source_id] = replace(job.example, row=row)
    result = []
    for job in jobs:
        members = [new[key] for other in job.group if (key := (other.task, other.source_id)) in new]
        own = new.get((job.example.task, job.example.source_id), job.example)
        same = tuple(member for member in members if group_of(member) == group_of(own))
        result.append(replace(job, group=same, example=own))
    return result


async def _row(job: Job, tools: Tools, bill: Bill, told: bool) -> dict[str, Any]:
    """One translated row, to its end; `told` when it is a row of the corpus and not only a step to a paraphrase."""
    trace = bill.open(_id_of(job, Kind.TRANSLATION if told else Kind.PARAPHRASE))
    try:
        made = await translate_row(job, trace)
        verdict = judge(job, job.example.row, made)
    except NoAnswer as error:
        made, verdict = Made({}, _unit(job)), failed(error.failure, error.detail)
    row = _written(job, Kind.TRANSLATION, made, verdict, trace, tools)
    if told:
        tools.on_row(row)
    return row


async def _paraphrase(job: Job, source: Mapping[str, Any], tools: Tools, bill: Bill) -> dict[str, Any]:
    """One reworded row; it ends like its translation when that was not kept."""
    trace = bill.open(_id_of(job, Kind.PARAPHRASE))
    made, verdict = Made({}, _unit(job)), _verdict_of(source)
    if verdict.outcome is Outcome.KEPT:
        try:
            made = await paraphrase_row(job, job.example.row, trace)
            verdict = judge(job, job.example.row, made)
        except NoAnswer as error:
            verdict = failed(error.failure, error.detail)
    row = _written(job, Kind.PARAPHRASE, made, verdict, trace, tools)
    tools.on_row(row)
    return row


def _verdict_of(source: Mapping[str, Any]) -> Verdict:
    if "synth_outcome" not in source or source["synth_outcome"] == Outcome.KEPT:
        return KEPT
    detail = f"its translation was not kept: {source['synth_detail']}"
    return Verdict(Outcome(source["synth_outcome"]), source["synth_reason"], detail)


def judge(job: Job, source: Mapping[str, Any], made: Made) -> Verdict:
    """Kept, or rejected for the first broken invariant (all are named in the detail)."""
    broken: list[Violation] = list(made.violations)
    broken = broken or job.task.validate(made.values)
    broken = broken or job.task.compare(source, made.values)
    if not broken:
        return KEPT
    return rejected(Reason(broken[0].reason), "; ".join(violation.detail for violation in broken)[:500])


def _unit(job: Job) -> str:
    return "joint" if job.chat else "field"


def _written(job: Job, kind: Kind, made: Made, verdict: Verdict, trace: RowTrace, tools: Tools) -> dict[str, Any]:
    kept = verdict.outcome is Outcome.KEPT
    how = Provenance(
        origin=job.example.origin,
        teacher=tools.teacher,
        prompt=job.style.version,
        unit=made.unit,
        rung=made.rung,
        attempts=trace.attempts,
        finish=trace.finish,
        prompt_tokens=trace.prompt_tokens,
        completion_tokens=trace.completion_tokens,
        raw="" if kept else json.dumps(trace.raw, ensure_ascii=False)[:20_000],
    )
    return record(_row_id(job.example, job.language.code, kind), made.values, verdict, how)


def _id_of(job: Job, kind: Kind) -> str:
    return str(_row_id(job.example, job.language.code, kind))


def _row_id(example: Example, lang: str, kind: Kind) -> RowId:
    return RowId(example.task, example.split, example.source_id, lang, kind.value)
