"""Prompt and generated tokens per kept row: Synth against a plain per-row, per-task translation of the same rows.

    python bench/tokens_per_row.py --source SOURCES.yaml [--langs es,hi] [--limit 20] [--teacher embedded|URL]

Both sides run on one server, one after the other, with the same prompts, sampling and limits, and the same validators
judge them. The baseline sends equal requests once and counts their tokens each time (the teacher is deterministic).
"""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from common import Recorded, hardware, prepared, record, scratch, teacher_up
from plain import Bill, Plain

from synth.generate.config import GenerateConfig
from synth.generate.local import complete
from synth.generate.run import Inputs
from synth.generate.summary import summary
from synth.generate.teachers import Teacher, make_client
from synth.languages import get_language

MIXES = {"squad_v1 + squad_v2": ("squad_v1", "squad_v2"), "anli_plus + mnli": ("anli_plus", "mnli")}


def main() -> None:
    """Measure both sides for the whole mix and for the families that share text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", default="sample")
    parser.add_argument("--langs", default="es,hi")
    parser.add_argument("--limit", type=int, default=20)
    parser.add_argument("--tasks", default="anli_plus,mnli,qqp,squad_v1,squad_v2,hellaswag,cosmos_qa,commonsense_qa")
    parser.add_argument("--teacher", default="embedded")
    args = parser.parse_args()
    machine = hardware()
    flags = {"langs": args.langs, "limit": args.limit, "source": args.source, "teacher": args.teacher}
    config = GenerateConfig(**flags, tasks=args.tasks, out=str(scratch() / "corpus"))
    inputs, teacher, ready = prepared(config)
    with teacher_up(config, teacher, ready) as server:
        ours = record(config, teacher, ready, server)
        bills = {name: complete(bill(config, inputs, teacher, server, name)) for name in inputs.tasks}
    report(machine, ours, summary(ready.layout), bills)


async def bill(config: GenerateConfig, inputs: Inputs, teacher: Teacher, server: Any, task: str) -> Bill:
    """What the baseline uses for one task in all languages."""
    async with make_client(teacher, config, server) as client:
        plain = Plain(client.ask, teacher.style, teacher.limits(config), once=True)
        pairs = [(example, get_language(lang)) for lang in inputs.langs for example in inputs.examples[task]]
        await asyncio.gather(*(plain.row(example, language) for example, language in pairs))
        return plain.bill


def report(machine: str, ours: Recorded, found: dict[str, Any], bills: dict[str, Bill]) -> None:
    """Print tokens per kept row of both sides."""
    print(f"machine: {machine}")
    mixes = {name: tasks for name, tasks in MIXES.items() if all(task in bills for task in tasks)}
    for name, tasks in {"the whole mix": tuple(bills), **mixes}.items():
        kept = sum(cell.get("kept", 0) for task in tasks for cell in found["outcomes"][task].values())
        plain = sum(bills[task].tokens for task in tasks)
        plain_kept = sum(bills[task].kept for task in tasks)
        spent = sum(found["tokens_by_task"][task] for task in tasks)
        ratio = (spent / max(1, kept)) / (plain / max(1, plain_kept))
        print(f"{name}: synth {spent} tokens for {kept} kept rows = {spent / max(1, kept):.0f} a row")
        print(f"    plain {plain} for {plain_kept} = {plain / max(1, plain_kept):.0f} a row; ratio {ratio:.2f}")
        print(f"    tokens alone, whatever is kept: {spent / plain:.2f}")
    print(
        f"synth: {len(ours.calls)} requests in {ours.seconds:.0f} s; plain: {sum(b.requests for b in bills.values())}"
    )


if __name__ == "__main__":
    main()
