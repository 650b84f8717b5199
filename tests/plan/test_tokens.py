"""Tokens: stand-in translations are told from English, ratios are sensible, each way of counting is used."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from synth.generate.teachers import Teacher, make_style
from synth.languages import LANGUAGES, get_language
from synth.plan.placeholder import answer, pieces, translated
from synth.plan.tokens import Tokens, bytes_ratio, tokens_of
from synth.prompts.chat import ChatStyle
from synth.prompts.fewshot import FewShotStyle
from synth.prompts.mt import TranslationStyle
from synth.teacher.calls import Call, Endpoint
from synth.teacher.profiles import get_profile

TEXT = 'The <a1>Sora</a1> rises in 1932 (north), they say: it\'s "cold".'
SPANISH = get_language("es")


def test_a_pretended_translation_is_told_from_english_and_gives_it_back() -> None:
    made = translated(TEXT)
    assert not re.search(r"[A-Za-z]", made.replace("<a1>", "").replace("</a1>", ""))
    assert "<a1>" in made and "1932" in made
    cut = pieces(f"Question about {made} and so on")
    assert "".join(text for text, _ in cut) == f"Question about {TEXT} and so on"
    assert "Sora" in "".join(text for text, foreign in cut if foreign)
    assert "Question" in "".join(text for text, foreign in cut if not foreign)
    assert pieces("only English") == [("only English", False)]


@pytest.mark.parametrize("style", [ChatStyle(), ChatStyle(system=False)])
def test_chat_answers_have_the_keys_that_were_asked_for(style: ChatStyle) -> None:
    fields = style.fields({"premise": "A dog {runs}.\n\n{Fast}.", "hypothesis": "It moves."}, SPANISH, "Keep it.")
    said = json.loads(answer(Call(Endpoint.CHAT, fields.payload)))
    assert said == {"premise": translated("A dog {runs}.\n\n{Fast}."), "hypothesis": translated("It moves.")}
    questions = style.questions({"q1": "Who?"}, "A dog.", translated("A dog."), SPANISH)
    assert json.loads(answer(Call(Endpoint.CHAT, questions.payload))) == {"q1": translated("Who?")}
    phrase = style.answer("dog", "A dog.", translated("A dog."), SPANISH)
    assert json.loads(answer(Call(Endpoint.CHAT, phrase.payload))) == {"answer": translated("dog")}


@pytest.mark.parametrize(
    "style", [FewShotStyle("<bos>"), TranslationStyle("tower"), TranslationStyle("translategemma")]
)
def test_other_styles_answer_with_the_text(style: FewShotStyle | TranslationStyle) -> None:
    prompt = style.text("It is 5: cold.", SPANISH)
    assert answer(Call(Endpoint(prompt.endpoint), prompt.payload)) == translated("It is 5: cold.")


def test_translations_count_as_their_language() -> None:
    tokens = Tokens(lambda text: len(text.encode()) / 4, "bytes", measured=False)
    assert tokens.of(translated("some words here"), "en") == tokens.of("some words here", "th")
    assert tokens.of(translated("some words here"), "th") == pytest.approx(
        tokens.ratio("th") * tokens.of("some words here", "en")
    )


def test_ratios_of_all_languages_are_sensible() -> None:
    tokens = Tokens(lambda text: len(text.encode()) / 4, "bytes", measured=False)
    for lang in LANGUAGES:
        assert 0.5 < tokens.ratio(lang) < 5, lang
        assert 0.5 < bytes_ratio(lang) < 5, lang
    assert tokens.ratio("en") == bytes_ratio("en") == 1.0
    assert tokens.ratio("th") > 1.5 > tokens.ratio("es") > 0.9


def test_words_are_counted_once() -> None:
    counted: list[str] = []

    def count(text: str) -> float:
        counted.append(text)
        return 1.0

    tokens = Tokens(count, "once", measured=True)
    assert [tokens.of("the same instruction", "es") for _ in range(3)] == [1.0] * 3
    assert counted == ["the same instruction"]


def _teacher(**more: Any) -> Teacher:
    profile = get_profile("generic-instruct")
    return Teacher(profile, **{"model": "somebody", "urls": (), "style": make_style(profile), **more})


def test_a_folders_tokenizer_is_used(tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers", reason="the package tokenizers is not installed")
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0, "a": 1}, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.save(str(tmp_path / "tokenizer.json"))
    tokens = tokens_of(_teacher(model=str(tmp_path)))
    assert tokens.measured and tokens.of("a b a, c", "es") == 5
    assert not tokens_of(_teacher(model=str(tmp_path / "nothing"))).measured


def test_a_tokenizer_out_of_reach_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    tokens = tokens_of(_teacher(model="nobody"))
    assert not tokens.measured and "nobody" in tokens.how and tokens.of("x" * 40, "es") == 10


class _Tokenizer(BaseHTTPRequestHandler):
    """Says that every text has a token for each three bytes."""

    asked = 0

    def do_POST(self) -> None:
        type(self).asked += 1
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = json.dumps({"count": len(body["prompt"].encode()) // 3, "max_model_len": 8, "tokens": []}).encode()
        self.send_response(200 if self.path == "/tokenize" else 404)
        self.send_header("Content-Length", str(len(found)))
        self.end_headers()
        self.wfile.write(found)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        pass


@contextmanager
def _tokenizer() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Tokenizer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_servers_tokenizer_is_asked_but_not_for_ever() -> None:
    with _tokenizer() as url:
        tokens = tokens_of(replace(_teacher(), urls=(url,)))
        assert tokens.measured and "/tokenize" in tokens.how
        for number in range(1000):
            assert tokens.of(f"text number {number:06d}", "es") == pytest.approx(6, rel=0.1)
        assert tokens.ratio("th") > 1.5
        assert _Tokenizer.asked < 500
