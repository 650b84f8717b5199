"""`synth evaluate RUN|MODEL ...`: from models to prediction folders; and `synth evaluate --list`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.errors import BadFlag, BadSource, CheckFailed, TrainingFailed

if TYPE_CHECKING:
    from synth.evaluate.data.base import EvalSource
    from synth.evaluate.selection import Selection
    from synth.evaluate.settings import EvalSettings
    from synth.evaluate.subject import Subject


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `synth evaluate`; imports nothing heavy."""
    parser.add_argument(
        "subjects",
        nargs="*",
        metavar="RUN|MODEL",
        help="runs of `synth train`, or a folder of them; or models: a folder, a Hub repository, e5-small, gemma3-270m",
    )
    parser.add_argument("--list", action="store_true", help="print the target tasks and do nothing else")
    parser.add_argument(
        "--source", default="hub", metavar="hub|FILE", help="test sets and English training sets (default: hub)"
    )
    parser.add_argument("--tasks", metavar="NAMES", help="target tasks, with commas (default: all that are there)")
    parser.add_argument("--langs", metavar="CODES", help="languages, with commas (default: all that are there)")
    parser.add_argument(
        "--settings", default="official", metavar="NAME|FILE", help="official, jiant, small, or a YAML file"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting; may be given several times"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="results (default: RUN/evaluation, or evaluations/MODEL/ARM-SEED)"
    )
    parser.add_argument("--arm", metavar="NAME", help="models: name of the arm (default: none)")
    parser.add_argument("--kind", metavar="KIND", help="models: kind of the arm (default: by its name)")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="models: seed of the target stage (default: 0)"
    )
    parser.add_argument("--revision", metavar="COMMIT", help="models from the Hub: commit, tag or branch")
    parser.add_argument("--device", default="auto", metavar="NAME", help="cpu, cuda, cuda:1 (default: what is there)")
    parser.add_argument("--export", type=Path, metavar="DIR", help="also write XTREME's submission files")
    parser.add_argument("--keep-weights", action="store_true", help="keep the weights of the target stage")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Evaluate; returns the exit code. Errors are raised as SynthError."""
    if args.list:
        from synth.evaluate.table import list_tasks

        list_tasks(args.json)
        return 0
    if not args.subjects:
        raise BadFlag("name at least one run or model to evaluate; `synth evaluate --list` shows the target tasks")
    return _evaluate(args)


def _evaluate(args: argparse.Namespace) -> int:
    from synth.evaluate.settings import load_settings
    from synth.evaluate.settings_file import parse_changes

    settings = load_settings(args.settings, parse_changes(args.set))
    source = source_of(args.source)
    subjects = _subjects(args)
    device = device_of(args.device)
    # All are checked before the first is begun: what is wrong with the last one is not told after hours.
    plans = [(subject, *_plan(subject, settings, source, args)) for subject in subjects]
    _check_sets(plans, source)
    args.alone = len(subjects) == 1
    shown = [_one(subject, selection, own, source, device, args) for subject, own, selection in plans]
    if args.json:
        print(json.dumps({"runs": shown}, ensure_ascii=False))
    return int(any("error" in one for one in shown))


def _plan(
    subject: Subject, settings: EvalSettings, source: EvalSource, args: argparse.Namespace
) -> tuple[EvalSettings, Selection]:
    from synth.evaluate.loop import with_style
    from synth.evaluate.selection import select

    own = with_style(settings, subject)
    return own, select(source, args.tasks, args.langs, own.style, own.text.train)


def _check_sets(plans: Sequence[tuple[Subject, EvalSettings, Selection]], source: EvalSource) -> None:
    """Once for all runs of a style: they have their test sets in common."""
    from synth.evaluate.precheck import cells_left, check_sets

    whole = [one for one in plans if one[0].info.status != "failed"]
    for style in dict.fromkeys(own.style for _, own, _ in whole):
        mine = [one for one in whole if one[1].style == style]
        _, settings, selection = mine[0]
        check_sets(source, cells_left(selection.languages, [one.folder for one, *_ in mine]), settings, _say)


def _one(
    subject: Subject, selection: Selection, settings: EvalSettings, source: EvalSource, device: str,
    args: argparse.Namespace,
) -> dict[str, Any]:  # fmt: skip
    from synth.evaluate.loop import evaluate_subject, failed_training
    from synth.evaluate.outcome import outcome_of, print_outcome

    if subject.info.status == "failed":
        failed_training(subject)
        _say(f"{subject.info.run}: {subject.info.why}; recorded for the report, not evaluated")
        return {"run": subject.info.run, "folder": str(subject.folder), "status": "failed", "why": subject.info.why}
    _say(f"evaluating {subject.info.run} into {subject.folder} on {device}, settings {settings.name}")
    try:
        info = evaluate_subject(subject, selection, source, settings, device, _say, args.keep_weights)
    except (CheckFailed, TrainingFailed) as error:  # of this run alone: the others go on
        if args.alone:
            raise
        _say(f"synth: {subject.info.run}: {error}")
        return {"run": subject.info.run, "folder": str(subject.folder), "status": "failed", "error": str(error)}
    found = outcome_of(subject.folder, info, selection.holes)
    if args.export:
        from synth.evaluate.export import export_run

        target = args.export if args.alone else args.export / info.run
        found["exported"] = [str(path) for path in export_run(subject.folder, target)]
    if not args.json:
        print_outcome(found)
    return found


def source_of(text: str) -> EvalSource:
    """The source that `--source` means.

    Raises:
        BadSource: It cannot be read.
    """
    if text == "hub":
        from synth.evaluate.data.hub import HubEval

        return HubEval()
    if text == "sample":
        raise BadSource("evaluation has no sample data; give --source hub, or a YAML file as in docs/evaluate.md")
    from synth.evaluate.data.local import LocalEval

    return LocalEval(Path(text))


def _subjects(args: argparse.Namespace) -> list[Subject]:
    from synth.evaluate.predictions import ArmKind
    from synth.evaluate.subject import Named, expand, kind_of, subject_of

    arm = args.arm or "none"
    if args.kind is not None and args.kind not in {kind.value for kind in ArmKind}:
        raise BadFlag(f"--kind {args.kind}: give one of {', '.join(ArmKind)}")
    if args.seed < 0:
        raise BadFlag(f"--seed {args.seed}: give 0 or more")
    named = Named(arm, ArmKind(args.kind) if args.kind else kind_of(arm), args.seed, args.revision)
    subjects = [subject_of(one, named) for text in args.subjects for one in expand(text)]
    if args.out:
        several = len(subjects) > 1
        subjects = [replace(one, folder=args.out / one.info.run if several else args.out) for one in subjects]
    names = [str(one.folder.absolute()) for one in subjects]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise BadFlag(f"two of the given runs would both be written to {twice}; give each once")
    return subjects


def device_of(text: str) -> str:
    """The device that `--device` means, as torch names it. Where one is named, the others are hidden from then on.

    Raises:
        BadFlag: It cannot be used.
    """
    import torch

    if text == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    kind, _, number = text.partition(":")
    if kind in {"cpu", "cuda"}:  # training takes the first accelerator that it sees
        _show_only(kind, number)
        text = kind
    try:
        torch.zeros(1, device=text)
    except (RuntimeError, AssertionError, ValueError) as error:
        told = " ".join(str(error).split())[:120]
        raise BadFlag(f"--device {text} cannot be used ({told}); give cpu, cuda or cuda:NUMBER") from None
    return text


def _show_only(kind: str, number: str) -> None:
    """Leave one GPU visible, or none, before CUDA has begun: the one of this number among those visible now."""
    visible = [one for one in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if one]
    if kind == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    elif number.isdecimal():
        if visible and int(number) >= len(visible):
            raise BadFlag(f"--device cuda:{number}: {len(visible)} GPUs are visible; give a smaller number")
        os.environ["CUDA_VISIBLE_DEVICES"] = visible[int(number)] if visible else number


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
