"""Finding the English row, and the row a paraphrase was made from, for the rows of a part.

Chunks are cut alike in all languages, so that the part with the same number nearly always holds them; only where it
does not are the other parts looked up, by a hash of each id. Nothing else is kept in memory but a few parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from synth.corpus.layout import Layout, Part
from synth.filter.io import NEEDED, read_table
from synth.outcomes import Kind, Outcome
from synth.tasks import get_task

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SOURCE_ID = "synth_source_id"
Rows = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Places:
    """In which part each source id is: twelve bytes a row."""

    parts: list[Part]
    hashes: npt.NDArray[np.uint64]  # sorted
    owners: npt.NDArray[np.int32]

    @classmethod
    def of(cls, parts: list[Part], ids: Iterable[Sequence[str]]) -> _Places:
        """From the ids of each part, a part at a time."""
        import numpy as np

        hashed = [_hashes(each) for each in ids]
        hashes = np.concatenate([np.zeros(0, np.uint64), *hashed])
        owners = np.repeat(np.arange(len(parts), dtype=np.int32), [len(each) for each in hashed])
        order = np.argsort(hashes, kind="stable")
        return cls(parts, hashes[order], owners[order])

    def holders(self, ids: Sequence[str]) -> list[Part]:
        """The parts that hold some of these ids, in order."""
        import numpy as np

        wanted = _hashes(ids)
        starts, ends = (np.searchsorted(self.hashes, wanted, side=side) for side in ("left", "right"))
        owners = {int(owner) for start, end in zip(starts, ends, strict=True) for owner in self.owners[start:end]}
        return [self.parts[owner] for owner in sorted(owners)]


def _hashes(ids: Sequence[str]) -> npt.NDArray[np.uint64]:
    import numpy as np

    digests = (hashlib.blake2b(str(each).encode("utf-8", "surrogatepass"), digest_size=8).digest() for each in ids)
    return np.frombuffer(b"".join(digests), np.uint64)


class Lookup:
    """Rows of other parts of the corpus by source id."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._parts = dict.fromkeys(layout.parts())
        self._read = lru_cache(maxsize=6)(self._read_part)
        self._places = lru_cache(maxsize=2)(self._read_places)

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
        for other in self._candidates(part, lang, kind, ids, found):
            rows = self._read(other)
            found.update(
                {source_id: rows[source_id] for source_id in ids if source_id in rows and source_id not in found}
            )
        return [found.get(source_id) for source_id in ids]

    def _candidates(self, part: Part, lang: str, kind: Kind, ids: Sequence[str], found: Rows) -> Iterator[Part]:
        """The part of that language and kind with the same number, then those that hold what is not found there."""
        same = Part(part.task, lang, kind, part.number)
        if same in self._parts:
            yield same
        missing = [source_id for source_id in ids if source_id not in found]
        if missing:
            yield from self._places(part.task, lang, kind).holders(missing)

    def _read_places(self, task: str, lang: str, kind: Kind) -> _Places:
        mine = [each for each in self._parts if (each.task, each.lang, each.kind) == (task, lang, kind)]
        ids = (read_table(self._layout.part(each), only=(SOURCE_ID,))[SOURCE_ID].to_pylist() for each in mine)
        return _Places.of(mine, ids)

    def _read_part(self, part: Part) -> Rows:
        only = (*get_task(part.task).column_names, *NEEDED)
        table = read_table(self._layout.part(part), needed=only, only=only)
        return {row["synth_source_id"]: row for row in table.to_pylist() if row["synth_outcome"] == Outcome.KEPT}
