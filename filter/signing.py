"""Signatures of the rows of one part, made wherever a process is free, for the search over the whole group.

Cutting and hashing texts is most of the work of the search, and each row's part of it needs that row alone. A group of
many parts is therefore signed part by part (`SignJob`), on all cores or nodes. `SettleJob` reads the signatures from a
small file beside the scores and makes itself what it does not find there: who signed what has no influence on anything.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.corpus.files import fingerprint, write_atomic
from synth.corpus.layout import Layout, Part
from synth.corpus.markers import read_marker
from synth.filter.group import Group
from synth.filter.io import read_table
from synth.filter.part_texts import PartTexts, read_part_texts
from synth.filter.policy import DedupRules, Policy
from synth.filter.score import STAGE as SCORED
from synth.filter.verdicts import part_verdicts

if TYPE_CHECKING:
    from synth.filter.dedup import DedupConfig, SignedColumn

SIGN_FROM = 8  # parts (some 4,000 rows); a smaller group is signed by the process that settles it
SIGN_AT_ONCE = 2_000  # parts whose signatures lie on the disk at a time: 120 KB a column each, as a rule
_ENDING = ".signed.npz"


@dataclass(frozen=True, slots=True)
class SignJob:
    """Signs the rows of one part that the policy's checks let pass."""

    policy: Policy

    def __call__(self, item: tuple[Group, Part]) -> None:
        """Write the part's signatures."""
        group, part = item
        reasons = part_verdicts(group.layout, part, self.policy).reasons
        ids = scored_ids(group.layout, part) - reasons.keys()
        columns = _sign(read_part_texts(group.layout, part, ids), part, self.policy.dedup)
        _write(_path(group.layout, part), columns, _wanted(group.layout, part, ids, self.policy.dedup))


def scored_ids(layout: Layout, part: Part) -> set[str]:
    """`synth_id` of the rows of a part that generation kept."""
    return set(read_table(layout.part(part, SCORED), only=("synth_id",))["synth_id"].to_pylist())


def batches(groups: Sequence[Group]) -> Iterator[list[Group]]:
    """Groups in order, so many together that no more than `SIGN_AT_ONCE` parts (or one group) are signed ahead."""
    batch: list[Group] = []
    parts = 0
    for group in groups:
        if batch and parts + len(group.parts) > SIGN_AT_ONCE:
            yield batch
            batch, parts = [], 0
        batch.append(group)
        parts += len(group.parts)
    if batch:
        yield batch


def config_of(rules: DedupRules) -> DedupConfig:
    """The search that the policy asks for."""
    from synth.filter.dedup import DedupConfig

    return DedupConfig(threshold=rules.threshold)


def signed_part(
    layout: Layout, part: Part, ids: Collection[str], rules: DedupRules
) -> tuple[PartTexts, dict[str, SignedColumn]]:
    """The rows of a part and their signatures: those of `SignJob`, or made here."""
    rows = read_part_texts(layout, part, ids)
    found = _read(_path(layout, part), rows, _wanted(layout, part, ids, rules))
    return rows, found or _sign(rows, part, rules)


def forget_signatures(group: Group) -> None:
    """Remove the files of `SignJob`; they are of no use once the group is settled."""
    for part in group.parts:
        _path(group.layout, part).unlink(missing_ok=True)


def _path(layout: Layout, part: Part) -> Path:
    return layout.part(part, SCORED).with_suffix(_ENDING)


def _wanted(layout: Layout, part: Part, ids: Collection[str], rules: DedupRules) -> str:
    marker = read_marker(layout.part(part))
    return fingerprint([marker and marker.sha256, sorted(ids), rules.threshold])


def _sign(rows: PartTexts, part: Part, rules: DedupRules) -> dict[str, SignedColumn]:
    from synth.filter.dedup import sign

    config = config_of(rules)
    return {name: sign(texts, config, part.lang, number) for number, (name, texts) in enumerate(rows.texts.items())}


def _write(path: Path, columns: dict[str, SignedColumn], wanted: str) -> None:
    import numpy as np

    arrays: dict[str, Any] = {"wanted": np.array(wanted)}
    for name, column in columns.items():
        arrays |= {f"{name}/keys": column.keys, f"{name}/signed": column.signed}

    def save(temporary: Path) -> None:
        with temporary.open("wb") as stream:
            np.savez(stream, **arrays)

    write_atomic(path, save)


def _read(path: Path, rows: PartTexts, wanted: str) -> dict[str, SignedColumn]:
    """What `_write` wrote for exactly these rows; nothing where there is no such file, or it cannot be read."""
    import numpy as np

    from synth.filter.dedup import SignedColumn
    from synth.filter.dedup.rows import distinct

    try:
        with np.load(path, allow_pickle=False) as arrays:
            if str(arrays["wanted"]) != wanted:
                return {}
            columns = {name: distinct(texts) for name, texts in rows.texts.items()}
            return {
                name: SignedColumn(column.texts, column.index, arrays[f"{name}/keys"], arrays[f"{name}/signed"])
                for name, column in columns.items()
            }
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return {}
