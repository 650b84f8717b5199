"""The stand-in itself: other tests rely on what it says and counts."""

from __future__ import annotations

import json
from pathlib import Path

from synth.teacher.calls import Call, Endpoint
from synth.teacher.client import TeacherClient
from tests.teacher.aio import run_async
from tests.teacher.standin import PREFIX, StandIn, StandInProcess, chat_text, completion_text, serving, translate


def asked(schema: dict[str, object], text: str) -> dict[str, object]:
    """A chat payload that asks for JSON."""
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    return {"messages": [{"role": "user", "content": text}], "response_format": form}


def test_translations_keep_marks_and_differences() -> None:
    assert translate("The <a1>cat</a1> sat on [the mat].") == PREFIX + "Thi <a1>cet</a1> set un [the mat]."
    assert translate("bad") != translate("bed") != "bed"


def test_json_follows_the_schema_and_the_source() -> None:
    schema: dict[str, object] = {
        "type": "object",
        "properties": {
            "premise": {"type": "string"},
            "choices": {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 3},
            "missing": {"type": "string"},
            "kind": {"enum": ["a", "b"]},
        },
        "required": ["premise", "choices", "missing", "kind"],
    }
    source = {"premise": "A dog.", "choices": ["one", "two", "six"], "kind": "b"}
    answer = json.loads(chat_text(asked(schema, f"Translate to Swahili:\n{json.dumps(source)}\nAnswer in JSON.")))
    assert answer["premise"] == translate("A dog.")
    assert answer["choices"] == [translate(text) for text in ("one", "two", "six")]
    assert answer["missing"].strip()
    assert answer["kind"] == "b"


def test_a_few_shot_prompt_is_continued() -> None:
    prompt = "English: Yes.\nSpanish: Sí.\n\nEnglish: He left: why?\nSpanish:"
    assert completion_text(prompt).strip() == translate("He left: why?")


@run_async
async def test_a_low_token_limit_cuts_the_answer() -> None:
    async with serving(StandIn()) as url, TeacherClient([url], "stand-in") as client:
        call = Call(Endpoint.CHAT, {"messages": [{"role": "user", "content": "a b c d"}], "max_tokens": 2})
        reply = await client.ask(call)
    assert (reply.finish_reason, reply.completion_tokens) == ("length", 2)


@run_async
async def test_a_process_counts_requests_over_its_lives(tmp_path: Path) -> None:
    with StandInProcess(tmp_path, model="m") as server:
        for _ in range(2):
            async with TeacherClient([server.url], "m") as client:
                await client.ask(Call(Endpoint.CHAT, {"messages": [{"role": "user", "content": "Hello"}]}))
            server.restart()
        assert server.requests == 2
    assert not server.alive()
