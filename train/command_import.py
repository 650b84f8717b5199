"""`synth import FILE --out CORPUS`."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synth.train.importing import Imported


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, help="YAML file that says what to import (docs/train.md)")
    parser.add_argument("--out", type=Path, required=True, help="the corpus folder")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Import; the exit code."""
    from synth.train.import_spec import read_import
    from synth.train.importing import import_corpus

    spec = read_import(args.file)
    found = import_corpus(spec, args.file.parent, args.out, None if args.json else _tell)
    sys.stdout.write(_as_json(found) if args.json else _table(found, args.file))
    return 0


def _tell(what: str) -> None:
    print(f"reading {what}", file=sys.stderr)


def _as_json(found: Imported) -> str:
    tallies = {task: {lang: one.as_dict() for lang, one in langs.items()} for task, langs in found.tallies.items()}
    return json.dumps({"corpus": str(found.layout.root), "tasks": tallies}, indent=1) + "\n"


def _table(found: Imported, request: Path) -> str:
    lines = [
        f"{'task':<16}{'lang':<6}{'read':>10}{'joined':>10}{'kept':>10}{'rejected':>10}{'unjoined':>10}{'other':>8}"
    ]
    for task, langs in found.tallies.items():
        for lang, one in langs.items():
            lost = sum(one.rejected.values())
            lines.append(
                f"{task:<16}{lang:<6}{one.read:>10,}{one.joined:>10,}{one.kept:>10,}{lost:>10,}{one.unjoined:>10,}"
                f"{one.repeated + one.unreadable:>8,}"
            )
    corpus = shlex.quote(str(found.layout.root))
    again = shlex.quote(shlex.join(["synth", "import", str(request), "--out", f"corpora/{found.layout.root.name}"]))
    lines.append(f"Next: synth manifest build {corpus} --again {again}")
    return "\n".join(lines) + "\n"
