"""Finding the English row, and the row a paraphrase was made from, for the rows of a part.

Chunks are cut alike in all languages, so that the part with the same number nearly always holds them; only where it
does not are the other parts searched, by their id column. Nothing is kept in memory but a few parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from synth.corpus.layout import Layout, Part
from synth.filter.io import NEEDED, read_table
from synth.outcomes import Kind, Outcome
from synth.tasks import get_task

Rows = dict[str, dict[str, Any]]


class Lookup:
    """Rows of other parts of the corpus by source id."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._parts = list(layout.parts())
        self._read = lru_cache(maxsize=6)(self._read_part)

    def sources(self, part: Part, ids: Sequence[str]) -> list[dict[str, Any] | None]:
        """The English source row of each id."""
        return self._find(part, "en", Kind.SOURCE, ids)

    def bases(self, part: Part, ids: Sequence[str]) -> list[dict[str, Any] | None]:
        """What a paraphrase was made from: the translation where there is one, else the English row."""
        english = self.sources(part, ids)
        if part.kind is not Kind.PARAPHRASE or part.lang == "en":
            return english
        translations = self._find(part, part.lang, Kind.TRANSLATION, ids)
        return [mine or theirs for mine, theirs in zip(translations, english, strict=True)]

    def _find(self, part: Part, lang: str, kind: Kind, ids: Sequence[str]) -> list[dict[str, Any] | None]:
        found: Rows = {}
        for other in self._candidates(part, lang, kind):
            missing = [source_id for source_id in ids if source_id not in found]
            if not missing:
                break
            rows = self._read(other)
            found.update({source_id: rows[source_id] for source_id in missing if source_id in rows})
        return [found.get(source_id) for source_id in ids]

    def _candidates(self, part: Part, lang: str, kind: Kind) -> Iterator[Part]:
        """Parts of that language and kind, the one with the same number first."""
        mine = [p for p in self._parts if (p.task, p.lang, p.kind) == (part.task, lang, kind)]
        return iter(sorted(mine, key=lambda other: (abs(other.number - part.number), other.number)))

    def _read_part(self, part: Part) -> Rows:
        only = (*get_task(part.task).column_names, *NEEDED)
        table = read_table(self._layout.part(part), needed=only, only=only)
        return {row["synth_source_id"]: row for row in table.to_pylist() if row["synth_outcome"] == Outcome.KEPT}
