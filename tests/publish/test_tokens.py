"""A planted token must not be found anywhere: logs, messages, manifests, cards, what is sent as content."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import pytest

from synth.errors import SynthError
from synth.manifest.build import build_manifest
from synth.manifest.hub import fetch_corpus
from synth.manifest.redact import redact
from synth.manifest.store import dump_manifest, read_manifest
from synth.publish import command
from tests.manifest.make_corpus import TEACHER, Recipe, make_corpus
from tests.publish.conftest import TOKEN
from tests.publish.hub_server import HubServer

pytestmark = pytest.mark.usefixtures("waits")


def publish(hub: HubServer, corpus: Path) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args([str(corpus), "--repo", "o/n", "--endpoint", hub.url]))


def test_nothing_that_is_written_said_or_logged_holds_the_token(
    hub: HubServer, corpus: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    hub.fail("POST", "/commit/", 500, body=f'{{"error": "bad token {TOKEN}"}}')
    publish(hub, corpus)
    fetch_corpus(read_manifest(corpus / "published.yaml"), tmp_path / "cache", hub.url)
    assert any(seen.token == TOKEN for seen in hub.seen), "the token was in use"
    shown = capfd.readouterr()
    assert "trying again" in shown.err
    assert TOKEN not in shown.out + shown.err + caplog.text
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert TOKEN.encode() not in path.read_bytes(), path
    for blob in hub.repos["o/n"].commits[-1][1].values():
        assert TOKEN.encode() not in blob.data


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_a_hub_that_repeats_the_token_does_not_get_it_into_an_error(hub: HubServer, corpus: Path, status: int) -> None:
    echo = {"X-Error-Message": f"your token {TOKEN} is not good", "X-Request-Id": TOKEN}
    hub.fail("POST", "/commit/", status, body=f'{{"error": "{TOKEN}"}}', headers=echo, times=100)
    with pytest.raises(SynthError) as caught:
        publish(hub, corpus)
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_fetching_hides_the_token_too(hub: HubServer, corpus: Path, tmp_path: Path) -> None:
    publish(hub, corpus)
    hub.fail("POST", "/paths-info/", 403, headers={"X-Error-Message": TOKEN}, times=100)
    with pytest.raises(SynthError) as caught:
        fetch_corpus(read_manifest(corpus / "published.yaml"), tmp_path / "cache", hub.url)
    assert TOKEN not in str(caught.value)


def test_secrets_in_corpus_yaml_do_not_reach_the_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEACHER_API_KEY", "a-very-private-value")
    teacher = {
        **TEACHER,
        "url": "https://me:swordfish@teacher.example/v1?api_key=abcdefgh12345678",
        "note": "a-very-private-value",
        "sampling": {"headers": f"Bearer {TOKEN}"},
    }
    text = dump_manifest(build_manifest(make_corpus(tmp_path, Recipe(teacher=teacher))))
    for secret in ("swordfish", "abcdefgh12345678", "a-very-private-value", TOKEN):
        assert secret not in text


@pytest.mark.parametrize(
    "text",
    [
        "hf_abcdefghijklmnop",
        "key sk-abcdefghijklmnop here",
        "Authorization: Bearer abcdefgh.ijkl",
        "--token abcdefghijkl",
        "--hub-token=abcdefghijkl",
        "http://u:abcdefghijkl@host/",
    ],
)
def test_things_like_tokens_are_hidden(text: str) -> None:
    assert "abcdefgh" not in redact(text)


def test_ordinary_text_stays_as_it_is() -> None:
    text = "synth generate --langs de,sw --out corpora/hf_demo; tokens 12; https://huggingface.co/datasets/a/b"
    assert redact(text) == text
