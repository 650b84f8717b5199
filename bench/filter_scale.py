"""The filter at ten times the rows: rows a second and peak memory of each size, in one process and in several.

    python bench/filter_scale.py [--rows 5000] [--factor 10] [--workers 1 2]

Makes two corpora of random words (mnli in English, Spanish, Swahili, Thai and Chinese, in parts of 512 rows), filters
each in a process of its own and reads the peak resident memory of that process and its workers from the kernel
(`getrusage`). Without dedup, stage 2 is left out, which by nature holds the texts of one (task, language, kind) in
memory. Rates are of a shared machine: compare the sizes with each other.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from synth.corpus.ids import RowId
from synth.corpus.layout import Layout, Part
from synth.corpus.markers import make_marker, write_marker
from synth.corpus.rows import Provenance, record, write_rows
from synth.outcomes import KEPT, Kind
from synth.tasks import get_task

# Common words of our own choosing; sentences are random draws, so that there are next to no duplicates.
WORDS = {
    "en": "house river bread old green walks sings quickly table window friend morning letter market small carries",
    "es": "casa río pan viejo verde camina canta rápido mesa ventana amigo mañana carta mercado pequeño lleva",
    "sw": "nyumba mto mkate mzee kijani anatembea anaimba haraka meza dirisha rafiki asubuhi barua soko ndogo anabeba",
    "th": "บ้าน แม่น้ำ ขนมปัง เก่า เขียว เดิน ร้องเพลง เร็ว โต๊ะ หน้าต่าง เพื่อน เช้า จดหมาย ตลาด เล็ก แบก",
    "zh": "房子 河流 面包 老 绿色 走路 唱歌 快速 桌子 窗户 朋友 早晨 信 市场 小 搬运",
}
CHUNK = 512


def write_corpus(root: Path, rows: int) -> None:
    """`rows` rows a language."""
    for lang in WORDS:
        kind = Kind.SOURCE if lang == "en" else Kind.TRANSLATION
        for number, start in enumerate(range(0, rows, CHUNK)):
            part = Part("mnli", lang, kind, number)
            made = [_row(lang, kind, place) for place in range(start, min(start + CHUNK, rows))]
            path = Layout(root).part(part)
            write_rows(path, get_task("mnli"), made)
            costs = {"requests": 0, "prompt_tokens": 0, "completion_tokens": 0, "seconds": 0.0}
            write_marker(path, make_marker(path, part, "bench", made, **costs))


def _row(lang: str, kind: Kind, number: int) -> dict[str, object]:
    draw = random.Random(number)  # the same draws in every language: the rows are word-by-word parallel
    texts = [_sentence(draw, lang, size) for size in (draw.randint(10, 30), draw.randint(6, 14))]
    values = {"premise": texts[0], "hypothesis": texts[1], "label": number % 3, "idx": number}
    return record(RowId("mnli", "train", str(number), lang, str(kind)), values, KEPT, Provenance(teacher="bench"))


def _sentence(draw: random.Random, lang: str, size: int) -> str:
    words, places = WORDS[lang].split(), [draw.randrange(16) for _ in range(size)]
    return ("" if lang in ("th", "zh") else " ").join(words[place] for place in places)


def measure(rows: int, workers: int, dedup: bool) -> tuple[float, float, int]:
    """(seconds, peak MB of the largest process, rows) of filtering a new corpus of this size."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "corpus"
        write_corpus(root, rows)
        policy = Path(folder) / "policy.yaml"
        policy.write_text("{}" if dedup else "dedup: {enabled: false}", "utf-8")
        words = [sys.executable, __file__, "--child", str(root), str(policy), str(workers)]
        started = time.monotonic()
        told = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        return time.monotonic() - started, float(told.split()[-1]), rows * len(WORDS)


def child(root: str, policy: str, workers: str) -> None:
    """Filter, and print the peak memory of this process and its workers in MB."""
    from synth.filter.engine import LocalEngine
    from synth.filter.policy import load_policy
    from synth.filter.run import filter_corpus

    filter_corpus(Path(root), load_policy(policy), engine=LocalEngine(int(workers)))
    mine, theirs = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(max(mine, theirs) / 1024)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000, help="rows a language of the smaller corpus")
    parser.add_argument("--factor", type=int, default=10)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--child", nargs=3)
    asked = parser.parse_args()
    if asked.child:
        child(*asked.child)
        return
    print("| rows | processes | dedup | rows/s | peak MB of a process |\n| --- | --- | --- | --- | --- |")
    for workers in asked.workers:
        for dedup in (False, True):
            for rows in (asked.rows, asked.rows * asked.factor):
                seconds, peak, total = measure(rows, workers, dedup)
                told = "on" if dedup else "off"
                print(f"| {total:,} | {workers} | {told} | {total / seconds:,.0f} | {peak:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
