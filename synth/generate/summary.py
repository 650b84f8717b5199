"""What came out of a run: counts by task and language from the markers, and a few rows to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synth.corpus.layout import Layout, Part
from synth.corpus.markers import Marker, read_marker
from synth.corpus.rows import read_rows
from synth.languages import LANGUAGES
from synth.outcomes import Kind, Outcome
from synth.tasks import TASKS, get_task
from synth.tasks.base import Policy, Shape

_SHOWN_LANGS = ("es", "ru", "hi", "zh", "ar", "sw", "th", "ka")  # several scripts, large and small languages
_SHOWN_ROWS = 6
_CLIP = 90


def summary(layout: Layout) -> dict[str, Any]:
    """Counts of a corpus: by task and language, by failure kind and reason, rungs, tokens."""
    by_cell: dict[str, dict[str, Counter[str]]] = {}
    rungs: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    by_task: Counter[str] = Counter()
    for part, marker in made_parts(layout):
        cell = by_cell.setdefault(part.task, {}).setdefault(part.lang, Counter())
        cell.update(marker.outcomes)
        rungs.update(marker.rungs)
        by_task[part.task] += marker.prompt_tokens + marker.completion_tokens
        totals.update(
            requests=marker.requests, prompt_tokens=marker.prompt_tokens, completion_tokens=marker.completion_tokens
        )
    cells = {task: {lang: dict(count) for lang, count in langs.items()} for task, langs in by_cell.items()}
    return {
        "corpus": str(layout.root),
        "outcomes": cells,
        "rungs": dict(rungs),
        "costs": dict(totals),
        "tokens_by_task": dict(by_task),
    }


def made_parts(layout: Layout) -> list[tuple[Part, Marker]]:
    """The parts that a teacher made (English source rows left out), with their markers."""
    found = []
    for part in layout.parts():
        marker = read_marker(layout.part(part))
        if marker and part.kind is not Kind.SOURCE:
            found.append((part, marker))
    return found


def print_summary(found: Mapping[str, Any], layout: Layout) -> None:
    """The table for people, some rows, and where everything lies (all to stderr: stdout belongs to --json)."""
    from rich.console import Console

    console = Console(stderr=True, width=None if _is_terminal() else 120, highlight=False)
    if not found["outcomes"]:
        console.print("no rows were made")
        return
    console.print(_table(found["outcomes"]))
    console.print(_reasons(found["outcomes"]))
    _print_rows(console, layout)
    _print_end(console, found, layout)


def _is_terminal() -> bool:
    import sys

    return sys.stderr.isatty()


def _table(outcomes: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Any:
    from rich.table import Table

    table = Table(title="kept of generated rows, by language and task", title_justify="left")
    tasks = [task for task in TASKS if task in outcomes]
    for name in ("language", *tasks, "failed"):
        table.add_column(name, justify="left" if name == "language" else "right", no_wrap=name == "language")
    langs = [lang for lang in LANGUAGES if any(lang in outcomes[task] for task in tasks)]
    for lang in langs:
        cells = [_cell(outcomes[task].get(lang, {})) for task in tasks]
        table.add_row(f"{lang} {LANGUAGES[lang].name}", *cells, _failed(outcomes, [lang]))
    sums = [_cell(_sum(outcomes[task].values())) for task in tasks]
    table.add_section()
    table.add_row("all", *sums, _failed(outcomes, langs))
    return table


def _cell(counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    return f"{counts.get(Outcome.KEPT, 0)}/{total}" if total else "-"


def _sum(many: Any) -> Counter[str]:
    total: Counter[str] = Counter()
    for counts in many:
        total.update(counts)
    return total


def _failed(outcomes: Mapping[str, Mapping[str, Mapping[str, int]]], langs: list[str]) -> str:
    """Failed rows by kind, the most frequent first: "3 repetition, 1 empty"."""
    total = _sum(outcomes[task].get(lang, {}) for task in outcomes for lang in langs)
    kinds = {name.partition(":")[2]: count for name, count in total.items() if name.startswith("failed:")}
    ordered = sorted(kinds.items(), key=lambda item: -item[1])
    return ", ".join(f"{count} {kind}" for kind, count in ordered) or "-"


def _reasons(outcomes: Mapping[str, Mapping[str, Mapping[str, int]]]) -> str:
    total = _sum(counts for langs in outcomes.values() for counts in langs.values())
    rows = sum(total.values())
    parts = [f"{count} {name}" for name, count in sorted(total.items(), key=lambda item: -item[1])]
    return f"{rows} rows: {', '.join(parts)}"


def _print_rows(console: Any, layout: Layout) -> None:
    console.print("\nsome kept rows (English, then what was made of it):")
    shown = 0
    for lang, task in zip(_SHOWN_LANGS * 2, [*TASKS, *TASKS], strict=False):
        shown += _print_row(console, layout, lang, task) if shown < _SHOWN_ROWS else 0


def _print_row(console: Any, layout: Layout, lang: str, task: str) -> int:
    for path in sorted((layout.root / "generated" / task / lang).glob("part-*.parquet")):
        for row in read_rows(path):
            if row["synth_outcome"] == Outcome.KEPT:
                source = _source_of(layout, path, row)
                console.print(f"  {row['synth_id']}", style="dim", markup=False)
                console.print(f"    {shown_text(task, source)}", markup=False)
                console.print(f"    {shown_text(task, row)}", markup=False)
                return 1
    return 0


def _source_of(layout: Layout, path: Path, row: Mapping[str, Any]) -> Mapping[str, Any]:
    folder = layout.root / "generated" / row["synth_task"] / "en"
    for source in sorted(folder.glob("part-*.parquet"), key=lambda other: other.name != path.name):
        for english in read_rows(source):
            if english["synth_source_id"] == row["synth_source_id"]:
                return english
    return {}


def shown_text(task_name: str, row: Mapping[str, Any]) -> str:
    """The texts of a row on one line, clipped."""
    task = get_task(task_name)
    if not row:
        return "(no source row)"
    if task.shape is Shape.TAGS:
        return _clip(" ".join(row["tokens"]))
    columns = task.columns_with(Policy.TRANSLATE, Policy.CHOICES)
    return " | ".join(_clip(_flat(row[column.name])) for column in columns)[: 3 * _CLIP]


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value["text"]
    return " / ".join(value) if isinstance(value, list) else str(value)


def _clip(text: str) -> str:
    return text if len(text) <= _CLIP else text[: _CLIP - 3] + "..."


def _print_end(console: Any, found: Mapping[str, Any], layout: Layout) -> None:
    costs = found["costs"]
    if found["rungs"]:
        console.print("answer spans by rung: " + ", ".join(f"{n} {rung}" for rung, n in sorted(found["rungs"].items())))
    tokens = f"{costs['prompt_tokens']} prompt and {costs['completion_tokens']} generated tokens"
    console.print(f"\n{costs['requests']} requests, {tokens}")
    console.print(f"rows:    {layout.root}/generated/TASK/LANG/part-*.parquet", markup=False, soft_wrap=True)
    console.print(f"asked:   {layout.description}", markup=False, soft_wrap=True)
    console.print(f"log:     {layout.logs}", markup=False, soft_wrap=True)
