"""Training measured on real slices: against plain Transformers scripts, and what else the trainer does.

    python bench/train.py score --task mnli --steps 150        # accuracy or F1 on dev, ours and a plain script's
    python bench/train.py rate --task mnli                     # inputs a processor second, ours and theirs, in turns
    python bench/train.py same --task mnli --steps 8           # with the same start and order: the same loss curve
    python bench/train.py text --plain-steps 4                 # Gemma 3 270M as text, with TRL
    python bench/train.py nine --steps 100                     # all nine tasks together, one shared backbone

Student of all but `text`: multilingual-e5-small with frozen embeddings. Data: the real slices beside the repository
(`bench/train_slices.yaml`; for `nine`, `corpora_manifests/slices.sources.yaml` with CCG of the embedded sample). Both
sides get the same rows, steps, micro-batches, accumulation, learning rate, warm-up, decay and seed; the order of
the rows is each side's own (`Trainer`'s sampler there, a shuffle by seed here).
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import replace

from common import hardware
from plain_train import Padding, Plain, Trained
from train_more import command_nine, command_text
from train_same import command_same
from train_sides import Task, ours, score_ours, score_theirs, task_of, theirs

COLUMNS = {"mnli": ("premise", "hypothesis"), "qqp": ("question1", "question2"), "squad_v1": ("", "")}


def command_score(args: argparse.Namespace) -> None:
    """Both sides' score on dev, for every seed."""
    task = task_of(args.task)
    for seed in args.seeds:
        plain = plan(args, task, seed, "dynamic")
        mine, encoder = ours(task, plain)
        print(f"{task.name} seed {seed}: synth {score_ours(task, mine, encoder):.1f}, {said(mine)}", flush=True)
        other, tokenizer = theirs(task, plain)
        print(
            f"{task.name} seed {seed}: plain {score_theirs(task, other, tokenizer, plain):.1f}, {said(other)}",
            flush=True,
        )


def command_rate(args: argparse.Namespace) -> None:
    """Inputs a processor second of both sides, in turns, and the median of the rounds' ratios."""
    task, rounds = task_of(args.task), []
    for seed in range(args.rounds):
        plain = plan(args, task, seed, "dynamic")
        if not seed:  # imports, and memory that is taken once
            ours(task, replace(plain, steps=1))
            theirs(task, replace(plain, steps=1))
        rates = {"synth": rate(ours(task, plain)[0])}
        for padding in args.padding:
            rates[padding] = rate(theirs(task, replace(plain, padding=padding))[0])
        rounds.append(rates)
        print(
            f"{task.name} round {seed}: {' '.join(f'{name} {value:.1f}/s' for name, value in rates.items())}",
            flush=True,
        )
    for padding in args.padding:
        ratio = statistics.median(one["synth"] / one[padding] for one in rounds)
        print(f"{task.name}: synth / plain with {padding} padding {ratio:.2f}")


def rate(trained: Trained) -> float:
    """Model inputs a processor second (of one thread)."""
    return trained.examples / trained.work


def said(trained: Trained) -> str:
    """A run in a few words."""
    times = f"{trained.seconds:.0f} s ({trained.work:.0f} of the processor)"
    return f"loss {trained.loss:.3f}, {trained.examples} inputs in {times}"


def plan(args: argparse.Namespace, task: Task, seed: int, padding: Padding) -> Plain:
    """What both sides train."""
    from synth.train.student import find_place

    place = find_place("", "e5-small")
    return Plain(
        place,
        args.steps,
        args.batch,
        args.accumulation,
        args.rate,
        task.length,
        args.precision,
        seed,
        padding,
        COLUMNS[task.name],
    )


def main() -> None:
    """Run one of the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["score", "rate", "same", "text", "nine"])
    parser.add_argument("--task", default="mnli", choices=list(COLUMNS))
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--accumulation", type=int, default=4)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="bf16")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--padding", nargs="+", choices=["dynamic", "fixed"], default=["dynamic", "fixed"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dev", type=int, default=200, help="rows of dev that `text` is scored on")
    parser.add_argument("--plain-steps", type=int, default=0, help="of `text`: steps of SFTTrainer alone, for its rate")
    args = parser.parse_args()
    print(f"machine: {hardware()}", flush=True)
    if args.what == "same":
        task = task_of(args.task)
        command_same(args, task, plan(args, task, args.seeds[0], "dynamic"))
        return
    {"score": command_score, "rate": command_rate, "text": command_text, "nine": command_nine}[args.what](args)


if __name__ == "__main__":
    main()
