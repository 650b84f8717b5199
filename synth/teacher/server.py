"""A vLLM server of our own: started, watched, restarted and ended, with everything it started.

with VllmServer(ServerOptions("google/gemma-3-4b-it"), log=Path("logs/teacher.log")) as server:
    ...  # server.url
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from synth.errors import TeacherError
from synth.teacher.options import ServerOptions, advice, command, environment, installed_device

if TYPE_CHECKING:
    from synth.teacher.profiles import Profile

Progress = Callable[[float, str], None]
LEASH = Path(__file__).with_name("leash.py")
POLL_S = 0.5
STOP_S = 15.0
TAIL_BYTES = 20_000
SHOWN_LINES = 12
TELL_EVERY_S = 10.0
# "(EngineCore pid=7) INFO 11-22 11:58:03 [core.py:133] " before what vLLM says
_LOG_PREFIX = re.compile(r"^(?:\([^)]*\)\s*)?(?:[A-Z]+ [\d-]+ [\d:]+ )?(?:\[[\w.]+:\d+\]\s*)?")


def leashed(words: list[str]) -> list[str]:
    """The same command, ended together with all that it starts when this process is gone (see `leash.py`)."""
    return [sys.executable, "-I", str(LEASH), str(os.getpid()), "--", *words]


class VllmServer:
    """One server on a free loopback port.

    Args:
        options: What to serve.
        log: File that gets its output, appended.
        progress: Called about twice a second while it starts, with the seconds waited and the last line of the log.
        launch: Builds the command line for a port; tests put something lighter in vLLM's place.
    """

    def __init__(
        self,
        options: ServerOptions,
        log: Path,
        *,
        progress: Progress | None = None,
        launch: Callable[[ServerOptions, int], list[str]] | None = None,
    ) -> None:
        self.options = options
        self.log = log
        self.restarts = 0
        self.port = 0
        self.max_model_len: int | None = None
        self.startup_s = 0.0
        self._progress = progress
        self._launch = launch
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self._aborted = threading.Event()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def model(self) -> str:
        """The model name that requests must carry."""
        return self.options.name

    @property
    def url(self) -> str:
        """Base URL; the port changes with a restart."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Start it and wait until it answers; nothing is left running when this raises.

        Raises:
            MissingExtra: vLLM is not installed.
            TeacherError: it ended or was not ready in time; the message has the end of its log, and advice.
        """
        with self._lock:
            self._aborted.clear()
            began = time.monotonic()
            try:
                self._spawn()
                self._wait_until_ready(began)
            except BaseException:
                self._end()
                raise
            self.startup_s = time.monotonic() - began
        return self

    def alive(self) -> bool:
        """Whether the process runs (its engine may be dead: ask `/health`)."""
        return self._process is not None and self._process.poll() is None

    def restart(self) -> None:
        """End what is left of it and start it again, on another port."""
        self.stop()
        self.restarts += 1
        self.start()

    def stop(self) -> None:
        """End it and everything that it started."""
        self.abort()
        with self._lock:
            self._end()

    def abort(self) -> None:
        """Make a `start` in another thread give up soon."""
        self._aborted.set()

    def last_words(self) -> str:
        """The last line of its log that says something."""
        lines = self._tail()
        errors = [line for line in lines if re.search(r"error|exception|killed", line, re.IGNORECASE)]
        return (errors or lines or ["nothing"])[-1]

    def _spawn(self) -> None:
        launch = self._launch or command
        device = "cpu" if self._launch else installed_device()
        self.port = free_port()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            # A session of its own: Ctrl-C in the terminal ends our work first, then we end the server.
            self._process = subprocess.Popen(
                leashed(launch(self.options, self.port)),
                env=environment(self.options, device),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait_until_ready(self, began: float) -> None:
        while True:
            waited = time.monotonic() - began
            if self._aborted.is_set():
                raise TeacherError("the start of the teacher was cut short; run the same command again")
            if not self.alive():
                raise TeacherError(self._failure(f"ended after {waited:.0f} s"))
            if self._ready():
                return
            if waited > self.options.start_timeout_s:
                raise TeacherError(self._failure(f"was not ready within {self.options.start_timeout_s:g} s"))
            if self._progress:
                self._progress(waited, (self._tail() or [""])[-1])
            self._aborted.wait(POLL_S)

    def _ready(self) -> bool:
        """Whether it is healthy and serves the model."""
        if get(self.port, "/health") is None:
            return False
        body = get(self.port, "/v1/models")
        if body is None:
            return False
        cards = json.loads(body)["data"]
        self.max_model_len = next((c.get("max_model_len") for c in cards if c["id"] == self.options.name), None)
        return any(card["id"] == self.options.name for card in cards)

    def _failure(self, what: str) -> str:
        lines = self._tail()
        shown = "\n".join(f"  {line}" for line in lines[-SHOWN_LINES:])
        what_to_do = advice("\n".join(lines))
        return f"the teacher {self.options.model} {what}; its log ends with\n{shown}\n{what_to_do} (log: {self.log})"

    def _tail(self) -> list[str]:
        """Last lines of this start's log, without empty ones and progress bars' carriage returns."""
        with contextlib.suppress(OSError), self.log.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, size - TAIL_BYTES))
            text = log.read().decode("utf-8", "replace")
            return [line.split("\r")[-1].rstrip() for line in text.split("\n") if line.strip()]
        return []

    def _end(self) -> None:
        """Tell the leash to end the tree; a leash that does not is killed with its group."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_S)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None


