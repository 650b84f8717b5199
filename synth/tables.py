"""The verbs that print what Synth knows: `synth tasks`, `synth langs`, `synth teachers`."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The one option that all tables have."""
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Print the table that the verb names."""
    if args.verb == "tasks":
        from synth.tasks_table import print_tasks

        print_tasks(args.json)
    elif args.verb == "langs":
        from synth.langs_table import print_languages
        from synth.teacher.table import coverage

        print_languages(args.json, coverage())
    else:
        from synth.teacher.table import print_teachers

        print_teachers(args.json)
    return 0
