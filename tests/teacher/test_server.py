"""The supervised server, with light programs in vLLM's place: ready, failing, hanging, killed, orphaned."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from synth.errors import BadFlag, TeacherError
from synth.teacher.options import ServerOptions, advice, command, environment
from synth.teacher.profiles import get_profile
from synth.teacher.server import VllmServer, get, server_options
from tests.teacher.standin import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="process supervision is tested on Linux")


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def stand_in(options: ServerOptions, port: int) -> list[str]:
    """The stand-in teacher on that port."""
    return [sys.executable, "-m", "tests.teacher.standin", "--port", str(port), "--model", options.name]


def program(code: str) -> list[str]:
    """A Python program as a command."""
    return [sys.executable, "-c", code]


def make(tmp_path: Path, code: str | None = None, **options: float) -> VllmServer:
    """A server whose program is the stand-in, or the given code."""
    launch = stand_in if code is None else (lambda _options, _port: program(code))
    return VllmServer(ServerOptions("some/model", **options), tmp_path / "teacher.log", launch=launch)  # type: ignore[arg-type]


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(what: str, seconds: float, condition: object) -> None:
    """Wait for a condition, or fail with its name."""
    until = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until, what
        time.sleep(0.05)


def test_it_is_ready_when_start_returns_and_gone_after_stop(tmp_path: Path) -> None:
    said: list[str] = []
    server = VllmServer(
        ServerOptions("some/model"),
        tmp_path / "logs" / "teacher.log",
        launch=stand_in,
        progress=lambda _s, line: said.append(line),
    )
    with server:
        assert get(server.port, "/health") is not None
        assert server.alive()
        assert server.max_model_len == 4096
        port = server.port
    assert not server.alive()
    assert get(port, "/health") is None
    assert said


def test_a_killed_server_is_noticed_and_restarted(tmp_path: Path) -> None:
    with make(tmp_path) as server:
        assert server._process is not None
        os.kill(server._process.pid, signal.SIGKILL)
        wait_until("not noticed", 60, lambda: not server.alive())
        server.restart()
        assert get(server.port, "/health") is not None
        assert server.restarts == 1


def test_a_failed_start_shows_the_log_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "teacher.log").write_text("KV cache memory of an earlier start\n")
    code = "print('loading'); print('torch.OutOfMemoryError: CUDA out of memory'); raise SystemExit(1)"
    server = make(tmp_path, code)
    with pytest.raises(TeacherError) as caught:
        server.start()
    message = str(caught.value)
    assert "some/model" in message
    assert "CUDA out of memory" in message
    assert "--max-model-len" in message
    assert "earlier start" not in message
    assert not server.alive()


def test_a_start_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    server = make(tmp_path, "import time; time.sleep(60)", start_timeout_s=0.5)
    with pytest.raises(TeacherError, match=r"not ready within 0\.5 s"):
        server.start()
    assert not server.alive()


def test_a_start_can_be_cut_short(tmp_path: Path) -> None:
    server = make(tmp_path, "import time; time.sleep(600)")
    threading.Timer(0.5, server.abort).start()
    with pytest.raises(TeacherError, match="cut short"):
        server.start()
    assert not server.alive()


_FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
open({pids!r}, "w").write(f"{{os.getpid()}} {{child.pid}}\\n")
import signal; signal.signal(signal.SIGTERM, signal.{handler})
time.sleep(300)
"""
_PARENT = """
import threading
from pathlib import Path
from synth.teacher.server import VllmServer
from synth.teacher.options import ServerOptions
server = VllmServer(ServerOptions("m"), Path({log!r}), launch=lambda o, p: {command!r})
# Started from a thread that ends: the server must live on, and still end with the process.
thread = threading.Thread(target=server._spawn); thread.start(); thread.join()
import time; time.sleep(300)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_everything_ends_when_its_user_is_killed(tmp_path: Path, how: signal.Signals) -> None:
    pids_file = tmp_path / "pids"
    words = program(_FAMILY.format(pids=str(pids_file), handler="SIG_DFL"))
    parent = subprocess.Popen(program(_PARENT.format(log=str(tmp_path / "log"), command=words)))
    wait_until("did not start", 60, lambda: pids_file.exists() and pids_file.read_text().endswith("\n"))
    pids = [int(word) for word in pids_file.read_text().split()]
    time.sleep(1.0)
    assert all(is_running(pid) for pid in pids)
    parent.send_signal(how)
    parent.wait()
    wait_until(f"{pids} survived", 60, lambda: not any(is_running(pid) for pid in pids))


def test_stop_ends_the_deaf_and_grandchildren_that_left_the_group(tmp_path: Path) -> None:
    pids_file = tmp_path / "pids"
    server = make(tmp_path, _FAMILY.format(pids=str(pids_file), handler="SIG_IGN"))
    server._spawn()
    wait_until("did not start", 60, lambda: pids_file.exists() and pids_file.read_text().endswith("\n"))
    server.stop()
    assert not any(is_running(int(word)) for word in pids_file.read_text().split())


@pytest.mark.parametrize("word", ["--trust-remote-code", "--trust_remote_code", "--trust-remote-code=true"])
def test_code_of_models_is_refused(word: str) -> None:
    with pytest.raises(BadFlag, match="never runs code"):
        ServerOptions("m", extra=(word,))


def test_the_command_says_what_was_asked() -> None:
    options = ServerOptions("org/m", max_model_len=2048, tensor_parallel=2, quantization="fp8", extra=("--x", "1"))
    words = command(options, 8123)
    line = " ".join(words)
    for part in ("--model org/m", "--port 8123", "--host 127.0.0.1", "--max-model-len 2048", "--quantization fp8"):
        assert part in line
    assert "--tensor-parallel-size 2" in line
    assert "--data-parallel-size" not in line
    assert words[-2:] == ["--x", "1"]


def test_the_environment_leaves_keys_out_and_the_users_choices_in(tmp_path: Path) -> None:
    mine = {"OPENAI_API_KEY": "k", "SYNTH_TEACHER_API_KEY": "k", "VLLM_CPU_KVCACHE_SPACE": "9", "PATH": "p"}
    env = environment(ServerOptions(str(tmp_path), kv_cache_gib=2), "cpu", mine)
    assert "k" not in env.values()
    assert env["VLLM_CPU_KVCACHE_SPACE"] == "9"
    assert env["HF_HUB_OFFLINE"] == "1"
    assert int(env["OMP_NUM_THREADS"]) >= 1
    assert "HF_HUB_OFFLINE" not in environment(ServerOptions("org/m"), "gpu", {})


@pytest.mark.parametrize(
    ("log", "what"),
    [
        ("OSError: You are trying to access a gated repo.", "HF_TOKEN"),
        ("RepositoryNotFoundError: 404", "model's name"),
        ("ValueError: ... KV cache is needed, which is larger than the available KV cache memory", "memory"),
        ("api_server.py: error: unrecognized arguments: --foo", "arguments"),
        ("something new", "read the log"),
    ],
)
def test_advice_fits_the_log(log: str, what: str) -> None:
    assert what in advice(log)


class _Wishes:
    tensor_parallel = 1
    data_parallel = 2
    server_args = ("--swap", "0")


def test_a_profile_decides_how_its_model_is_served() -> None:
    profile = get_profile("translategemma-4b")
    options = server_options(profile, profile.model, _Wishes())
    assert (options.model, options.max_model_len, options.data_parallel) == (profile.model, 2048, 2)
    assert options.extra[-2:] == ("--swap", "0")
    assert "--chat-template-content-format" in options.extra
