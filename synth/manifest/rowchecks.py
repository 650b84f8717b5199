"""Checking the rows of data files: ids, provenance, outcomes, and the invariants of their task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.corpus.ids import RowId
from synth.errors import BadManifest
from synth.manifest.checks import Difference, at_most
from synth.manifest.models import Manifest, config_of, split_config
from synth.manifest.parquet import open_part, rows_of
from synth.outcomes import Kind, Outcome
from synth.tasks import TASKS
from synth.tasks.base import Task

# Above this many source rows, rows are not compared with their source: the English rows would not fit in memory.
COMPARED_ROWS = 250_000


@dataclass(slots=True)
class ConfigCheck:
    """Everything needed to check the rows of one config, and the sums over them."""

    name: str
    task: Task
    split: str
    only_kept: bool
    sources: Mapping[str, dict[str, Any]]
    seen: set[str] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)

    def check(self, row: Mapping[str, Any], where: str) -> Iterator[Difference]:
        """Everything that is wrong with one row."""
        row_id = str(row["synth_id"])
        self.outcomes[f"{row['synth_outcome']}:{row['synth_reason'] or ''}".rstrip(":")] += 1
        problems = [*self._identity(row, row_id), *self._content(row)]
        yield from (Difference(where, f"{row_id[:120]!a} {problem}") for problem in problems)

    def _identity(self, row: Mapping[str, Any], row_id: str) -> Iterator[str]:
        if row_id in self.seen:
            yield "appears twice"
        self.seen.add(row_id)
        task, lang, kind = split_config(self.name)
        parts = [row["synth_" + name] for name in ("task", "split", "source_id", "lang", "kind", "variant")]
        if None in parts or str(RowId(*parts)) != row_id:
            yield f"is not the id of its parts {parts!a}"
        if (parts[0], parts[1], parts[3], parts[4]) != (task, self.split, lang, kind.value):
            yield f"does not belong into {self.name}, split {self.split}"

    def _content(self, row: Mapping[str, Any]) -> Iterator[str]:
        if row["synth_outcome"] != Outcome.KEPT:
            if self.only_kept:
                yield f"is not kept but {row['synth_outcome']!a}"
            return
        values = {name: row[name] for name in self.task.column_names}
        broken = self.task.validate(values)
        source = self.sources.get(row["synth_source_id"])
        if not broken and source is not None:
            broken = self.task.compare(source, values)
        yield from (f"breaks {violation.reason}: {violation.detail[:200]}" for violation in broken)


def check_rows(
    manifest: Manifest, root: Path, sound: list[str], progress: Callable[[str], None] | None = None
) -> Iterator[Difference]:
    """Check the rows of the files whose bytes are right, config by config.

    Args:
        manifest: The manifest.
        root: The corpus folder.
        sound: Paths of the manifest whose size and hash are right.
        progress: Called with each file's path before it is read.
    """
    by_config: dict[str, list[str]] = {}
    for path in sorted(sound):
        by_config.setdefault(config_of(path), []).append(path)
    sources: dict[str, dict[str, dict[str, Any]]] = {}
    for name, paths in by_config.items():
        task, _, kind = split_config(name)
        if task not in TASKS:
            yield Difference(name, "belongs to no task that this version of Synth knows")
            continue
        if task not in sources:
            sources = {task: _source_rows(manifest, root, by_config.get(f"{task}.en", []))}
        known = {} if kind is Kind.SOURCE else sources[task]
        check = ConfigCheck(name, TASKS[task], manifest.tasks[task].split, manifest.stage == "kept", known)
        for path in paths:
            if progress:
                progress(path)
            yield from at_most(_check_file(manifest, root, path, check))
        yield from _check_counts(manifest, check, len(paths) == _listed(manifest, name))


def _listed(manifest: Manifest, config: str) -> int:
    return sum(1 for path in manifest.files if config_of(path) == config)


def _source_rows(manifest: Manifest, root: Path, paths: list[str]) -> dict[str, dict[str, Any]]:
    """English rows of a task by source id; empty when they are not there or too many."""
    if sum(manifest.files[path].rows for path in paths) > COMPARED_ROWS:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for path in paths:
        task = TASKS[path.split("/")[1]]
        columns = [*task.column_names, "synth_source_id", "synth_outcome"]
        try:
            with open_part(root / path, manifest.files[path], task) as file:
                for row in rows_of(file, root / path, columns):
                    if row.pop("synth_outcome") == Outcome.KEPT and not task.validate(row):
                        found[str(row.pop("synth_source_id"))] = row
        except BadManifest:
            return {}  # the check of that file reports it
    return found


def _check_file(manifest: Manifest, root: Path, path: str, check: ConfigCheck) -> Iterator[Difference]:
    try:
        with open_part(root / path, manifest.files[path], check.task) as file:
            for row in rows_of(file, root / path):
                yield from check.check(row, path)
    except BadManifest as error:
        yield Difference(path, str(error))


def _check_counts(manifest: Manifest, check: ConfigCheck, complete: bool) -> Iterator[Difference]:
    """Rows by outcome against the funnel, when every file of the config could be read."""
    entry = manifest.funnel[check.name]
    if complete and check.outcomes["kept"] != entry.kept:
        yield Difference(
            check.name, f"kept is {entry.kept:,} in the funnel and {check.outcomes['kept']:,} in the files"
        )
    elif complete and manifest.stage == "generated":
        named = {f"failed:{key.value}": count for key, count in entry.failed.items()}
        named |= {f"rejected:{key.value}": count for key, count in entry.rejected.items()}
        lost = {key: count for key, count in check.outcomes.items() if key != "kept"}
        if named != lost:
            yield Difference(check.name, f"losses are {named} in the funnel and {lost!a} in the files")
