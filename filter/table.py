"""The short table that `synth filter` prints, and the same as JSON."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from synth.filter.decide import CONFLICT
from synth.filter.funnel import Cell, add, as_json
from synth.filter.policy import Policy
from synth.filter.run import FilterResult
from synth.outcomes import Kind

FEW = 20  # lines; with more (task, language) pairs the table has a line a task, and the languages that lost most
WORST = 5
WIDTH = 120  # columns where there is no terminal to ask


def totals(result: FilterResult, policy: Policy) -> dict[str, Any]:
    """The result as plain values."""
    cells = result.cells
    return {
        "corpus": str(result.corpus),
        "policy": policy.name,
        "policy_fingerprint": policy.fingerprint,
        "usable": sum(cell.usable for cell in cells),
        "kept": sum(cell.kept for cell in cells),
        "dropped": add(cells, "dropped"),
        "notes": add(cells, "notes"),
        "parts": {"scored": result.scored, "reused": result.reused, "decided": result.written},
        "seconds": round(result.seconds, 2),
        "warnings": list(result.warnings),
        "cells": as_json(cells),
    }


def print_table(result: FilterResult, policy: Policy) -> None:
    """One line a task (and language, where they are few): generated, usable, kept, the three main reasons."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{result.corpus.resolve().name}, policy {policy.name}", title_justify="left")
    for name in ("task", "kind", "language", "generated", "usable", "kept", "dropped for"):
        table.add_column(name, justify="right" if name in ("generated", "usable", "kept") else "left")
    for label, cells in _lines(result.cells):
        table.add_row(*label, *_numbers(cells))
    console = Console(stderr=True, width=None if sys.stderr.isatty() else WIDTH, highlight=False)
    console.print(table)
    for warning in result.warnings:
        console.print(f"note: {warning}", markup=False)
    console.print(_last(result), markup=False)


def print_agreement(found: Mapping[str, Any]) -> None:
    """One line a task, language and kind: how often the label survives, and how far the judge itself agrees."""
    for cell in (*found["pooled"], *found["cells"]):
        back, english = (interval(cell["agreement"][name]) for name in ("back", "english"))
        failed = f"; {cell['failed']} could not be translated back" if cell["failed"] else ""
        lang = "in all languages" if cell["lang"] == "all" else cell["lang"]
        where = f"{cell['task']} {lang} ({cell['kind']})"
        print(f"label agreement of {where}: {back}; of the English rows: {english}{failed}", file=sys.stderr)
    for why in found["left_out"].values():
        print(f"note: label agreement: {why}; left out", file=sys.stderr)


def interval(proportion: Mapping[str, Any]) -> str:
    """A share with its 95 % interval and the size of the sample, in percent."""
    count = proportion["count"]
    if not count:
        return "no rows"
    low, high = 100 * proportion["low"], 100 * proportion["high"]
    return f"{100 * proportion['hits'] / count:.0f} % ({low:.0f} to {high:.0f}, n = {count})"


def _lines(cells: Sequence[Cell]) -> Iterator[tuple[tuple[str, str, str], list[Cell]]]:
    if len(cells) <= FEW:
        yield from (((cell.task, cell.kind, cell.lang), [cell]) for cell in cells)
        return
    groups: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[cell.task, cell.kind].append(cell)
    yield from (((task, kind, _count(each)), each) for (task, kind), each in groups.items())
    for lang, each in _worst(cell for cell in cells if cell.kind != Kind.SOURCE):
        yield ("all tasks", "", lang), each


def _count(cells: list[Cell]) -> str:
    return cells[0].lang if len(cells) == 1 else f"{len(cells)} languages"


def _worst(cells: Iterable[Cell]) -> list[tuple[str, list[Cell]]]:
    """The languages of which the smallest share is kept."""
    by_lang: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_lang[cell.lang].append(cell)
    shares = {lang: sum(c.kept for c in each) / max(1, sum(c.usable for c in each)) for lang, each in by_lang.items()}
    return [(lang, by_lang[lang]) for lang in sorted(shares, key=lambda lang: (shares[lang], lang))[:WORST]]


def _numbers(cells: list[Cell]) -> tuple[str, str, str, str]:
    usable, kept = sum(cell.usable for cell in cells), sum(cell.kept for cell in cells)
    reasons = list(add(cells, "dropped").items())[:3]
    share = f"{kept:,} ({kept / usable:.0%})" if usable else "0"
    why = ", ".join(f"{reason} {count:,}" for reason, count in reasons)
    return f"{sum(cell.generated for cell in cells):,}", f"{usable:,}", share, why


def _last(result: FilterResult) -> str:
    kept, usable = sum(cell.kept for cell in result.cells), sum(cell.usable for cell in result.cells)
    unjudged = add(result.cells, "answers").get("cannot_judge", 0)
    alike = add(result.cells, "notes").get(CONFLICT, 0)
    conflicts = f"{alike:,} rows nearly repeat one of another label; " if alike else ""
    return (
        f"kept {kept:,} of {usable:,} usable rows; language of {unjudged:,} rows could not be judged; "
        f"{conflicts}scored {result.scored} parts, {result.reused} had their scores; {result.seconds:.1f} s"
    )
