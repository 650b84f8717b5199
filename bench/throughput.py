"""Generated tokens/s of `synth generate` against plain `vllm.LLM.generate`, one run, the same prompts.

    python bench/throughput.py [--langs es,ru,hi,zh] [--limit 8]

Both sides use the embedded teacher with the same engine options, prefix cache on. Side A is the whole path (server,
HTTP, journals, recipes); side B gets all prompts of side A at once, in a process of its own. Starting either is not
counted; each side is warmed up first.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from common import Recorded, hardware, prepared, record, scratch, teacher_up

from synth.generate.config import GenerateConfig
from synth.teacher.options import environment, installed_device
from synth.teacher.server import server_options


def main() -> None:
    """Measure both sides and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--langs", default="es,ru,hi,zh")
    parser.add_argument("--limit", type=int, default=8)
    parser.add_argument("--source", default="sample")
    parser.add_argument("--in-flight", type=int, default=128)
    parser.add_argument("--plain", type=Path, help=argparse.SUPPRESS)  # the child that runs side B
    args = parser.parse_args()
    if args.plain:
        run_plain(args.plain)
        return
    machine = hardware()
    folder = scratch()
    ours, options = measure_ours(args, folder)
    theirs = measure_plain(ours, options, folder)
    report(machine, ours, theirs)


def measure_ours(args: argparse.Namespace, folder: Path) -> tuple[Recorded, Any]:
    """Side A: warm up in one folder, then measure in another, on one server."""
    flags = {"langs": args.langs, "limit": args.limit, "source": args.source, "in_flight": args.in_flight}
    warm = GenerateConfig(**{**flags, "limit": 1}, out=str(folder / "warm"))
    real = GenerateConfig(**flags, out=str(folder / "real"))
    _, teacher, ready_warm = prepared(warm)
    _, _, ready = prepared(real)
    with teacher_up(warm, teacher, ready_warm) as server:
        record(warm, teacher, ready_warm, server)
        found = record(real, teacher, ready, server)
    return found, server_options(teacher.profile, teacher.model, real)


def measure_plain(ours: Recorded, options: Any, folder: Path) -> dict[str, float]:
    """Side B: the same prompts, sampling and limits through `LLM.generate`."""
    job = folder / "plain.json"
    model = {"model": options.model, "dtype": options.dtype, "max_model_len": options.max_model_len}
    model |= {"max_num_seqs": options.max_num_seqs, "enforce_eager": options.eager, "seed": options.seed}
    payloads = [dict(call.payload) for call, _ in ours.calls]
    job.write_text(json.dumps({"model": model, "payloads": payloads}), encoding="utf-8")
    command = [sys.executable, __file__, "--plain", str(job)]
    subprocess.run(command, check=True, env=environment(options, installed_device()), stdout=subprocess.DEVNULL)
    result: dict[str, float] = json.loads(job.with_suffix(".out").read_text(encoding="utf-8"))
    return result


def run_plain(job: Path) -> None:
    """In the child: generate everything at once and write tokens and seconds."""
    from vllm import LLM, SamplingParams
    from vllm.sampling_params import RepetitionDetectionParams

    told = json.loads(job.read_text(encoding="utf-8"))
    engine = LLM(**told["model"], enable_prefix_caching=True)
    prompts, params = [], []
    for payload in told["payloads"]:
        prompts.append(payload.pop("prompt"))
        payload.pop("model", None)
        if loops := payload.pop("repetition_detection", None):
            payload["repetition_detection"] = RepetitionDetectionParams(**loops)
        params.append(SamplingParams(**payload))
    engine.generate(prompts[:64], params[:64], use_tqdm=False)
    started = time.monotonic()
    outputs = engine.generate(prompts, params, use_tqdm=False)
    seconds = time.monotonic() - started
    tokens = sum(len(output.outputs[0].token_ids) for output in outputs)
    job.with_suffix(".out").write_text(json.dumps({"tokens": tokens, "seconds": seconds}), encoding="utf-8")


def report(machine: str, ours: Recorded, theirs: dict[str, float]) -> None:
    """Print both rates and their ratio."""
    rate, plain = ours.generated / ours.seconds, theirs["tokens"] / theirs["seconds"]
    print(f"machine: {machine}")
    print(f"requests: {len(ours.calls)}, prompt tokens: {ours.prompted}")
    print(f"synth generate: {ours.generated} tokens in {ours.seconds:.1f} s = {rate:.1f} tokens/s")
    print(f"LLM.generate:   {theirs['tokens']:.0f} tokens in {theirs['seconds']:.1f} s = {plain:.1f} tokens/s")
    print(f"ratio: {rate / plain:.2f}")


if __name__ == "__main__":
    main()
