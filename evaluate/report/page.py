"""Writes the report's three forms: `report.html` (one file, no script, nothing loaded), `report.md`, `report.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from html import escape
from importlib.resources import files
from pathlib import Path

from synth.corpus.files import write_text
from synth.evaluate.analysis import Analysis
from synth.evaluate.report import markdown, sections, words


def write_report(folder: Path, analysis: Analysis, title: str = "Intermediate training, zero-shot") -> tuple[Path, ...]:
    """Write all three files into a folder; returns their paths, HTML first.

    Raises:
        DiskError: A file cannot be written.
    """
    made = {
        "report.html": "\n".join(html(analysis, title)) + "\n",
        "report.md": "\n".join(markdown.lines(analysis, title)) + "\n",
        "report.json": json.dumps(as_json(analysis), ensure_ascii=False, indent=1, allow_nan=False) + "\n",
    }
    for name, text in made.items():
        write_text(folder / name, text)
    return tuple(folder / name for name in made)


def as_json(analysis: Analysis) -> dict[str, object]:
    """The analysis as plain values, and the sentences that the page begins with."""
    return {"format": 1, "answer": list(words.answer(analysis)), **asdict(analysis)}


def html(analysis: Analysis, title: str) -> Iterator[str]:
    """The page, piece by piece."""
    style = files("synth.evaluate").joinpath("report/style.css").read_text("utf-8")
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(title)}</title><style>{style}</style></head><body><h1>{escape(title)}</h1>"
    for section in (
        sections.answer,
        sections.scores,
        sections.differences,
        sections.languages,
        sections.groups,
        sections.corpus,
        sections.claims,
        sections.method,
    ):
        yield from section(analysis)
    yield "</body></html>"
