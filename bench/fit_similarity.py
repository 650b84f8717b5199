"""Fits the floor of min_cosine for the optional similarity check: true translations against shuffled ones.

    python bench/fit_similarity.py ../shared/realdata [--embedder embedded] [--pairs 100]

For each Tatoeba language the first pairs; "shuffled" gives each English sentence the translation of the next one.
Prints no text, only rates.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from fit_filter_thresholds import parallel

from synth.filter.embedding import make_embedder

FLOORS = (0.76, 0.78, 0.79, 0.80, 0.81, 0.82, 0.83, 0.84, 0.86)


def main() -> None:
    """Print quantiles a language, and the rates of some floors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--embedder", default="embedded")
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--long", action="store_true", help="the sentences of FLORES-200 instead")
    args = parser.parse_args()
    embedder = make_embedder(args.embedder)
    true, shuffled = {}, {}
    print(f"{'':5} true: min    1%    5%   50%   shuffled: 50%   95%   max")
    for lang, pairs in parallel(args.data, tatoeba=not args.long).items():
        chosen = pairs[: args.pairs]
        english = np.array(embedder.embed([source for source, _ in chosen]))
        texts = np.array(embedder.embed([text for _, text in chosen]))
        right, wrong = (english * texts).sum(1), (english * np.roll(texts, -1, axis=0)).sum(1)
        true[lang], shuffled[lang] = right, wrong
        low, high = np.quantile(right, (0, 0.01, 0.05, 0.5)), np.quantile(wrong, (0.5, 0.95, 1))
        print(f"{lang:5} {'':4}", *(f"{v:5.3f}" for v in low), f"{'':13}", *(f"{v:5.3f}" for v in high), flush=True)
    for floor in FLOORS:
        lost = {lang: 100 * float(np.mean(values < floor)) for lang, values in true.items()}
        found = 100 * float(np.mean([np.mean(values < floor) for values in shuffled.values()]))
        worst = sorted(lost.items(), key=lambda item: -item[1])[:3]
        mean = float(np.mean(list(lost.values())))
        print(f"floor {floor}: drops {mean:.2f} % of true pairs (worst {worst}), finds {found:.1f} % of shuffled ones")


if __name__ == "__main__":
    main()
