import threading
from pathlib import Path

import pytest

from synth.cache import MARKER, Made, cache_root, make_once
from synth.errors import DiskError
from synth.teacher.embedded import cache_folder


def made_in(tmp_path: Path, needed: int = 0) -> Made:
    return Made(tmp_path / "things" / "thing-1", "main.bin", needed)


def write_main(work: Path) -> None:
    (work / "main.bin").write_bytes(b"12345")


def test_a_thing_is_made_once_and_found_again(tmp_path: Path) -> None:
    calls = []

    def make(work: Path) -> None:
        calls.append(work)
        write_main(work)

    first = make_once(made_in(tmp_path), make)
    assert make_once(made_in(tmp_path), make) == first == tmp_path / "things" / "thing-1"
    assert (first / "main.bin").read_bytes() == b"12345"
    assert len(calls) == 1


def test_two_callers_at_once_make_it_once(tmp_path: Path) -> None:
    calls, waits = [], []
    both = threading.Barrier(2)

    def make(work: Path) -> None:
        calls.append(work)
        threading.Event().wait(0.7)  # long enough that the other one meets the lock
        write_main(work)

    def call() -> None:
        both.wait()
        make_once(made_in(tmp_path), make, lambda _seconds, step: waits.append(step))

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert "another process is making thing-1" in waits


def test_a_failed_attempt_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(work: Path) -> None:
        write_main(work)
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        make_once(made_in(tmp_path), fail)
    assert [path.name for path in (tmp_path / "things").iterdir()] == ["thing-1.lock"]


@pytest.mark.parametrize("damage", ["marker", "size", "garbage"])
def test_a_damaged_folder_is_made_again(tmp_path: Path, damage: str) -> None:
    folder = make_once(made_in(tmp_path), write_main)
    if damage == "marker":
        (folder / MARKER).unlink()
    elif damage == "garbage":
        (folder / MARKER).write_text("[")
    else:
        (folder / "main.bin").write_bytes(b"123")
    make_once(made_in(tmp_path), lambda work: (work / "main.bin").write_bytes(b"fresh!") and None)
    assert (folder / "main.bin").read_bytes() == b"fresh!"


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    stale = tmp_path / "things" / ".thing-1.abc"
    stale.mkdir(parents=True)
    make_once(made_in(tmp_path), write_main)
    assert not stale.exists()


def test_a_full_disk_is_named_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match=r"thing-1 cannot be written.*GB free.*SYNTH_CACHE"):
        make_once(made_in(tmp_path, needed=10**18), write_main)


def test_the_root_is_the_one_of_the_embedded_teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_root(tmp_path) == cache_folder(tmp_path).parent.parent
    for name, value in (("XDG_CACHE_HOME", tmp_path / "xdg"), ("SYNTH_CACHE", tmp_path / "own")):
        monkeypatch.setenv(name, str(value))
        assert cache_root() == cache_folder().parent.parent
    assert cache_root() == tmp_path / "own"
