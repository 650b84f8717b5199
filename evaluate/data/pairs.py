"""Tables of text pairs: the original releases of XNLI and PAWS-X (with a header) and XTREME's tsv (without)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from synth.sources.files import DataFile, lines
from synth.sources.problems import What
from synth.sources.readers import Item, Record

_HEADERS = frozenset(
    {"sentence1", "gold_label", "hypo"}
)  # the releases name these; `hypo` is XNLI's multinli.train.en.tsv


def read_pairs(file: DataFile) -> Iterator[Item]:
    """Records with `sentence1`, `sentence2`, `label`, and what else a header names.

    Cells are not quoted: that is how XTREME's own reader takes its files, although its preprocessing writes them with
    csv's default quoting (doubled quotes inside). A row of two cells is XTREME's test set, whose labels it took away.
    """
    header: Sequence[str] | None = None
    for number, line in lines(file):
        cells = line.split("\t")
        if number == 1 and _HEADERS & set(cells):
            header = cells
        elif line.strip():
            yield _record(file, f"line {number}", header, cells)


def _record(file: DataFile, where: str, header: Sequence[str] | None, cells: list[str]) -> Item:
    names = header or ("sentence1", "sentence2", "label")
    if len(cells) > len(names) or len(cells) < 2:
        return file.problem(where, What.BAD_ROW, f"{len(cells)} fields, expected {len(names)}")
    return Record(where, dict(zip(names, cells, strict=False)))
