"""Wall time for the same rows on one server: Synth, a hand-written asyncio script, datatrove's inference runner.

    python bench/walltime.py --source SOURCES.yaml [--langs es,hi] [--limit 20] [--datatrove-python PATH]

datatrove needs an environment of its own (its numpy does not fit ours): pip install "datatrove[inference]". The
baselines send one request a text and row with Synth's own prompts and limits, and neither validates nor projects more
than a script would; a SQuAD row looks its answer up. Starting the server is not counted. Each
side runs once, with an empty prefix cache.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common import hardware, prepared, record, scratch, teacher_up
from plain import Plain

from synth.generate.config import GenerateConfig
from synth.generate.local import complete
from synth.generate.recipes.fields import fields_of
from synth.generate.run import Inputs
from synth.generate.summary import summary
from synth.generate.teachers import Teacher, make_client
from synth.languages import get_language
from synth.tasks import get_task
from synth.tasks.base import Shape


def main() -> None:
    """Measure the sides one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", default="sample")
    parser.add_argument("--langs", default="es,hi")
    parser.add_argument("--limit", type=int, default=20)
    parser.add_argument("--tasks", default="anli_plus,mnli,qqp,squad_v1,squad_v2,hellaswag,cosmos_qa,commonsense_qa")
    parser.add_argument("--datatrove-python", type=Path)
    args = parser.parse_args()
    os.environ["VLLM_SERVER_DEV_MODE"] = "1"  # for /reset_prefix_cache
    print(f"machine: {hardware()}")
    folder = scratch()
    flags = {"source": args.source, "tasks": args.tasks}
    config = GenerateConfig(**flags, langs=args.langs, limit=args.limit, out=str(folder / "corpus"))
    warm = GenerateConfig(**flags, langs=args.langs, limit=1, out=str(folder / "warm"))
    inputs, teacher, ready = prepared(config)
    with teacher_up(config, teacher, ready) as server:
        record(warm, teacher, prepared(warm)[2], server)
        forget(server)
        ours = record(config, teacher, ready, server)
        kept = sum(cell.get("kept", 0) for task in summary(ready.layout)["outcomes"].values() for cell in task.values())
        tell("synth", ours.seconds, kept, ready.rows)
        forget(server)
        seconds, bill = complete(by_hand(config, inputs, teacher, server))
        tell("hand-written", seconds, bill.kept, bill.rows)
        forget(server)
        if args.datatrove_python:
            spent = by_datatrove(args.datatrove_python, config, inputs, teacher, server, folder)
            tell("datatrove", spent, bill.kept, bill.rows)


def forget(server: Any) -> None:
    """Empty the server's prefix cache, so that no side profits from the one before."""
    urllib.request.urlopen(urllib.request.Request(server.url + "/reset_prefix_cache", method="POST"), timeout=30)


def tell(name: str, seconds: float, kept: int, rows: int) -> None:
    """One line a side."""
    print(f"{name}: {rows} rows in {seconds:.1f} s, {kept} kept, {seconds / max(1, kept):.2f} s a kept row", flush=True)


async def by_hand(config: GenerateConfig, inputs: Inputs, teacher: Teacher, server: Any) -> tuple[float, Any]:
    """The script: all rows at once, as many requests in flight as Synth has."""
    async with make_client(teacher, config, server) as client:
        plain = Plain(client.ask, teacher.style, teacher.limits(config), once=False)
        started = time.monotonic()
        await asyncio.gather(*(plain.row(example, lang) for example, lang in pairs(inputs)))
        return time.monotonic() - started, plain.bill


def pairs(inputs: Inputs) -> Iterator[tuple[Any, Any]]:
    """Every example in every language."""
    for lang in inputs.langs:
        for examples in inputs.examples.values():
            yield from ((example, get_language(lang)) for example in examples)


def by_datatrove(
    python: Path, config: GenerateConfig, inputs: Inputs, teacher: Teacher, server: Any, folder: Path
) -> float:
    """The same requests through datatrove's runner."""
    limits = teacher.limits(config)
    rows = []
    for example, language in pairs(inputs):
        texts = [text for text in texts_of(example) if text.strip()]
        prompts = [teacher.style.text(text, language) for text in texts]
        payloads = [{**limits.sampling, **prompt.payload, "max_tokens": limits.of(prompt)} for prompt in prompts]
        rows.append({"id": f"{example.task}-{example.source_id}-{language.code}", "payloads": payloads})
    job = folder / "datatrove.json"
    told = {"url": server.url, "model": server.model, "in_flight": config.in_flight, "rows": rows}
    job.write_text(json.dumps(told), encoding="utf-8")
    script = Path(__file__).with_name("datatrove_job.py")
    done = subprocess.run([str(python), str(script), str(job)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"datatrove failed:\n{done.stderr[-2000:]}")
    return float(json.loads(job.with_suffix(".out").read_text(encoding="utf-8"))["seconds"])


def texts_of(example: Any) -> list[str]:
    """What a script sends for a row."""
    task = get_task(example.task)
    if task.shape is Shape.SPAN:
        return [example.row["context"], example.row["question"], *example.row["answers"]["text"]]
    return list(fields_of(task, example.row).values())


if __name__ == "__main__":
    main()
