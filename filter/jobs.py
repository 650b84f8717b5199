"""The work of the stages as picklable values that any engine can run: score a part, settle a group, write a group.

Each job is idempotent: what is done and still true is found by its marker and not done again.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from synth.corpus.files import fingerprint
from synth.corpus.ids import parse_row_id
from synth.corpus.layout import Layout, Part
from synth.corpus.markers import read_marker
from synth.errors import BadFlag
from synth.filter.decide import split
from synth.filter.duplicates import Duplicates, find_in_group, read_duplicates
from synth.filter.group import Group
from synth.filter.io import is_done, read_table, write_part
from synth.filter.policy import Policy
from synth.filter.score import STAGE as SCORED
from synth.filter.score import Scorer, check_identities
from synth.filter.signing import forget_signatures, scored_ids
from synth.filter.sources import Lookup
from synth.filter.tools import ToolSettings, build_tools
from synth.filter.verdicts import part_verdicts

DECIDE_VERSION = 2


@dataclass(frozen=True, slots=True)
class ScoreJob:
    """Stage 1 for one part.

    Args:
        root: The corpus.
        settings: The models to use.
        run: Tells runs apart, so that a worker never uses another run's list of parts.
        identity: Fingerprint of `check_identities` in the run's own process: workers on other machines must have the
            same checks and models.
    """

    root: Path
    settings: ToolSettings
    run: str
    identity: str

    def __call__(self, part: Part) -> bool:
        """Score the part; False when that was done before."""
        return _scorer(self).score(part)


@lru_cache(maxsize=2)
def _scorer(job: ScoreJob) -> Scorer:
    layout = Layout(job.root)
    tools = build_tools(job.settings)
    checks = check_identities(tools)
    if fingerprint(checks) != job.identity:
        raise BadFlag(
            f"{socket.gethostname()} has other checks, language detectors or models than the machine that runs "
            "`synth filter`; install the same packages and model files on both"
        )
    return Scorer(layout, Lookup(layout), tools, checks)


@dataclass(frozen=True, slots=True)
class Settled:
    """What the other languages need to know of one group: source ids."""

    duplicates: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()  # for whatever reason; only where languages are to stay parallel


@dataclass(frozen=True, slots=True)
class SettleJob:
    """Stage 2 for one group: which rows the checks let pass, and which of those repeat another."""

    policy: Policy

    def __call__(self, group: Group) -> Settled:
        """Look for duplicates and keep them beside the scores."""
        survivors: list[set[str]] = []
        dropped: set[str] = set()
        for part in group.parts:
            reasons = part_verdicts(group.layout, part, self.policy).reasons
            survivors.append(scored_ids(group.layout, part) - reasons.keys())
            dropped.update(_source(row_id) for row_id in reasons)
        found = find_in_group(group, survivors, self.policy)
        forget_signatures(group)
        # A paraphrase that repeats another of the same source says nothing about the source.
        pairs = ((_source(row_id), _source(keeper)) for row_id, keeper in found.removed.items())
        duplicates = frozenset(gone for gone, kept in pairs if gone != kept)
        if not self.policy.siblings.keep_parallel:
            return Settled(duplicates)
        if self.policy.dedup.drops_own(group.key[1]):
            dropped |= duplicates
        return Settled(duplicates, frozenset(dropped | group.unusable_sources()))


def _source(row_id: str) -> str:
    return parse_row_id(row_id).source_id


@dataclass(frozen=True, slots=True)
class Siblings:
    """A group, and the source ids that leave it because of another language, each with the reason."""

    group: Group
    leave: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WriteJob:
    """Stage 3 for one group: `kept/` and `dropped/`."""

    policy: Policy

    def __call__(self, item: Siblings) -> int:
        """Decide and write the parts that are not written yet; returns how many were."""
        group = item.group
        found = read_duplicates(group) if self.policy.dedup.enabled else Duplicates()
        if not self.policy.dedup.drops_own(group.key[1]):
            found.removed.clear()
        pairs = [sorted(item.leave.items()), sorted(found.removed.items()), sorted(found.conflicts)]
        identity = [DECIDE_VERSION, self.policy.fingerprint, *pairs]
        written = 0
        for part in group.parts:
            scored = read_marker(group.layout.part(part, SCORED))
            wanted = fingerprint([*identity, scored and scored.fingerprint])
            stages = (group.layout.part(part, "kept"), group.layout.part(part, "dropped"))
            if not all(is_done(path, wanted) for path in stages):
                self._write(item, part, found, wanted)
                written += 1
        return written

    def _write(self, item: Siblings, part: Part, found: Duplicates, wanted: str) -> None:
        layout = item.group.layout
        verdicts = part_verdicts(layout, part, self.policy)
        decided = split(read_table(layout.part(part)), verdicts, found.removed, item.leave, found.conflicts)
        kept, dropped = decided.outcomes
        write_part(layout.part(part, "kept"), part, decided.kept, wanted, kept)
        write_part(layout.part(part, "dropped"), part, decided.dropped, wanted, dropped)
