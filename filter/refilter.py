"""A corpus folder out of a published corpus, so that its rows can be filtered again.

The rows are those that the manifest lists, in parts of the size that `synth generate` writes. Rows of other languages
are put in the part that has the number of their English row's part: that is where the checks look for it first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from synth.corpus.files import disk_errors, fingerprint, write_atomic, write_text
from synth.corpus.identity import read_description
from synth.corpus.layout import Layout, Part
from synth.corpus.markers import is_whole, make_marker, read_marker, write_marker
from synth.errors import BadFolder, BadManifest
from synth.manifest.models import Manifest, files_by_config, split_config
from synth.manifest.parquet import batches_of, open_part
from synth.manifest.paths import inside
from synth.manifest.store import write_manifest
from synth.outcomes import Kind
from synth.tasks import TASKS

if TYPE_CHECKING:
    import pyarrow as pa

PART_ROWS = 512  # as `synth generate`: what one process of the filter holds at a time


def default_folder(manifest: Manifest) -> Path:
    """Where the rows of a published corpus are filtered again when the user names no folder."""
    return Path("corpora") / f"{manifest.name}-refiltered"


def refill(manifest: Manifest, fetched: Path, out: Path) -> int:
    """Make `out` a corpus folder with the rows of a fetched corpus; the number of rows.

    A second call with the same manifest finishes an interrupted one and writes nothing that is there already.

    Args:
        manifest: The manifest of the published corpus.
        fetched: The folder of its files, verified.
        out: A folder that is missing, empty, or of an earlier call with the same manifest.

    Raises:
        BadFolder: The folder holds something else.
        BadManifest: A file holds other rows than its place says, or a task that Synth does not know.
        DiskError: The folder cannot be written.
    """
    mark = fingerprint(["refiltered", manifest.identity])
    _describe(manifest, out, mark)
    return sum(_Task(manifest, fetched, Layout(out), mark, name).fill() for name in sorted(manifest.tasks))


def _describe(manifest: Manifest, out: Path, mark: str) -> None:
    """Write corpus.yaml first, so that an interrupted call is known by it."""
    found = read_description(out)
    if not (found and found.get("fingerprint") == mark):
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise BadFolder(f"{out} holds something other than the rows of this {manifest.name}; give another --out")
        with disk_errors(out):
            out.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(_description(manifest, out, mark), allow_unicode=True, sort_keys=False, width=120)
        write_text(Layout(out).description, text)
    parent = out / f"{manifest.name}.yaml"  # `synth manifest verify` asks for it
    if not parent.is_file():
        write_manifest(parent, manifest)


def _description(manifest: Manifest, out: Path, mark: str) -> dict[str, Any]:
    plain = manifest.model_dump(mode="json")
    return {
        "format": 1,
        "name": out.resolve().name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "synth_version": manifest.synth.version,
        "synth_commit": manifest.synth.commit,
        "fingerprint": mark,
        # The further option keeps `synth generate` from adding to this folder rows that were cut otherwise.
        "config": {**plain["config"], "refiltered": manifest.location},
        "languages": [lang for lang in plain["languages"] if lang != "en"] or plain["languages"],
        "tasks": sorted(plain["tasks"]),
        "teacher": _flat(manifest.teacher),
        "sources": {name: _source(manifest, name) for name in sorted(manifest.tasks)},
        "parents": [{"name": manifest.name, "version": manifest.version, "identity": manifest.identity}],
    }


def _flat(model: Any) -> dict[str, Any]:
    """A record of the manifest as corpus.yaml has it: what is in `details` stands beside the rest."""
    value: dict[str, Any] = model.model_dump(mode="json", exclude_defaults=True)
    return {**value.pop("details", {}), **value}


def _source(manifest: Manifest, task: str) -> dict[str, Any]:
    record = manifest.tasks[task]
    source = _flat(record.source)
    source["parts"] = [_flat(part) for part in record.source.parts]
    return {**source, "sample": dict(record.sample), "sampled": record.sampled}


@dataclass(frozen=True, slots=True)
class _Task:
    """One task of the corpus on its way into the folder."""

    manifest: Manifest
    fetched: Path
    layout: Layout
    mark: str
    name: str

    def fill(self) -> int:
        """Write the task's parts, the English ones first; the number of rows."""
        if self.name not in TASKS:
            raise BadManifest(f"{self.manifest.name} has the task {self.name}, which Synth does not know; update Synth")
        configs = files_by_config(self.manifest)
        mine = [(split_config(name), paths) for name, paths in configs.items() if split_config(name)[0] == self.name]
        places: dict[str, int] = {}
        rows = 0
        for (_, lang, kind), paths in sorted(mine, key=lambda item: item[0][2] is not Kind.SOURCE):
            table = self._read(lang, kind, paths)
            sources: list[str] = table["synth_source_id"].to_pylist()
            numbers = _numbers(sources, places)
            if kind is Kind.SOURCE:
                places = dict(zip(sources, numbers, strict=True))
            self._write(lang, kind, table, numbers)
            rows += table.num_rows
        return rows

    def _read(self, lang: str, kind: Kind, paths: Sequence[str]) -> pa.Table:
        """All rows of a config, packed or not, with the columns that generation writes."""
        import pyarrow as pa

        from synth.corpus.rows import arrow_schema

        schema = arrow_schema(TASKS[self.name])
        batches: list[Any] = []
        for relative in paths:
            path = inside(self.fetched, relative)
            with open_part(path, self.manifest.files[relative], TASKS[self.name]) as file:
                batches += batches_of(file, path, schema.names)
        table = pa.Table.from_batches(batches) if batches else schema.empty_table()
        table = table.select(schema.names).replace_schema_metadata(schema.metadata).combine_chunks()
        try:
            table.validate(full=True)  # texts that are no UTF-8, in a corpus from someone else
        except pa.ArrowException as error:
            raise BadManifest(f"{paths[0]} or a sibling is damaged inside; ask whoever published it") from error
        split = self.manifest.tasks[self.name].split
        _check(table, {"task": self.name, "split": split, "lang": lang, "kind": kind.value}, paths[0])
        return table

    def _write(self, lang: str, kind: Kind, table: pa.Table, numbers: Sequence[int]) -> None:
        members: dict[int, list[int]] = {}
        for index, number in enumerate(numbers):
            members.setdefault(number, []).append(index)
        for number, indices in members.items():
            part = Part(self.name, lang, kind, number)
            if not is_whole(self.layout.part(part), read_marker(self.layout.part(part)), self.mark):
                _write_part(self.layout.part(part), part, table.take(indices), self.mark)


