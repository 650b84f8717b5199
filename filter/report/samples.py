"""Rows to show: twenty kept and twenty dropped a language, chosen by a hash of their ids, across reasons."""

from __future__ import annotations

import heapq
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.corpus.layout import Layout, Part
from synth.filter.io import read_table
from synth.filter.sources import Lookup
from synth.filter.text import row_text
from synth.outcomes import Kind
from synth.tasks import TASKS, get_task

SHOWN = 20
LONGEST = 700  # characters of a field that are shown

Pick = tuple[int, str, Part]  # negated hash, row id, part


@dataclass(frozen=True, slots=True)
class Sample:
    """One row for the page: texts of both sides by field, and how it ended."""

    row_id: str
    task: str
    kind: str
    lang: str
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    detail: str
    fields: tuple[tuple[str, str, str], ...]  # name, English, target


@dataclass(slots=True)
class _Chosen:
    """The rows with the smallest hashes, at most twenty; ids decide, so every run shows the same rows."""

    picks: list[Pick]

    def offer(self, row_id: str, part: Part) -> None:
        """Take the row if its hash is small enough."""
        pick = (-zlib.crc32(row_id.encode()), row_id, part)
        if len(self.picks) < SHOWN:
            heapq.heappush(self.picks, pick)
        elif pick > self.picks[0]:
            heapq.heapreplace(self.picks, pick)

    def ordered(self) -> list[Pick]:
        """Smallest hash first."""
        return sorted(self.picks, key=lambda pick: (-pick[0], pick[1]))


def samples(root: Path) -> dict[str, dict[str, list[Sample]]]:
    """By language: `kept` and `dropped` rows, texts cut to a readable length."""
    layout = Layout(root)
    lookup = Lookup(layout)
    chosen = {stage: _choose(layout, stage) for stage in ("kept", "dropped")}
    langs = sorted({lang for each in chosen.values() for lang in each})
    return {
        lang: {stage: list(_load(layout, lookup, stage, chosen[stage].get(lang, []))) for stage in chosen}
        for lang in langs
    }


def _choose(layout: Layout, stage: str) -> dict[str, list[Pick]]:
    """Picks by language; dropped rows come from the different reasons in turn."""
    by_reason: dict[str, dict[str, _Chosen]] = defaultdict(lambda: defaultdict(lambda: _Chosen([])))
    for part in layout.parts(stage):
        if part.kind is Kind.SOURCE or part.task not in TASKS:
            continue
        table = read_table(layout.part(part, stage), only=("synth_id", "synth_reason", "synth_raw"))
        for row in table.to_pylist():
            if not row["synth_raw"]:  # dropped by generation: there is no finished row to show
                by_reason[part.lang][row["synth_reason"]].offer(row["synth_id"], part)
    return {lang: _in_turn([each.ordered() for _, each in sorted(found.items())]) for lang, found in by_reason.items()}


def _in_turn(lists: list[list[Pick]]) -> list[Pick]:
    found: list[Pick] = []
    for place in range(SHOWN):
        found += [each[place] for each in lists if place < len(each)]
    return found[:SHOWN]


def _load(layout: Layout, lookup: Lookup, stage: str, picks: Iterable[Pick]) -> Iterator[Sample]:
    by_part: dict[Part, list[str]] = defaultdict(list)
    for _, row_id, part in picks:
        by_part[part].append(row_id)
    for part, ids in by_part.items():
        rows = {row["synth_id"]: row for row in read_table(layout.part(part, stage)).to_pylist()}
        mine = [rows[row_id] for row_id in ids]
        sources = lookup.sources(part, [row["synth_source_id"] for row in mine])
        yield from (_sample(part, row, source) for row, source in zip(mine, sources, strict=True))


def _sample(part: Part, row: dict[str, Any], source: dict[str, Any] | None) -> Sample:
    task = get_task(part.task)
    english = {field.name: field.text for field in row_text(task, source).fields}
    mine = {field.name: field.text for field in row_text(task, row).fields}
    names = list(dict.fromkeys([*english, *mine]))
    fields = tuple((name, _cut(english.get(name, "")), _cut(mine.get(name, ""))) for name in names)
    reasons = tuple(reason for reason in row["synth_reasons"] if reason)
    return Sample(
        row["synth_id"],
        part.task,
        part.kind,
        part.lang,
        reasons,
        tuple(row["synth_notes"]),
        row["synth_detail"] or "",
        fields,
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + " …"
