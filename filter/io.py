"""Parts of a corpus as the filter reads and writes them: Arrow tables with a marker beside them (`docs/corpus.md`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.corpus.files import sha256_file, write_atomic, write_json
from synth.corpus.layout import Layout, Part, marker_of
from synth.corpus.markers import Marker, read_marker
from synth.errors import BadFolder, BadSource, DiskError

if TYPE_CHECKING:
    import pyarrow as pa

NEEDED = (
    "synth_id", "synth_task", "synth_split", "synth_source_id", "synth_lang", "synth_kind", "synth_variant",
    "synth_outcome", "synth_reason", "synth_detail",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class InputPart:
    """A finished part of `generated/` and its marker."""

    layout: Layout
    part: Part
    marker: Marker

    @property
    def path(self) -> Path:
        """The Parquet file."""
        return self.layout.part(self.part)

    @property
    def key(self) -> str:
        """`TASK/LANG/NAME`, the same in every stage."""
        return f"{self.part.task}/{self.part.lang}/{self.part.stem}"


def input_parts(corpus: Path) -> list[InputPart]:
    """The finished parts of `generated/` in a stable order; files without a whole marker are no parts.

    Raises:
        BadFolder: There is no such corpus, or it holds no finished part.
    """
    if not corpus.is_dir():
        raise BadFolder(f"there is no corpus folder {corpus}; give the folder that `synth generate` wrote")
    layout = Layout(corpus)
    found = ((part, read_marker(layout.part(part))) for part in layout.parts())
    parts = [InputPart(layout, part, marker) for part, marker in found if marker is not None]
    if not parts:
        raise BadFolder(f"{corpus} holds no finished part under generated/; run `synth generate` into it first")
    return parts


def unfinished(corpus: Path) -> list[str]:
    """Parts under `generated/` without a whole marker or without their file, to be made again."""
    folder = corpus / "generated"
    files = {path for path in folder.glob("*/*/*.parquet") if read_marker(path) is None}
    marked = (path.with_name(path.name.replace(".done.json", ".parquet")) for path in folder.glob("*/*/*.done.json"))
    return sorted(str(path.relative_to(corpus)) for path in files | {path for path in marked if not path.is_file()})


def read_table(path: Path, needed: Iterable[str] = (), only: Iterable[str] | None = None) -> pa.Table:
    """A part as an Arrow table.

    Args:
        path: The Parquet file.
        needed: Columns that must be there.
        only: Read these columns and no others.

    Raises:
        BadSource: The file is no readable Parquet, or lacks a column; the message names both.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            _require_columns(path, file.schema_arrow.names, needed)
            table = file.read(columns=None if only is None else list(only))
        table.validate(full=True)  # texts that are no UTF-8
        return table
    except (pa.ArrowException, OSError) as error:
        verb = "generate" if "generated" in path.parts[-4:] else "filter"
        raise BadSource(
            f"{path} cannot be read as Parquet ({error}); delete it and its .done.json, then run `synth {verb}` again"
        ) from error


def _require_columns(path: Path, names: list[str], needed: Iterable[str]) -> None:
    missing = [name for name in needed if name not in names]
    if missing:
        raise BadSource(
            f"{path} has no column {', '.join(missing)}; `synth generate` did not write it: take it out of the corpus, "
            "or generate this part again"
        )


def write_part(path: Path, part: Part, table: pa.Table, fingerprint: str, outcomes: Mapping[str, int]) -> Marker:
    """Write a part of a later stage, then its marker.

    Raises:
        DiskError: The file cannot be written.
    """
    import pyarrow.parquet as pq

    # A worker that was given up for lost may write a part that another has finished: it writes the same, and the part
    # never seems to be gone. Anything else takes the marker away first.
    if not is_done(path, fingerprint):
        remove_marker(path)
    write_atomic(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))
    marker = Marker(
        fingerprint=fingerprint, part=path.name, task=part.task, lang=part.lang, kind=part.kind.value,
        rows=table.num_rows, outcomes=dict(sorted(outcomes.items())), rungs={}, requests=0, prompt_tokens=0,
        completion_tokens=0, seconds=0.0, bytes=path.stat().st_size, sha256=sha256_file(path),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )  # fmt: skip
    write_json(marker_of(path), asdict(marker))
    return marker


def is_done(path: Path, fingerprint: str) -> bool:
    """Whether this part was finished with this fingerprint and its file is there in full size."""
    marker = read_marker(path)
    if marker is None or marker.fingerprint != fingerprint or not path.is_file():
        return False
    return path.stat().st_size == marker.bytes


def remove_marker(path: Path) -> None:
    """Take the marker of a part away, if there is one.

    Raises:
        DiskError: It cannot be removed.
    """
    try:
        marker_of(path).unlink(missing_ok=True)
    except OSError as error:
        raise DiskError(
            f"cannot write under {path.parent}: {error.strerror}. Everything made so far is kept; correct the folder "
            "and run the same command again"
        ) from error


def remove_part(path: Path) -> None:
    """Remove a part of a later stage, its marker first."""
    remove_marker(path)
    path.unlink(missing_ok=True)


def with_column(table: pa.Table, name: str, values: list[Any], kind: pa.DataType, feature: Any) -> pa.Table:
    """The table with one more column, also in the `datasets` features that the file's metadata carries."""
    import pyarrow as pa

    metadata = dict(table.schema.metadata or {})
    if name in table.column_names:
        table = table.drop_columns([name])
    table = table.append_column(pa.field(name, kind), pa.array(values, kind))
    if b"huggingface" in metadata:
        info = json.loads(metadata[b"huggingface"])
        info.get("info", {}).get("features", {})[name] = feature
        metadata[b"huggingface"] = json.dumps(info).encode()
    return table.replace_schema_metadata(metadata)
