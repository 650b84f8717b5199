"""Building the manifest of a corpus from its corpus.yaml, its markers and its files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

import synth
from synth.commit import commit_of_package
from synth.corpus.files import sha256_file
from synth.corpus.layout import Layout, Part
from synth.errors import BadFolder, CheckFailed
from synth.manifest.again import command_again
from synth.manifest.describe import filter_of, read_description, task_record, teacher_of
from synth.manifest.fields import MAX_FILES
from synth.manifest.funnel import build_funnel, checked_marker
from synth.manifest.models import FileRecord, Manifest, Parent, Software
from synth.manifest.paths import inside
from synth.manifest.store import read_manifest
from synth.outcomes import Kind
from synth.tasks import TASKS

Stage = Literal["generated", "kept"]


def build_manifest(
    corpus: Path, version: str = "1", command: str | None = None, parents: Sequence[Path] = ()
) -> Manifest:
    """The manifest of the corpus in this folder, as it is now.

    The files are those of `kept/` when the corpus is filtered (and the English source rows), else of `generated/`.

    Args:
        corpus: The corpus folder.
        version: Version of the corpus, raised by whoever publishes it again.
        command: The command that makes it again; default is what corpus.yaml amounts to.
        parents: Manifest files of the corpora that this one was made from.

    Raises:
        BadFolder: It is not a corpus, or has nothing finished in it.
        CheckFailed: Files do not agree with their markers, or the stages do not add up.
    """
    description = read_description(corpus)
    stage: Stage = "kept" if (corpus / "kept").is_dir() else "generated"
    parts = list(_parts(corpus, stage))
    if not parts:
        raise BadFolder(f"{corpus} has no finished part in {stage}/; run `synth generate` (or `synth filter`) first")
    _check_tasks(part.task for _, part in parts)
    sources = {name: value or {} for name, value in dict(description.get("sources") or {}).items()}
    filtered = filter_of(corpus) if stage == "kept" else None
    first = {part.task: inside(corpus, path) for path, part in reversed(parts)}
    try:
        return Manifest(
            name=str(description.get("name") or corpus.resolve().name),
            version=version,
            created=_last_written(corpus, parts),
            synth=software(description),
            command=command or command_again(description, corpus.resolve().name, filtered),
            stage=stage,
            fingerprint=str(description.get("fingerprint")),
            languages=tuple(sorted({part.lang for _, part in parts})),
            tasks={name: task_record(name, sources.get(name, {}), _split(first[name])) for name in sorted(first)},
            teacher=teacher_of(description),
            config=description.get("config") or {},
            filter=filtered,
            parents=(*(description.get("parents") or ()), *map(parent_of, parents)),
            funnel=build_funnel(corpus, {name: int(value.get("sampled") or 0) for name, value in sources.items()}),
            files={path: _file(corpus, path) for path, _ in parts},
        )
    except ValidationError as error:
        raise BadFolder(
            f"corpus.yaml or filter.json of {corpus} does not fit the manifest: "
            f"{error.errors(include_url=False)[0]['loc']} {error.errors()[0]['msg']}; write the corpus again"
        ) from error


def _last_written(corpus: Path, parts: Sequence[tuple[str, Part]]) -> datetime:
    """When the last part was finished: describing an unchanged corpus again changes nothing in its manifest."""
    return max(_instant(checked_marker(inside(corpus, path)).created) for path, _ in parts)


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadFolder(f"a marker says it was created {text!a}; run the stage again") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)


def _check_tasks(names: Iterable[str]) -> None:
    unknown = sorted(set(names) - set(TASKS))
    if unknown:
        raise BadFolder(f"the corpus holds the unknown task {', '.join(unknown)}; known are {', '.join(TASKS)}")


def _parts(corpus: Path, stage: Stage) -> Iterable[tuple[str, Part]]:
    """Data files of the manifest: a filtered corpus keeps its English source rows in `generated/`."""
    layout = Layout(corpus)
    found = [(stage, part) for part in layout.parts(stage)]
    if stage == "kept" and not any(part.kind is Kind.SOURCE for _, part in found):
        found += [("generated", part) for part in layout.parts("generated") if part.kind is Kind.SOURCE]
    if len(found) > MAX_FILES:
        raise BadFolder(f"{corpus} has {len(found):,} parts, more than a manifest can hold; split the corpus by task")
    for where, part in found:
        yield layout.part(part, where).relative_to(corpus).as_posix(), part


def _file(corpus: Path, relative: str) -> FileRecord:
    path = inside(corpus, relative)
    marker = checked_marker(path)
    record = FileRecord(rows=marker.rows, bytes=path.stat().st_size, sha256=sha256_file(path))
    if (record.bytes, record.sha256) != (marker.bytes, marker.sha256):
        raise CheckFailed(f"{relative} is not the file that its marker describes; delete it and run the stage again")
    return record


def _split(path: Path) -> str:
    """The split of a corpus's task is that of its rows: one corpus holds one split."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        for batch in pq.ParquetFile(path).iter_batches(batch_size=1, columns=["synth_split"]):
            return str(batch.column(0)[0].as_py())
    except (pa.ArrowException, OSError, KeyError) as error:
        raise CheckFailed(f"{path} cannot be read ({error}); delete it and run the stage again") from error
    return "train"


def parent_of(path: Path) -> Parent:
    """The reference to a parent from its manifest file."""
    manifest = read_manifest(path)
    return Parent(name=manifest.name, version=manifest.version, identity=manifest.identity)


def software(description: dict[str, Any]) -> Software:
    """Version and commit of Synth: what corpus.yaml says, else those of this process."""
    commit = description.get("synth_commit") or commit_of_package()
    return Software(version=str(description.get("synth_version") or synth.__version__), commit=commit)
