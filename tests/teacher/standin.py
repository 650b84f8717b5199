"""A stand-in for a teacher: an OpenAI-compatible server without a model, for tests that need one.

In the test's own process:       async with serving(StandIn()) as url: ...
In a process of its own:         with StandInProcess(tmp_path, latency=0.01) as teacher: teacher.url ...
From a shell:                    python -m tests.teacher.standin --port 0 --port-file F --count-file G --latency 0.01

Its "translation" rotates the vowels of each word and puts «xx» in front, so it depends on the text alone, differs from
it, keeps different texts different, and keeps tags and brackets (<a1>..</a1>, [..]) where they are.

A prompt can ask for trouble: `<<500>>` always, `<<500*2>>` the first two times that this very request comes. Names:
400 401 404 429 500 503 (status), hang (no answer for `hang_s`), garbage (no JSON), hollow (JSON without an answer),
drop (the connection is closed), empty, length, refusal, repeat (finish reasons and texts), toolong, and die (the
process exits).
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from aiohttp import web

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "«xx» "
# Kept as they are: tags, bracketed marks, escapes of any kind; everything else is "translated".
_MARK = re.compile(r"(<[^<>]*>|\[[^\[\]]*\]|\{[^{}]*\}|⟦[^⟦⟧]*⟧)")
_TRIGGER = re.compile(r"<<(\w+)(?:\*(\d+))?>>")
_VOWELS = str.maketrans("aeiouAEIOU", "eiouaEIOUA")


def translate(text: str, prefix: str = PREFIX) -> str:
    """The deterministic fake translation."""
    pieces = _MARK.split(text.strip())
    return prefix + "".join(piece if _MARK.fullmatch(piece) else piece.translate(_VOWELS) for piece in pieces)


@dataclass(slots=True)
class StandIn:
    """How the stand-in behaves, and what it has counted.

    Args:
        latency: Seconds that each answer takes.
        max_model_len: Longest prompt, in words (its tokens).
        die_after: Exit the process when this many generating requests have come; 0 for never.
        fail_first: So many generating requests are answered with `fail_status` before any other.
        ignore_schema: Answer with plain text although JSON was asked for, as some servers do.
        api_key: Wanted as a bearer token when not empty.
        count_file: One line (a hash of the request) is appended for each generating request.
    """

    model: str = "stand-in"
    latency: float = 0.0
    max_model_len: int = 4096
    die_after: int = 0
    fail_first: int = 0
    fail_status: int = 500
    retry_after: str = ""
    hang_s: float = 30.0
    ignore_schema: bool = False
    api_key: str = ""
    count_file: Path | None = None
    seen: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    keys: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_get("/health", self.health)
        app.router.add_get("/v1/models", self.models)
        app.router.add_post("/v1/completions", self.completions)
        app.router.add_post("/v1/chat/completions", self.chat)
        return app

    async def health(self, request: web.Request) -> web.Response:
        """Always well."""
        return web.Response()

    async def models(self, request: web.Request) -> web.Response:
        """The one model."""
        if self._locked(request):
            return _error(401, "no such key")
        card = {"id": self.model, "object": "model", "root": self.model, "max_model_len": self.max_model_len}
        return web.json_response({"object": "list", "data": [card]})

    async def completions(self, request: web.Request) -> web.StreamResponse:
        """Translate the text before the last line of the prompt (`English: ...`, then `Spanish:`)."""
        return await self._answer(request, chat=False)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """Translate the last user message, or fill the JSON schema that is asked for."""
        return await self._answer(request, chat=True)

    def _locked(self, request: web.Request) -> bool:
        self.keys.append(request.headers.get("Authorization", ""))
        return bool(self.api_key) and request.headers.get("Authorization") != f"Bearer {self.api_key}"

    async def _answer(self, request: web.Request, chat: bool) -> web.StreamResponse:
        if self._locked(request):
            return _error(401, f"bad key {request.headers.get('Authorization', '')}")
        payload = await request.json()
        self._count(payload)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.latency)
            return await self._reply(request, payload, chat)
        finally:
            self.in_flight -= 1

    def _count(self, payload: Mapping[str, Any]) -> None:
        """Count before answering: what was asked is paid for, even if the answer never arrives."""
        self.requests += 1
        key = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()[:16]
        self.seen[key] += 1
        if self.count_file is not None:
            with self.count_file.open("a", encoding="ascii") as file:
                file.write(key + "\n")
        if self.die_after and self.requests >= self.die_after:
            os._exit(9)

    async def _reply(self, request: web.Request, payload: dict[str, Any], chat: bool) -> web.StreamResponse:
        if self.requests <= self.fail_first:
            return self._failure(self.fail_status)
        if payload.get("model") != self.model:
            return _error(404, f"The model `{payload.get('model')}` does not exist.")
        prompt = json.dumps(payload.get("messages"), ensure_ascii=False) if chat else str(payload.get("prompt"))
        words = len(prompt.split())
        if words > self.max_model_len:
            return _error(400, f"maximum context length is {self.max_model_len} tokens, got {words}")
        trouble = self._trouble(prompt, payload)
        if trouble:
            response = await self._troubled(request, trouble)
            if response is not None:
                return response
        text = chat_text(payload, self.ignore_schema) if chat else completion_text(prompt)
        return web.json_response(_finished(text, trouble, payload, words, chat))

    def _trouble(self, prompt: str, payload: Mapping[str, Any]) -> str:
        """The trouble that the prompt asks for, unless it has had enough of it."""
        found = _TRIGGER.search(prompt)
        if not found:
            return ""
        key = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()[:16]
        return found[1] if found[2] is None or self.seen[key] <= int(found[2]) else ""

    async def _troubled(self, request: web.Request, trouble: str) -> web.StreamResponse | None:
        """A response that is no answer; None where the answer itself is the trouble."""
        if trouble.isdigit():
            return self._failure(int(trouble))
        if trouble == "toolong":
            return _error(400, "This model's maximum context length is 1 tokens.")
        if trouble == "garbage":
            return web.Response(text="<html>busy</html>", content_type="text/html")
        if trouble == "hollow":
            return web.json_response({"choices": []})
        if trouble == "hang":
            await asyncio.sleep(self.hang_s)
        if trouble == "die":
            os._exit(9)
        if trouble == "drop" and request.transport is not None:
            request.transport.abort()
        return None

    def _failure(self, status: int) -> web.Response:
        headers = {"Retry-After": self.retry_after} if self.retry_after else {}
        return _error(status, f"stand-in failure {status}", headers)


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"message": message, "code": status}}, status=status, headers=headers)


def _finished(text: str, trouble: str, payload: Mapping[str, Any], words: int, chat: bool) -> dict[str, Any]:
    """The answer's JSON, cut at `max_tokens` words as a model would be."""
    pieces = re.findall(r"\s*\S+", text)
    limit = int(payload.get("max_tokens") or payload.get("max_completion_tokens") or 10**6)
    finish = "stop" if len(pieces) <= limit else "length"
    text = "".join(pieces[:limit])
    stop: str | None = None
    if trouble == "empty":
        text = ""
    elif trouble == "length":
        text, finish = text[: max(1, len(text) // 2)], "length"
    elif trouble == "repeat":
        text, finish, stop = "la " * 20, "repetition", "repetition_detected"
    elif trouble == "refusal":
        text = "I'm sorry, but I can't help with that."
    choice: dict[str, Any] = {"index": 0, "finish_reason": finish, "stop_reason": stop}
    choice |= {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
    usage = {"prompt_tokens": words, "completion_tokens": len(text.split())}
    return {"id": "stand-in", "choices": [choice], "usage": usage}


def completion_text(prompt: str) -> str:
    """A few-shot prompt ends with the source line and an open cue; answer like a base model, with a space first."""
    lines = [line for line in prompt.splitlines() if line.strip()]
    source = lines[-2] if len(lines) > 1 else prompt
    return " " + translate(source.split(": ", 1)[-1])


def chat_text(payload: Mapping[str, Any], ignore_schema: bool = False) -> str:
    """The answer to the last user message, as JSON where a schema is given."""
    message = last_user_text(payload)
    schema = asked_schema(payload)
    if schema is None or ignore_schema:
        blocks = [block for block in message.split("\n\n") if block.strip()]
        return translate(blocks[-1] if blocks else "nothing")
    return json.dumps(fill(schema, largest_object(message), "", schema), ensure_ascii=False)


def last_user_text(payload: Mapping[str, Any]) -> str:
    """Text of the last user message; content parts (TranslateGemma) are joined."""
    texts = [message.get("content") for message in payload.get("messages", []) if message.get("role") == "user"]
    content = texts[-1] if texts else ""
    if isinstance(content, list):
        return "\n\n".join(str(part.get("text", "")) for part in content)
    return str(content)


def asked_schema(payload: Mapping[str, Any]) -> dict[str, Any] | None:
    """The JSON schema of `response_format`, or of vLLM's own `structured_outputs`."""
    form = payload.get("response_format") or {}
    if form.get("type") == "json_schema":
        return dict(form["json_schema"]["schema"])
    own = (payload.get("structured_outputs") or {}).get("json")
    return json.loads(own) if isinstance(own, str) else own


def largest_object(text: str) -> Any:
    """The longest JSON object or list in a text, or an empty object."""
    decoder, best, size, at = json.JSONDecoder(), {}, 0, 0
    while (found := re.compile(r"[{\[]").search(text, at)) is not None:
        at = found.start() + 1
        try:
            value, end = decoder.raw_decode(text, found.start())
        except ValueError:
            continue
        if end - found.start() > size:
            best, size = value, end - found.start()
        at = end
    return best


def find(value: Any, key: str) -> Any:
    """The value under `key`, nearest to the top; None when it is nowhere."""
    level = [value]
    while level:
        for item in level:
            if isinstance(item, dict) and key in item:
                return item[key]
        level = [inner for item in level for inner in _children(item)]
    return None


def _children(item: Any) -> list[Any]:
    if isinstance(item, dict):
        return list(item.values())
    return item if isinstance(item, list) else []


def fill(schema: Mapping[str, Any], source: Any, key: str, top: Mapping[str, Any]) -> Any:
    """A value that obeys the schema, with translations of the strings that the source has under the same keys."""
    if "$ref" in schema:
        schema = top.get("$defs", {})[str(schema["$ref"]).rsplit("/", 1)[-1]]
    if "const" in schema or "enum" in schema:
        options = [schema["const"]] if "const" in schema else schema["enum"]
        return source if source in options else options[0]
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return fill(schema[union][0], source, key, top)
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        names = schema.get("properties", {})
        return {name: fill(inner, find(source, name), name, top) for name, inner in names.items()}
    if kind == "array":
        return _fill_list(schema, source, key, top)
    plain: dict[str, Any] = {"integer": 0, "number": 0, "boolean": False, "null": None}
    if kind in plain:
        return source if isinstance(source, int | float) and kind != "null" else plain[kind]
    text = source if isinstance(source, str) and source.strip() else key or "text"
    return translate(text)


def _fill_list(schema: Mapping[str, Any], source: Any, key: str, top: Mapping[str, Any]) -> list[Any]:
    """As many items as the source has, within the schema's bounds."""
    items = list(source) if isinstance(source, list) else []
    wanted = max(len(items) or 1, int(schema.get("minItems", 0)))
    wanted = min(wanted, int(schema.get("maxItems", wanted)))
    items += [f"{key} {number}" for number in range(len(items), wanted)]
    inner = list(schema.get("prefixItems", []))
    inner += [schema.get("items", {})] * (wanted - len(inner))
    return [fill(inner[number], items[number], key, top) for number in range(wanted)]


@asynccontextmanager
async def serving(stand_in: StandIn, port: int = 0) -> AsyncIterator[str]:
    """Serve on loopback in this event loop; yields the base URL."""
    runner = web.AppRunner(stand_in.app(), shutdown_timeout=0.2, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def count_requests(count_file: Path) -> int:
    """Generating requests that a stand-in in a process of its own has received, over all its lives."""
    return len(count_file.read_text(encoding="ascii").splitlines()) if count_file.exists() else 0


class StandInProcess:
    """A stand-in in a process of its own; has the methods by which the client supervises a server.

    Args:
        folder: Where its port file, count file and log go.
        port: 0 for any free one; a restart keeps the port.
        options: Flags of the command line, `latency=0.01` for `--latency 0.01`.
    """

    def __init__(self, folder: Path, port: int = 0, **options: str | float) -> None:
        self.folder = folder
        self.count_file = folder / "requests.txt"
        self.port_file = folder / "port.txt"
        self.options = options
        self.port = port
        self.restarts = 0
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> int:
        """Generating requests received so far."""
        return count_requests(self.count_file)

    def start(self) -> None:
        """Start it and wait until it listens."""
        self.port_file.unlink(missing_ok=True)
        flags = {"port": self.port, "port-file": self.port_file, "count-file": self.count_file}
        flags |= {name.replace("_", "-"): value for name, value in self.options.items()}
        command = [sys.executable, "-m", "tests.teacher.standin"]
        command += [word for name, value in flags.items() for word in (f"--{name}", str(value))]
        with (self.folder / "standin.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        until = time.monotonic() + 30
        while not self.port_file.exists():
            if not self.alive() or time.monotonic() > until:
                raise RuntimeError("the stand-in did not start: " + self.last_words())
            time.sleep(0.02)
        self.port = int(self.port_file.read_text())

    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def restart(self) -> None:
        """Start it again on the same port."""
        self.stop()
        self.restarts += 1
        self.start()

    def kill(self) -> None:
        """Kill -9, and wait until it is gone."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """Stop it, in whatever state it is."""
        self.kill()

    def abort(self) -> None:
        """A start takes less than a second: nothing to cut short."""

    def last_words(self) -> str:
        """The end of its log."""
        log = self.folder / "standin.log"
        return log.read_text(errors="replace")[-300:] if log.exists() else ""


async def _serve(arguments: argparse.Namespace) -> None:
    stand_in = StandIn(
        model=arguments.model,
        latency=arguments.latency,
        max_model_len=arguments.max_model_len,
        die_after=arguments.die_after,
        fail_first=arguments.fail_first,
        fail_status=arguments.fail_status,
        retry_after=arguments.retry_after,
        hang_s=arguments.hang_s,
        ignore_schema=arguments.ignore_schema,
        api_key=arguments.api_key,
        count_file=arguments.count_file,
    )
    await asyncio.sleep(arguments.start_delay)
    async with serving(stand_in, arguments.port) as url:
        if arguments.port_file:
            # Renamed into place, so that whoever waits for the file never reads half a number.
            part = arguments.port_file.with_suffix(".part")
            part.write_text(url.rsplit(":", 1)[-1])
            part.replace(arguments.port_file)
        await asyncio.Event().wait()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file", type=Path)
    parser.add_argument("--count-file", type=Path)
    parser.add_argument("--model", default="stand-in")
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--max-model-len", type=int, default=4096)
    parser.add_argument("--die-after", type=int, default=0)
    parser.add_argument("--fail-first", type=int, default=0)
    parser.add_argument("--fail-status", type=int, default=500)
    parser.add_argument("--retry-after", default="")
    parser.add_argument("--hang-s", type=float, default=30.0)
    parser.add_argument("--start-delay", type=float, default=0.0)
    parser.add_argument("--api-key", default="")
    parser.add_argument("--ignore-schema", type=int, default=0)
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
