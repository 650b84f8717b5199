"""The funnel: rows of each task, language and kind that were generated, usable, dropped (and why), and kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from synth.filter.decide import NOTES, REASONS
from synth.filter.group import Group
from synth.filter.io import read_table
from synth.filter.score import STAGE as SCORED
from synth.outcomes import Outcome

ENDS = ("synth_id", "synth_outcome", "synth_reason", "synth_rung", REASONS, NOTES)
SCORES = ("synth_id", "language_answer", "language_detected", "script_share", "length_log_ratio")
LENGTH_BINS = tuple(round(-2.0 + 0.1 * step, 1) for step in range(41))  # lower ends, of the natural log of the ratio


@dataclass(frozen=True, slots=True)
class Cell:
    """One (task, language, kind).

    Args:
        task, lang, kind: Which one.
        generated: Rows under `generated/`.
        usable: Those that generation kept: what the filter looks at.
        kept: Those that the filter kept.
        generation: The rest of `generated`, by `failed:KIND` and `rejected:REASON`.
        dropped: What the filter dropped, by main reason; `usable` is `kept` and the sum of these.
        reasons: The same rows by every reason that they have.
        notes: Kept and dropped rows by note (`language_unjudged`, `language_confusable`, `label_conflict`).
        answers: Usable rows by the answer of language identification.
        detected: Rows judged wrong, by the language that was seen.
        rungs: Usable rows by span rung.
        low_script: Usable rows with less than half of their letters in the language's scripts.
        lengths: Usable rows by log length ratio, in steps of `LENGTH_BINS`.
    """

    task: str
    lang: str
    kind: str
    generated: int = 0
    usable: int = 0
    kept: int = 0
    generation: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    detected: dict[str, int] = field(default_factory=dict)
    rungs: dict[str, int] = field(default_factory=dict)
    low_script: int = 0
    lengths: list[int] = field(default_factory=lambda: [0] * len(LENGTH_BINS))

    @property
    def share(self) -> float | None:
        """Share of the usable rows that the filter kept; None where there were none."""
        return self.kept / self.usable if self.usable else None


@dataclass(frozen=True, slots=True)
class CountJob:
    """Counts one group from the files of the stages, part by part."""

    def __call__(self, group: Group) -> Cell:
        """The group's cell."""
        tally = _Tally()
        for part in group.parts:
            layout = group.layout
            for stage in ("kept", "dropped"):
                tally.add_rows(read_table(layout.part(part, stage), only=ENDS).to_pylist())
            tally.add_scores(read_table(layout.part(part, SCORED), only=SCORES).to_pylist())
        return tally.cell(*group.key)


class _Tally:
    def __init__(self) -> None:
        self.ends: Counter[tuple[str, str]] = Counter()
        self.rungs: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.notes: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.detected: Counter[str] = Counter()
        self.lengths = [0] * len(LENGTH_BINS)
        self.low_script = self.usable = 0
        self.unusable: Counter[str] = Counter()
        self.rows: list[dict[str, Any]] = []

    def add_rows(self, rows: list[dict[str, Any]]) -> None:
        self.rows += rows

    def add_scores(self, rows: list[dict[str, Any]]) -> None:
        usable = {row["synth_id"] for row in rows}
        for row in self.rows:
            self._add_end(row, row["synth_id"] in usable)
        self.rows = []
        for row in rows:
            self._add_score(row)

    def _add_end(self, row: Mapping[str, Any], usable: bool) -> None:
        if not usable:
            self.unusable[f"{row['synth_outcome']}:{row['synth_reason']}"] += 1
            return
        self.ends[row["synth_outcome"], row["synth_reason"]] += 1
        self.reasons.update(row[REASONS])
        self.notes.update(row[NOTES])
        if row["synth_rung"]:
            self.rungs[row["synth_rung"]] += 1

    def _add_score(self, row: Mapping[str, Any]) -> None:
        self.usable += 1
        if row["language_answer"]:
            self.answers[row["language_answer"]] += 1
        if row["language_answer"] == "wrong":
            self.detected[row["language_detected"] or "unknown"] += 1
        self.low_script += row["script_share"] is not None and row["script_share"] < 0.5
        if row["length_log_ratio"] is not None:
            self.lengths[_bin(row["length_log_ratio"])] += 1

    def cell(self, task: str, lang: str, kind: str) -> Cell:
        kept = self.ends.pop((Outcome.KEPT.value, ""), 0)
        dropped = Counter({reason: count for (_, reason), count in self.ends.items()})
        return Cell(
            task, lang, str(kind), self.usable + self.unusable.total(), self.usable, kept, _sorted(self.unusable),
            _sorted(dropped), _sorted(self.reasons), _sorted(self.notes), _sorted(self.answers),
            _sorted(self.detected), _sorted(self.rungs), self.low_script, self.lengths,
        )  # fmt: skip


def _bin(ratio: float) -> int:
    return min(max(int((ratio - LENGTH_BINS[0]) / 0.1 + 1e-6), 0), len(LENGTH_BINS) - 1)


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def add(cells: Iterable[Cell], name: str) -> dict[str, int]:
    """The sum of one of the counters over cells, largest first."""
    total: Counter[str] = Counter()
    for cell in cells:
        total.update(getattr(cell, name))
    return _sorted(total)


def as_json(cells: Iterable[Cell]) -> list[dict[str, Any]]:
    """Cells as plain values."""
    return [asdict(cell) for cell in cells]
