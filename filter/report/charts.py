"""The drawings of the report: colours that colour-blind readers can tell apart, bars, and histograms as inline SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

# Anchors of the cividis colour map (Nunez, Anderton, Renslow 2018, PLoS ONE 13(7)), made for colour-vision deficiency:
# dark blue is little, yellow is much.
CIVIDIS = ((0, 34, 78), (50, 68, 109), (107, 109, 115), (165, 152, 112), (208, 190, 91), (254, 232, 56))
# Okabe and Ito 2008, "Color Universal Design": eight colours for categories.
CATEGORIES = ("#0072b2", "#e69f00", "#cc79a7", "#009e73", "#d55e00", "#56b4e9", "#f0e442", "#999999")


def heat(share: float) -> tuple[str, str]:
    """(background, text colour) for a share of rows that are kept, 0 to 1."""
    place = min(max(share, 0.0), 1.0) * (len(CIVIDIS) - 1)
    low = min(int(place), len(CIVIDIS) - 2)
    return _colours(CIVIDIS[low], CIVIDIS[low + 1], place - low)


def loss(share: float) -> tuple[str, str]:
    """(background, text colour) for a share of rows that are lost: pale is little, dark is much."""
    return _colours((238, 243, 248), CIVIDIS[0], min(max(share, 0.0), 1.0))


def _colours(start: tuple[int, int, int], end: tuple[int, int, int], part: float) -> tuple[str, str]:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(start, end, strict=True))
    # Relative luminance of sRGB, simplified (ITU-R BT.709 weights); dark cells get white text.
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return f"rgb({red},{green},{blue})", "#000" if light > 110 else "#fff"


def stacked(counts: Mapping[str, int], order: Sequence[str]) -> str:
    """A bar whose pieces are shares of the total, in a fixed order and colour; its numbers are in the title."""
    total = sum(counts.values())
    if not total:
        return '<div class="bar empty">no rows</div>'
    title = escape(", ".join(f"{name} {counts.get(name, 0):,}" for name in order), quote=True)
    widths = (100 * counts.get(name, 0) / total for name in order)
    pieces = "".join(
        f'<i style="width:{width:.2f}%;background:{CATEGORIES[place % len(CATEGORIES)]}"></i>'
        for place, width in enumerate(widths)
    )
    return f'<div class="bar" role="img" aria-label="{title}" title="{title}">{pieces}</div>'


def legend(order: Sequence[str]) -> str:
    """What the colours of `stacked` mean."""
    items = (
        f'<span><i style="background:{CATEGORIES[place % len(CATEGORIES)]}"></i>{escape(name)}</span>'
        for place, name in enumerate(order)
    )
    return f'<p class="legend">{"".join(items)}</p>'


def histogram(
    counts: Sequence[int], bins: Sequence[float], usual: float, accepted: tuple[float, float], label: str
) -> str:
    """A histogram with the language's usual value and the range around it that is accepted (for a long text).

    Args:
        counts: Rows by bin.
        bins: Lower ends of the bins, evenly spaced.
        usual: The median of the language's table.
        accepted: Lower and upper end of the accepted range.
        label: What the picture shows, for screen readers.
    """
    width, height, step = 240, 70, bins[1] - bins[0]
    scale = width / (step * len(bins))

    def across(value: float) -> float:
        return min(max((value - bins[0]) * scale, 0.0), float(width))

    most = max(*counts, 1)
    bars = "".join(
        f'<rect x="{across(low):.1f}" y="{height - height * count / most:.1f}" width="{step * scale - 0.6:.1f}" '
        f'height="{height * count / most:.1f}"/>'
        for low, count in zip(bins, counts, strict=True)
        if count
    )
    left, right = map(across, accepted)
    return (
        f'<svg viewBox="0 0 {width} {height + 12}" role="img" aria-label="{escape(label, quote=True)}">'
        f'<rect class="range" x="{left:.1f}" y="0" width="{right - left:.1f}" height="{height}"/>{bars}'
        f'<line x1="{across(usual):.1f}" x2="{across(usual):.1f}" y1="0" y2="{height}"/>'
        f'<text x="0" y="{height + 11}">{_ratio(bins[0])}</text>'
        f'<text x="{across(0.0):.1f}" y="{height + 11}" text-anchor="middle">×1</text>'
        f'<text x="{width}" y="{height + 11}" text-anchor="end">{_ratio(bins[-1])}</text></svg>'
    )


def _ratio(log: float) -> str:
    from math import exp

    return f"×{exp(log):.2g}"
