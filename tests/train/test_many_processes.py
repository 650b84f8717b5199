"""Two processes of `accelerate launch` train what one trains with the same batch: DDP and FSDP, heads and text."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from synth.cli import main
from tests.conftest import Cli
from tests.train.homes import make_home
from tests.train.little import Little

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),  # four processes start; on a busy machine that takes minutes
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in ("torch", "transformers", "accelerate", "peft", "trl")),
        reason="the extra `train` is not installed",
    ),
]
REPOSITORY = Path(__file__).resolve().parents[2]
STEPS = 6
USUAL: Mapping[str, Any] = {
    "arms": "english", "arm": "english", "seed": 0, "budget.steps": STEPS, "optim.learning_rate": 1e-3,
    "optim.dropout": 0, "upkeep.log_every": 1, "upkeep.save_every": 3, "lengths.pair": 96, "lengths.span": 160,
    "lengths.stride": 32, "lengths.question": 24, "freeze_embeddings": "false", "precision": "fp32",
}  # fmt: skip
ONE: Mapping[str, Any] = {"optim.batch_size": 4, "optim.accumulation": 2}
TWO: Mapping[str, Any] = {
    "optim.batch_size": 2, "optim.accumulation": 2, "parallel.processes": 2, "parallel.strategy": "ddp",
}  # fmt: skip
TASKS: Mapping[str, Any] = {"tasks": "mnli,squad_v2,ccg"}
SHARDED = str(REPOSITORY / "tests" / "train" / "fsdp_on_cpu.py")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus and toy students."""
    little = Little("little", tasks=("mnli", "squad_v2", "ccg"), rows=40)
    return make_home(tmp_path_factory.mktemp("home"), little, "gemma3-270m", "e5-small")


@pytest.fixture(scope="module")
def whole(home: Path) -> Path:
    """What one process makes of three tasks."""
    assert main(words(home, home / "one", "e5-small", {**ONE, **TASKS})) == 0
    return home / "one" / "english-0"


def words(home: Path, out: Path, recipe: str, flags: Mapping[str, Any]) -> list[str]:
    given = {**USUAL, "manifest": home / "little", "model.path": home / recipe, "out": out, **flags}
    return ["train", recipe, *(str(word) for name, value in given.items() for word in (f"--{name}", value))]


def launch(program: list[str], given: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Two processes on CPUs, as `accelerate launch` starts them on GPUs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    launcher = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    command = [*launcher, "--main_process_port", port, *program, *given]
    settings = {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(REPOSITORY), **environment}
    return subprocess.run(
        command, capture_output=True, text=True, env=os.environ | settings, timeout=420, check=False, cwd=REPOSITORY
    )


def assert_same(one: Path, two: Path) -> None:
    """The same curve and weights, but for the order of sums."""
    import torch
    from safetensors.torch import load_file

    curves = [
        [json.loads(line)["loss"] for line in (folder / "log.jsonl").read_text().splitlines()] for folder in (one, two)
    ]
    assert len(curves[0]) == STEPS
    assert curves[0] == pytest.approx(curves[1], rel=1e-4)
    files = sorted(path.relative_to(one) for path in one.rglob("*.safetensors"))
    assert files == sorted(path.relative_to(two) for path in two.rglob("*.safetensors"))
    for name in files:
        left, right = load_file(one / name), load_file(two / name)
        assert left.keys() == right.keys()
        assert all(torch.allclose(left[key], right[key], atol=5e-4) for key in left)


def test_heads_with_ddp(home: Path, whole: Path, tmp_path: Path) -> None:
    ended = launch(["-m", "synth.cli"], words(home, tmp_path, "e5-small", {**TWO, **TASKS}))
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("Next: synth evaluate") == 1  # the second process is quiet
    assert_same(whole, tmp_path / "english-0")


def test_adapters_of_text_with_fsdp(home: Path, tmp_path: Path, cli: Cli) -> None:
    flags = {"tasks": "mnli,squad_v2", "lora.rank": 4, "lora.dropout": 0}
    assert cli(*words(home, tmp_path / "one", "gemma3-270m", {**ONE, **flags}))[0] == 0
    sharded = {**TWO, **flags, "parallel.strategy": "fsdp"}
    ended = launch([SHARDED], words(home, tmp_path / "two", "gemma3-270m", sharded))
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("wrapped as FSDPPeftModelForCausalLM") == 2
    assert_same(tmp_path / "one" / "english-0", tmp_path / "two" / "english-0")


def test_a_stopped_run_with_fsdp_goes_on_to_the_same_end(home: Path, whole: Path, tmp_path: Path) -> None:
    sharded = words(home, tmp_path, "e5-small", {**TWO, **TASKS, "parallel.strategy": "fsdp"})
    stopped = launch([SHARDED], sharded, STOP_AT="4")
    assert stopped.returncode != 0
    assert "run the same command again to go on" in stopped.stderr
    ended = launch([SHARDED], sharded)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("wrapped as FSDPMultiHead") == 2
    assert_same(whole, tmp_path / "english-0")


def test_another_number_of_processes_than_the_recipe_s_is_refused(home: Path, tmp_path: Path, cli: Cli) -> None:
    code, _, told = cli(*words(home, tmp_path, "e5-small", TWO))
    assert code == 2
    assert "accelerate launch --num_processes 2" in told
