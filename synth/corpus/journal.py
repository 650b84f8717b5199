"""The journal of the chunk in flight, and the answers of finished chunks: nothing is asked twice.

A journal is JSON lines, one answer a line, appended and handed to the kernel as each answer arrives, so that killing
the process loses nothing. Every line carries a checksum: a torn or damaged line is dropped (and asked again), only it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from synth.corpus.files import disk_errors, write_atomic


@dataclass(frozen=True, slots=True)
class Answer:
    """What the teacher said to one request, or (in `failure`) why it said nothing usable."""

    key: str
    text: str
    finish: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    attempts: int = 1
    failure: str = ""
    detail: str = ""


class Journal:
    """Append-only file of answers; opening it replays what is there and cuts off a torn end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answers: dict[str, Answer] = {}
        self._stream: IO[bytes] | None = None

    def __enter__(self) -> Journal:
        with disk_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            whole = self._replay()
            self._stream = self.path.open("r+b" if self.path.exists() else "wb", buffering=0)
            self._stream.truncate(whole)
            self._stream.seek(whole)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream:
            self._stream.close()
            self._stream = None

    def append(self, answer: Answer) -> None:
        """Record one answer; it is in the kernel's hands when this returns."""
        assert self._stream is not None, "a journal is used inside `with`"
        with disk_errors(self.path):
            self._write(_line(answer))
        self.answers[answer.key] = answer

    def _write(self, line: bytes) -> None:
        # An unbuffered write may be cut short (full disk): the rest follows, or raises, and the beginning goes again,
        # so that it cannot stick to the next answer.
        assert self._stream is not None
        start, rest = self._stream.tell(), memoryview(line)
        try:
            while rest:
                rest = rest[self._stream.write(rest) :]
        except OSError:
            self._stream.truncate(start)
            self._stream.seek(start)
            raise

    def _replay(self) -> int:
        """Load whole lines; returns the offset behind the last line that ends properly."""
        if not self.path.exists():
            return 0
        data = self.path.read_bytes()
        end = data.rfind(b"\n") + 1
        for line in data[:end].splitlines():
            answer = _parse(line)
            if answer:
                self.answers[answer.key] = answer
        return end


def count_answers(path: Path) -> int:
    """Whole answers in a journal, without opening it for writing (a run may be using it, or be done with it)."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return 0
    return sum(1 for line in data.split(b"\n") if line and _parse(line))


def _line(answer: Answer) -> bytes:
    body = json.dumps(asdict(answer), ensure_ascii=True, separators=(",", ":"))
    return f"{zlib.crc32(body.encode()):08x} {body}\n".encode()


def _parse(line: bytes) -> Answer | None:
    checksum, _, body = line.partition(b" ")
    if checksum != f"{zlib.crc32(body):08x}".encode():
        return None
    return Answer(**json.loads(body))


def write_answers(path: Path, answers: Iterable[Answer]) -> None:
    """Keep the raw answers of a finished chunk as Parquet, sorted by key."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [asdict(answer) for answer in sorted(answers, key=lambda answer: answer.key)]
    schema = pa.schema(
        [(name, pa.int32() if kind == "int" else pa.string()) for name, kind in Answer.__annotations__.items()]
    )
    table = pa.Table.from_pylist(rows, schema=schema)
    write_atomic(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))


def read_answers(path: Path) -> dict[str, Answer]:
    """The answers of a finished chunk; empty when there are none, or when the file is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows = pq.ParquetFile(path).read().to_pylist()
        return {row["key"]: Answer(**row) for row in rows}
    except (OSError, pa.ArrowException, TypeError, KeyError):
        return {}
