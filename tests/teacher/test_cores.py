"""Which cores a teacher on the CPU gets."""

from __future__ import annotations

import os
from pathlib import Path

from synth.teacher.cores import _quota, binding, usable_cores


def test_cores_are_some_of_those_that_we_may_use() -> None:
    cores = usable_cores()
    assert cores
    assert set(cores) <= os.sched_getaffinity(0)


def test_each_rank_gets_its_own_cores() -> None:
    assert binding([0, 1, 2, 3]) == "0,1,2,3"
    assert binding([0, 1, 2, 3], ranks=2) == "0,1|2,3"
    assert binding([5], ranks=2) == "5|5"


def test_the_quota_of_a_container_is_read(tmp_path: Path) -> None:
    file = tmp_path / "cpu.max"
    file.write_text("150000 100000\n")
    assert _quota(file) == 1.5
    file.write_text("max 100000\n")
    assert _quota(file) is None
    assert _quota(tmp_path / "none") is None
