"""Requests of a run that is killed with `kill -9` at random moments, against one pass without a kill.

    python bench/kills.py [--kills 20] [--in-flight 4] [--langs all] [--limit 16] [--kind translation] [--source sample]

The teacher is the tests' stand-in server in a process of its own, which counts every request that reaches it. After the
last kill the run is finished; then every expected row must be there once, and rows must equal those of the one pass.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from pathlib import Path

from common import hardware, scratch

from synth.corpus.layout import Layout
from synth.corpus.rows import read_rows
from tests.teacher.standin import StandInProcess


def main() -> None:
    """Run one pass, then a killed one, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--in-flight", type=int, default=4)
    parser.add_argument("--langs", default="all")
    parser.add_argument("--kind", default="translation")
    parser.add_argument("--source", default="sample")
    parser.add_argument("--limit", type=int, default=16)
    parser.add_argument("--latency", type=float, default=0.06)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    print(f"machine: {hardware()}")
    folder = scratch()
    rows, requests, seconds = one_pass(args, folder)
    killed_rows, killed_requests, kills = killed(args, folder, seconds)
    print(f"one pass: {requests} requests, {len(rows)} rows, {seconds:.0f} s")
    print(f"{kills} kills: {killed_requests} requests, {len(killed_rows)} rows, ratio {killed_requests / requests:.4f}")
    print("rows equal: " + str(rows == killed_rows))


def one_pass(args: argparse.Namespace, folder: Path) -> tuple[dict[str, str], int, float]:
    """An undisturbed run: rows by id, requests, seconds."""
    (folder / "one").mkdir()
    with StandInProcess(folder / "one", latency=args.latency) as teacher:
        started = time.monotonic()
        subprocess.run(command(args, teacher.url, folder / "corpus-one"), check=True, stderr=subprocess.DEVNULL)
        return rows_of(folder / "corpus-one"), teacher.requests, time.monotonic() - started


def killed(args: argparse.Namespace, folder: Path, seconds: float) -> tuple[dict[str, str], int, int]:
    """A run killed at random moments, then finished."""
    dice, done = random.Random(args.seed), 0
    (folder / "many").mkdir()
    with StandInProcess(folder / "many", latency=args.latency) as teacher:
        words = command(args, teacher.url, folder / "corpus-many")
        for _ in range(args.kills):
            process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=2.0 + dice.random() * seconds / args.kills)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                done += 1
        subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
        return rows_of(folder / "corpus-many"), teacher.requests, done


def command(args: argparse.Namespace, url: str, out: Path) -> list[str]:
    """The real command."""
    flags = {
        "--teacher": url,
        "--langs": args.langs,
        "--kind": args.kind,
        "--source": args.source,
        "--limit": args.limit,
        "--out": out,
        "--in-flight": args.in_flight,
    }
    return [sys.executable, "-m", "synth.cli", "generate", *(str(word) for pair in flags.items() for word in pair)]


def rows_of(root: Path) -> dict[str, str]:
    """Every row by its id; a doubled id stops the benchmark."""
    layout, rows = Layout(root), {}
    for part in layout.parts():
        for row in read_rows(layout.part(part)):
            if row["synth_id"] in rows:
                raise SystemExit(f"{row['synth_id']} is there twice")
            rows[row["synth_id"]] = repr(sorted(row.items()))
    return rows


if __name__ == "__main__":
    main()
