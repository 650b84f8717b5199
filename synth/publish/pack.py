"""Few large files out of many small ones, for the Hub.

Generation writes parts of some 512 rows, so that little is lost when it is stopped. All tasks in 49 languages would be
200,000 files: more than a commit takes (25,000) and than a repository should hold (100,000; the Hub's storage limits),
and slow to load. Rows, columns and their order stay as they are; only the division into files changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from synth.corpus.files import sha256_file, write_atomic
from synth.errors import BadManifest
from synth.manifest.models import FileRecord, Manifest, files_by_config
from synth.manifest.paths import inside

PACK_ABOVE = 1_000  # files; below, a corpus is published as it is
SHARD_ROWS = 100_000  # about 100 MB of text; the Hub advises to stay below 500 MB a file
GROUP_ROWS = 10_000  # rows a Parquet row group: what the viewer and a streaming reader fetch at once
_MARK = b"synth_packed_from"


def pack(
    manifest: Manifest,
    root: Path,
    folder: Path,
    shard_rows: int = SHARD_ROWS,
    say: Callable[[str], None] = lambda _line: None,
) -> Manifest:
    """Write the manifest's rows below `folder` in larger files; the manifest of those.

    A file that was packed from the same parts before is not written again, so that publishing can be resumed.

    Args:
        manifest: A verified manifest.
        root: Its corpus folder.
        folder: Where the large files go, by default `packed/` in the corpus.
        shard_rows: Most rows a file (one part is never divided).
        say: Called with a line for people for each config.
    """
    files: dict[str, FileRecord] = {}
    for name, paths in files_by_config(manifest).items():
        say(f"packing {name}: {len(paths):,} files")
        for number, group in enumerate(_groups(manifest, paths, shard_rows)):
            relative = f"{group[0].rpartition('-')[0]}-{number:05d}.parquet"
            target = folder / relative
            _write(manifest, root, target, group)
            rows = sum(manifest.files[path].rows for path in group)
            files[relative] = FileRecord(rows=rows, bytes=target.stat().st_size, sha256=sha256_file(target))
    return manifest.model_copy(update={"files": files})


def _groups(manifest: Manifest, paths: Sequence[str], most: int) -> Iterator[list[str]]:
    group: list[str] = []
    rows = 0
    for path in paths:
        if group and rows + manifest.files[path].rows > most:
            yield group
            group, rows = [], 0
        group.append(path)
        rows += manifest.files[path].rows
    yield group


def _write(manifest: Manifest, root: Path, target: Path, group: Sequence[str]) -> None:
    origin = hashlib.sha256("".join(manifest.files[path].sha256 for path in group).encode()).hexdigest().encode()
    if _packed_from(target) == origin:
        return
    paths = [inside(root, path) for path in group]
    write_atomic(target, lambda temporary: _copy(paths, temporary, origin))


def _packed_from(target: Path) -> bytes | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        mark: bytes | None = (pq.read_schema(target).metadata or {}).get(_MARK)
    except (OSError, pa.ArrowException):
        return None
    return mark


def _copy(paths: Sequence[Path], target: Path, origin: bytes) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(paths[0])
        schema = schema.with_metadata({**(schema.metadata or {}), _MARK: origin})
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            for table in _tables(paths, schema):
                writer.write_table(table, row_group_size=GROUP_ROWS)
    except (pa.ArrowException, ValueError) as error:
        raise BadManifest(f"{paths[0]} and its siblings cannot be packed ({error}); filter the corpus again") from error


def _tables(paths: Sequence[Path], schema: Any) -> Iterator[Any]:
    """Tables of about one row group each."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    waiting: list[Any] = []
    for path in paths:
        waiting.append(pq.ParquetFile(path).read().replace_schema_metadata(schema.metadata))
        if sum(table.num_rows for table in waiting) >= GROUP_ROWS:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)
