"""The power goes at every single step that touches the disk: the next run ends with the same rows, once each."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from synth.corpus.journal import Answer, Journal
from synth.generate.config import GenerateConfig
from synth.generate.redo import redo
from synth.generate.run import generate
from synth.status import status
from synth.teacher.calls import Call, Reply
from tests.generate.commands import rows_of
from tests.generate.conftest import Hired
from tests.generate.fakes import Teacher, data, stand_in


class PowerCut(BaseException):
    """Nothing that the program does afterwards reaches the disk."""


@contextmanager
def power_cut(step: int) -> Iterator[list[str]]:
    """Let `step` changes of the disk happen, and none after them; yields the names of all that were tried."""
    tried: list[str] = []
    plain = {name: getattr(pathlib.Path, name) for name in ("replace", "unlink")}
    append = Journal.append

    def cut(name: str) -> bool:
        tried.append(name)
        return len(tried) > step

    def replace(path: Path, target: Path) -> Path:
        if cut(f"replace {target.name}"):
            raise PowerCut
        moved: Path = plain["replace"](path, target)
        return moved

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.name.endswith(".tmp") and len(tried) > step:
            return  # the clean-up of an exception, which a dead process does not do
        if path.exists() and cut(f"unlink {path.name}"):
            raise PowerCut
        plain["unlink"](path, missing_ok)

    def torn(journal: Journal, answer: Answer) -> None:
        if cut("append"):
            if len(tried) == step + 1 and journal._stream is not None:
                journal._stream.write(b"0123abcd {half")
            raise PowerCut
        append(journal, answer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pathlib.Path, "replace", replace)
        patch.setattr(pathlib.Path, "unlink", unlink)
        patch.setattr(Journal, "append", torn)
        yield tried


def _config(root: Path, **more: Any) -> GenerateConfig:
    given = {"langs": "es", "tasks": "squad_v1,squad_v2", "limit": 5, "teacher": "fake", "out": str(root / "c")}
    return GenerateConfig(**{**given, **more})


def _cut_at_every_step(root: Path, before: Callable[[Path], None], run: Callable[[Path], object]) -> Iterator[Path]:
    """Folders in which `run` was cut off: after no step, after one, and so on until it comes to its end."""
    for step in range(500):
        folder = root / str(step)
        before(folder)
        with power_cut(step) as tried, suppress(PowerCut):
            run(folder)
        if len(tried) == step:
            assert step > 5, "steps were missed"
            return
        yield folder


def test_generate(tmp_path: Path, hired: Hired) -> None:
    hired.teacher = whole = Teacher()
    generate(_config(tmp_path / "whole"))
    rows = rows_of(tmp_path / "whole/c")
    first = Teacher()

    def start(_folder: Path) -> None:
        nonlocal first
        hired.teacher = first = Teacher()

    for folder in _cut_at_every_step(tmp_path, start, lambda folder: generate(_config(folder))):
        hired.teacher = second = Teacher()
        generate(_config(folder))
        assert rows_of(folder / "c") == rows
        lost = len(first.calls) + len(second.calls) - len(whole.calls)
        assert 0 <= lost <= len(whole.calls) // 2, "more than what was under way was asked again"
        rest = [path.name for path in folder.rglob("*") if path.name.endswith((".tmp", ".journal.jsonl"))]
        assert not [name for name in rest if not name.startswith(".corpus.yaml")]
        found = status(folder / "c")
        assert found["done"] == found["expected"] and found["chunks_in_flight"] == 0


def _refuses(*words: str) -> Callable[[Call], str | Reply]:
    def speak(call: Call) -> str | Reply:
        hit = any(word in json.dumps(data(call)) for word in words)
        return Reply("no", "content_filter", 1, 1) if hit else stand_in(call)

    return speak


QQP = {"tasks": "qqp,mnli", "limit": 8}


def test_redo_after_redo(tmp_path: Path, hired: Hired) -> None:
    """Rows of the first round stay mended when the second is cut off, wherever that happens."""

    def before(folder: Path) -> None:
        hired.teacher = Teacher(_refuses("spider", "cats", "bus"))
        generate(_config(folder, **QQP))
        hired.teacher = Teacher(_refuses("cats", "bus"))
        redo(_config(folder, redo="failed", **QQP))
        hired.teacher = Teacher(_refuses("bus"))

    def again(folder: Path) -> None:
        redo(_config(folder, redo="failed", **QQP))

    before(tmp_path / "whole")
    mended = {name for name, row in rows_of(tmp_path / "whole/c").items() if row["synth_outcome"] == "kept"}
    for folder in _cut_at_every_step(tmp_path, before, again):
        hired.teacher = Teacher(lambda _call: pytest.fail("going on without --redo asked for something"))
        generate(_config(folder, **QQP))
        rows = rows_of(folder / "c")
        assert mended <= {name for name, row in rows.items() if row["synth_outcome"] == "kept"}
        hired.teacher = last = Teacher()
        again(folder)  # ends the round that was cut off, refusals that had arrived included
        again(folder)
        assert all(row["synth_outcome"] == "kept" for row in rows_of(folder / "c").values()), "a stale answer was used"
        assert len(last.calls) <= 2
        assert not list(folder.rglob("*.journal.jsonl"))


@pytest.mark.parametrize("cut_at", ["replace part-00000.done.json", "unlink part-00000.journal.jsonl"])
def test_redo_after_a_run_that_was_cut_off_at_its_very_end(tmp_path: Path, hired: Hired, cut_at: str) -> None:
    more = {"tasks": "qqp", "limit": 8}
    with power_cut(10**6) as tried:
        hired.teacher = Teacher(_refuses("cats"))
        generate(_config(tmp_path / "whole", **more))
    hired.teacher = Teacher(_refuses("cats"))
    with power_cut(len(tried) - 1 - tried[::-1].index(cut_at)), pytest.raises(PowerCut):
        generate(_config(tmp_path, **more))
    generate(_config(tmp_path, **more))
    hired.teacher = Teacher()
    redo(_config(tmp_path, redo="failed", **more))
    assert all(row["synth_outcome"] == "kept" for row in rows_of(tmp_path / "c").values())
    assert len(hired.teacher.calls) == 1


def test_a_damaged_part_of_a_redone_corpus_is_made_from_what_was_paid_for(tmp_path: Path, hired: Hired) -> None:
    more = {"tasks": "qqp", "limit": 8}
    hired.teacher = Teacher(_refuses("cats"))
    generate(_config(tmp_path, **more))
    hired.teacher = Teacher()
    redo(_config(tmp_path, redo="failed", **more))
    rows = rows_of(tmp_path / "c")
    part = tmp_path / "c/generated/qqp/es/part-00000.parquet"
    part.write_bytes(part.read_bytes()[:-9])
    hired.teacher = idle = Teacher()
    generate(_config(tmp_path, **more))
    assert rows_of(tmp_path / "c") == rows and not idle.calls
