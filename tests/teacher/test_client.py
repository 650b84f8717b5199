"""The client against a stand-in server: what is mended, what is given up, and what stops the run."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from synth.errors import BadFlag, TeacherError
from synth.outcomes import Failure
from synth.teacher.breaker import Limits
from synth.teacher.calls import (
    Call,
    CallError,
    CallTimedOut,
    Endpoint,
    EngineKilled,
    PromptTooLong,
    Reply,
    RequestRefused,
)
from synth.teacher.client import TeacherClient
from synth.teacher.probe import probe
from tests.teacher.aio import run_async
from tests.teacher.standin import StandIn, StandInProcess, serving, translate

# Pauses are short in all tests; an outage is called soon only where one is tested, so that a machine that stands still
# for a moment does not look like one.
STEADY = Limits(in_flight=8, timeout_s=60, backoff_s=0.01, backoff_cap_s=0.05)
FAST = replace(STEADY, outage_s=0.5, stalled_s=1.0)


def chat(text: str, **more: object) -> Call:
    """A chat call with one user message."""
    return Call(Endpoint.CHAT, {"messages": [{"role": "user", "content": text}], **more})


@contextlib.asynccontextmanager
async def teacher(stand_in: StandIn, limits: Limits = STEADY) -> AsyncIterator[TeacherClient]:
    """A client of a stand-in in this process."""
    async with serving(stand_in) as url, TeacherClient([url], stand_in.model, limits=limits) as client:
        yield client


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        return int(probe_socket.getsockname()[1])


async def outcome(client: TeacherClient, call: Call) -> Reply | CallError:
    """The reply, or the failure of this call alone."""
    try:
        return await client.ask(call)
    except CallError as error:
        return error


async def asked(server: StandInProcess, count: int) -> None:
    """Wait until the server has been asked so often."""
    while server.requests < count:
        await asyncio.sleep(0.005)


@run_async
async def test_both_endpoints_answer_and_are_counted() -> None:
    async with teacher(StandIn()) as client:
        said = await client.ask(chat("A dog barks."))
        completed = await client.ask(Call(Endpoint.COMPLETIONS, {"prompt": "English: A dog barks.\nSpanish:"}))
    assert said.text == completed.text.strip() == translate("A dog barks.")
    assert (said.finish_reason, said.attempts) == ("stop", 1)
    assert (client.counters.done, client.counters.sent, client.counters.in_flight) == (2, 2, 0)
    assert client.counters.completion_tokens == said.completion_tokens + completed.completion_tokens > 0


@pytest.mark.parametrize("trouble", ["500*2", "503*2", "429*2", "garbage*2", "hollow*2", "drop*2"])
@run_async
async def test_a_passing_trouble_is_retried(trouble: str) -> None:
    async with teacher(StandIn()) as client:
        reply = await client.ask(chat(f"Hello <<{trouble}>>"))
    assert reply.attempts == 3
    assert client.counters.retried == 2


@pytest.mark.parametrize(("trouble", "finish"), [("length", "length"), ("repeat", "repetition"), ("empty", "stop")])
@run_async
async def test_finish_reasons_pass_untouched(trouble: str, finish: str) -> None:
    async with teacher(StandIn()) as client:
        reply = await client.ask(chat(f"Hello <<{trouble}>>"))
    assert reply.finish_reason == finish
    assert reply.attempts == 1


@pytest.mark.parametrize(
    ("trouble", "kind", "failure"),
    [
        ("toolong", PromptTooLong, Failure.TOO_LONG),
        ("400", RequestRefused, Failure.ENGINE),
        ("500", RequestRefused, Failure.ENGINE),
        ("garbage", RequestRefused, Failure.ENGINE),
        ("drop", RequestRefused, Failure.ENGINE),
    ],
)
@run_async
async def test_a_bad_request_fails_alone(trouble: str, kind: type[CallError], failure: Failure) -> None:
    async with teacher(StandIn(latency=0.01)) as client:
        calls = [chat(f"Good {number}") for number in range(20)]
        ends = await asyncio.gather(*[outcome(client, call) for call in [*calls[:10], chat(f"<<{trouble}>>"), *calls]])
    bad = ends.pop(10)
    assert type(bad) is kind
    assert bad.failure is failure
    assert all(isinstance(end, Reply) for end in ends)
    assert client.counters.failed == 1


@run_async
async def test_a_lone_bad_request_does_not_look_like_an_outage() -> None:
    async with teacher(StandIn(), replace(STEADY, outage_s=0.0)) as client:
        assert isinstance(await outcome(client, chat("<<500>>")), RequestRefused)


@run_async
async def test_a_hanging_request_times_out_and_the_rest_goes_on() -> None:
    limits = Limits(in_flight=2, timeout_s=1.0, backoff_s=0.01)
    async with teacher(StandIn(hang_s=30), limits) as client:
        hung, fine = await asyncio.gather(outcome(client, chat("<<hang>>")), outcome(client, chat("Hello")))
    assert isinstance(hung, CallTimedOut)
    assert hung.failure is Failure.TIMEOUT
    assert isinstance(fine, Reply)


@run_async
async def test_requests_under_way_are_bounded() -> None:
    stand_in = StandIn(latency=0.2)
    async with teacher(stand_in) as client:
        await asyncio.gather(*[client.ask(chat(f"Hello {number}")) for number in range(40)])
    assert stand_in.most_in_flight == STEADY.in_flight


@run_async
async def test_a_pause_holds_no_place() -> None:
    limits = Limits(in_flight=1, backoff_s=2.0, backoff_cap_s=2.0)
    async with teacher(StandIn(), limits) as client:
        slow = asyncio.create_task(client.ask(chat("<<500*1>>")))
        await asyncio.sleep(0.1)
        await client.ask(chat("Hello"))
        assert not slow.done(), "the second request waited for the pause of the first"
        assert (await slow).attempts == 2


@run_async
async def test_retry_after_is_honoured() -> None:
    async with teacher(StandIn(retry_after="0.4")) as client:
        began = time.monotonic()
        reply = await client.ask(chat("<<429*1>>"))
    assert reply.attempts == 2
    assert time.monotonic() - began >= 0.4


@run_async
async def test_requests_go_to_the_url_with_less_to_do_and_around_a_dead_one() -> None:
    slow, fast = StandIn(latency=0.5), StandIn(latency=0.01)
    dead = f"http://127.0.0.1:{free_port()}"
    limits = Limits(in_flight=6)
    async with (
        serving(slow) as one,
        serving(fast) as two,
        TeacherClient([dead, one, two], "stand-in", limits=limits) as client,
    ):
        await asyncio.gather(*[client.ask(chat(f"Hello {number}")) for number in range(40)])
    assert slow.requests + fast.requests == 40
    assert fast.requests > 2 * slow.requests > 0


@run_async
async def test_an_outage_stops_the_run_and_says_how_to_go_on() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    async with TeacherClient([url], "stand-in", limits=FAST) as client:
        ends = await asyncio.gather(*[client.ask(chat(f"{n}")) for n in range(20)], return_exceptions=True)
    assert {type(end) for end in ends} == {TeacherError}
    message = str(ends[0])
    assert url in message
    assert "what is done is kept" in message
    assert "run the same command again" in message


@run_async
async def test_a_teacher_that_fails_for_all_costs_few_rows() -> None:
    async with teacher(StandIn(fail_first=10**9), FAST) as client:
        ends = await asyncio.gather(*[client.ask(chat(f"{n}")) for n in range(60)], return_exceptions=True)
    assert {type(end) for end in ends} <= {TeacherError, RequestRefused}
    assert sum(isinstance(end, RequestRefused) for end in ends) <= FAST.outage_failures
    assert isinstance(ends[-1], TeacherError)


@pytest.mark.parametrize("trouble", ["429", "503"])
@run_async
async def test_a_request_that_alone_is_always_turned_away_fails_alone(trouble: str) -> None:
    limits = replace(FAST, stalled_s=0.6)
    async with teacher(StandIn(), limits) as client:
        asked = [chat(f"Hello {number}") for number in range(5)]
        *fine, bad = await asyncio.gather(*[outcome(client, call) for call in (*asked, chat(f"<<{trouble}>>"))])
        after = await outcome(client, chat("Hello again"))
    assert isinstance(bad, RequestRefused) and "turned away" in str(bad)
    assert all(isinstance(end, Reply) for end in (*fine, after))


@run_async
async def test_a_short_outage_costs_nothing(tmp_path: Path) -> None:
    limits = Limits(in_flight=4, backoff_s=0.05, backoff_cap_s=0.2, outage_s=120)
    with StandInProcess(tmp_path, latency=0.1) as server:
        async with TeacherClient([server.url], "stand-in", limits=limits) as client:
            work = [asyncio.create_task(client.ask(chat(f"Hello {number}"))) for number in range(60)]
            await asked(server, 10)
            await asyncio.to_thread(server.restart)
            replies = await asyncio.gather(*work)
    assert [reply.text for reply in replies] == [translate(f"Hello {number}") for number in range(60)]


@run_async
async def test_a_teacher_of_our_own_is_restarted(tmp_path: Path) -> None:
    with StandInProcess(tmp_path, latency=0.1) as server:
        async with TeacherClient([], "stand-in", limits=STEADY, server=server) as client:
            work = [asyncio.create_task(client.ask(chat(f"Hello {number}"))) for number in range(60)]
            await asked(server, 10)
            await asyncio.to_thread(server.kill)
            replies = await asyncio.gather(*work)
    assert len(replies) == 60
    assert server.restarts == client.counters.restarts == 1


@run_async
async def test_a_prompt_that_kills_the_engine_fails_alone(tmp_path: Path) -> None:
    with StandInProcess(tmp_path, latency=0.02) as server:
        async with TeacherClient([], "stand-in", limits=STEADY, server=server) as client:
            calls = [chat(f"Good {number}") for number in range(30)]
            calls[3] = chat("<<die>>")
            calls[17] = chat("also <<die>>")
            ends = await asyncio.gather(*[outcome(client, call) for call in calls])
    assert isinstance(ends[3], EngineKilled)
    assert isinstance(ends[17], EngineKilled)
    assert all(isinstance(end, Reply) for number, end in enumerate(ends) if number not in (3, 17))


@run_async
async def test_a_teacher_that_dies_again_and_again_stops_the_run(tmp_path: Path) -> None:
    limits = Limits(in_flight=4, restarts=2, backoff_s=0.01)
    with StandInProcess(tmp_path, die_after=1) as server:
        async with TeacherClient([], "stand-in", limits=limits, server=server) as client:
            ends = await asyncio.gather(*[outcome(client, chat(f"{n}")) for n in range(12)], return_exceptions=True)
    assert server.restarts == 2
    assert any(isinstance(end, TeacherError) and "died 3 times" in str(end) for end in ends)


@run_async
async def test_a_refused_key_stops_the_run_and_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTH_TEACHER_API_KEY", "sk-secret-123")
    stand_in = StandIn(api_key="another")
    async with teacher(stand_in) as client:
        with pytest.raises(TeacherError, match="SYNTH_TEACHER_API_KEY") as caught:
            await client.ask(chat("Hello"))
        with pytest.raises(TeacherError, match="SYNTH_TEACHER_API_KEY") as probed:
            await client.probe()
    assert stand_in.keys[0] == "Bearer sk-secret-123"
    assert "sk-secret" not in str(caught.value) + repr(caught.value) + str(probed.value)


@run_async
async def test_the_key_of_another_service_does_not_leave_over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNTH_TEACHER_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-theirs")
    stand_in = StandIn()
    async with teacher(stand_in) as client:
        await client.ask(chat("Hello"))
    assert stand_in.keys == [""]


@run_async
async def test_a_wrong_model_name_lists_what_is_served() -> None:
    async with serving(StandIn(model="big-one")) as url, TeacherClient([url], "small-one", limits=STEADY) as client:
        with pytest.raises(TeacherError, match=r"small-one.*serves big-one"):
            await client.ask(chat("Hello"))


@run_async
async def test_probe_tells_model_and_context() -> None:
    async with serving(StandIn(model="big-one", max_model_len=1234)) as url:
        served = await probe(url + "/v1/")
        assert (served.model, served.max_model_len, served.url) == ("big-one", 1234, url)
        with pytest.raises(BadFlag, match="big-one"):
            await probe(url, "other")


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://user:pw@host:1", "http://h:99999", "localhost:0"])
@run_async
async def test_probe_names_a_url_that_cannot_be(url: str) -> None:
    with pytest.raises(BadFlag) as caught:
        await probe(url)
    assert "pw" not in str(caught.value)


@run_async
async def test_probe_names_a_url_that_does_not_answer() -> None:
    port = free_port()
    with pytest.raises(BadFlag, match=f"127.0.0.1:{port}.*start the server"):
        await probe(f"127.0.0.1:{port}")


@run_async
async def test_a_server_that_refuses_everything_stops_the_run() -> None:
    async with teacher(StandIn()) as client:
        ends = await asyncio.gather(*[client.ask(chat(f"<<400>> {n}")) for n in range(60)], return_exceptions=True)
    assert sum(isinstance(end, RequestRefused) for end in ends) == 19
    assert isinstance(ends[-1], TeacherError)
    assert "--profile" in str(ends[-1])


@run_async
async def test_many_refusals_after_a_success_stop_nothing() -> None:
    async with teacher(StandIn()) as client:
        await client.ask(chat("Hello"))
        ends = await asyncio.gather(*[outcome(client, chat(f"<<400>> {n}")) for n in range(60)])
    assert {type(end) for end in ends} == {RequestRefused}


@run_async
async def test_the_fragment_of_a_url_names_the_model() -> None:
    async with serving(StandIn(model="org/big one")) as url:
        assert (await probe(url + "#org/big%20one")).model == "org/big one"
        with pytest.raises(BadFlag, match="does not serve 'other'"):
            await probe(url + "#other")