class Wishes(Protocol):
    """What the user may say about a server of our own (part of `GenerateConfig`)."""

    @property
    def tensor_parallel(self) -> int:
        """GPUs that share one copy of the model."""

    @property
    def data_parallel(self) -> int:
        """Copies of the model."""

    @property
    def server_args(self) -> tuple[str, ...]:
        """Further arguments for vLLM."""


def start_server(
    profile: Profile, model: str, log: Path, wishes: Wishes, tell: Callable[[str], None] | None = None
) -> VllmServer:
    """Start the teacher of a profile and wait until it answers; the caller stops it.

    Args:
        profile: What is known about the model.
        model: Hub id or folder; for the embedded profile it is found, and converted once.
        log: File for the server's output.
        wishes: Parallelism and further arguments.
        tell: Gets a line for people now and then while this takes its time.

    Raises:
        MissingExtra, TeacherError, DiskError: see `VllmServer.start` and `prepare_embedded`.
    """
    progress = _spoken(tell) if tell else None
    server = VllmServer(server_options(profile, model, wishes, progress), log, progress=progress)
    return server.start()


def server_options(profile: Profile, model: str, wishes: Wishes, progress: Progress | None = None) -> ServerOptions:
    """How the model of a profile is served; the embedded one is converted first where that was not done yet."""
    embedded = profile.name == "embedded" and not Path(model).is_dir()
    if embedded:
        from synth.teacher.embedded import prepare_embedded

        model = str(prepare_embedded(progress=progress))
    return ServerOptions(
        model=model,
        served_name=profile.name if embedded else "",
        max_model_len=profile.context,
        max_num_seqs=profile.serving.max_num_seqs,
        tensor_parallel=wishes.tensor_parallel,
        data_parallel=wishes.data_parallel,
        kv_cache_gib=profile.serving.kv_cache_gib,
        eager=profile.serving.eager,
        quantization=profile.quantization,
        revision="" if Path(model).is_dir() else profile.revision,
        extra=(*profile.serving.args, *wishes.server_args),
    )


def _spoken(tell: Callable[[str], None]) -> Progress:
    """Progress for people: one line every ten seconds, without the log's prefixes."""
    next_at = 0.0

    def say(seconds: float, line: str) -> None:
        nonlocal next_at
        if seconds < next_at - TELL_EVERY_S:
            next_at = 0.0  # another phase, with a clock of its own
        if seconds >= next_at:
            next_at = seconds + TELL_EVERY_S
            what = _LOG_PREFIX.sub("", line) or "loading"
            tell(f"starting the teacher ({seconds:.0f} s): {what[:100]}")

    return say


def free_port() -> int:
    """A loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(port: int, path: str, timeout_s: float = 5.0) -> bytes | None:
    """Body of a loopback GET with status 200, else None; no proxy of the environment comes between."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        return body if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
