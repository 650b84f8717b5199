"""What statuses and bodies of servers mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from synth.errors import TeacherError
from synth.teacher.calls import PromptTooLong, RequestRefused
from synth.teacher.transport import Trouble, TroubleKind, read_answer, seconds_to_wait


def body(**choice: object) -> bytes:
    """A body of status 200 with one choice."""
    return json.dumps({"choices": [choice], "usage": None}).encode()


def test_a_chat_message_without_content_is_an_empty_answer_with_its_refusal() -> None:
    reply = read_answer(200, body(message={"content": None, "refusal": "no"}, finish_reason="content_filter"))
    assert (reply.text, reply.refusal, reply.finish_reason) == ("", "no", "content_filter")


def test_half_a_surrogate_pair_cannot_reach_a_file() -> None:
    reply = read_answer(200, b'{"choices": [{"text": "a\\ud83d", "finish_reason": "length"}]}')
    assert reply.text == "a?"


@pytest.mark.parametrize(("told", "kept"), [(7, 7), (None, 0), (-3, 0), (10**15, 1 << 20), (5.0, 5)])
def test_a_count_of_tokens_fits_its_column(told: object, kept: int) -> None:
    content = json.dumps({"choices": [{"text": "x"}], "usage": {"prompt_tokens": told, "completion_tokens": told}})
    reply = read_answer(200, content.encode())
    assert (reply.prompt_tokens, reply.completion_tokens) == (kept, kept)


def test_the_stop_reason_of_vllm_is_kept() -> None:
    assert read_answer(200, body(text="x", finish_reason="repetition", stop_reason=7)).stop_reason == "7"


@pytest.mark.parametrize(
    "content",
    [
        b'{"error": {"message": "This model\'s maximum context length is 2048 tokens. However, ..."}}',
        b'{"error": {"message": "too long", "code": "context_length_exceeded"}}',
        b'{"error": {"message": "the request is too big", "type": "exceed_context_size_error"}}',
        b'{"error": "`inputs` tokens + `max_new_tokens` must be <= 4096", "error_type": "validation"}',
        b"Input length (9000) exceeds model's maximum context length (8192).",
    ],
)
def test_every_servers_way_to_say_too_long_is_understood(content: bytes) -> None:
    with pytest.raises(PromptTooLong):
        read_answer(400, content)


def test_other_refusals_carry_the_servers_reason() -> None:
    with pytest.raises(RequestRefused, match="top_k must be"):
        read_answer(422, b'{"detail": "top_k must be positive"}')


@pytest.mark.parametrize("status", [401, 403])
def test_the_body_of_a_refused_key_is_not_shown(status: int) -> None:
    with pytest.raises(TeacherError) as caught:
        read_answer(status, b"Incorrect API key provided: sk-abc")
    assert "sk-abc" not in str(caught.value)
    assert "SYNTH_TEACHER_API_KEY" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b'{"choices": [{}]}', b'{"choices": [{"message": {}}]}'])
def test_a_body_without_an_answer_is_tried_again(content: bytes) -> None:
    with pytest.raises(Trouble) as caught:
        read_answer(200, content)
    assert caught.value.kind is TroubleKind.GARBAGE


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3), ("0.5", 0.5), ("-4", 0), (None, None), ("soon", None), ("Sun, 22 Nov 2026 12:00:30 GMT", 30)],
)
def test_retry_after_as_number_or_date(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header, datetime(2026, 11, 22, 12, tzinfo=UTC)) == seconds
