"""Predicting by heads against a plain Transformers loop with fixed padding: the same items, the same model.

    .venv/bin/python bench/predict.py --source bench/xtreme-slices.sources.yaml --langs en,zh,ar --items 60

Both sides get a student with new heads (nothing is trained: speed does not depend on what the weights know), the first
items of each language, and the official lengths. Time is wall time and, because other
processes may run beside, processor time; both include cutting texts into pieces and choosing answers. Every task is
run by one side, then by the other, `--repeat` times; the best of each counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True, help="sources file of the test sets")
    parser.add_argument("--items", type=int, default=60, help="items of each language")
    parser.add_argument("--tasks", default="xnli,panx,udpos,xquad")
    parser.add_argument("--langs", default="", help="languages, with commas; all of the source when left out")
    parser.add_argument("--student", default="e5-small", help="embedded student, folder or Hub repository")
    parser.add_argument("--tokens", type=int, default=2_048, help="pieces of a batch of ours")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    import torch

    torch.set_num_threads(args.threads)
    results = [_measure(name, args) for name in args.tasks.split(",")]
    print(f"{'task':<8}{'items':>7}{'plain s':>10}{'synth s':>10}{'times':>7}{'of CPU':>8}{'same':>10}")
    for one in results:
        print(
            f"{one['task']:<8}{one['items']:>7,}{one['plain'][0]:>10.1f}{one['synth'][0]:>10.1f}"
            f"{one['plain'][0] / one['synth'][0]:>7.2f}{one['plain'][1] / one['synth'][1]:>8.2f}"
            f"{one['same']:>7}/{one['items']}"
        )
    if args.json:
        args.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


def _measure(name: str, args: argparse.Namespace) -> dict[str, Any]:
    import torch
    from plain_predict import predict

    from synth.evaluate.data.base import EvalSet
    from synth.evaluate.data.local import LocalEval
    from synth.evaluate.encode import ParagraphCutter, item_encoder
    from synth.evaluate.english import STAGES
    from synth.evaluate.heads import HeadPredictor
    from synth.evaluate.predict import Runner
    from synth.evaluate.settings import load_settings
    from synth.evaluate.spans import Rule
    from synth.evaluate.target_steps import HEAD, spec_of
    from synth.evaluate.tasks import get_eval_task
    from synth.train.heads import MultiHead
    from synth.train.student import load_student

    task, source = get_eval_task(name), LocalEval(Path(args.source))
    embedded = args.student in {"e5-small", "gemma3-270m"}
    student = load_student("" if embedded else args.student, architecture=args.student if embedded else None)
    torch.manual_seed(0)
    model = MultiHead(student.backbone, {HEAD: spec_of(task)}, student.decoder).eval()
    lengths = load_settings("official").targets[STAGES[name][-1].target].lengths
    langs = args.langs.split(",") if args.langs else source.languages(name, task.split)
    sets = [source.load(name, lang, task.split) for lang in langs]
    cut = [EvalSet(one.task, one.lang, one.split, one.items[: args.items]) for one in sets]

    def ours() -> list[Any]:
        encode = item_encoder(task, ParagraphCutter(student.tokenizer, student.decoder), lengths)
        runner = Runner(model, HEAD, int(student.tokenizer.pad_token_id), args.tokens)
        predictor = HeadPredictor(task, runner, encode, Rule(lengths.stride), {})
        return [one for data in cut for one in predictor.predict(data).predictions]

    def theirs() -> list[Any]:
        return [one for data in cut for one in predict(model, HEAD, student.tokenizer, task, data.items, lengths)]

    found: dict[str, list[Any]] = {"synth": [], "plain": []}
    times: dict[str, list[tuple[float, float]]] = {"synth": [], "plain": []}
    for _ in range(args.repeat):
        for side, call in (("plain", theirs), ("synth", ours)):
            found[side], spent = _timed(call)
            times[side].append(spent)
            print(f"{name} {side}: {spent[0]:.1f} s, {spent[1]:.1f} s of CPU", file=sys.stderr, flush=True)
    same = sum(tuple(one) == tuple(other) for one, other in zip(found["synth"], found["plain"], strict=True))
    best = {side: tuple(map(min, zip(*spent, strict=True))) for side, spent in times.items()}
    return {"task": name, "items": len(found["synth"]), "same": same, **best}


def _timed(call: Callable[[], list[Any]]) -> tuple[list[Any], tuple[float, float]]:
    wall, processor = time.perf_counter(), time.process_time()
    found = call()
    return found, (time.perf_counter() - wall, time.process_time() - processor)


if __name__ == "__main__":
    main()
