"""Near-duplicate search against datasketch and datatrove, on a corpus that the seed alone determines.

    python bench/dedup.py --rows 200000 --script both --peers datasketch,datatrove --datatrove-python OTHER/bin/python

Every method runs in a process of its own with one thread, reads the same texts, one a line, and is timed from the list
of texts to the set of removed rows; ours runs before and after the peers. Seconds are CPU seconds (user and system), so
that other work on the machine counts as little as possible. datatrove needs another environment:
`python -m venv OTHER && OTHER/bin/pip install "datatrove[processing]"`. Results: docs/dedup.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

THRESHOLD = 0.8
NGRAM = {"spaced": 5, "unspaced": 3}
LANG = {"spaced": "es", "unspaced": "zh"}
SCORED = 50_000  # planted pairs and removals whose Jaccard index is recomputed with Python sets
Corpus = tuple[list[str], list[tuple[int, int]]]  # texts; pairs (derived row, row it was derived from)
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS"), "1")


# The corpus: a Markov chain over an invented vocabulary, so that n-grams repeat as they do in language.
def vocabulary(script: str, rng: random.Random) -> list[str]:
    """Words of one to four invented syllables, the frequent ones short; or single Han characters."""
    if script == "unspaced":
        return [chr(code) for code in rng.sample(range(0x4E00, 0x9FA5), 4000)]
    syllables = [a + b for a in ("b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "") for b in "aeiou"]
    syllables += [syllable + end for syllable in syllables for end in "nsrl"]
    words: dict[str, None] = {}
    while len(words) < 30_000:
        words["".join(rng.choices(syllables, k=1 + int(rng.random() * len(words) ** 0.13)))] = None
    return list(words)


def streams(size: int, units: int, seed: int) -> Any:
    """`units` word numbers: half follow the word before (one of 24 successors), half are drawn by Zipf's law."""
    import numpy as np

    rng = np.random.default_rng(seed)
    weights = 1.0 / np.arange(1, size + 1)
    cumulative = np.cumsum(weights / weights.sum())

    def draw(count: int) -> Any:
        return np.minimum(np.searchsorted(cumulative, rng.random(count)), size - 1)

    successors = draw(size * 24).reshape(size, 24)
    width = max(1, units // 64 + 1)
    rows = [draw(width)]
    for _ in range(63):
        follow = successors[rows[-1], rng.integers(0, 24, width)]
        rows.append(np.where(rng.random(width) < 0.5, follow, draw(width)))
    return np.stack(rows, axis=1).reshape(-1)


def length(rng: random.Random, script: str) -> int:
    """Half like premises and hypotheses, a quarter questions, a quarter paragraphs; characters where unspaced."""
    kind = rng.random()
    words = rng.randint(10, 40) if kind < 0.5 else rng.randint(6, 14) if kind < 0.75 else rng.randint(80, 145)
    return words if script == "spaced" else int(words * 1.6)


def edit(units: list[str], words: list[str], rng: random.Random, ngram: int, joiner: str) -> list[str]:
    """Replace random units so that the Jaccard index falls somewhere between .5 and 1."""
    aim = rng.uniform(0.5, 1.0)
    grams = len(joiner.join(units)) - ngram + 1
    touched = len(joiner) + ngram - 1 + sum(map(len, units)) / len(units)
    for _ in range(round(grams * (1 - aim) / (1 + aim) / touched)):
        units[rng.randrange(len(units))] = words[int(rng.random() ** 2 * len(words))]
    return units


def corpus(rows: int, script: str, seed: int) -> Corpus:
    """Texts, and the pairs (derived row, row it was derived from): a fifth of the rows, 30 % of it in big families."""
    rng = random.Random(seed)
    words, joiner = vocabulary(script, rng), " " if script == "spaced" else ""
    fresh = rows - rows // 5
    lengths = [length(rng, script) for _ in range(fresh)]
    stream = streams(len(words), sum(lengths), seed).tolist()
    docs, place = [], 0
    prefix = [words[int(rng.random() ** 2 * len(words))] for _ in range(6)]
    for units in lengths:
        docs.append((prefix if rng.random() < 0.02 else []) + [words[unit] for unit in stream[place : place + units]])
        place += units
    templates = rng.sample(range(fresh), max(1, rows // 2000))
    pairs = []
    for row in range(fresh, rows):
        parent = rng.choice(templates) if rng.random() < 0.3 else rng.randrange(fresh)
        pairs.append((row, parent))
        docs.append(edit(list(docs[parent]), words, rng, NGRAM[script], joiner))
    order = list(range(rows))
    rng.shuffle(order)
    place_of = {row: position for position, row in enumerate(order)}
    return [joiner.join(docs[row]) for row in order], [(place_of[a], place_of[b]) for a, b in pairs]


# The methods. Each takes texts and returns, for every removed row, the row kept in its place (or -1: not told).
def ours(texts: list[str], script: str) -> dict[int, int]:
    """This package."""
    from synth.filter.dedup import DedupConfig, DedupInput, find_duplicates

    ids = [f"{row:08d}" for row in range(len(texts))]
    config = DedupConfig(threshold=THRESHOLD, ngram=NGRAM[script])
    removed = find_duplicates(DedupInput(ids, {"text": texts}, LANG[script]), config).removed
    return {int(row): int(keeper) for row, keeper in zip(removed.ids, removed.keepers, strict=True)}


def datasketch(texts: list[str], script: str) -> dict[int, int]:
    """datasketch as its documentation has it: `MinHash.bulk`, `MinHashLSH`, first come stays, nothing verified."""
    from datasketch import MinHash, MinHashLSH

    n = NGRAM[script]
    sets = ([text[i : i + n].encode() for i in range(max(1, len(text) - n + 1))] for text in texts)
    index = MinHashLSH(threshold=THRESHOLD, num_perm=128)
    removed: dict[int, int] = {}
    for row, sketch in enumerate(MinHash.generator(sets, num_perm=128)):
        near = index.query(sketch)
        if near:
            removed[row] = min(near)
        else:
            index.insert(row, sketch, check_duplication=False)
    return removed


def datatrove_words(texts: list[str], script: str) -> dict[int, int]:
    """datatrove on word 3-grams, its own way of cutting, though it finds far fewer; no words where unspaced."""
    return datatrove(texts, script, words=script == "spaced")


def datatrove(texts: list[str], script: str, words: bool = False) -> dict[int, int]:
    """datatrove's three MinHash steps in one process, on the character n-grams that the others get."""
    from datatrove.data import Document
    from datatrove.pipeline.dedup.minhash import (
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupSignature,
    )
    from datatrove.utils.word_tokenizers import WordTokenizer

    class Split(WordTokenizer):  # type: ignore[misc]
        """White space or characters, which favours datatrove: its own tokenizers run spaCy on every text."""

        def word_tokenize(self, text: str) -> list[str]:
            return text.split() if words else list(text)

        sent_tokenize = span_tokenize = word_tokenize

    # 9 x 13 values, the banding that datasketch chooses at .8 with 128
    config = MinhashConfig(n_grams=3 if words else NGRAM[script], num_buckets=9, hashes_per_bucket=13)
    docs = (Document(text, str(row)) for row, text in enumerate(texts))
    with tempfile.TemporaryDirectory() as folder:
        MinhashDedupSignature(f"{folder}/s", config, Split()).run(docs, 0, 1)
        buckets = MinhashDedupBuckets(f"{folder}/s", f"{folder}/b", config=config)
        for bucket in range(config.num_buckets):
            buckets.run(None, bucket, config.num_buckets)
        MinhashDedupCluster(f"{folder}/b", f"{folder}/r", config).run(None, 0, 1)
        data = b"".join(path.read_bytes() for path in sorted(Path(folder, "r").rglob("*.remove")))
    return {int.from_bytes(data[i : i + 4], "little"): -1 for i in range(0, len(data), 4)}


METHODS: dict[str, Callable[[list[str], str], dict[int, int]]] = {
    "synth": ours,
    "datasketch": datasketch,
    "datatrove": datatrove,
    "datatrove_words": datatrove_words,
}


def work(method: str, script: str, rows: int, folder: Path) -> None:
    """Run one method in this process; leave the removed rows in a file and print seconds and peak memory."""
    texts = (folder / f"{rows}.texts").read_text(encoding="utf-8").split("\n")
    # imports, tables and caches, which a long run pays once; each text twice, with a few characters more
    METHODS[method]([text + more for text in texts[:500] for more in ("", text[:5])], script)
    loaded = peak_mb()
    start, clock = time.process_time(), time.perf_counter()
    removed = METHODS[method](texts, script)
    seconds, clock = time.process_time() - start, time.perf_counter() - clock
    (folder / f"{method}.{rows}.removed").write_text(json.dumps(list(removed.items())))
    print(json.dumps({"seconds": seconds, "wall": clock, "peak_mb": peak_mb(), "loaded_mb": loaded}))


def peak_mb() -> float:
    """Most memory of this process so far (Linux); `ru_maxrss` is that of the process that started it, if larger."""
    return int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024


def spawn(method: str, script: str, rows: int, folder: Path, python: str) -> dict[str, float]:
    """Run one method in its own process."""
    command = [python, __file__, "--work", method, "--script", script, "--rows", str(rows), "--folder", str(folder)]
    done = subprocess.run(command, env=os.environ | ONE_THREAD, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{method} failed; run it alone to see why: {' '.join(command)}\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


# The score, with Python sets: nothing of the package under test.
def jaccard(left: str, right: str, n: int) -> float:
    """Jaccard index of two texts."""
    a, b = ({text[i : i + n] for i in range(max(1, len(text) - n + 1))} for text in (left, right))
    return len(a & b) / len(a | b)


def score(removed: dict[int, int], made: Corpus, n: int) -> dict[str, float]:
    """Recall: planted pairs at or above the threshold of which a row was removed. Precision: removals that reach it."""
    texts, planted = made
    pairs = random.Random(0).sample(planted, min(SCORED, len(planted)))
    true = [pair for pair in pairs if jaccard(texts[pair[0]], texts[pair[1]], n) >= THRESHOLD]
    found = sum(a in removed or b in removed for a, b in true)
    told = [(row, keeper) for row, keeper in removed.items() if keeper >= 0]
    told = random.Random(0).sample(told, min(SCORED, len(told)))
    right = sum(jaccard(texts[row], texts[keeper], n) >= THRESHOLD for row, keeper in told)
    return {
        "removed": len(removed),
        "recall": found / max(1, len(true)),
        "precision": right / len(told) if told else float("nan"),
    }


def measure(script: str, args: argparse.Namespace, folder: Path) -> None:
    """One table: ours at a fifth of the rows and at all, the peers, ours again.

    Every size has a corpus of its own: a part of a corpus holds a smaller share of duplicates, and is less work a row.
    """
    peers = [peer for peer in args.peers.split(",") if peer]
    plan = [("synth", args.rows // 5), ("synth", args.rows)]
    plan += [(peer, min(args.rows, args.peer_rows)) for peer in peers]
    plan += [("synth", args.rows // 5), ("synth", args.rows)] * (args.repeat - 1)
    corpora = {rows: corpus(rows, script, args.seed) for rows in dict.fromkeys(rows for _, rows in plan)}
    for rows, (texts, _) in corpora.items():
        (folder / f"{rows}.texts").write_text("\n".join(texts), encoding="utf-8")
    runs: dict[tuple[str, int], list[dict[str, float]]] = {}
    for method, rows in plan:
        python = args.datatrove_python if method.startswith("datatrove") else sys.executable
        runs.setdefault((method, rows), []).append(spawn(method, script, rows, folder, python))
        print(f"{script}: {method}, {rows:,} rows: {runs[method, rows][-1]}", file=sys.stderr, flush=True)
    show(script, args.rows, runs, corpora, folder)


def show(
    script: str,
    rows: int,
    runs: dict[tuple[str, int], list[dict[str, float]]],
    corpora: dict[int, Corpus],
    folder: Path,
) -> None:
    """Print the table in Markdown."""
    rate = {key: key[1] / statistics.median(run["seconds"] for run in found) for key, found in runs.items()}
    texts, _ = corpora[rows]
    characters = sum(map(len, texts)) / len(texts)
    print(f"\n**{script}**, {rows:,} rows, mean {characters:.0f} characters, T={THRESHOLD}, {NGRAM[script]}-grams\n")
    print("| method | rows | rows per CPU second (each run) | synth is faster by | removed | recall | precision | MB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for (method, count), found in runs.items():
        removed = dict(json.loads((folder / f"{method}.{count}.removed").read_text()))
        scored = score(removed, corpora[count], NGRAM[script])
        each = ", ".join(f"{count / run['seconds']:,.0f}" for run in found)
        faster = rate["synth", rows] / rate[method, count]
        print(
            f"| {method} | {count:,} | {rate[method, count]:,.0f} ({each}) | {faster:.1f} | {scored['removed']:,.0f} "
            f"| {100 * scored['recall']:.2f} % | {100 * scored['precision']:.2f} % "
            f"| {max(run['peak_mb'] for run in found):,.0f} |"
        )
    growth = rate["synth", rows // 5] / rate["synth", rows]
    print(f"\nTime a row at {rows:,} rows is {growth:.2f} times that at {rows // 5:,}.\n", flush=True)


def main() -> None:
    """Read the flags and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--script", choices=["spaced", "unspaced", "both"], default="both")
    parser.add_argument("--peers", default="datasketch", help="comma list of datasketch, datatrove, datatrove_words")
    parser.add_argument("--peer-rows", type=int, default=200_000, help="peers get no more rows")
    parser.add_argument("--repeat", type=int, default=3, help="runs of ours, around the peers")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--datatrove-python", default=sys.executable, help="the interpreter that has datatrove")
    parser.add_argument("--work", choices=sorted(METHODS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        work(args.work, args.script, args.rows, args.folder)
        return
    for script in ("spaced", "unspaced") if args.script == "both" else (args.script,):
        with tempfile.TemporaryDirectory() as folder:
            measure(script, args, Path(folder))


if __name__ == "__main__":
    main()
