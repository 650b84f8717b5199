"""The wheel installs one package, so that nobody's `evaluate` (or `filter`, `train`) is overwritten."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.teacher.standin import ROOT

ROOMS = ("filter", "train", "evaluate")
_NO_BUILD = shutil.ignore_patterns("__pycache__", "build", "*.egg-info")


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Names of the files in a wheel built from a copy of the tree (building writes beside the sources)."""
    folder = tmp_path_factory.mktemp("wheel")
    for room in ("synth", *ROOMS):
        shutil.copytree(ROOT / room, folder / "tree" / room, symlinks=True, ignore=_NO_BUILD)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "tree" / name)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-q",
        "-w",
        str(folder),
        "./tree",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_only_synth_is_installed(names: list[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"synth"}
    assert len(tops) == 2


def test_every_module_of_the_rooms_is_inside_synth(names: list[str]) -> None:
    for room in ROOMS:
        modules = [path.relative_to(ROOT) for path in (ROOT / room).rglob("*.py")]
        assert modules and {f"synth/{path.as_posix()}" for path in modules} <= set(names)
    assert not any("tests" in name.split("/") for name in names)


def test_data_files_are_inside(names: list[str]) -> None:
    kinds = (".json", ".jsonl", ".yaml", ".html", ".css", "py.typed")
    wanted = [path for room in ("synth", *ROOMS) for path in _own_files(ROOT / room) if path.name.endswith(kinds)]
    inside = {f"{path.relative_to(ROOT)}".removeprefix("synth/") for path in wanted}
    assert len(inside) > 20
    assert inside <= {name.removeprefix("synth/") for name in names}
    assert {"synth/data/fewshot.json", "synth/data/sample/mnli.jsonl", "synth/teacher/profiles/embedded.yaml"} <= set(
        names
    )


def _own_files(room: Path) -> list[Path]:
    """Files of a room, not those behind the links to other rooms."""
    links = [path for path in room.iterdir() if path.is_symlink()]
    return [path for path in room.rglob("*") if path.is_file() and not any(link in path.parents for link in links)]


def test_the_links_are_relative_and_the_command_is_there(names: list[str]) -> None:
    for room in ROOMS:
        link = ROOT / "synth" / room
        assert link.is_symlink() and str(link.readlink()) == f"../{room}"
    assert any(name.endswith("entry_points.txt") for name in names)
