"""Who pays for a request that several rows need: the first of them in the chunk's order, whenever its answer came.

Which row asks first depends on how fast the teacher answers, and whether it asks at all on what an earlier attempt left
in the journal. The files of a corpus must depend on neither: they are the same from any engine, after any interruption.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from synth.generate.asking import Asker, RowTrace


@dataclass(slots=True)
class Bill:
    """The traces of a chunk's rows. A row has two where it also pays for a step that is no row itself."""

    asker: Asker
    _traces: dict[str, list[RowTrace]] = field(default_factory=dict)

    def open(self, row_id: str) -> RowTrace:
        """A trace for (a step of) the row with this id."""
        trace = RowTrace(self.asker)
        self._traces.setdefault(row_id, []).append(trace)
        return trace

    def settle(self, rows: Iterable[dict[str, Any]], paid: Collection[str] = ()) -> None:
        """Write the token columns of finished rows, in their order; requests in `paid` are somebody else's."""
        seen = set(paid)
        for row in rows:
            answers = [answer for trace in self._traces.get(row["synth_id"], []) for answer in trace.answers]
            own = {answer.key: answer for answer in answers if answer.key not in seen}
            seen |= own.keys()
            row["synth_prompt_tokens"] = sum(answer.prompt_tokens for answer in own.values())
            row["synth_completion_tokens"] = sum(answer.completion_tokens for answer in own.values())
