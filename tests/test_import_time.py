"""`synth --help` is quick, because a verb's code and the heavy libraries are imported when they are needed."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest

from tests.teacher.standin import ROOT

HEAVY = {
    "torch",
    "vllm",
    "transformers",
    "datasets",
    "pyarrow",
    "pydantic",
    "polars",
    "numpy",
    "aiohttp",
    "ray",
    "scipy",
}


def _imported(*words: str) -> set[str]:
    command = [sys.executable, "-X", "importtime", "-m", "synth.cli", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    return {name.split(".")[0] for name in re.findall(r"\|\s+([\w.]+)$", done.stderr, re.MULTILINE)}


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("langs",), ("tasks",)])
def test_no_heavy_library_is_imported(words: tuple[str, ...]) -> None:
    found = _imported(*words)
    assert "synth" in found
    assert not found & (HEAVY if words[0].startswith("--") else HEAVY - {"pydantic"})


def test_help_of_generate_needs_no_library_of_data_or_models() -> None:
    assert not _imported("generate", "--help") & (HEAVY - {"pydantic"})


def test_help_takes_less_than_half_a_second() -> None:
    def once() -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "synth.cli", "--help"], cwd=ROOT, capture_output=True, check=True)
        return time.perf_counter() - start

    # Other processes may share the cores: one quick run shows that it can be quick.
    assert any(once() < 0.5 for _ in range(6))
