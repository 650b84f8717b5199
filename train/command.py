"""`synth train RECIPE`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.train.recipe_file import add_recipe_flags, load_recipe, ready_recipes

if TYPE_CHECKING:
    from synth.train.prepare import Prepared
    from synth.train.runs import Asked, Ended


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("recipe", help=f"a YAML file (docs/train.md), or one of {', '.join(ready_recipes())}")
    parser.add_argument("--arm", action="append", default=[], metavar="NAME", help="train this arm only (repeatable)")
    parser.add_argument(
        "--seed", action="append", default=[], type=int, metavar="N", help="this seed only (repeatable)"
    )
    parser.add_argument(
        "--manifest", action="append", default=[], metavar="FILE",
        help="a corpus' manifest or folder, instead of the recipe's `corpora` (repeatable)",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="DIR", help="where runs are written (default: runs/RECIPE)")
    parser.add_argument("--dry-run", action="store_true", help="match and compare the arms, and train nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_recipe_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Train; the exit code: 1 when a run failed."""
    from synth.train.processes import first
    from synth.train.runs import asked, train_recipe

    # Tokenizers start threads of their own, which fork badly into the data loader's processes.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    flags = {**args.recipe_flags, **({"corpora": args.manifest} if args.manifest else {})}
    wanted = asked(load_recipe(args.recipe, flags), args.out, args.arm, args.seed, args.dry_run)
    reports: list[Prepared] = []
    ended = train_recipe(wanted, _say, reports.append if args.json else _show)
    if first():
        sys.stdout.write(_as_json(reports, ended) if args.json else "".join(_table(wanted, ended)))
    return int(any(one.error for one in ended))


def _say(what: str) -> None:
    from synth.train.processes import first

    if first():
        print(what, file=sys.stderr)


def _show(prepared: Prepared) -> None:
    print(prepared.report.text(), flush=True)


def _as_json(reports: Sequence[Prepared], ended: Sequence[Ended]) -> str:
    value = {
        "reports": [json.loads(one.report.to_json()) for one in reports],
        "runs": [_entry(one) for one in ended],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _entry(one: Ended) -> dict[str, Any]:
    record = None if one.record is None else asdict(one.record)
    return {"arm": one.arm, "seed": one.seed, "folder": str(one.folder), "error": one.error, "record": record}


def _table(wanted: Asked, ended: Sequence[Ended]) -> Iterator[str]:
    if wanted.dry:
        yield "Nothing was trained (--dry-run).\n"
        return
    yield f"{'run':<36}{'steps':>9}{'loss':>9}{'tokens':>14}{'seconds':>10}  \n"
    for one in ended:
        outcome = one.record.outcome if one.record else {}
        if "loss" in outcome:
            numbers = (
                f"{outcome['steps']:>9,}{outcome['loss']:>9.4f}{outcome['tokens']:>14,}{outcome['seconds']:>10,.0f}"
            )
            yield f"{one.folder.name:<36}{numbers}\n"
        else:
            yield f"{one.folder.name:<36}  {'FAILED, see above' if one.error else 'no intermediate stage'}\n"
    yield f"Next: synth evaluate {wanted.out}/ARM-SEED\n"
