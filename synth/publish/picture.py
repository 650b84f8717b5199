"""The picture of a card: the share of rows kept, by language and task, as SVG (no library, no fonts to embed)."""

from __future__ import annotations

from collections.abc import Iterator

from synth.manifest.models import Funnel, Manifest, split_config
from synth.manifest.rates import kept_rate
from synth.outcomes import Kind

_CELL_WIDTH, _CELL_HEIGHT, _LEFT, _TOP = 112, 22, 64, 64
# White to a blue that still carries white text; readable without colour because every cell has its number.
_PALE, _DEEP = (247, 251, 255), (8, 69, 148)
_DARK_FROM = 0.55
_FONT = "font-family='system-ui, sans-serif' font-size='12'"


def kept_share_svg(manifest: Manifest) -> str:
    """An SVG table with languages as rows and tasks (and kinds) as columns."""
    shown = {name: entry for name, entry in manifest.funnel.items() if split_config(name)[2] is not Kind.SOURCE}
    columns = sorted({_column(name) for name in shown})
    langs = sorted({split_config(name)[1] for name in shown})
    width, height = _LEFT + _CELL_WIDTH * len(columns) + 8, _TOP + _CELL_HEIGHT * len(langs) + 8
    cells = [_cell(name, entry, columns, langs) for name, entry in shown.items()]
    lines = [*_frame(manifest.name, width, height), *_labels(columns, langs), *cells, "</svg>"]
    return "\n".join(lines) + "\n"


def _column(name: str) -> str:
    task, _, kind = split_config(name)
    return f"{task} (p)" if kind is Kind.PARAPHRASE else task


def _frame(name: str, width: int, height: int) -> Iterator[str]:
    yield (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' "
        f"viewBox='0 0 {width} {height}' role='img' {_FONT}>"
    )
    yield f"<title>Share of generated rows that were kept in {name}</title>"
    yield "<rect width='100%' height='100%' fill='white'/>"
    yield f"<text x='8' y='20' font-weight='bold'>{name}: kept of generated rows, in % ((p): paraphrases)</text>"


def _labels(columns: list[str], langs: list[str]) -> Iterator[str]:
    for index, column in enumerate(columns):
        x = _LEFT + _CELL_WIDTH * index + _CELL_WIDTH // 2
        yield f"<text x='{x}' y='{_TOP - 8}' text-anchor='middle' font-size='10'>{column}</text>"
    for index, lang in enumerate(langs):
        yield f"<text x='{_LEFT - 8}' y='{_TOP + _CELL_HEIGHT * index + 15}' text-anchor='end'>{lang}</text>"


def _cell(name: str, entry: Funnel, columns: list[str], langs: list[str]) -> str:
    share = kept_rate(entry).share
    x = _LEFT + _CELL_WIDTH * columns.index(_column(name))
    y = _TOP + _CELL_HEIGHT * langs.index(split_config(name)[1])
    ink = "white" if share is not None and share > _DARK_FROM else "black"
    text = "–" if share is None else f"{100 * share:.1f}"  # an en dash for "nothing to say"
    return (
        f"<rect x='{x}' y='{y}' width='{_CELL_WIDTH - 1}' height='{_CELL_HEIGHT - 1}' fill='{_colour(share)}'/>"
        f"<text x='{x + _CELL_WIDTH // 2}' y='{y + 15}' text-anchor='middle' fill='{ink}'>{text}</text>"
    )


def _colour(share: float | None) -> str:
    if share is None:
        return "#eeeeee"
    mixed = (round(pale + (deep - pale) * share) for pale, deep in zip(_PALE, _DEEP, strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)
