"""`synth report RESULTS...`: from prediction folders to the report. No model is needed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from synth.errors import BadFlag

if TYPE_CHECKING:
    from synth.evaluate.analysis import Analysis, FunnelRow

_FEWEST_REPLICATES = 100  # with fewer the ends of a 95 % interval rest on two or three draws


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `synth report`; imports nothing heavy."""
    parser.add_argument(
        "results", type=Path, nargs="+", metavar="RESULTS", help="folders of evaluated runs, at any depth"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("report"), metavar="DIR", help="where to write (default: report)"
    )
    parser.add_argument("--baseline", default=None, metavar="ARM", help="compare every arm with this one")
    parser.add_argument(
        "--manifest", type=Path, action="append", default=[], metavar="FILE", help="manifest of an intermediate corpus"
    )
    parser.add_argument("--title", default="Intermediate training, zero-shot", help="title of the page")
    parser.add_argument(
        "--replicates", type=int, default=1000, metavar="N", help="bootstrap replicates (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=20_200_526, metavar="N", help="seed of the bootstrap")
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object to standard output")


def run(args: argparse.Namespace) -> int:
    """Score, compare, write. Returns the exit code; errors are raised as SynthError."""
    if args.replicates < _FEWEST_REPLICATES or args.seed < 0:
        raise BadFlag(
            f"--replicates {args.replicates} --seed {args.seed}: give at least {_FEWEST_REPLICATES} replicates, "
            "and a seed of 0 or more"
        )
    from synth.evaluate.analysis import analyse
    from synth.evaluate.report.page import as_json, write_report
    from synth.evaluate.results import load_results

    results = load_results(args.results, _say)
    analysis = analyse(
        results,
        baseline=args.baseline,
        funnel=_funnel(args.manifest),
        sources=tuple(path.name for path in args.results),
        replicates=args.replicates,
        seed=args.seed,
        progress=_say,
    )
    written = write_report(args.out, analysis, args.title)
    if args.json:
        import json

        print(json.dumps(as_json(analysis), ensure_ascii=False))
    else:
        _print(analysis, written)
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _funnel(paths: list[Path]) -> tuple[FunnelRow, ...]:
    if not paths:
        return ()
    from synth.evaluate.analysis import read_funnel
    from synth.manifest.store import read_manifest

    return read_funnel([read_manifest(path) for path in paths])


def _print(analysis: Analysis, written: tuple[Path, ...]) -> None:
    from synth.evaluate.report.words import answer, notes

    for line in (*answer(analysis), *(f"note: {note}" for note in notes(analysis))):
        print(line)
    print(f"written: {', '.join(str(path) for path in written)}")
