"""Opening data files as they come: gzip or not, with or without a byte order mark, LF or CRLF, some bytes broken."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from synth.errors import BadSource
from synth.sources.base import SourceProblem
from synth.sources.problems import What

_GZIP_MAGIC = b"\x1f\x8b"  # RFC 1952, section 2.3.1
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")  # Unicode standard, section 23.8
_ESCAPED = re.compile("[\ud800-\udfff]")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of a source.

    Args:
        path: Where it is.
        name: What messages call it: the path as its owner wrote it.
        encoding: Encoding of its text.
    """

    path: Path
    name: str
    encoding: str = "utf-8"

    def problem(self, row: str, what: What, detail: str) -> SourceProblem:
        """A problem of one row of this file."""
        return SourceProblem(self.name, row, what.value, detail)


def open_bytes(file: DataFile) -> BinaryIO:
    """The file's content as bytes, unpacked when it is gzip (told by its first bytes, not by its name)."""
    with file.path.open("rb") as handle:
        packed = handle.read(2) == _GZIP_MAGIC
    return cast(BinaryIO, gzip.open(file.path, "rb")) if packed else file.path.open("rb")


def head(file: DataFile, size: int = 4096) -> bytes:
    """The first bytes of the unpacked content, for guessing its format."""
    try:
        with open_bytes(file) as handle:
            return handle.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile):  # damaged within its first block: reading will say so
        return b""


def open_text(file: DataFile) -> io.TextIOWrapper:
    """The file's text. Undecodable bytes become lone surrogates, so that one bad row stays one bad row.

    Lines end at LF only: U+2028, U+0085 and lone CR occur inside sentences.

    Raises:
        BadSource: If the file is UTF-16 but another encoding was promised.
    """
    mark = head(file, 2)
    utf8 = file.encoding.lower().replace("_", "-") in {"utf-8", "utf8"}
    if mark in _UTF16_MARKS and utf8:
        raise BadSource(f"{file.name} starts with a UTF-16 byte order mark: add `encoding: utf-16` in the YAML file")
    codec = "utf-8-sig" if utf8 else file.encoding
    return io.TextIOWrapper(open_bytes(file), encoding=codec, errors="surrogateescape", newline="\n")


def lines(file: DataFile) -> Iterator[tuple[int, str]]:
    """Line numbers from 1 and the lines, without LF or CRLF."""
    with open_text(file) as handle:
        for number, line in enumerate(handle, 1):
            yield number, line.rstrip("\r\n")


def first_broken(text: str) -> int | None:
    """Where the first undecodable byte or half surrogate pair is (UTF-8 has neither); None without one."""
    match = None if text.isascii() else _ESCAPED.search(text)
    return match.start() if match else None


def sha256(path: Path) -> str:
    """SHA-256 of the file's bytes as they are on disk, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
