"""The real command against a server that counts: no end of the process loses or doubles anything."""

from __future__ import annotations

import random
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.generate.commands import IN_FLIGHT, finish, generate, last_line, rows_of, start, wait_for_requests
from tests.teacher.standin import StandInProcess, count_requests

LATENCY = 0.06
KILLS = 6


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], int, Path]]:
    """Rows, requests and folder of one run that nobody disturbs."""
    folder = tmp_path_factory.mktemp("whole")
    with StandInProcess(folder) as teacher:
        code, told = finish(start(*generate(teacher, folder / "c")))
        assert code == 0, told
        yield rows_of(folder / "c"), teacher.requests, folder / "c"


@pytest.fixture
def teacher(tmp_path: Path) -> Iterator[StandInProcess]:
    """A slow stand-in of its own."""
    with StandInProcess(tmp_path, latency=LATENCY) as found:
        yield found


@pytest.mark.slow
def test_kill_9_at_random_moments(
    tmp_path: Path, teacher: StandInProcess, uninterrupted: tuple[dict[str, Any], int, Path]
) -> None:
    whole, one_pass, _ = uninterrupted
    dice, kills = random.Random(20), 0
    for kill in range(KILLS):
        process = start(*generate(teacher, tmp_path / "c"))
        # The first dies while it starts; the others after some more requests, spread over the whole run.
        more = dice.randint(1, one_pass // KILLS) if kill else 0
        wait_for_requests(teacher, teacher.requests + more, process)
        time.sleep(dice.uniform(0, 2 * LATENCY) if kill else dice.uniform(0.3, 0.8))
        kills += process.poll() is None
        process.kill()
        finish(process)
    assert kills == KILLS, "a run ended before it was killed"
    code, told = finish(start(*generate(teacher, tmp_path / "c")))
    assert code == 0, told
    found = rows_of(tmp_path / "c")
    assert found.keys() == whole.keys()
    assert found == whole
    assert one_pass <= teacher.requests <= one_pass + kills * IN_FLIGHT
    assert not list((tmp_path / "c").rglob("*.journal.jsonl"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "background"), [(signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGTERM, True)]
)
def test_a_signal_stops_cleanly_and_the_next_run_goes_on(
    tmp_path: Path,
    teacher: StandInProcess,
    uninterrupted: tuple[dict[str, Any], int, Path],
    number: signal.Signals,
    background: bool,
) -> None:
    """In the background of a script (`synth ... &`) the shell has SIGINT ignored; elsewhere it is as always."""
    usual = signal.SIG_IGN if background else signal.default_int_handler
    process = start(*generate(teacher, tmp_path / "c"), limit=lambda: signal.signal(signal.SIGINT, usual) and None)
    if background:
        assert wait_for_requests(teacher, 10, process)
        process.send_signal(signal.SIGINT)
        time.sleep(LATENCY)
        assert process.poll() is None
    assert wait_for_requests(teacher, 30, process)
    process.send_signal(number)
    code, told = finish(process)
    assert code == 130
    assert "Run the same command again" in last_line(told) and last_line(told).startswith("synth: stopped")
    code, told = finish(start(*generate(teacher, tmp_path / "c")))
    assert code == 0, told
    whole, one_pass, _ = uninterrupted
    assert rows_of(tmp_path / "c") == whole
    assert teacher.requests <= one_pass + IN_FLIGHT


@pytest.mark.slow
@pytest.mark.parametrize("pause", [0.0, 0.004, 0.03])
def test_impatience_ends_it_at_once_and_loses_nothing(
    tmp_path: Path, teacher: StandInProcess, uninterrupted: tuple[dict[str, Any], int, Path], pause: float
) -> None:
    """A second Ctrl-C, or a scheduler's SIGTERM beside it; asyncio alone makes a traceback of it now and then."""
    usual = signal.default_int_handler
    for number in (signal.SIGINT, signal.SIGTERM):
        process = start(*generate(teacher, tmp_path / "c"), limit=lambda: signal.signal(signal.SIGINT, usual) and None)
        assert wait_for_requests(teacher, teacher.requests + 12, process)
        for each in (signal.SIGINT, number):
            process.send_signal(each)
            time.sleep(pause)
        code, told = finish(process)
        assert code == 130
        assert last_line(told).startswith("synth: stopped") and "destroyed" not in told
    code, told = finish(start(*generate(teacher, tmp_path / "c")))
    assert code == 0, told
    whole, one_pass, _ = uninterrupted
    assert rows_of(tmp_path / "c") == whole
    assert teacher.requests <= one_pass + 2 * IN_FLIGHT


@pytest.mark.slow
def test_a_full_disk_stops_with_everything_kept(
    tmp_path: Path, teacher: StandInProcess, uninterrupted: tuple[dict[str, Any], int, Path]
) -> None:
    whole, one_pass, folder = uninterrupted
    english = max(path.stat().st_size for path in (folder / "generated").glob("*/en/*.parquet"))
    largest = max(path.stat().st_size for path in folder.rglob("*.parquet"))
    assert english + 200 < largest, "no file is larger than the limit: the disk would never be full"

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (english + 200, resource.RLIM_INFINITY))

    code, told = finish(start(*generate(teacher, tmp_path / "c"), limit=small_files))
    assert code == 1
    assert "File too large" in last_line(told) and "run the same command again" in last_line(told)
    assert teacher.requests > 0
    code, told = finish(start(*generate(teacher, tmp_path / "c")))
    assert code == 0, told
    assert rows_of(tmp_path / "c") == whole
    assert teacher.requests <= one_pass + IN_FLIGHT


@pytest.mark.slow
def test_a_second_run_of_the_same_command_is_refused_while_the_first_goes_on(
    tmp_path: Path, teacher: StandInProcess, uninterrupted: tuple[dict[str, Any], int, Path]
) -> None:
    first = start(*generate(teacher, tmp_path / "c"))
    assert wait_for_requests(teacher, 1, first)
    first.send_signal(signal.SIGSTOP)
    code, told = finish(start(*generate(teacher, tmp_path / "c")))
    assert code == 2 and "another run is making" in last_line(told)
    first.send_signal(signal.SIGCONT)
    code, told = finish(first)
    assert code == 0, told
    whole, one_pass, _ = uninterrupted
    assert rows_of(tmp_path / "c") == whole
    assert teacher.requests <= one_pass + IN_FLIGHT
    assert not list((tmp_path / "c").rglob(".*.jsonl.lock"))


@pytest.mark.slow
def test_done_again_ends_at_once_and_touches_nothing(uninterrupted: tuple[dict[str, Any], int, Path]) -> None:
    _, one_pass, folder = uninterrupted
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    port = int((folder.parent / "port.txt").read_text())
    code, told = finish(start(*generate(f"http://127.0.0.1:{port}", folder)))
    assert code == 0 and "nothing to do" in told
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before
    assert count_requests(folder.parent / "requests.txt") == one_pass
