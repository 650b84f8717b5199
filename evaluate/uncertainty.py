"""Standard errors, paired bootstrap between arms, and correction for many comparisons.

**Items** are resampled within each language (stratified), always in the same way for all arms: draws depend on the seed
and on the items' names only, so that two arms' replicates are paired and a difference is a subtraction. Parallel test
sets (XNLI, XCOPA, XQuAD, LAReQA) share their draws across languages, because a hard question is hard in all of them:
drawing them apart would make the interval of a mean over languages too narrow.

**Seeds** are resampled too, S - 1 out of S: with S of S the variance of so few runs would come out too small by the
factor (S - 1)/S (Rao and Wu 1988, the rescaled bootstrap). With one seed the interval covers items alone, and says so.

**Many cells**: p-values of cells are corrected by Benjamini and Hochberg 1995, because the two hundred cells are looked
through for where something happens, and a known share of false alarms is what a reader can use; Holm 1979 over so
many would hide nearly everything. The ten tasks and the overall score carry the answer, and get Holm.
P-values are two-sided, from the normal approximation with the bootstrap's standard error: a percentile p-value cannot
be smaller than 1 over the number of replicates, which no correction over 200 cells survives.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.errors import BadFolder
from synth.evaluate.stats import CellStats, Kind

Replicates = NDArray[np.float64]
CellKey = tuple[str, str]  # task, language
SeedCells = Mapping[int, CellStats]  # by seed

REPLICATES: Final = 1000
SEED: Final = 20_200_526  # day on which X-STILTs appeared
_BLOCK: Final = 4_000_000  # draws that are held at once: 32 MB


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its uncertainty, 0 to 100 (or a difference in points).

    `low` and `high` are the 2.5th and 97.5th percentile of the replicates, `p` is two-sided against 0.
    """

    value: float
    se: float
    low: float
    high: float
    p: float


def closed_form_error(stats: CellStats) -> float:
    """Standard error of a mean over items, in points: deviation (n - 1) over the root of n.

    Raises:
        BadFolder: The score is not a mean; use the bootstrap.
    """
    if stats.kind is not Kind.MEAN:
        raise BadFolder(f"{stats.task} is no mean over items; its standard error comes from `replicate`")
    each = stats.columns.mean(axis=1)
    return 100 * float(each.std(ddof=1)) / sqrt(len(each)) if len(each) > 1 else float("nan")


def standard_error(stats: CellStats, replicates: int = REPLICATES, seed: int = SEED) -> float:
    """Standard error of a cell: closed form for means, bootstrap for F1."""
    if stats.kind is Kind.MEAN:
        return closed_form_error(stats)
    return float(replicate({0: stats}, replicates, seed).std(ddof=1))


def point(cells: SeedCells) -> float:
    """Mean over seeds of a cell's score, 0 to 100."""
    ones = np.ones((1, len(_units(cells))))
    return float(_scores(ones, cells).mean())


def replicate(cells: SeedCells, replicates: int = REPLICATES, seed: int = SEED) -> Replicates:
    """Scores of one cell of one arm under resampling of items and seeds, 0 to 100.

    Raises:
        BadFolder: The seeds were not evaluated on the same items.
    """
    units = _units(cells)
    unique = {name: place for place, name in enumerate(dict.fromkeys(units))}
    places = np.array([unique[name] for name in units])
    weights = _seed_weights(sorted(cells), replicates, seed)
    found, done = np.empty(replicates), 0
    for counts in _draws(tuple(unique), replicates, seed):
        each = _scores(counts[:, places], cells)
        found[done : done + len(counts)] = (each * weights[done : done + len(counts)]).sum(axis=1)
        done += len(counts)
    return found


def _units(cells: SeedCells) -> tuple[str, ...]:
    first = next(iter(cells.values()))
    for seed, stats in cells.items():
        if stats.golds != first.golds:
            raise BadFolder(
                f"{stats.task} {stats.lang}: seed {seed} was evaluated on other items or golds than the others; "
                "evaluate all runs on the same data"
            )
    return first.units


def _draws(units: Sequence[str], replicates: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """How often each unit is drawn, a row a replicate, in blocks; the same for the same units whoever asks."""
    rng = np.random.default_rng([seed, zlib.crc32("\0".join(sorted(units)).encode("utf-8", "surrogatepass"))])
    order = np.argsort(np.argsort(units))  # draws belong to names, not to places in a file
    size = len(units)
    block = max(1, _BLOCK // size)
    for start in range(0, replicates, block):
        rows = min(block, replicates - start)
        drawn = rng.integers(0, size, (rows, size)) + np.arange(rows)[:, None] * size
        counts = np.bincount(drawn.ravel(), minlength=rows * size).reshape(rows, size)
        yield counts[:, order].astype(np.float64)


def _seed_weights(seeds: Sequence[int], replicates: int, seed: int) -> NDArray[np.float64]:
    """Weight of each seed in each replicate (rows add up to 1); the same seeds get the same weights in all arms."""
    count = len(seeds)
    if count == 1:
        return np.ones((replicates, 1))
    rng = np.random.default_rng([seed, 1, *(abs(one) for one in seeds)])
    drawn = rng.integers(0, count, (replicates, count - 1))
    return np.stack([(drawn == place).mean(axis=1) for place in range(count)], axis=1)


def _scores(counts: NDArray[np.float64], cells: SeedCells) -> NDArray[np.float64]:
    """Score of every seed (columns) in every replicate (rows)."""
    return np.stack([_score(counts, cells[seed]) for seed in sorted(cells)], axis=1)


def _score(counts: NDArray[np.float64], stats: CellStats) -> NDArray[np.float64]:
    if stats.kind is Kind.MEAN:
        means: NDArray[np.float64] = counts @ stats.columns.mean(axis=1) / counts.sum(axis=1)
        return 100 * means
    right, predicted, gold = (counts @ stats.columns).T
    # 2PR/(P + R) written with counts; 0 where nothing is predicted and nothing is gold.
    found: NDArray[np.float64] = np.divide(
        200 * right, predicted + gold, out=np.zeros_like(right), where=predicted + gold > 0
    )
    return found


def estimate(value: float, replicates: Replicates) -> Estimate:
    """Interval, standard error and p-value of a number from its replicates."""
    se = float(replicates.std(ddof=1))
    low, high = (float(one) for one in np.percentile(replicates, (2.5, 97.5)))
    p = erfc(abs(value) / se / sqrt(2)) if se > 0 else float(abs(value) < 1e-12)
    return Estimate(value, se, low, high, p)


def mean_of(parts: Sequence[Replicates], weights: Sequence[float] | None = None) -> Replicates:
    """Replicates of a (weighted) mean of scores, such as a task from its languages."""
    found: Replicates = np.average(np.stack(parts), axis=0, weights=weights)
    return found


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction (family-wise error), in the order given."""
    order = np.argsort(p_values, kind="stable")
    count, adjusted, most = len(p_values), [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        most = max(most, min(1.0, p_values[place] * (count - rank)))
        adjusted[place] = most
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's step-up correction (false discovery rate), in the order given."""
    order = np.argsort(p_values, kind="stable")[::-1]
    count, adjusted, least = len(p_values), [0.0] * len(p_values), 1.0
    for rank, place in enumerate(order):
        least = min(least, p_values[place] * count / (count - rank))
        adjusted[place] = least
    return adjusted
