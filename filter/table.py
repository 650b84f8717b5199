"""The short table that `synth filter` prints, and the same as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from synth.filter.funnel import Cell, add, as_json
from synth.filter.policy import Policy
from synth.filter.run import FilterResult
from synth.outcomes import Kind

MANY = 12  # languages; above it the table shows tasks only, and the languages that lost most


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
    """One line a task (and language, where there are few): generated, usable, kept, the three main reasons."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{result.corpus.name}: filtered with policy {policy.name}", title_justify="left")
    for name in ("task", "kind", "language", "generated", "usable", "kept", "dropped for"):
        table.add_column(name, justify="right" if name in ("generated", "usable", "kept") else "left")
    for label, cells in _lines(result.cells):
        table.add_row(*label, *_numbers(cells))
    console = Console(file=sys.stderr)
    console.print(table)
    for warning in result.warnings:
        console.print(f"note: {warning}", markup=False)
    console.print(_last(result), markup=False)


def _lines(cells: Sequence[Cell]) -> Iterable[tuple[tuple[str, str, str], list[Cell]]]:
    few = len({cell.lang for cell in cells}) <= MANY
    for task in dict.fromkeys(cell.task for cell in cells):
        for kind in Kind:
            mine = [cell for cell in cells if (cell.task, cell.kind) == (task, kind)]
            if few:
                yield from (((task, kind, cell.lang), [cell]) for cell in mine)
            elif mine:
                yield (task, kind, f"{len(mine)} languages"), mine
                lost = sorted((cell for cell in mine if cell.share is not None), key=lambda cell: cell.share or 0.0)
                yield from (((task, kind, f"  {cell.lang}"), [cell]) for cell in lost[:3])


def _numbers(cells: list[Cell]) -> tuple[str, str, str, str]:
    usable, kept = sum(cell.usable for cell in cells), sum(cell.kept for cell in cells)
    reasons = list(add(cells, "dropped").items())[:3]
    share = f"{kept:,} ({kept / usable:.0%})" if usable else "0"
    why = ", ".join(f"{reason} {count:,}" for reason, count in reasons)
    return f"{sum(cell.generated for cell in cells):,}", f"{usable:,}", share, why


def _last(result: FilterResult) -> str:
    kept, usable = sum(cell.kept for cell in result.cells), sum(cell.usable for cell in result.cells)
    unjudged = add(result.cells, "answers").get("cannot_judge", 0)
    return (
        f"kept {kept:,} of {usable:,} usable rows; language of {unjudged:,} rows could not be judged; "
        f"scored {result.scored} parts, {result.reused} had their scores; {result.seconds:.1f} s"
    )
