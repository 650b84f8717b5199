"""`synth --help` is quick, because a verb's code and the heavy libraries are imported when they are needed."""

from __future__ import annotations

import re
import resource
import subprocess
import sys

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
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "synth.cli", "--help"], cwd=ROOT, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    # Time of the processor, since other processes may share it; one quick run shows that it can be quick.
    assert any(once() < 0.5 for _ in range(6))
