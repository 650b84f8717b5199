"""Length of a translation against its source, in code points, judged by what is usual for the language.

The table `filter/data/length_ratio.yaml` is fitted by `bench/fit_length_ratio.py`: log(target / source) has a median
per language and a spread that shrinks with the length of the source. The score is the distance from the median in
spreads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from synth.filter.checks.base import Batch, Check, Columns, ColumnType, Marks, Scored, Thresholds, above, below
from synth.filter.text import RowText
from synth.outcomes import Reason


class LengthThresholds(Thresholds):
    """How far from the usual length a translation may be, in spreads of its language."""

    max_z: float = 5.0
    min_z: float = -5.0


def score(batch: Batch) -> Columns:
    """Log ratio and its distance from the language's median, of the pooled text."""
    pairs = zip(batch.texts, batch.source_texts, strict=True)
    table = length_table()
    scores = [length_score(_letters(source), _letters(text), batch.lang, table) for text, source in pairs]
    return {"length_log_ratio": [ratio for ratio, _ in scores], "length_z": [z for _, z in scores]}


def _letters(text: RowText) -> int:
    return sum(len(field.text) for field in text.fields)


def length_score(source: int, target: int, lang: str, table: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """(log ratio, distance from the language's median in spreads); None where a side is empty."""
    if not source or not target:
        return None, None
    ratio = math.log(target / source)
    usual = table["languages"].get(lang, {"median": 0.0, "spread": 1.0})
    spread = usual["spread"] * math.sqrt(table["base"] ** 2 + table["short"] ** 2 / source)
    return ratio, (ratio - usual["median"]) / spread


@cache
def length_table(name: str = "length_ratio") -> dict[str, Any]:
    """A fitted table: `base`, `short`, and per language `median`, `spread` and `n`."""
    import yaml

    table: dict[str, Any] = yaml.safe_load(files("synth.filter").joinpath(f"data/{name}.yaml").read_text("utf-8"))
    return table


def decide(columns: Scored, thresholds: LengthThresholds) -> Marks:
    """Too long or too short for the language."""
    far = above(columns["length_z"], thresholds.max_z) | below(columns["length_z"], thresholds.min_z)
    return Marks({Reason.LENGTH_RATIO: far})


CHECK = Check(
    name="length",
    version=1,
    columns={"length_log_ratio": ColumnType.NUMBER, "length_z": ColumnType.NUMBER},
    thresholds=LengthThresholds,
    score=score,
    decide=decide,
    help="about as long as translations into this language are",
)
