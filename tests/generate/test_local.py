"""The local engine: enough chunks at a time, all of them, and one clear error when it has to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.corpus.rows import read_rows
from synth.errors import DiskError, Interrupted, TeacherError
from synth.generate.chunks import Chunk, make_chunks
from synth.generate.local import complete, first_cause, run_open
from synth.outcomes import Kind, Outcome
from synth.tasks import get_task
from synth.teacher.calls import Call, CallTimedOut, Reply
from tests.generate.fakes import Teacher, examples, stand_in, tools

LANGS = ("es", "sw", "ru", "hi", "zh")


def _chunks(*tasks: str, count: int | None = None, langs: tuple[str, ...] = LANGS) -> Iterator[Chunk]:
    return make_chunks(examples(*tasks, count=count), langs, (Kind.TRANSLATION,), "me")


def test_no_more_chunks_are_open_than_keep_the_teacher_busy(tmp_path: Path) -> None:
    started: list[str] = []
    open_at_once: list[int] = []

    def chunks() -> Iterator[Chunk]:
        for chunk in _chunks("qqp"):
            started.append(chunk.lang)
            yield chunk

    def speak(call: Call) -> str:
        open_at_once.append(len(started) - len(list(tmp_path.rglob("*.done.json"))))
        return stand_in(call)

    complete(run_open(chunks(), tools(tmp_path), Teacher(speak).send, 16))
    assert started == list(LANGS) and max(open_at_once) <= 3
    assert len(list(tmp_path.rglob("*.done.json"))) == 5


def test_the_error_that_stops_a_run_is_the_one_that_is_told(tmp_path: Path) -> None:
    async def send(_call: Call) -> Reply:
        await asyncio.sleep(0.01)
        raise TeacherError("the teacher is gone; start it")

    with pytest.raises(TeacherError, match="start it"):
        complete(run_open(_chunks("qqp", "ccg"), tools(tmp_path), send, 64))


def test_an_interrupt_says_how_to_go_on() -> None:
    async def work() -> None:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="Run the same command again"):
        complete(work())


def test_our_own_errors_go_before_others() -> None:
    group = BaseExceptionGroup("all", [ValueError("x"), BaseExceptionGroup("inner", [DiskError("full; go on")])])
    assert isinstance(first_cause(group), DiskError)


_REPLIES = ["fine", "garbage", "empty", "refused", "length", "loop", "timeout", "list", "extra", "copy", "surrogate"]


def _say(kind: str, call: Call) -> str | Reply:
    if kind == "timeout":
        raise CallTimedOut("slow")
    odd: dict[str, str | Reply] = {
        "garbage": "```json {",
        "empty": Reply("  ", "stop", 1, 1),
        "refused": Reply("", "content_filter", 1, 1),
        "length": Reply('{"text": "half', "length", 1, 1),
        "loop": Reply("no no no no " * 30, "length", 1, 1),
        "list": '["a", "b"]',
        "extra": '{"text": "x", "why": "y"}',
        "surrogate": '{"text": "\\ud83d"}',
    }
    if kind == "copy":
        return str(call.payload["messages"][-1]["content"])
    return odd.get(kind) or stand_in(call)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(_REPLIES), min_size=1, max_size=12), st.sampled_from([Kind.TRANSLATION, Kind.PARAPHRASE])
)
def test_whatever_a_teacher_says_every_row_ends_once_and_kept_rows_are_sound(
    tmp_path_factory: pytest.TempPathFactory, replies: list[str], kind: Kind
) -> None:
    told = tools(tmp_path_factory.mktemp("chaos"))
    found = examples("squad_v2", "mnli", "commonsense_qa", "ccg", "hellaswag", count=4)
    count = iter(range(10**6))
    teacher = Teacher(lambda call: _say(replies[next(count) % len(replies)], call))
    chunks = list(make_chunks(found, ["ar"], (kind,), "me"))
    complete(run_open(iter(chunks), told, teacher.send, 64))
    rows = [row for chunk in chunks for part in chunk.parts for row in read_rows(told.layout.part(part))]
    assert sorted(row["synth_id"] for row in rows) == sorted({row["synth_id"] for row in rows})
    assert len(rows) == 4 * (5 if kind is Kind.TRANSLATION else 4)
    sources = {(one.task, one.source_id): one.row for group in found.values() for one in group}
    for row in rows:
        task = get_task(row["synth_task"])
        values = {name: row[name] for name in task.column_names}
        if row["synth_outcome"] == Outcome.KEPT:
            assert not task.validate(values)
            assert not task.compare(sources[row["synth_task"], row["synth_source_id"]], values)
            assert not row["synth_raw"] and not row["synth_reason"]
        else:
            assert row["synth_reason"] and row["synth_detail"]
