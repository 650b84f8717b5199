"""Journals: what was answered survives any end of the process, and damage costs only the lines it hit."""

from __future__ import annotations

import errno
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.corpus.journal import Answer, Journal, count_answers, read_answers, write_answers
from synth.errors import DiskError

ANSWERS = [Answer(f"k{at}", f"text {at}\n\u2028 ü 漢 \x85", "stop", at, 2 * at, 1) for at in range(5)]


def _filled(path: Path) -> Path:
    with Journal(path) as journal:
        for answer in ANSWERS:
            journal.append(answer)
    return path


def _read(path: Path) -> dict[str, Answer]:
    with Journal(path) as journal:
        return dict(journal.answers)


def test_answers_come_back_as_they_were(tmp_path: Path) -> None:
    path = _filled(tmp_path / "deep" / "x.journal.jsonl")
    assert list(_read(path).values()) == ANSWERS
    assert count_answers(path) == 5


def test_every_answer_is_on_its_way_before_append_returns(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        for number, answer in enumerate(ANSWERS, start=1):
            journal.append(answer)
            assert count_answers(tmp_path / "j") == number, "a reader beside the run sees every answer at once"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_a_torn_end_costs_only_its_line_and_is_written_over(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = _filled(tmp_path_factory.mktemp("torn") / "j")
    whole = path.read_bytes()
    at = cut % (len(whole) + 1)
    path.write_bytes(whole[:at])
    left = whole[:at].count(b"\n")
    assert list(_read(path).values()) == ANSWERS[:left]
    with Journal(path) as journal:
        for answer in ANSWERS[left:]:
            journal.append(answer)
    assert path.read_bytes() == whole


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_one_flipped_byte_costs_at_most_the_lines_it_joins(
    tmp_path_factory: pytest.TempPathFactory, place: int, flip: int
) -> None:
    path = _filled(tmp_path_factory.mktemp("flip") / "j")
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= flip
    path.write_bytes(data)
    found = _read(path)
    assert len(found) >= len(ANSWERS) - 2
    assert all(answer in ANSWERS for answer in found.values()), "a damaged answer was taken for a whole one"


def test_the_last_of_two_answers_to_one_request_counts(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.append(Answer("k", "first"))
        journal.append(Answer("k", "second"))
    assert _read(tmp_path / "j") == {"k": Answer("k", "second")}


def test_random_bytes_are_no_answers(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(random.Random(1).randbytes(5000) + b"\n")
    assert _read(tmp_path / "j") == {}
    assert count_answers(tmp_path / "j") == 0


def test_a_write_that_fails_half_way_leaves_nothing_in_the_way_of_the_next(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path) as journal:
        journal.append(ANSWERS[0])
        stream = journal._stream
        assert stream is not None
        whole = stream

        class Full:
            """Takes ten bytes, then has no space."""

            def __init__(self) -> None:
                self.left = 10

            def write(self, data: memoryview) -> int:
                if not self.left:
                    raise OSError(errno.ENOSPC, "No space left on device")
                taken = int(whole.write(data[: self.left]))
                self.left = 0
                return taken

            def __getattr__(self, name: str) -> object:
                return getattr(whole, name)

        journal._stream = Full()  # type: ignore[assignment]
        with pytest.raises(DiskError, match=r"No space left.*run the same command again"):
            journal.append(ANSWERS[1])
        journal._stream = stream
        journal.append(ANSWERS[2])
    assert list(_read(path).values()) == [ANSWERS[0], ANSWERS[2]]


def test_a_journal_that_is_gone_meanwhile_holds_nothing(tmp_path: Path) -> None:
    assert count_answers(tmp_path / "gone") == 0


def test_answers_of_a_finished_chunk(tmp_path: Path) -> None:
    path = tmp_path / "answers" / "part-00000.parquet"
    assert read_answers(path) == {}
    write_answers(path, reversed(ANSWERS))
    assert list(read_answers(path).values()) == ANSWERS
    data = path.read_bytes()
    for size in (0, 4, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:size])
        assert read_answers(path) == {}
