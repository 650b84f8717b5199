"""What the policies' thresholds do to correct translations and to planted faults; the figures quoted in the policies.

    python bench/fit_filter_thresholds.py ../shared/realdata [--quantiles]

Correct text: the parallel sentences of `fit_length_ratio.py` (FLORES-200 dev, Tatoeba, XCOPA), one sentence a row.
Faults are made of the same sentences: the English itself, the second half left in English, cut to a third, said three
times, a loop at the end, another sentence, an announcement in front. Prints no text, only rates.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from fit_length_ratio import ALIGNED_ONLY, FLORES_LINES, NOT_PARALLEL, TATOEBA, jsonl, lines

from synth.filter.checks import all_checks
from synth.filter.checks.base import Batch
from synth.filter.columns import as_arrays
from synth.filter.policy import BUILT_IN, load_policy
from synth.filter.text import Field, RowText
from synth.filter.tools import NO_TOOLS
from synth.outcomes import Kind
from synth.tasks import TASKS

Pairs = list[tuple[str, str]]
CHECKS = ("copy", "half", "length", "leakage", "numbers", "refusal", "repetition", "script")


def parallel(data: Path, tatoeba: bool) -> dict[str, Pairs]:
    """(English, translation) by language: the long sentences, or the short ones."""
    english = lines(data / "lid" / "en.txt")[:FLORES_LINES]
    if not tatoeba:
        names = sorted({path.stem for path in (data / "lid").glob("*.txt")} - NOT_PARALLEL)
        limit = {name: ALIGNED_ONLY.get(name, FLORES_LINES) for name in names}
        return {
            name: list(zip(english, lines(data / "lid" / f"{name}.txt")[: limit[name]], strict=False)) for name in names
        }
    stem = str(data / "tatoeba" / "tatoeba.")
    found = {lang: list(zip(lines(Path(f"{stem}{c}-eng.eng")), lines(Path(f"{stem}{c}-eng.{c}")), strict=True))
             for c, lang in TATOEBA.items()}  # fmt: skip
    copa = {item["idx"]: item for item in jsonl(data / "copa_en" / "test-en.jsonl")}
    items = jsonl(data / "xcopa" / "qu" / "test.qu.jsonl")
    found["qu"] = [(str(copa[i["idx"]]["premise"]), str(i["premise"])) for i in items if i["idx"] in copa]
    return found


def batch(pairs: Pairs, lang: str) -> Batch:
    """A part with one text field a row."""
    sources = [RowText((Field("premise", source),)) for source, _ in pairs]
    texts = [RowText((Field("premise", text),)) for _, text in pairs]
    empty: list[dict[str, object]] = [{} for _ in pairs]
    return Batch(TASKS["mnli"], lang, Kind.TRANSLATION, empty, empty, empty, texts, sources, sources, NO_TOOLS)


def faults(source: str, text: str, other: str) -> dict[str, str]:
    """What a teacher may do instead of `text`; `other` is the translation of another sentence."""
    return {
        "english": source,
        "half english": text[: len(text) // 2] + " " + source[len(source) // 2 :],
        "a third": text[: len(text) // 3],
        "three times": " ".join([text] * 3),
        "loop at end": text + (" " + text[-12:].strip()) * 10,
        "other sentence": other,
        "announced": "Here is the translation: " + text,
    }


def planted(pairs: Pairs) -> Iterator[tuple[str, Pairs]]:
    """Each kind of fault over all rows."""
    others = [text for _, text in pairs[1:]] + [pairs[0][1]]
    made = [(source, faults(source, text, other)) for (source, text), other in zip(pairs, others, strict=True)]
    for name in made[0][1]:
        yield name, [(source, each[name]) for source, each in made]


def rates(pairs: Pairs, lang: str, policy: str) -> dict[str, float]:
    """Share of rows that each check drops, and any of them."""
    one, limits = batch(pairs, lang), load_policy(policy).checks
    dropped: dict[str, np.ndarray] = {}
    for name in CHECKS:
        check, thresholds = all_checks()[name], limits[name]
        if thresholds is not None:
            marks = check.decide(as_arrays(check, check.score(one)), thresholds)
            dropped[name] = np.any([*marks.drop.values(), np.zeros(len(pairs), bool)], axis=0)
    dropped["any"] = np.any(list(dropped.values()), axis=0)
    return {name: float(mask.mean()) for name, mask in dropped.items()}


def table(corpora: dict[str, Pairs], policy: str) -> None:
    """Macro average and the worst languages, for correct text and each fault."""
    by_lang = {lang: rates(pairs, lang, policy) for lang, pairs in corpora.items()}
    print(f"{policy}: correct text dropped, % (macro; worst three)")
    for name in (*CHECKS, "any"):
        found = {lang: each[name] for lang, each in by_lang.items() if name in each}
        if found:
            worst = sorted(found, key=lambda lang: -found[lang])[:3]
            tail = " ".join(f"{lang} {100 * found[lang]:.1f}" for lang in worst)
            print(f"  {name:12s} {100 * np.mean(list(found.values())):6.2f}   {tail}")
    faults: dict[str, list[float]] = {}
    for lang, pairs in corpora.items():
        for name, made in planted(pairs):
            faults.setdefault(name, []).append(rates(made, lang, policy)["any"])
    print("  planted faults found, % (macro, min): ", end="")
    print("; ".join(f"{name} {100 * np.mean(each):.1f}, {100 * min(each):.0f}" for name, each in faults.items()))


def quantiles(corpora: dict[str, Pairs]) -> None:
    """The 50, 90, 99, 99.9 % points of every number column over all languages' correct text."""
    for name in CHECKS:
        check = all_checks()[name]
        scored = [as_arrays(check, check.score(batch(pairs, lang))) for lang, pairs in corpora.items()]
        for column in check.columns:
            values = np.concatenate([each[column] for each in scored])
            if values.dtype.kind == "f":
                points = np.nanquantile(values, [0, 0.001, 0.01, 0.5, 0.9, 0.99, 0.999, 1])
                print(f"  {column:24s}", " ".join(f"{point:7.2f}" for point in points))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--quantiles", action="store_true")
    asked = parser.parse_args()
    for title, tatoeba in (("long sentences", False), ("short sentences", True)):
        corpora = parallel(asked.data, tatoeba)
        print(f"== {title}: {len(corpora)} languages, {sum(map(len, corpora.values()))} pairs")
        if asked.quantiles:
            quantiles(corpora)
        else:
            for policy in BUILT_IN:
                table(corpora, policy)


if __name__ == "__main__":
    sys.exit(main())
