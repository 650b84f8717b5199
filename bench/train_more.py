"""Two commands of `bench/train.py`: Gemma 3 270M as text with TRL, and all nine tasks together on one backbone."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from train_steps import Row, RowSteps, rows_of

from synth.tasks import TASKS
from synth.train.encode.features import Feature, merge_batch
from synth.train.encode.heads import Limits, encoder_of, tag_numbers
from synth.train.encode.pieces import Cutter
from synth.train.encode.text import prompt_of, text_encoder
from synth.train.fit import FitSettings, fit
from synth.train.recipe import Optim
from synth.train.steps import HeadKind, HeadSpec, head_spec
from synth.train.student import load_student

SLICES, ALL = "bench/train_slices.yaml", "corpora_manifests/slices.sources.yaml"
LETTERS = (" A", " B", " C")


def command_text(args: argparse.Namespace) -> None:
    """MNLI as prompts and answers: accuracy before and after, and the rate beside TRL's own data path."""
    from synth.train.text_model import TextModel

    student = load_student("", architecture="gemma3-270m", language_model=True)
    text, cutter = TextModel(student), Cutter(student.tokenizer, decoder=True)
    rows, dev = rows_of(SLICES, "mnli"), rows_of(SLICES, "mnli", "validation")[: args.dev]
    encoder = text_encoder("mnli", cutter, 256, "example", student.tokenizer.eos_token_id)
    steps = RowSteps({"mnli": rows}, {"mnli": encoder}, {"mnli": HeadSpec(HeadKind.TEXT)}, args.steps,
                     args.batch * args.accumulation, seed=0)  # fmt: skip
    optim = Optim(batch_size=args.batch, accumulation=args.accumulation, learning_rate=args.rate)
    settings = FitSettings(optim, 0, "bf16", save_every=0, log_every=max(1, args.steps // 5))
    if args.steps:
        print(f"accuracy before: {letters_right(text.model, dev, cutter):.1f} of {len(dev)} dev rows", flush=True)
        began = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            found = fit(text, steps, settings, Path(folder))
        work = time.process_time() - began
        loss = " ".join(f"{one:.3f}" for one in found.loss)
        print(f"synth: {args.steps} steps, {told(found.tokens, work)}, loss {loss}", flush=True)
        print(f"accuracy after: {letters_right(text.model, dev, cutter):.1f}", flush=True)
    if args.plain_steps:
        plain_text(rows, args)


def letters_right(model: Any, dev: Sequence[Row], cutter: Cutter) -> float:
    """Share of dev rows (0 to 100) whose right letter is the likeliest of the three after the prompt."""
    import torch

    ids = [cutter.cut(letter).ids[0] for letter in LETTERS]
    model.eval()
    right = 0
    for row in dev:
        prompt = cutter.one(cutter.cut(prompt_of("mnli", row, "example").prompt)).ids
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            scores = model(input_ids=torch.tensor([prompt]), logits_to_keep=1).logits[0, -1]
        right += int(scores[ids].argmax()) == int(row["label"])
    return 100 * right / len(dev)


def plain_text(rows: Sequence[Row], args: argparse.Namespace) -> None:
    """The same with `SFTTrainer` alone, as its documentation has it: columns `prompt` and `completion`."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    student = load_student("", architecture="gemma3-270m", language_model=True)
    prompts = [prompt_of("mnli", row, "example") for row in rows[: args.plain_steps * args.batch * args.accumulation]]
    bos = student.tokenizer.bos_token  # the converted tokenizer does not add it
    data = Dataset.from_list([{"prompt": bos + one.prompt, "completion": one.completion} for one in prompts])
    with tempfile.TemporaryDirectory() as folder:
        config = SFTConfig(
            folder, max_steps=args.plain_steps, per_device_train_batch_size=args.batch, max_length=256, bf16=True,
            gradient_accumulation_steps=args.accumulation, learning_rate=args.rate, report_to=[], save_strategy="no",
            gradient_checkpointing=False, disable_tqdm=True, use_cpu=True,
        )  # fmt: skip
        trainer = SFTTrainer(student.language_model, config, train_dataset=data, processing_class=student.tokenizer)
        began = time.process_time()
        trainer.train()
    work = time.process_time() - began
    tokens = int(trainer._total_train_tokens)
    print(f"plain SFTTrainer: {args.plain_steps} steps, {told(tokens, work)}")


def told(tokens: int, work: float) -> str:
    """A rate in words."""
    return f"{tokens} tokens in {work:.0f} s of the processor, {tokens / work:.0f} tokens/s"


def command_nine(args: argparse.Namespace) -> None:
    """Nine heads on one backbone, all about as often: the loss on held-out rows before and after."""
    from synth.train.heads import MultiHead

    student = load_student("", architecture="e5-small")
    rows = {task: rows_of("sample" if task == "ccg" else ALL, task) for task in TASKS}
    held = {task: own[: min(16, len(own) // 2)] for task, own in rows.items()}
    rest = {task: own[len(held[task]) :] for task, own in rows.items()}
    tags = tag_numbers([tag for row in rows["ccg"] for tag in row["tags"]])
    heads = {task: head_spec(task, tags if task == "ccg" else None) for task in rows}
    cutter, limits = Cutter(student.tokenizer), Limits(pair=128, span=256)
    encoders = {task: encoder_of(task, cutter, limits, tags) for task in rows}
    model = MultiHead(student.backbone, heads, decoder=False)
    # The sample has eight sentences of CCG: by size it would not come up in a short run.
    steps = RowSteps(rest, encoders, heads, args.steps, args.batch * args.accumulation, seed=0, temperature=1_000)
    optim = Optim(batch_size=args.batch, accumulation=args.accumulation, learning_rate=args.rate)
    settings = FitSettings(optim, 0, freeze_embeddings=True, save_every=0, log_every=max(1, args.steps // 5))
    features = {task: [one for row in own for one in encoders[task](row).features] for task, own in held.items()}
    before = losses(model, features)
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        found = fit(model, steps, settings, Path(folder))
    work = time.process_time() - began
    after = losses(model, features)
    drawn = [steps.step(number).head for number in range(args.steps)]
    for task in rows:
        fell = f"{before[task]:.3f} -> {after[task]:.3f}"
        print(f"{task}: {drawn.count(task)} steps, loss on {len(held[task])} rows {fell}")
    print(f"{args.steps} steps, {told(found.tokens, work)}")


def losses(model: Any, features: Mapping[str, Sequence[Feature]]) -> dict[str, float]:
    """The loss of each head on its features."""
    import torch

    from synth.train.heads import to_tensors

    model.eval()
    with torch.no_grad():
        return {
            head: float(model(head, to_tensors(merge_batch(list(own), pad=1))).loss) for head, own in features.items()
        }
