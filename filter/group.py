"""The parts of one (task, language, kind), which duplicates are looked for in together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from synth.corpus.ids import parse_row_id
from synth.corpus.layout import Layout, Part
from synth.corpus.markers import read_marker
from synth.filter.io import read_table
from synth.filter.score import STAGE as SCORED
from synth.outcomes import Kind, Outcome

GroupKey = tuple[str, str, Kind]


@dataclass(frozen=True, slots=True)
class Group:
    """Parts of one task, language and kind, in order."""

    root: Path
    parts: tuple[Part, ...]

    @property
    def layout(self) -> Layout:
        """Paths of the corpus."""
        return Layout(self.root)

    @property
    def key(self) -> GroupKey:
        """Task, language and kind."""
        first = self.parts[0]
        return first.task, first.lang, first.kind

    def file(self, name: str) -> Path:
        """A file about the whole group beside its scores."""
        first = self.parts[0]
        return self.layout.part(first, SCORED).with_name(f"{name}-{first.kind.value}.parquet")

    def hashes(self, stage: str) -> list[str]:
        """Hash of every part's file in a stage, from the markers."""
        markers = (read_marker(self.layout.part(part, stage)) for part in self.parts)
        return [marker.sha256 if marker else "" for marker in markers]

    def unusable_sources(self) -> set[str]:
        """Source ids of rows that generation did not keep."""
        found: set[str] = set()
        for part in self.parts:
            table = read_table(self.layout.part(part), only=("synth_id", "synth_outcome"))
            pairs = zip(table["synth_id"].to_pylist(), table["synth_outcome"].to_pylist(), strict=True)
            found.update(parse_row_id(row_id).source_id for row_id, outcome in pairs if outcome != Outcome.KEPT)
        return found


def groups_of(root: Path, parts: Iterable[Part]) -> list[Group]:
    """The groups of a corpus, in the order of their first parts."""
    found: dict[GroupKey, list[Part]] = defaultdict(list)
    for part in parts:
        found[part.task, part.lang, part.kind].append(part)
    return [Group(root, tuple(sorted(each, key=lambda part: part.number))) for each in found.values()]
