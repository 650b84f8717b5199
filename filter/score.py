"""Stage 1: measure the rows of one part and write their columns to `scored/`; nothing is decided here.

The file notes what the columns of each check were made of. When a check or a model is new, only the columns that depend
on it are made again; the others are taken from the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.corpus.files import fingerprint
from synth.corpus.ids import parse_row_id
from synth.corpus.layout import Layout, Part
from synth.corpus.markers import read_marker
from synth.errors import BadSource
from synth.filter.checks import all_checks
from synth.filter.checks.base import Batch, Check, Columns
from synth.filter.columns import arrow_type, empty_columns
from synth.filter.io import NEEDED, is_done, read_table, write_part
from synth.filter.sources import Lookup
from synth.filter.text import row_text
from synth.filter.tools import Tools
from synth.outcomes import Kind, Outcome
from synth.tasks import get_task

if TYPE_CHECKING:
    import pyarrow as pa

STAGE = "scored"
NOTE = b"synth_scored"  # in the file's metadata: what its columns were made of
SCORE_VERSION = 1  # raise when rows are read or matched with their sources differently


@dataclass(frozen=True, slots=True)
class Scorer:
    """Everything that scoring a part needs; built once a worker."""

    layout: Layout
    lookup: Lookup
    tools: Tools
    checks: Mapping[str, str]

    def score(self, part: Part) -> bool:
        """Score one part unless that was done already; returns whether there was work.

        Raises:
            BadSource: The part cannot be read, or holds rows of another task.
        """
        rows = self._rows(part)
        wanted = fingerprint([rows, self.checks])
        target = self.layout.part(part, STAGE)
        if is_done(target, wanted):
            return False
        known = _known(target, rows, self.checks)
        table = _table(self._batch(part), known)
        made = {**(table.schema.metadata or {}), NOTE: json.dumps({"rows": rows, "checks": dict(self.checks)})}
        write_part(target, part, table.replace_schema_metadata(made), wanted, {})
        return True

    def _rows(self, part: Part) -> str:
        """Identity of what is scored: the rows, the English ones, and those that paraphrases were made from."""
        parts = [part, Part(part.task, "en", Kind.SOURCE, part.number)]
        if part.kind is Kind.PARAPHRASE and part.lang != "en":
            parts.append(Part(part.task, part.lang, Kind.TRANSLATION, part.number))
        markers = (read_marker(self.layout.part(each)) for each in parts)
        return fingerprint([SCORE_VERSION, *(marker and marker.sha256 for marker in markers)])

    def _batch(self, part: Part) -> Batch:
        task = get_task(part.task)
        only = (*task.column_names, *NEEDED)
        table = read_table(self.layout.part(part), needed=only, only=only)
        every = table.to_pylist()
        _check_rows(self.layout.part(part), part, every)
        rows = [row for row in every if row["synth_outcome"] == Outcome.KEPT]
        ids = [row["synth_source_id"] for row in rows]
        sources, bases = self.lookup.sources(part, ids), self.lookup.bases(part, ids)
        texts, source_texts, base_texts = ([row_text(task, row) for row in each] for each in (rows, sources, bases))
        return Batch(task, part.lang, part.kind, rows, sources, bases, texts, source_texts, base_texts, self.tools)


def check_identities(tools: Tools) -> dict[str, str]:
    """For each check a hash of everything that makes its columns: its version, its models' versions and files."""
    return {
        name: fingerprint([check.version, {tool: tools.identity.get(tool) for tool in check.tools}])
        for name, check in all_checks().items()
    }


def _check_rows(path: Path, part: Part, rows: list[dict[str, Any]]) -> None:
    """Rows are told apart by their ids, and belong where they lie.

    Raises:
        BadSource: They do not; the message names the first that is wrong.
    """
    seen: set[str] = set()
    for row in rows:
        row_id = row["synth_id"]
        if problem := _problem(row, part) or ("which is there twice" if row_id in seen else ""):
            raise BadSource(
                f"{path} holds the row {row_id}, {problem}; take the file out of here, or generate the part again"
            )
        seen.add(row_id)


def _problem(row: Mapping[str, Any], part: Part) -> str:
    if not isinstance(row["synth_source_id"], str):
        return "which has no synth_source_id"
    try:
        parse_row_id(str(row["synth_id"]))
    except ValueError:
        return "which is no synth_id"
    if (row["synth_task"], row["synth_lang"], row["synth_kind"]) != (part.task, part.lang, part.kind):
        return "which belongs to another task or language, or is of another kind"
    return "" if row["synth_outcome"] in set(Outcome) else f"whose synth_outcome is {row['synth_outcome']!r}"


def _known(path: Path, rows: str, checks: Mapping[str, str]) -> dict[str, pa.ChunkedArray]:
    """The columns in a file of scores that are still true, by name."""
    if not path.is_file():
        return {}
    try:
        table = read_table(path)
        note = json.loads((table.schema.metadata or {}).get(NOTE, b"{}"))
    except (BadSource, ValueError):
        return {}  # whatever it was: it is scored anew
    if note.get("rows") != rows:
        return {}
    same = [check for name, check in all_checks().items() if note["checks"].get(name) == checks[name]]
    return {column: table[column] for check in same for column in check.columns if column in table.column_names}


def _table(batch: Batch, known: Mapping[str, pa.ChunkedArray]) -> pa.Table:
    import pyarrow as pa

    columns: dict[str, Any] = {"synth_id": pa.array([row["synth_id"] for row in batch.rows], pa.string())}
    for check in all_checks().values():
        if known.keys() >= check.columns.keys():
            columns.update({name: known[name].combine_chunks() for name in check.columns})
            continue
        scored = _scored(check, batch)
        columns.update({name: pa.array(scored[name], arrow_type(kind)) for name, kind in check.columns.items()})
    return pa.table(columns)


def _scored(check: Check, batch: Batch) -> Columns:
    if batch.kind not in check.kinds:
        return empty_columns(check, len(batch.rows))
    return check.score(replace(batch, tools=batch.tools.only(check.tools)))
