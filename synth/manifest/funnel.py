"""The funnel of a corpus, added up from the markers of its parts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from synth.corpus.files import read_json
from synth.corpus.layout import Layout, Part, marker_of
from synth.corpus.markers import Marker
from synth.errors import BadFolder, CheckFailed
from synth.manifest.describe import language_answers
from synth.manifest.models import Funnel
from synth.outcomes import Failure, Kind, Reason

_MARKER_BYTES = 1 << 20
_MARKER: TypeAdapter[Marker] = TypeAdapter(Marker)


def checked_marker(path: Path) -> Marker:
    """The marker of the part at `path`, with every value of its type.

    Raises:
        BadFolder: There is none that can be used.
    """
    marker = marker_of(path)
    hint = "delete the part and run `synth generate` (or `synth filter`) again"
    if marker.is_symlink() or not marker.is_file() or marker.stat().st_size > _MARKER_BYTES:
        raise BadFolder(f"{marker} is no marker; {hint}")
    try:
        return _MARKER.validate_python(read_json(marker), strict=False)
    except ValidationError as error:
        raise BadFolder(f"{marker} is not a whole marker ({error.error_count()} wrong values); {hint}") from error


def config_name(part: Part) -> str:
    """Name of the config that a part belongs to."""
    return f"{part.task}.{part.lang}" + (".paraphrase" if part.kind is Kind.PARAPHRASE else "")


@dataclass(slots=True)
class Tally:
    """Sums over the markers of one config in one stage."""

    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    rungs: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0

    def add(self, marker: Marker) -> None:
        """Count one part."""
        self.rows += marker.rows
        self.outcomes.update(marker.outcomes)
        self.rungs.update(marker.rungs)
        self.requests += marker.requests
        self.prompt_tokens += marker.prompt_tokens
        self.completion_tokens += marker.completion_tokens
        self.seconds += marker.seconds

    @property
    def kept(self) -> int:
        """Rows with the outcome `kept`."""
        return self.outcomes["kept"]

    @property
    def lost(self) -> Counter[str]:
        """Rows by `failed:KIND` and `rejected:REASON`."""
        return Counter({name: count for name, count in self.outcomes.items() if name != "kept" and count})


def tallies(corpus: Path, stage: str) -> dict[str, Tally]:
    """Sums by config over the finished parts of a stage."""
    layout = Layout(corpus)
    found: dict[str, Tally] = defaultdict(Tally)
    for part in layout.parts(stage):
        found[config_name(part)].add(checked_marker(layout.part(part, stage)))
    return dict(found)


def build_funnel(corpus: Path, fallback: dict[str, int]) -> dict[str, Funnel]:
    """The funnel by config.

    Args:
        corpus: The corpus folder; filtered when it has a folder `kept`.
        fallback: English examples by task, for corpora without their source rows.

    Raises:
        CheckFailed: The stages do not add up.
    """
    generated = tallies(corpus, "generated")
    filtered = (corpus / "kept").is_dir()
    kept, dropped = (tallies(corpus, stage) if filtered else {} for stage in ("kept", "dropped"))
    answers = language_answers(corpus) if filtered else {}
    funnel = {}
    for name, tally in sorted(generated.items()):
        task = name.partition(".")[0]
        english = generated.get(f"{task}.en")
        source = english.rows if english else fallback.get(task, 0)
        if filtered and (name in kept or name in dropped):
            survivors, lost = _after_filter(name, tally, kept.get(name, Tally()), dropped.get(name, Tally()))
        else:
            survivors, lost = tally.kept, tally.lost
        funnel[name] = _funnel(source, tally, survivors, lost, answers.get(name, {}))
    return funnel


def _after_filter(name: str, before: Tally, kept: Tally, dropped: Tally) -> tuple[int, Counter[str]]:
    """Kept rows and losses. `dropped/` may hold all that was lost, or only what the filter itself took out."""
    if kept.rows + dropped.rows == before.rows:
        return kept.rows, dropped.lost
    if kept.rows + dropped.rows == before.kept:
        return kept.rows, before.lost + dropped.lost
    raise CheckFailed(
        f"{name}: {before.rows} rows generated ({before.kept} of them kept), but {kept.rows} in kept/ and "
        f"{dropped.rows} in dropped/; run `synth filter` on the corpus again"
    )


def _funnel(source: int, tally: Tally, kept: int, lost: Counter[str], answers: dict[str, int]) -> Funnel:
    return Funnel(
        source=source,
        generated=tally.rows,
        failed={Failure(key): count for key, count in _of("failed", lost)},
        rejected={Reason(key): count for key, count in _of("rejected", lost)},
        kept=kept,
        rungs=dict(sorted(tally.rungs.items())),
        language=dict(sorted(answers.items())),
        requests=tally.requests,
        prompt_tokens=tally.prompt_tokens,
        completion_tokens=tally.completion_tokens,
        seconds=round(tally.seconds, 3),
    )


def _of(outcome: str, lost: Counter[str]) -> Iterable[tuple[str, int]]:
    for name, count in sorted(lost.items()):
        state, _, why = name.partition(":")
        closed: dict[str, Any] = {"failed": Failure, "rejected": Reason}
        if state not in closed or why not in set(closed[state]):
            raise BadFolder(f"a marker counts the outcome {name!a}, which Synth does not know; update Synth")
        if state == outcome:
            yield why, count
