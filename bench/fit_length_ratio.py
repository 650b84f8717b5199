"""Fit `filter/data/length_ratio.yaml`: how long a translation of English text is, per language.

    python bench/fit_length_ratio.py ../shared/realdata > filter/data/length_ratio.yaml
    python bench/fit_length_ratio.py ../shared/realdata --pieces > filter/data/piece_ratio.yaml

Model: log(target code points / source code points) has a language's median, and a spread that shrinks with length,
sigma(n)^2 = base^2 + short^2 / n for n source code points. Only numbers leave this program, no text. Spread is 1.4826
times the median absolute deviation, which is the standard deviation of a normal distribution (Hampel 1974).
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

Pairs = list[tuple[int, int]]  # (source code points, target code points), or pieces
Measure = Callable[[list[str]], list[int]]
PER_PIECE = 4  # code points in a piece of English, about: the limits below are in code points
MAD_TO_SIGMA = 1.4826
LONG, SHORT = 80, 60  # FLORES sentences are longer than the first, Tatoeba ones shorter than the second
FLORES_LINES = 175  # the long block at the beginning of every lid file is line-parallel
ALIGNED_ONLY = {"ur": 54}  # from line 55 on, ur's block is another sample of sentences (seen in the ratios of windows)
NOT_PARALLEL = {"eu", "ht", "qu", "en"}
TATOEBA = {
    "afr": "af", "ara": "ar", "ben": "bn", "cmn": "zh", "deu": "de", "fin": "fi", "fra": "fr", "hin": "hi", "ind": "id",
    "jpn": "ja", "kat": "ka", "kor": "ko", "lit": "lt", "pes": "fa", "por": "pt", "rus": "ru", "spa": "es", "swh": "sw",
    "tel": "te", "tha": "th", "tur": "tr",
}  # fmt: skip


def main() -> None:
    """Print the table as YAML."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pieces", action="store_true", help="in pieces of the embedded tokenizer")
    options = parser.parse_args()
    pairs = parallel(options.data, pieces() if options.pieces else code_points)
    base, short = fit_spread(pairs, PER_PIECE if options.pieces else 1)
    unit = "pieces of the embedded tokenizer" if options.pieces else "code points"
    print(HEADER.format(base=base, short=short, unit=unit))
    for lang in sorted({path.stem for path in (options.data / "lid").glob("*.txt")} - {"en"}):
        print(f"  {lang}: {row(lang, pairs, base, short)}")


HEADER = """\
# Length of a translation of English in {unit}, per language.
# Written by bench/fit_length_ratio.py; numbers only.
# median: median of log(target / source). spread: the language's spread relative to the common one.
# n: parallel sentences (FLORES-200 dev, CC BY-SA 4.0; Tatoeba, CC BY 2.0 FR; XCOPA for qu, CC BY 4.0).
# n: 0 where no parallel text was at hand: the median of the other languages in Latin script, twice the spread.
# The spread of a text of n of these in the source is spread * sqrt(base^2 + short^2 / n).
base: {base:.4f}
short: {short:.3f}
languages:"""


def code_points(texts: list[str]) -> list[int]:
    """Lengths as Python counts them."""
    return [len(text) for text in texts]


def pieces() -> Measure:
    """Lengths in pieces of the embedded tokenizer."""
    from synth.filter.pieces import Pieces

    return Pieces("embedded").count


def parallel(data: Path, measure: Measure) -> dict[str, Pairs]:
    """Length pairs by language, from every line-parallel file."""
    found: dict[str, Pairs] = {}
    english = lines(data / "lid" / "en.txt")[:FLORES_LINES]
    for path in (data / "lid").glob("*.txt"):
        if path.stem not in NOT_PARALLEL:
            found[path.stem] = lengths(english, lines(path)[: ALIGNED_ONLY.get(path.stem, FLORES_LINES)], LONG, measure)
    for code, lang in TATOEBA.items():
        stem = data / "tatoeba" / f"tatoeba.{code}-eng"
        english = lines(stem.with_suffix(stem.suffix + ".eng"))
        found[lang] += lengths(english, lines(Path(f"{stem}.{code}")), 0, measure)
    found["qu"] = xcopa(data, measure)
    return found


def lines(path: Path) -> list[str]:
    """Lines of a text file."""
    return path.read_text("utf-8").splitlines()


def lengths(source: list[str], target: list[str], least: int, measure: Measure) -> Pairs:
    """Length pairs of aligned lines whose source has at least `least` characters (the FLORES block)."""
    aligned = [(s, t) for s, t in zip(source, target, strict=False) if len(s) >= max(least, 1) and t]
    return list(zip(measure([s for s, _ in aligned]), measure([t for _, t in aligned]), strict=True))


def xcopa(data: Path, measure: Measure) -> Pairs:
    """Quechua against English by COPA's item numbers."""
    english = {item["idx"]: item for item in jsonl(data / "copa_en" / "test-en.jsonl")}
    items = jsonl(data / "xcopa" / "qu" / "test.qu.jsonl")
    fields = ("premise", "choice1", "choice2")
    matched = [(english[item["idx"]], item) for item in items if item["idx"] in english and not item.get("changed")]
    texts = [(str(source[field]), str(item[field])) for source, item in matched for field in fields]
    return lengths([s for s, _ in texts], [t for _, t in texts], 0, measure)


def jsonl(path: Path) -> list[dict[str, object]]:
    """Objects of a JSON lines file."""
    return [json.loads(line) for line in lines(path) if line.strip()]


def spread(values: list[float]) -> float:
    """Robust standard deviation."""
    middle = statistics.median(values)
    return MAD_TO_SIGMA * statistics.median(abs(value - middle) for value in values)


def logs(pairs: Pairs) -> list[float]:
    """Log ratios."""
    return [math.log(target / source) for source, target in pairs]


def fit_spread(pairs: dict[str, Pairs], scale: int) -> tuple[float, float]:
    """`base` and `short` from the median spread of long and of short sentences; `scale`: code points in a unit."""
    long = [[p for p in each if p[0] * scale >= LONG] for each in pairs.values()]
    brief = [[p for p in each if p[0] * scale < SHORT] for each in pairs.values()]
    at_long = [(statistics.mean(p[0] for p in each), spread(logs(each)) ** 2) for each in long if len(each) > 50]
    at_short = [(statistics.mean(p[0] for p in each), spread(logs(each)) ** 2) for each in brief if len(each) > 50]
    (n1, v1), (n2, v2) = (tuple(map(statistics.median, zip(*each, strict=True))) for each in (at_long, at_short))
    short = (v2 - v1) / (1 / n2 - 1 / n1)
    return math.sqrt(max(v1 - short / n1, 0.01**2)), math.sqrt(short)


def row(lang: str, pairs: dict[str, Pairs], base: float, short: float) -> str:
    """One language's line."""
    if lang not in pairs:
        others = [statistics.median(logs(pairs[code])) for code in LATIN.split()]
        return f"{{median: {statistics.median(others):.3f}, spread: 2.0, n: 0}}"
    each = pairs[lang]
    middle = statistics.median(logs(each))
    scores = [(math.log(t / s) - middle) / math.sqrt(base**2 + short**2 / s) for s, t in each]
    return f"{{median: {middle:.3f}, spread: {max(spread(scores), 0.8):.2f}, n: {len(each)}}}"


LATIN = "af az de es et fi fr hu id it jv lt ms nl pl pt ro sw tl tr vi wo yo"

if __name__ == "__main__":
    sys.exit(main())
