"""Puts `report.html` together: one file, no scripts, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from synth.corpus.files import read_json, write_text
from synth.errors import BadFolder
from synth.filter.funnel import Cell
from synth.filter.report import sections
from synth.filter.report.samples import samples
from synth.filter.run import SUMMARY

NAME = "report.html"


@dataclass(frozen=True, slots=True)
class Summary:
    """`filter.json`, read."""

    name: str
    cells: tuple[Cell, ...]
    policy: str
    fingerprint: str
    rules: dict[str, Any]
    text: str
    models: dict[str, Any]
    warnings: tuple[str, ...]
    agreement: dict[str, Any] | None = None


def read_summary(corpus: Path) -> Summary:
    """The summary of the last run.

    Raises:
        BadFolder: The corpus has not been filtered.
    """
    content = read_json(corpus / SUMMARY)
    if not isinstance(content, dict) or content.get("format") != 1:
        raise BadFolder(f"{corpus} has no whole {SUMMARY}; run `synth filter {corpus}` first")
    cells = tuple(Cell(**cell) for cell in content["cells"])
    policy = content["policy"]
    return Summary(
        corpus.resolve().name,
        cells,
        policy["name"],
        policy["fingerprint"],
        policy["rules"],
        content["policy_text"],
        content["models"],
        tuple(content["warnings"]),
        content.get("label_agreement"),
    )


def write_report(corpus: Path) -> Path:
    """Write `report.html` of a filtered corpus; returns its path.

    Raises:
        BadFolder: The corpus has not been filtered.
        DiskError: The file cannot be written.
    """
    summary = read_summary(corpus)
    path = corpus / NAME
    write_text(path, "\n".join(_page(corpus, summary)))
    return path


def _page(corpus: Path, summary: Summary) -> Iterator[str]:
    style = files("synth.filter").joinpath("report/style.css").read_text("utf-8")
    title = f"{escape(summary.name)}: filter report"
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title><style>{style}</style></head><body>"
    yield f"<h1>{title}</h1>"
    yield from sections.headline(summary.cells, summary.policy, summary.fingerprint, summary.warnings)
    yield from sections.funnel(summary.cells)
    yield from sections.reasons(summary.cells)
    yield from sections.languages(summary.cells)
    yield from sections.lengths(summary.cells, summary.rules)
    yield from sections.rungs(summary.cells)
    if summary.agreement:
        yield from sections.agreement(summary.agreement)
    yield from sections.rows(samples(corpus))
    yield from sections.thresholds(summary.text, summary.rules, summary.models)
    yield "</body></html>"
