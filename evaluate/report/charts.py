"""Drawings as inline SVG: differences with their intervals (forest plots).

Blue and vermilion are Okabe and Ito's (2008), told apart in all common forms of colour blindness; a filled or an open
mark says the same as the colour, so that nothing rests on colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor
from typing import Final

BLUE: Final = "#0072b2"
VERMILION: Final = "#d55e00"
GREY: Final = "#68707a"
ORANGE: Final = "#e69f00"
PALE: Final = "#c9ced4"

_WIDTH: Final = 360  # of the drawing's own units: about a phone's width, so that letters keep their size there
_LABEL: Final = 146
_VALUE: Final = 44
_ROW: Final = 20
_TOP: Final = 8


@dataclass(frozen=True, slots=True)
class Mark:
    """One row of a forest plot. `lang` is the label's language for the browser; `faint` marks small sets."""

    label: str
    value: float
    low: float
    high: float
    lang: str = "en"
    faint: bool = False
    tip: str = ""


def forest(marks: Sequence[Mark], label: str) -> str:
    """A forest plot: a mark and its interval a row, zero as a line, the number at the right."""
    if not marks:
        return "<p>Nothing to draw.</p>"
    low = min(0.0, *(mark.low for mark in marks))
    high = max(0.0, *(mark.high for mark in marks))
    low, high = floor(low), max(ceil(high), floor(low) + 1)
    height = _TOP + _ROW * len(marks) + 22
    rows = "".join(_row(mark, place, low, high) for place, mark in enumerate(marks))
    bottom = _TOP + _ROW * len(marks)
    zero = _across(0, low, high)
    return (
        f'<svg class="forest" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(label, quote=True)}">'
        f'<line class="zero" x1="{zero:.1f}" x2="{zero:.1f}" y1="{_TOP}" y2="{bottom}"/>{rows}'
        f"{_ticks(low, high, bottom)}</svg>"
    )


def _across(value: float, low: float, high: float) -> float:
    return _LABEL + (value - low) / (high - low) * (_WIDTH - _LABEL - _VALUE)


def _ticks(low: float, high: float, bottom: float) -> str:
    near = (high - low) / 8  # closer to zero's tick than this, the numbers would run into each other
    shown = [0.0, *(value for value in (low, high) if abs(value) > near)]
    return "".join(
        f'<text x="{_across(value, low, high):.1f}" y="{bottom + 14}" text-anchor="middle">{_tick(value)}</text>'
        for value in shown
    )


def _tick(value: float) -> str:
    return f"{value:+g}" if value else "0"


def _row(mark: Mark, place: int, low: float, high: float) -> str:
    y = _TOP + _ROW * place + _ROW / 2
    sure = mark.low > 0 or mark.high < 0
    colour = (BLUE if mark.value > 0 else VERMILION) if sure else GREY
    fill = colour if sure else "#fff"
    x, start, end = (_across(value, low, high) for value in (mark.value, mark.low, mark.high))
    tip = mark.tip or f"{mark.label}: {mark.value:+.1f}, {mark.low:+.1f} to {mark.high:+.1f}"
    faint = ' opacity=".55"' if mark.faint else ""
    return (
        f"<g{faint}><title>{escape(tip)}</title>"
        f'<text class="label" x="{_LABEL - 6}" y="{y + 4:.1f}" text-anchor="end" '
        f'lang="{escape(mark.lang, quote=True)}">'
        f"{escape(mark.label)}</text>"
        f'<line x1="{start:.1f}" x2="{end:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{colour}"/>'
        f'<text class="value" x="{_WIDTH}" y="{y + 4:.1f}" text-anchor="end">{mark.value:+.1f}</text></g>'
    )


def legend() -> str:
    """What the colours of `share_bar` mean, in words beside them."""
    parts = ((BLUE, "kept"), (ORANGE, "generated and dropped"), (PALE, "without an answer"))
    return ", ".join(f'<i class="key" style="background:{colour}"></i> {name}' for colour, name in parts)


def share_bar(kept: int, lost: int, never: int) -> str:
    """What became of rows: kept, generated and lost, never generated; the numbers are in the title."""
    total = kept + lost + never
    if not total:
        return ""
    text = f"{kept:,} kept, {lost:,} generated and dropped, {never:,} without an answer"
    parts = ((kept, BLUE), (lost, ORANGE), (never, PALE))
    pieces = "".join(f'<i style="width:{100 * n / total:.2f}%;background:{colour}"></i>' for n, colour in parts)
    return f'<div class="bar" role="img" aria-label="{text}" title="{text}">{pieces}</div>'