def _numbers(sources: Sequence[str], places: Mapping[str, int]) -> list[int]:
    """The part of each row: its English row's, else that of the row before; by count where no English row is there."""
    if not places:
        return [index // PART_ROWS for index in range(len(sources))]
    numbers, last = [], 0
    for source in sources:
        last = places.get(source, last)
        numbers.append(last)
    return numbers


def _check(table: pa.Table, wanted: Mapping[str, str], path: str) -> None:
    """Rows belong where their file lies, and none is there twice."""
    for name, value in wanted.items():
        other = set(table[f"synth_{name}"].unique().to_pylist()) - {value}
        if other:
            raise BadManifest(f"{path} holds rows whose {name} is not {value}; ask whoever published the corpus")
    if len(table["synth_id"].unique()) != table.num_rows or table["synth_source_id"].null_count:
        raise BadManifest(f"{path} and its siblings hold a row twice or without ids; ask whoever published the corpus")


def _write_part(path: Path, part: Part, table: pa.Table, mark: str) -> None:
    import pyarrow.parquet as pq

    write_atomic(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))
    rows = table.select(["synth_outcome", "synth_reason", "synth_rung"]).to_pylist()
    # The teacher was asked nothing for this folder: what the rows cost stands in the manifest of the parent.
    spent = {"requests": 0, "prompt_tokens": 0, "completion_tokens": 0, "seconds": 0.0}
    write_marker(path, make_marker(path, part, mark, rows, **spent))
