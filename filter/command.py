"""`synth filter CORPUS`: the command-line side of `filter_corpus`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.errors import BadFlag

if TYPE_CHECKING:
    from synth.filter.engine import Engine
    from synth.filter.policy import Policy
    from synth.filter.run import FilterResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `synth filter`; imports nothing heavy."""
    parser.add_argument("corpus", type=Path, help="corpus folder that `synth generate` wrote, or a manifest")
    parser.add_argument(
        "--out",
        type=Path,
        default=None,
        metavar="DIR",
        help="new folder for a corpus that its manifest places on the Hub (default: corpora/NAME-refiltered)",
    )
    parser.add_argument(
        "--policy", default="default", help="default, strict, lenient or a YAML file (default: %(default)s)"
    )
    parser.add_argument("--workers", type=int, default=None, metavar="N", help="processes (default: one a core)")
    parser.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="this machine, or the Ray cluster of RAY_ADDRESS (default: %(default)s)",
    )
    parser.add_argument(
        "--detectors",
        default=None,
        metavar="NAMES",
        help="language detectors, of cld2,fasttext,langdetect, or none (default: all that are installed)",
    )
    parser.add_argument(
        "--lid-model", type=Path, default=None, metavar="FILE", help="fastText model: lid.176.bin, GlotLID, OpenLID"
    )
    parser.add_argument(
        "--embedder",
        default="",
        metavar="MODEL",
        help="similarity to the source: embedded, or a sentence-transformers model or folder (default: off)",
    )
    parser.add_argument(
        "--pieces",
        default="",
        metavar="MODEL",
        help="length in word pieces too: embedded, or a tokenizer's folder, file or Hub id (default: off)",
    )
    parser.add_argument(
        "--testsets", type=Path, default=None, metavar="FILE", help="test sets to keep out, see docs/contamination.md"
    )
    parser.add_argument(
        "--label-agreement",
        type=int,
        default=None,
        metavar="N",
        help="translate N kept rows a task and language back to English and let --judge label them (default: off)",
    )
    parser.add_argument(
        "--judge", default="", metavar="MODEL", help="English model of sentence pairs that labels them, or its folder"
    )
    parser.add_argument(
        "--teacher", default="", metavar="NAME", help="who translates back, as for generate (default: the corpus' own)"
    )
    parser.add_argument("--no-report", action="store_true", help="do not write report.html")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object to standard output")


def run(args: argparse.Namespace) -> int:
    """Filter, write the report, print the short table. Returns the exit code; errors are raised as SynthError."""
    from synth.filter.locate import corpus_folder
    from synth.filter.policy import load_policy
    from synth.filter.run import filter_corpus

    policy, agreement = load_policy(args.policy), _agreement(args)
    folder = corpus_folder(args.corpus, args.out, _progress(), lambda line: print(f"note: {line}", file=sys.stderr))
    with _engine(args, folder) as (engine, corpus):
        result = filter_corpus(corpus, policy, _settings(args), engine, _progress())
    estimated = None
    try:
        estimated = agreement(result.corpus) if agreement else None
    finally:  # whatever becomes of judge and teacher, the corpus is filtered
        _show(result, policy, estimated, args)
    return 0


def _show(result: FilterResult, policy: Policy, estimated: dict[str, Any] | None, args: argparse.Namespace) -> None:
    if not args.no_report:
        from synth.filter.report.page import write_report

        write_report(result.corpus)
    _print(result, policy, estimated, args.json)
    if not args.no_report:
        print(f"report:  {result.corpus / 'report.html'}", file=sys.stderr)


@contextmanager
def _engine(args: argparse.Namespace, corpus: Path) -> Iterator[tuple[Engine, Path]]:
    """Where the work is done, and the corpus as it is called there."""
    workers = _workers(args.workers)
    if args.engine == "ray":
        from synth.filter.ray_engine import ray_engine

        with ray_engine(corpus, workers) as engine:
            yield engine, corpus.resolve()
        return
    from synth.filter.engine import LocalEngine

    yield LocalEngine(workers), corpus


def _workers(count: int | None) -> int | None:
    if count is not None and count < 1:
        raise BadFlag(f"--workers {count} is not a number of processes; give 1 or more, or leave it out")
    return count


def _agreement(args: argparse.Namespace) -> Callable[[Path], dict[str, Any]] | None:
    """The estimate of label agreement, when it is asked for; its judge is loaded before anything else is done."""
    size: int | None = args.label_agreement
    if size is None:
        if args.judge or args.teacher:
            raise BadFlag("--judge and --teacher are for the estimate of label agreement; add --label-agreement N")
        return None
    if size < 1:
        raise BadFlag(f"--label-agreement {size} is not a number of rows; give 1 or more, or leave it out")
    if not args.judge:
        raise BadFlag("--label-agreement needs an English model that labels sentence pairs; name one with --judge")
    from synth.filter.agreement_run import estimate_with_models
    from synth.filter.label_judge import SequenceJudge

    judge = SequenceJudge(args.judge)
    return lambda corpus: estimate_with_models(corpus, size, judge, args.teacher)


def _settings(args: argparse.Namespace) -> Any:
    from synth.filter.tools import ToolSettings

    names = None
    if args.detectors is not None:
        given = [name.strip() for name in args.detectors.split(",") if name.strip()]
        names = () if given == ["none"] else tuple(given)
    return ToolSettings(names, args.lid_model, args.embedder, args.testsets, args.pieces)


def _progress() -> Any:
    """A line of progress that overwrites itself, on a terminal only."""
    if not sys.stderr.isatty():
        return lambda _line: None
    return lambda line: print(f"\r{line:70}", end="", file=sys.stderr, flush=True)


def _print(result: FilterResult, policy: Policy, agreement: dict[str, Any] | None, as_json: bool) -> None:
    if as_json:
        import json

        from synth.filter.table import totals

        more = {"label_agreement": agreement} if agreement else {}
        print(json.dumps({**totals(result, policy), **more}, ensure_ascii=False))
        return
    from synth.filter.table import print_agreement, print_table

    print_table(result, policy)
    if agreement:
        print_agreement(agreement)
