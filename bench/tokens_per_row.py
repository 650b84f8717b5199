"""Prompt and generated tokens per kept row: Synth against a plain per-row, per-task translation of the same rows.

    python bench/tokens_per_row.py --source SOURCES.yaml [--langs es,hi] [--limit 20] [--paragraphs 12]

Both sides run on one server, one after the other, with the same prompts, sampling and limits, and the same validators
judge them. The baseline sends equal requests once and counts their tokens each time (the teacher is deterministic).

`--limit` rows of each task, but for SQuAD all questions of `--paragraphs` paragraphs, as in a run over the whole data
set: a limit takes questions by a hash of their ids, most of them from different paragraphs, and shares little.
The mix weighs the tasks equally: tokens a kept row, summed over tasks.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from typing import Any

from common import Recorded, hardware, record, scratch, teacher_up
from plain import Bill, Plain

from synth.corpus.files import fingerprint
from synth.generate.config import GenerateConfig
from synth.generate.local import complete
from synth.generate.run import Inputs, prepare, read_inputs
from synth.generate.summary import summary
from synth.generate.teachers import Teacher, choose_teacher, make_client
from synth.languages import get_language
from synth.tasks import get_task
from synth.tasks.base import Shape

MIXES = {"squad_v1 + squad_v2": ("squad_v1", "squad_v2"), "anli_plus + mnli": ("anli_plus", "mnli")}


def main() -> None:
    """Measure both sides for the whole mix and for the families that share text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", default="sample")
    parser.add_argument("--langs", default="es,hi")
    parser.add_argument("--limit", type=int, default=20)
    parser.add_argument("--tasks", default="anli_plus,mnli,qqp,squad_v1,squad_v2,hellaswag,cosmos_qa,commonsense_qa")
    parser.add_argument("--teacher", default="embedded")
    parser.add_argument("--paragraphs", type=int, default=12)
    args = parser.parse_args()
    machine = hardware()
    flags = {"langs": args.langs, "source": args.source, "teacher": args.teacher, "tasks": args.tasks}
    config = GenerateConfig(**flags, limit=args.limit, out=str(scratch() / "corpus"))
    everything = read_inputs(config.model_copy(update={"limit": None}))
    inputs = with_paragraphs(read_inputs(config), everything, args.paragraphs)
    teacher = choose_teacher(config)
    ready = prepare(config, inputs, teacher)
    with teacher_up(config, teacher, ready) as server:
        ours = record(config, teacher, ready, server)
        bills = {name: complete(plain_bill(config, inputs, teacher, server, name)) for name in inputs.tasks}
    report(machine, ours, summary(ready.layout), bills)


async def plain_bill(config: GenerateConfig, inputs: Inputs, teacher: Teacher, server: Any, task: str) -> Bill:
    """What the baseline uses for one task in all languages."""
    async with make_client(teacher, config, server) as client:
        plain = Plain(client.ask, teacher.style, teacher.limits(config), once=True)
        pairs = [(example, get_language(lang)) for lang in inputs.langs for example in inputs.examples[task]]
        await asyncio.gather(*(plain.row(example, language) for example, language in pairs))
        return plain.bill


def with_paragraphs(inputs: Inputs, everything: Inputs, count: int) -> Inputs:
    """The inputs, with all questions of `count` paragraphs in place of single questions."""
    spans = [task for task in inputs.examples if get_task(task).shape is Shape.SPAN]
    texts = sorted({example.row["context"] for task in spans for example in everything.examples[task]}, key=fingerprint)
    chosen = set(texts[:count])
    found = dict(inputs.examples)
    for task in spans:
        found[task] = tuple(example for example in everything.examples[task] if example.row["context"] in chosen)
    return replace(inputs, examples={task: rows for task, rows in found.items() if rows})


def report(machine: str, ours: Recorded, found: dict[str, Any], bills: dict[str, Bill]) -> None:
    """Print tokens per kept row of both sides, by task, by family and over the mix."""
    print(f"machine: {machine}")
    mine = {task: Bill() for task in bills}
    for task, counts in mine.items():
        counts.kept = sum(cell.get("kept", 0) for cell in found["outcomes"][task].values())
        counts.prompt_tokens = found["tokens_by_task"][task]
    for task, bill in bills.items():
        line(task, mine[task].tokens, mine[task].kept, bill.tokens, bill.kept)
    for name, tasks in MIXES.items():
        sums = [
            sum(getattr(side[task], what) for task in tasks) for side in (mine, bills) for what in ("tokens", "kept")
        ]
        line(name, *sums)
    mix, plain = (sum(side[task].tokens / max(1, side[task].kept) for task in bills) for side in (mine, bills))
    print(f"the mix, tasks weighed equally: {mix:.0f} against {plain:.0f}, ratio {mix / plain:.2f}")
    print(
        f"synth: {len(ours.calls)} requests in {ours.seconds:.0f} s; plain: {sum(b.requests for b in bills.values())}"
    )


def line(name: str, tokens: int, kept: int, plain: int, plain_kept: int) -> None:
    """One comparison."""
    ratio = (tokens / max(1, kept)) / (plain / max(1, plain_kept))
    print(f"{name}: synth {tokens} tokens for {kept} kept rows, plain {plain} for {plain_kept}; a kept row {ratio:.2f}")


if __name__ == "__main__":
    main()
