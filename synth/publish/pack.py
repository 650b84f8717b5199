"""Few large files out of many small ones, for the Hub.

Generation writes parts of some 512 rows, so that little is lost when it is stopped. All tasks in 49 languages would be
200,000 files: more than a commit takes (25,000) and than a repository should hold (100,000; the Hub's storage limits),
and slow to load. Rows, columns and their order stay as they are; only the division into files changes.

The parts of a composed task (ANLI+: SNLI, MNLI and ANLI, whose licences do not combine) get files of their own, so that
each can be taken, or left, under its own terms.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.corpus.files import sha256_file, write_atomic
from synth.corpus.rows import read_rows
from synth.errors import BadManifest
from synth.manifest.models import FileRecord, Manifest, config_of, files_by_config, split_config
from synth.manifest.paths import inside
from synth.tasks import TASKS

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
        for number, shard in enumerate(_shards(manifest, root, paths, shard_rows)):
            relative = f"{paths[0].rpartition('-')[0]}-{number:05d}.parquet"
            files[relative] = _write(manifest, root, folder / relative, shard)
    return manifest.model_copy(update={"files": files})


def is_needed(manifest: Manifest) -> bool:
    """Whether a corpus has to be packed: many files, or parts under terms that do not combine."""
    return len(manifest.files) > PACK_ABOVE or any(map(is_composed, manifest.tasks))


def is_composed(task: str) -> bool:
    """Whether a task is made of parts with terms of their own."""
    return any(source.origin for source in TASKS[task].hub)


@dataclass(frozen=True, slots=True)
class _Shard:
    """The rows of these files; only those of one origin where `origin` is given."""

    paths: tuple[str, ...]
    origin: str | None


def _shards(manifest: Manifest, root: Path, paths: Sequence[str], most: int) -> Iterator[_Shard]:
    composed = is_composed(split_config(config_of(paths[0]))[0])
    origins: dict[str | None, list[str]] = _by_origin(root, paths) if composed else {None: list(paths)}
    for origin, members in origins.items():
        for group in _groups(manifest, members, most):
            yield _Shard(tuple(group), origin)


def _by_origin(root: Path, paths: Sequence[str]) -> dict[str | None, list[str]]:
    """Origins, and the files that hold rows of each."""
    found: dict[str | None, list[str]] = {}
    for path in paths:
        for origin in {row["synth_origin"] or "" for row in read_rows(inside(root, path), ["synth_origin"])}:
            found.setdefault(origin, []).append(path)
    return dict(sorted(found.items(), key=lambda item: item[0] or ""))


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


def _write(manifest: Manifest, root: Path, target: Path, shard: _Shard) -> FileRecord:
    import pyarrow.parquet as pq

    hashes = "".join(manifest.files[path].sha256 for path in shard.paths)
    mark = hashlib.sha256(f"{hashes} {shard.origin}".encode()).hexdigest().encode()
    if _packed_from(target) != mark:
        paths = [inside(root, path) for path in shard.paths]
        write_atomic(target, lambda temporary: _copy(paths, temporary, shard.origin, mark))
    rows = pq.read_metadata(target).num_rows
    return FileRecord(rows=rows, bytes=target.stat().st_size, sha256=sha256_file(target))


def _packed_from(target: Path) -> bytes | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        mark: bytes | None = (pq.read_schema(target).metadata or {}).get(_MARK)
    except (OSError, pa.ArrowException):
        return None
    return mark


def _copy(paths: Sequence[Path], target: Path, origin: str | None, mark: bytes) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(paths[0])
        schema = schema.with_metadata({**(schema.metadata or {}), _MARK: mark})
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            for table in _tables(paths, schema, origin):
                writer.write_table(table, row_group_size=GROUP_ROWS)
    except (pa.ArrowException, ValueError) as error:
        raise BadManifest(f"{paths[0]} and its siblings cannot be packed ({error}); filter the corpus again") from error


def _tables(paths: Sequence[Path], schema: Any, origin: str | None) -> Iterator[Any]:
    """Tables of about one row group each."""
    import pyarrow as pa

    waiting: list[Any] = []
    for path in paths:
        waiting.append(_read(path, origin).replace_schema_metadata(schema.metadata))
        if sum(table.num_rows for table in waiting) >= GROUP_ROWS:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _read(path: Path, origin: str | None) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.ParquetFile(path).read()
    if origin is None:
        return table
    return table.filter(pa.array([(each or "") == origin for each in table["synth_origin"].to_pylist()], pa.bool_()))
