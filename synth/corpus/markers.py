"""Markers: the small JSON file beside a part that makes the part exist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from synth.corpus.files import read_json, sha256_file, write_json
from synth.corpus.layout import Part, marker_of

VERSION = 1


@dataclass(frozen=True, slots=True)
class Marker:
    """What a finished part holds, and the fingerprint of what was asked."""

    fingerprint: str
    part: str
    task: str
    lang: str
    kind: str
    rows: int
    outcomes: dict[str, int]
    rungs: dict[str, int]
    requests: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    bytes: int
    sha256: str
    created: str
    redone: int = 0
    version: int = VERSION


def tally(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Rows by outcome: `kept`, `rejected:REASON`, `failed:KIND`."""
    names = (f"{row['synth_outcome']}:{row['synth_reason']}".rstrip(":") for row in rows)
    return dict(sorted(Counter(names).items()))


def make_marker(path: Path, part: Part, fingerprint: str, rows: Sequence[Mapping[str, Any]], **more: Any) -> Marker:
    """The marker of a part that has just been written to `path`."""
    rungs = Counter(row["synth_rung"] for row in rows if row["synth_rung"])
    return Marker(
        fingerprint=fingerprint,
        part=path.name,
        task=part.task,
        lang=part.lang,
        kind=part.kind.value,
        rows=len(rows),
        outcomes=tally(rows),
        rungs=dict(sorted(rungs.items())),
        bytes=path.stat().st_size,
        sha256=sha256_file(path),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        **more,
    )


def write_marker(path: Path, marker: Marker) -> None:
    """Write the marker of the part at `path`; the last act of a chunk."""
    write_json(marker_of(path), asdict(marker))


def read_marker(path: Path) -> Marker | None:
    """The marker of the part at `path`, or None when there is none that can be read."""
    value = read_json(marker_of(path))
    if not isinstance(value, dict) or value.get("version") != VERSION:
        return None
    try:
        return Marker(**value)
    except TypeError:
        return None


def is_whole(path: Path, marker: Marker | None, fingerprint: str) -> bool:
    """Whether the part at `path` is what its marker says, and what was asked for."""
    if marker is None or marker.fingerprint != fingerprint or not path.is_file():
        return False
    return path.stat().st_size == marker.bytes and sha256_file(path) == marker.sha256
