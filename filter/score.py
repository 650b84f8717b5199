"""Stage 1: measure the rows of one part and write their columns to `scored/`; nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synth.corpus.files import fingerprint
from synth.corpus.layout import Layout, Part
from synth.corpus.markers import read_marker
from synth.errors import BadSource
from synth.filter.checks import all_checks
from synth.filter.checks.base import Batch, Columns
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
SCORE_VERSION = 1  # raise when rows are read or matched with their sources differently


@dataclass(frozen=True, slots=True)
class Scorer:
    """Everything that scoring a part needs; built once a worker."""

    layout: Layout
    lookup: Lookup
    tools: Tools
    identity: str

    def score(self, part: Part) -> bool:
        """Score one part unless that was done already; returns whether there was work.

        Raises:
            BadSource: The part cannot be read, or holds rows of another task.
        """
        wanted = self.fingerprint(part)
        target = self.layout.part(part, STAGE)
        if is_done(target, wanted):
            return False
        batch = self._batch(part)
        write_part(target, part, _table(batch), wanted, {})
        return True

    def fingerprint(self, part: Part) -> str:
        """Identity of a part's scores: its rows, the English rows, the checks' versions, the models."""
        marker = read_marker(self.layout.part(part))
        english = Part(part.task, "en", Kind.SOURCE, part.number)
        source = read_marker(self.layout.part(english))
        return fingerprint([self.identity, marker and marker.sha256, source and source.sha256])

    def _batch(self, part: Part) -> Batch:
        task = get_task(part.task)
        only = (*task.column_names, *NEEDED)
        table = read_table(self.layout.part(part), needed=only, only=only)
        rows = [row for row in table.to_pylist() if row["synth_outcome"] == Outcome.KEPT]
        _same_task(self.layout, part, rows)
        ids = [row["synth_source_id"] for row in rows]
        sources, bases = self.lookup.sources(part, ids), self.lookup.bases(part, ids)
        texts, source_texts, base_texts = ([row_text(task, row) for row in each] for each in (rows, sources, bases))
        return Batch(task, part.lang, part.kind, rows, sources, bases, texts, source_texts, base_texts, self.tools)


def score_identity(tools: Tools) -> str:
    """Hash of everything that makes scores: versions of all checks, versions and files of the models."""
    versions = {name: check.version for name, check in all_checks().items()}
    return fingerprint([SCORE_VERSION, versions, tools.identity])


def _same_task(layout: Layout, part: Part, rows: list[dict[str, Any]]) -> None:
    strange = next((row for row in rows if (row["synth_task"], row["synth_lang"]) != (part.task, part.lang)), None)
    if strange:
        raise BadSource(
            f"{layout.part(part)} holds the row {strange['synth_id']}, which belongs to another task or language; "
            "take the file out of this folder"
        )


def _table(batch: Batch) -> pa.Table:
    import pyarrow as pa

    columns: dict[str, pa.Array] = {"synth_id": pa.array([row["synth_id"] for row in batch.rows], pa.string())}
    for check in all_checks().values():
        scored: Columns = check.score(batch) if batch.kind in check.kinds else empty_columns(check, len(batch.rows))
        columns.update({name: pa.array(scored[name], arrow_type(kind)) for name, kind in check.columns.items()})
    return pa.table(columns)
