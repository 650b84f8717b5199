"""Requests: each distinct one is sent once, and every way in which an answer can end is acted on."""

from __future__ import annotations

import asyncio
import json

import pytest

from synth.corpus.journal import Answer
from synth.fewshot import Pair, few_shot
from synth.generate.asking import Asker, Limits, NoAnswer, RowTrace, is_loop, judge_reply
from synth.generate.json_answer import read_object
from synth.languages import get_language
from synth.outcomes import Failure
from synth.prompts.chat import ChatStyle
from synth.prompts.fewshot import FewShotStyle
from synth.teacher.calls import Call, CallTimedOut, PromptTooLong, Reply
from tests.generate.fakes import Teacher
from tests.teacher.aio import run_async

STYLE, SPANISH = ChatStyle(), get_language("es")


def _asker(teacher: Teacher, known: dict[str, Answer] | None = None, **limits: object) -> tuple[Asker, list[Answer]]:
    kept = known if known is not None else {}
    journal: list[Answer] = []

    def record(answer: Answer) -> None:
        journal.append(answer)
        kept[answer.key] = answer

    options = {"sampling": {"temperature": 0.0}, **limits}
    return Asker(teacher.send, "me", Limits(**options), kept, record), journal  # type: ignore[arg-type]


@run_async
async def test_fifty_rows_that_need_the_same_answer_send_one_request() -> None:
    teacher = Teacher()
    asker, journal = _asker(teacher)
    traces = [RowTrace(asker) for _ in range(50)]
    prompt = STYLE.text("A shared premise.", SPANISH)
    texts = await asyncio.gather(*(trace.text(prompt) for trace in traces))
    assert len(teacher.calls) == len(journal) == asker.requests == 1
    assert len(set(texts)) == 1
    assert [sum(trace.completion_tokens > 0 for trace in traces), max(trace.attempts for trace in traces)] == [1, 1]
    await RowTrace(asker).text(prompt)
    assert len(teacher.calls) == 1, "an answer that is known was asked for again"


@run_async
async def test_what_is_known_is_not_asked_and_other_content_is() -> None:
    teacher = Teacher()
    prompt = STYLE.text("Known.", SPANISH)
    first, journal = _asker(teacher)
    await RowTrace(first).text(prompt)
    again, _ = _asker(teacher, {journal[0].key: journal[0]})
    await RowTrace(again).text(prompt)
    assert len(teacher.calls) == 1
    for other in (STYLE.text("Known!", SPANISH), STYLE.text("Known.", get_language("ru"))):
        await RowTrace(again).text(other)
    assert len(teacher.calls) == 3


@run_async
async def test_a_cut_off_answer_is_asked_once_more_with_twice_the_limit() -> None:
    replies = iter([Reply("word " * 9 + "half", "length", 10, 9), Reply('{"text": "todo"}', "stop", 10, 20)])
    teacher = Teacher(lambda _call: next(replies))
    asker, journal = _asker(teacher)
    trace = RowTrace(asker)
    assert await trace.text(STYLE.text("Some text.", SPANISH)) == "todo"
    limits = [call.payload["max_tokens"] for call in teacher.calls]
    assert limits[1] == 2 * limits[0]
    assert (trace.attempts, trace.completion_tokens, trace.prompt_tokens, len(journal)) == (2, 29, 20, 1)


@run_async
async def test_an_answer_that_is_cut_off_twice_is_truncated() -> None:
    teacher = Teacher(lambda _call: Reply("one two three four five", "length", 10, 5))
    asker, _ = _asker(teacher)
    with pytest.raises(NoAnswer) as stopped:
        await RowTrace(asker).text(STYLE.text("Some text.", SPANISH))
    assert (stopped.value.failure, len(teacher.calls)) == (Failure.TRUNCATED, 2)


@run_async
async def test_the_ceiling_is_never_passed_and_not_asked_twice() -> None:
    teacher = Teacher(lambda _call: Reply("one two three four five", "length", 10, 5))
    asker, _ = _asker(teacher, ceiling=30)
    with pytest.raises(NoAnswer):
        await RowTrace(asker).text(STYLE.text("Some text.", SPANISH))
    assert [call.payload["max_tokens"] for call in teacher.calls] == [30]


