"""How the rows of a finished chunk ended: as generation left them or, where it kept them, as the filter judged them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from synth.corpus.layout import Layout, Part
from synth.corpus.markers import read_marker
from synth.corpus.rows import read_rows
from synth.errors import BadFolder
from synth.generate.chunks import Chunk
from synth.tasks import get_task

DROPPED = "dropped"  # the stage in which `synth filter` puts what it does not keep
Row = Mapping[str, Any]


def named_ids(chunk: Chunk, layout: Layout, takes: Callable[[Row], bool]) -> set[str]:
    """Ids of the chunk's rows whose end `takes` accepts.

    Args:
        chunk: A chunk that is done.
        layout: The corpus folder.
        takes: Judges a row by `synth_outcome` and `synth_reason`.

    Raises:
        BadFolder: A part in `dropped/` cannot be read.
    """
    return {row["synth_id"] for part in chunk.parts for row in _ended(part, layout) if takes(row)}


def _ended(part: Part, layout: Layout) -> Iterator[Row]:
    columns = get_task(part.task).column_names
    judged = _judged(part, layout)
    for row in read_rows(layout.part(part)):
        verdict = judged.get(row["synth_id"])
        # A verdict is of the text that the filter saw: a row that was made again since then has none.
        same = verdict is not None and all(verdict[column] == row[column] for column in columns)
        yield verdict if same and verdict is not None else row


def _judged(part: Part, layout: Layout) -> dict[str, Row]:
    """The rows of a part that the filter dropped, with its reasons; none where it has not been there."""
    import pyarrow as pa

    path = layout.part(part, DROPPED)
    if not path.is_file() or read_marker(path) is None:
        return {}
    try:
        return {row["synth_id"]: row for row in read_rows(path)}
    except (OSError, pa.ArrowException) as error:
        raise BadFolder(f"{path} cannot be read ({error}); run `synth filter` again to write it") from None
