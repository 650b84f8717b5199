"""Markdown tables of a card."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from synth.manifest.fields import printable
from synth.manifest.models import Funnel, Manifest, split_config
from synth.manifest.rates import Rate, add_up, kept_rate, language_rate, span_rate
from synth.outcomes import Kind
from synth.publish.licences import Terms

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|#~])")


def escaped(text: str) -> str:
    """Text that stays text inside Markdown: one line, no markup, no HTML."""
    return _MARKDOWN.sub(r"\\\1", " ".join(printable(text).split()))


def code(text: str | None) -> str:
    """Text as a Markdown code span; `not recorded` when there is none."""
    return f"`{' '.join(printable(text).replace('`', '').split())}`" if text else "not recorded"


def _made(manifest: Manifest) -> dict[str, Funnel]:
    return {name: entry for name, entry in manifest.funnel.items() if split_config(name)[2] is not Kind.SOURCE}


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """A Markdown table: the first column to the left, the others to the right."""
    yield "| " + " | ".join(header) + " |"
    yield "| --- |" + " ---: |" * (len(header) - 1)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def percent(rate: Rate) -> str:
    """A rate for a table cell; empty when nothing was measured."""
    return "" if rate.share is None else f"{100 * rate.share:.1f} %"


def funnel_table(manifest: Manifest) -> Iterator[str]:
    """One line a config: source, generated, failed, rejected, kept."""
    header = ("config", "source", "generated", "failed", "rejected", "kept", "kept of generated")
    yield from table(header, [_funnel_row(name, entry) for name, entry in _made(manifest).items()])


def _funnel_row(name: str, entry: Funnel) -> tuple[str, ...]:
    numbers = (entry.source, entry.generated, sum(entry.failed.values()), sum(entry.rejected.values()), entry.kept)
    return (f"`{name}`", *(f"{number:,}" for number in numbers), percent(kept_rate(entry)))


def language_table(manifest: Manifest) -> Iterator[str]:
    """One line a language, over all tasks: kept, right language, spans found, tokens and time a kept row."""
    by_lang: dict[str, list[Funnel]] = {}
    for name, entry in _made(manifest).items():
        by_lang.setdefault(split_config(name)[1], []).append(entry)
    header = ("language", "kept", "kept of generated", "right language", "spans found", "tokens a kept row")
    yield from table(header, [_language_row(lang, add_up(entries)) for lang, entries in sorted(by_lang.items())])


def _language_row(lang: str, entry: Funnel) -> tuple[str, ...]:
    tokens = (entry.prompt_tokens + entry.completion_tokens) / entry.kept if entry.kept else None
    rates = (kept_rate(entry), language_rate(entry), span_rate(entry))
    return (lang, f"{entry.kept:,}", *map(percent, rates), "" if tokens is None else f"{tokens:,.0f}")


def reasons_table(manifest: Manifest) -> Iterator[str]:
    """Rows lost over the whole corpus, by reason, most first."""
    losses: Counter[str] = Counter()
    for entry in _made(manifest).values():
        losses.update({f"failed: {key.value}": count for key, count in entry.failed.items()})
        losses.update({f"rejected: {key.value}": count for key, count in entry.rejected.items()})
    generated = sum(entry.generated for entry in _made(manifest).values())
    rows = [(name, f"{count:,}", percent(Rate(count, generated))) for name, count in losses.most_common() if count]
    yield from table(("reason", "rows", "of generated"), rows)


def licence_table(terms: Terms) -> Iterator[str]:
    """The terms of each task."""
    header = ("configs", "terms", "non-commercial", "share-alike")
    rows = []
    for task in terms.tasks:
        marks = (task.non_commercial or terms.teacher.non_commercial, task.share_alike)
        rows.append((f"`{task.task}.*`", escaped(task.licence), *("yes" if holds else "no" for holds in marks)))
    yield from table(header, rows)