@run_async
async def test_errors_of_one_call_end_in_their_kind() -> None:
    for error, failure in ((PromptTooLong("long"), Failure.TOO_LONG), (CallTimedOut("slow"), Failure.TIMEOUT)):

        def speak(_call: Call, error: Exception = error) -> str:
            raise error

        asker, journal = _asker(Teacher(speak))
        with pytest.raises(NoAnswer) as stopped:
            await RowTrace(asker).text(STYLE.text("Some text.", SPANISH))
        assert stopped.value.failure is failure
        assert journal[0].failure == failure, "a failure is remembered like an answer: it is not paid for twice"


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (Reply("fine", "stop", 1, 1), ""),
        (Reply("fine", "", 1, 1), ""),
        (Reply("", "stop", 1, 0), Failure.EMPTY),
        (Reply(" \n\u3000", "stop", 1, 1), Failure.EMPTY),
        (Reply("text", "content_filter", 1, 1), Failure.REFUSED),
        (Reply("", "stop", 1, 1, refusal="I cannot"), Failure.REFUSED),
        (Reply("la la", "repetition", 1, 1), Failure.REPETITION),
        (Reply("la la", "stop", 1, 1, stop_reason="repetition_detected"), Failure.REPETITION),
        (Reply("so " + "la la " * 40, "length", 1, 1), Failure.REPETITION),
        (Reply("aaa" * 40, "length", 1, 1), Failure.REPETITION),
        (Reply("a fine answer that goes on and", "length", 1, 1), Failure.TRUNCATED),
    ],
)
def test_finish_reasons(reply: Reply, failure: str) -> None:
    answer = judge_reply("k", reply)
    assert (answer.failure, answer.text, bool(answer.detail)) == (failure, reply.text, bool(failure))


def test_half_a_surrogate_pair_never_reaches_the_files() -> None:
    judge_reply("k", Reply("smile \ud83d", "stop", 1, 1)).text.encode("utf-8")


def test_loops() -> None:
    assert is_loop("Es war " + "einmal und " * 12)
    assert is_loop("ха" * 60)
    assert not is_loop("Es war einmal ein König, der hatte drei Söhne und keine Zeit, und so ging er fort in die Welt.")
    assert not is_loop("no no no")
    assert not is_loop("")


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "x", "b": "y"}',
        '```json\n{"b": "y", "a": "x"}\n```',
        '```\n{"a":" x ","b":"y"}```',
        'Here it is:\n\n```JSON\n{\n "b": "y",\n "a": "x"\n}\n```\nIs {that} all?',
        '<think>\n\n</think>\n\n{"a": "x", "b": "y"}',
        '<think>{"a": "no", "b": "no"}\n```json\n{}\n```\n</think> ```json\n{"a": "x", "b": "y"}\n```',
        'First, "a" is x.\n</think>\n{"a": "x", "b": "y"}',
        '{"a": "x", "b": "\ny\t"}',
    ],
)
def test_json_as_asked_is_read_in_the_order_of_the_keys(text: str) -> None:
    found = read_object(text, ("a", "b"))
    assert found == {"a": "x", "b": "y"} and list(found) == ["a", "b"]


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "x"}',
        '{"a": "x", "b": "y", "c": "z"}',
        '{"a": "x", "b": 3}',
        '{"a": "x", "b": ["y"]}',
        '{"a": "x", "b": null}',
        '{"a": "x", "b": "  "}',
        '{"a": "x", "b": "y',
        '["x", "y"]',
        'Here you are: {"a": "x", "b": "y"}',
        '<think>I say {"a": "x", "b": "y"}',
        '```json\n{"a": "x", "b": "y"}\n```\nor\n```json\n{"a": "z", "b": "y"}\n```',
        '{"a": "x", "b": "\\ud83d"}',
        "[" * 100_000,
        "1" * 10_000,
        "",
    ],
)
def test_json_that_is_not_as_asked_is_refused(text: str) -> None:
    assert read_object(text, ("a", "b")) is None


def test_keys_that_were_only_shown_may_come_back() -> None:
    assert read_object('{"a": "x", "paragraph": 1}', ("a",), ("paragraph", "translation")) == {"a": "x"}
    assert read_object('{"a": "x", "b": "y"}', ("a",), ("paragraph",)) is None
    assert read_object('{"paragraph": "x"}', ("a",), ("paragraph",)) is None


def test_a_thought_inside_the_object_is_text() -> None:
    assert read_object(' {"a": "<think>x</think>"}', ("a",)) == {"a": "<think>x</think>"}


@run_async
async def test_a_refused_json_answer_is_malformed_for_its_row() -> None:
    teacher = Teacher(lambda _call: json.dumps({"text": "x", "note": "y"}))
    asker, _ = _asker(teacher)
    with pytest.raises(NoAnswer, match="keys text") as stopped:
        await RowTrace(asker).text(STYLE.text("Some text.", SPANISH))
    assert stopped.value.failure is Failure.MALFORMED


@run_async
async def test_an_answer_that_repeats_an_example_of_the_prompt_is_no_answer() -> None:
    example = few_shot("es")[3]
    for text, said, usable in (("under", example.target, False), ("under", "bajo", True), (*_both(example), True)):
        reply = Reply(said.upper() + ".", "stop", 9, 2)

        async def send(_call: Call, reply: Reply = reply) -> Reply:
            return reply

        trace = RowTrace(Asker(send, "me", Limits({}), {}, lambda _answer: None))
        prompt = FewShotStyle().text(text, SPANISH)
        if usable:
            assert await trace.text(prompt) == said.upper() + "."
        else:
            with pytest.raises(NoAnswer, match="repeats an example"):
                await trace.text(prompt)


def _both(pair: Pair) -> tuple[str, str]:
    return pair.source, pair.target
