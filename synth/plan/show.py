"""A plan for people."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synth.languages import LANGUAGES

_COLUMNS = ("rows", "requests", "prompt_tokens", "completion_tokens")


def print_plan(plan: Mapping[str, Any]) -> None:
    """The table and what it rests on, to stderr (stdout belongs to --json)."""
    import sys

    from rich.console import Console

    console = Console(stderr=True, width=None if sys.stderr.isatty() else 120, highlight=False)
    console.print(_table(plan))
    console.print(_time(plan), soft_wrap=True)
    console.print(_disk(plan), soft_wrap=True, markup=False)
    console.print(f"tokens: {plan['tokens']}{_probe(plan)}", soft_wrap=True, markup=False)
    how = "every request of the run was gone through" if plan["exact"] else "from a sample of each family of tasks"
    console.print(f"requests: {how}; answers that have to be asked for again come on top", soft_wrap=True)
    console.print(f"written to {plan['corpus']}/plan.json; `synth status` shows it beside what is done", soft_wrap=True)


def _table(plan: Mapping[str, Any]) -> Any:
    from rich.table import Table

    table = Table(title=f"plan: {plan['config']['kind']} by {plan['teacher']}", title_justify="left")
    for name in ("language", *_COLUMNS, "tokens per English token"):
        table.add_column(name.replace("_", " "), justify="left" if name == "language" else "right")
    for lang, numbers in plan["languages"].items():
        cells = (f"{numbers[name]:,}" for name in _COLUMNS)
        table.add_row(f"{lang} {LANGUAGES[lang].name}", *cells, f"{numbers['tokens_per_english_token']:.2f}")
    table.add_section()
    table.add_row("all", *(f"{plan[name]:,}" for name in _COLUMNS), "")
    return table


def _time(plan: Mapping[str, Any]) -> str:
    if plan["seconds"] is None:
        return "hours: unknown; state generated tokens a second with --rate, or measure with --probe 8"
    told = "measured by the probe; a full run has more requests in flight and may be faster"
    how = told if plan["rate_from"] == "probe" else "as stated"
    return f"hours: {plan['seconds'] / 3600:.2f} at {plan['rate']:,.0f} generated tokens/s ({how})"


def _disk(plan: Mapping[str, Any]) -> str:
    free = shutil.disk_usage(Path(plan["corpus"])).free
    short = "" if free > plan["disk_bytes"] else ": NOT ENOUGH"
    return f"disk: {plan['disk_bytes'] / 1e6:,.1f} MB of {free / 1e6:,.0f} MB free{short}"


def _probe(plan: Mapping[str, Any]) -> str:
    probe = plan["probe"]
    if not probe:
        return ""
    factors = f"prompts times {probe['prompt_factor']}, answers times {probe['completion_factor']}"
    return f"; corrected by {probe['requests']} probe requests ({factors})"
