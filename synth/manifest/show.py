"""The manifest for people: a page of text for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from synth.manifest.fields import printable
from synth.manifest.models import Funnel, Manifest, SourcePart, TaskRecord, split_config
from synth.manifest.rates import kept_rate, language_rate, span_rate
from synth.outcomes import Kind

_PARTS_SHOWN = 5
_HEADER = ("config", "source", "generated", "failed", "rejected", "kept", "kept %", "span %", "lost most to")


def render(manifest: Manifest) -> str:
    """The whole page; safe to print whatever the manifest holds."""
    lines = [*_head(manifest), "", *_tasks(manifest), "", *_funnel(manifest), "", *_foot(manifest)]
    return "\n".join(printable(line) for line in lines) + "\n"


def _head(manifest: Manifest) -> Iterator[str]:
    commit = f" ({manifest.synth.commit[:12]})" if manifest.synth.commit else ""
    yield f"{manifest.name}, version {manifest.version}, {manifest.created:%Y-%m-%d %H:%M %Z}".rstrip()
    yield f"  made by    Synth {manifest.synth.version}{commit}: {manifest.command}"
    yield f"  lives at   {'the folder of this file' if manifest.location == '.' else manifest.location}"
    yield f"  stage      {manifest.stage}, {_filter(manifest)}"
    teacher = manifest.teacher
    revision = f" at {teacher.revision}" if teacher.revision else ""
    yield f"  teacher    {teacher.profile}: {teacher.model}{revision}, prompts {teacher.prompt or 'unknown'}"
    yield f"  its terms  {teacher.licence or 'unknown'}{'; non-commercial' if teacher.non_commercial else ''}"
    yield f"  identity   {manifest.identity}"
    for parent in manifest.parents:
        yield f"  parent     {parent.name}, version {parent.version} ({parent.identity[:12]})"


def _filter(manifest: Manifest) -> str:
    if manifest.filter is None:
        return "filtered in a way that is not recorded" if manifest.stage == "kept" else "not filtered"
    detectors = ", ".join(manifest.filter.detectors) or "none"
    return f"policy {manifest.filter.policy} ({manifest.filter.fingerprint[:12]}), detectors: {detectors}"


def _tasks(manifest: Manifest) -> Iterator[str]:
    yield "Tasks"
    for name, record in manifest.tasks.items():
        yield f"  {name}: {source_of(record)}; split {record.split}, {sample_of(record)}"
        marks = [word for word, holds in _marks(record) if holds]
        yield f"    licence {record.licence.id}{'; ' if marks else ''}{', '.join(marks)}"


def _marks(record: TaskRecord) -> tuple[tuple[str, bool], ...]:
    terms = record.licence
    return (
        ("NOT TO BE PASSED ON", not terms.redistribute),
        ("non-commercial", terms.non_commercial),
        ("share-alike", terms.share_alike),
    )


def source_of(record: TaskRecord) -> str:
    """Where the examples of a task came from, in one line; of local files the names alone, not where they lie."""
    parts = record.source.parts
    named = [f"{part.repository or _file_name(part) or part.kind}{_pinned(part)}" for part in parts[:_PARTS_SHOWN]]
    more = f" and {len(parts) - _PARTS_SHOWN} more" if len(parts) > _PARTS_SHOWN else ""
    return f"{record.source.kind}: {', '.join(named) or 'not recorded'}{more}"


def _file_name(part: SourcePart) -> str:
    return (part.path or "").replace("\\", "/").rpartition("/")[2]


def _pinned(part: SourcePart) -> str:
    pin = part.revision or part.sha256
    return f"@{pin[:12]}" if pin else ""


def sample_of(record: TaskRecord) -> str:
    """Which examples of a task were taken, in one line."""
    rule = ", ".join(f"{key} {value}" for key, value in record.sample.items() if value is not None)
    return f"{record.sampled:,} of {record.source.examples:,} examples{f' ({rule})' if rule else ''}"


def _funnel(manifest: Manifest) -> Iterator[str]:
    yield "Funnel"
    shown = [(name, entry) for name, entry in manifest.funnel.items() if split_config(name)[2] is not Kind.SOURCE]
    yield from table([_HEADER, *(_row(name, entry) for name, entry in shown)])


def _row(name: str, entry: Funnel) -> tuple[str, ...]:
    failed, rejected = sum(entry.failed.values()), sum(entry.rejected.values())
    shares = [f"{rate.share:.1%}" if rate.share is not None else "" for rate in (kept_rate(entry), span_rate(entry))]
    numbers = (entry.source, entry.generated, failed, rejected, entry.kept)
    return (name, *(f"{number:,}" for number in numbers), *shares, worst(entry))


def worst(entry: Funnel, most: int = 3) -> str:
    """The reasons that took most rows, as `language 12, numbers 3`."""
    losses = {key.value: count for group in (entry.failed, entry.rejected) for key, count in group.items() if count}
    ordered = sorted(losses.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count:,}" for name, count in ordered[:most])


def table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Rows in columns: the first and last to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        middle = (cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True))
        yield ("  " + "  ".join((row[0].ljust(widths[0]), *middle, row[-1]))).rstrip()


def _foot(manifest: Manifest) -> Iterator[str]:
    rows, size = sum(f.rows for f in manifest.files.values()), sum(f.bytes for f in manifest.files.values())
    tokens = sum(e.prompt_tokens + e.completion_tokens for e in manifest.funnel.values())
    seconds = sum(e.seconds for e in manifest.funnel.values())
    yield f"{len(manifest.files):,} files, {rows:,} rows, {size / 1e6:,.1f} MB; {tokens:,} tokens in {seconds:,.0f} s"


def summary(manifest: Manifest) -> Mapping[str, Any]:
    """The same as plain data, for `--json`."""
    funnel = {
        name: {
            **entry.model_dump(mode="json"),
            "kept_share": kept_rate(entry).share,
            "span_share": span_rate(entry).share,
            "language_share": language_rate(entry).share,
        }
        for name, entry in manifest.funnel.items()
    }
    return {**manifest.model_dump(mode="json", exclude={"files"}), "identity": manifest.identity, "funnel": funnel}
