"""Tab- and comma-separated tables: GLUE's unquoted TSV, quoted CSV with line breaks in cells, tables without header."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synth.sources.base import SourceProblem
from synth.sources.files import DataFile, lines
from synth.sources.problems import What
from synth.sources.readers import Item, Record

_MOST_LINES_A_ROW = 200  # a quote that stays open longer than this is a stray quote, not a long cell
_LONGEST_CELL = 1 << 24  # csv's own limit of 128 KiB is shorter than some contexts


@dataclass(frozen=True, slots=True)
class Table:
    """How a table is written.

    Args:
        delimiter: What stands between cells.
        quoted: Whether cells may be quoted as in RFC 4180; GLUE's TSV files are not, their quotes are text.
        columns: Names of the columns when the file has no header line.
    """

    delimiter: str
    quoted: bool
    columns: tuple[str, ...] | None = None

    def __call__(self, file: DataFile) -> Iterator[Item]:
        """Every row of the file as a record named by the header."""
        rows = _quoted_rows(file, self) if self.quoted else _plain_rows(file, self.delimiter)
        header = self.columns
        for number, cells in rows:
            where = f"line {number}"
            if cells is None:
                yield file.problem(
                    where, What.BAD_ROW, "a quote is opened and never closed, or does not fit the header"
                )
            elif header is None:
                header = tuple(cell.strip() for cell in cells)
            else:
                yield _named(file, where, header, cells)


def _named(file: DataFile, where: str, header: Sequence[str], cells: list[str]) -> Record | SourceProblem:
    """The cells by name. Missing cells at the end are simply absent: what the task needs of them is reported later."""
    if len(cells) > len(header):
        if header[-1] != "gold_label":
            detail = f"{len(cells)} fields, but the header names {len(header)}"
            return file.problem(where, What.BAD_ROW, detail)
        # SNLI and MNLI tables made by GLUE write all annotators' labels under the one name label1: the last is gold.
        cells = [*cells[: len(header) - 1], cells[-1]]
    return Record(where, dict(zip(header, cells, strict=False)))


def _plain_rows(file: DataFile, delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    for number, line in lines(file):
        if line.strip():
            yield number, line.split(delimiter)


def _quoted_rows(file: DataFile, table: Table) -> Iterator[tuple[int, list[str] | None]]:
    """Rows of a quoted table; None for a line that opens a quote which never closes, and then on with the next line."""
    source = ((number, line) for number, line in lines(file))
    again: deque[tuple[int, str]] = deque()
    width = len(table.columns) if table.columns else None
    while taken := _take_row(source, again):
        number = taken[0][0]
        cells = _split("\n".join(line for _, line in taken), table.delimiter)
        if cells is not None and width is None:
            width = len(cells)
        if cells is None or (len(taken) > 1 and len(cells) != width):
            again.extendleft(reversed(taken[1:]))
            yield number, None
        else:
            yield number, cells


def _take_row(source: Iterator[tuple[int, str]], again: deque[tuple[int, str]]) -> list[tuple[int, str]]:
    """Lines until the quotes are balanced, or as many as one row may have."""
    taken: list[tuple[int, str]] = []
    quotes = 0
    while len(taken) < _MOST_LINES_A_ROW:
        pair = again.popleft() if again else next(source, None)
        if pair is None:
            break
        if not taken and not pair[1].strip():
            continue
        taken.append(pair)
        quotes += pair[1].count('"')
        if quotes % 2 == 0:
            break
    return taken


def _split(text: str, delimiter: str) -> list[str] | None:
    if text.count('"') % 2:
        return None
    csv.field_size_limit(_LONGEST_CELL)
    try:
        return next(csv.reader([text], delimiter=delimiter))
    except (csv.Error, StopIteration):
        return None


TSV = Table("\t", quoted=False)
CSV = Table(",", quoted=True)
WANG2017 = Table("\t", quoted=False, columns=("label", "question1", "question2", "id"))
