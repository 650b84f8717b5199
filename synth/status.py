"""The verb `synth status`: how far a corpus or training is, read from files alone (nothing runs, nothing is locked)."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from synth.corpus.files import read_json
from synth.corpus.identity import read_description
from synth.corpus.journal import count_answers
from synth.corpus.layout import Layout
from synth.errors import BadFolder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder."""
    parser.add_argument("corpus", help="a corpus folder, or one with runs of `synth train`")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Print progress by language and what is in flight, or progress of runs."""
    from synth.train.run_status import holds_runs

    if holds_runs(Path(args.corpus)):
        return _runs(args)
    found = status(Path(args.corpus))
    if args.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        _print(found)
    return 0


def _runs(args: argparse.Namespace) -> int:
    from synth.train.run_status import run_status, table

    found = run_status(Path(args.corpus))
    print(json.dumps(found, ensure_ascii=False) if args.json else "\n".join(table(found)))
    return 0


def status(root: Path) -> dict[str, Any]:
    """Rows expected and done, by language; answers that wait in journals; costs so far and as planned.

    Raises:
        BadFolder: There is no corpus.
    """
    from synth.generate.summary import summary

    description = read_description(root)
    if description is None:
        raise BadFolder(f"{root} holds no corpus (there is no corpus.yaml); give a folder that `synth generate` made")
    layout = Layout(root)
    found = summary(layout)
    done: Counter[str] = Counter()
    for langs in found["outcomes"].values():
        for lang, counts in langs.items():
            done[lang] += sum(counts.values())
    per_language = expected_rows(description)
    journals = sorted((root / "generated").glob("*/*/*.journal.jsonl"))
    return {
        "name": description["name"],
        "teacher": description["teacher"]["profile"],
        "kind": description["config"]["kind"],
        "expected": per_language,
        "done": {lang: done[lang] for lang in description["languages"]},
        "chunks_in_flight": len(journals),
        "answers_in_journals": sum(count_answers(path) for path in journals),
        "outcomes": found["outcomes"],
        "costs": found["costs"],
        "planned": read_json(root / "plan.json"),
    }


def expected_rows(description: dict[str, Any]) -> dict[str, int]:
    """Rows that the corpus has when it is done, by language."""
    kind, sources = description["config"]["kind"], description["sources"]
    expected = {}
    for lang in description["languages"]:
        translated = (
            sum(source["sampled"] for source in sources.values()) if kind != "paraphrase" and lang != "en" else 0
        )
        reworded = sum(s["sampled"] for task, s in sources.items() if task != "ccg") if kind != "translation" else 0
        expected[lang] = translated + reworded
    return expected


def _print(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{found['name']}: {found['kind']} by {found['teacher']}", title_justify="left")
    for name in ("language", "done", "of", "share"):
        table.add_column(name, justify="left" if name == "language" else "right")
    for lang, expected in found["expected"].items():
        table.add_row(lang, str(found["done"][lang]), str(expected), f"{found['done'][lang] / max(1, expected):.0%}")
    done, expected = sum(found["done"].values()), sum(found["expected"].values())
    table.add_section()
    table.add_row("all", str(done), str(expected), f"{done / max(1, expected):.0%}")
    console = Console(highlight=False)
    console.print(table)
    console.print(
        f"{found['chunks_in_flight']} chunks in flight with {found['answers_in_journals']} answers in journals"
    )
    if found["costs"]:
        console.print(", ".join(f"{value} {name.replace('_', ' ')}" for name, value in found["costs"].items()))
    if found["planned"]:
        _print_planned(console, found)


def _print_planned(console: Any, found: dict[str, Any]) -> None:
    planned, costs = found["planned"], found["costs"]
    for name in ("prompt_tokens", "completion_tokens"):
        told, actual = planned.get(name, 0), costs.get(name, 0)
        console.print(f"{name.replace('_', ' ')}: {told} planned, {actual} so far ({actual / max(1, told):.0%})")
