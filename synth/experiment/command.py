"""`synth run EXPERIMENT`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synth.evaluate.analysis import Analysis
    from synth.experiment.run import Outcome, Plan
    from synth.train.prepare import Prepared


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("experiment", type=Path, help="a YAML file (docs/experiment.md)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="runs and report (default: experiments/NAME)")
    parser.add_argument("--device", default="auto", metavar="NAME", help="cpu, cuda, cuda:1 (default: what is there)")
    parser.add_argument(
        "--retry-failed", action="store_true", help="train again what failed for good (NaN, divergence)"
    )
    parser.add_argument("--dry-run", action="store_true", help="check everything, match the arms, and train nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Train, evaluate, report; the exit code: 1 when a run failed."""
    from synth.experiment.file import load_experiment
    from synth.experiment.run import carry_out, plan
    from synth.train.processes import first

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # their threads fork badly into data loaders
    experiment = load_experiment(args.experiment)
    planned = plan(experiment, args.out or Path("experiments") / experiment.name, args.retry_failed)
    if args.dry_run:
        return _dry(planned, args.json)
    from synth.evaluate.command import device_of

    ended = carry_out(planned, device_of(args.device), _say, _quiet if args.json else _show)
    return _end(planned, ended, args) if first() else 0


def _end(planned: Plan, ended: Sequence[Outcome], args: argparse.Namespace) -> int:
    from synth.experiment.reporting import write

    flags = f" --out {args.out}" if args.out else ""
    made = write(planned, ended, f"synth run {args.experiment}{flags}", _say)
    sys.stdout.write(_as_json(ended, made) if args.json else "".join(f"{line}\n" for line in _told(ended, made)))
    return int(any(one.why for one in ended))


def _dry(planned: Plan, as_json: bool) -> int:
    from dataclasses import replace

    from synth.train.runs import train_recipe

    for wanted in planned.wanted:
        train_recipe(replace(wanted, dry=True), _say, _quiet if as_json else _show)
    runs = [(wanted.recipe.name, arm, seed) for wanted in planned.wanted for arm, seed in wanted.runs()]
    cells = {name: sum(map(len, one.languages.values())) for name, one in planned.selections.items()}
    if as_json:
        sys.stdout.write(json.dumps({"runs": runs, "cells": cells}) + "\n")
        return 0
    for name, arm, seed in runs:
        sys.stdout.write(f"{name} {arm}-{seed}: train, then evaluate {cells[name]} tasks and languages\n")
    sys.stdout.write("Nothing was trained (--dry-run).\n")
    return 0


def _told(ended: Sequence[Outcome], made: tuple[Analysis, Path] | None) -> Iterator[str]:
    for one in ended:
        state = f"FAILED: {one.why}" if one.why else "done"
        yield f"{one.recipe} {one.arm}-{one.seed}: {state}"
    if made is None:
        yield "No run was evaluated: there is nothing to report."
        return
    from synth.evaluate.report.words import answer, notes

    yield from answer(made[0])
    yield from (f"note: {note}" for note in notes(made[0]))
    yield f"report: {made[1]}"


def _as_json(ended: Sequence[Outcome], made: tuple[Analysis, Path] | None) -> str:
    value: dict[str, Any] = {"runs": [{**asdict(one), "folder": str(one.folder)} for one in ended]}
    if made is not None:
        from synth.evaluate.report.words import answer

        value |= {"answer": list(answer(made[0])), "report": str(made[1])}
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _say(line: str) -> None:
    from synth.train.processes import first

    if first():
        print(line, file=sys.stderr, flush=True)


def _show(prepared: Prepared) -> None:
    print(prepared.report.text(), flush=True)


def _quiet(_prepared: Prepared) -> None:
    """With --json nothing else goes to standard output."""
