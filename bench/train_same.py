"""`bench/train.py same`: with the same first weights, order of rows and no dropout, both sides have the same losses.

Scores of short runs differ by the luck of heads and orders; this says whether the two compute the same thing. On SQuAD
they do with a micro-batch of one alone: Transformers' head counts padding among the places of an answer, ours does not.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path
from typing import Any

from plain_train import Plain, Trained, encode_pair, encode_question
from train_sides import Task, score_ours, score_theirs
from train_steps import RowSteps

from synth.tasks import get_task
from synth.train.encode.heads import Limits, encoder_of
from synth.train.encode.pieces import Cutter
from synth.train.fit import FitSettings, fit
from synth.train.recipe import Optim
from synth.train.steps import head_spec
from synth.train.student import load_student, load_tokenizer


def command_same(args: argparse.Namespace, task: Task, plain: Plain) -> None:
    """Both curves, and how far they are apart."""
    from synth.train.heads import MultiHead

    student, spec = load_student(plain.place, dropout=0), head_spec(task.name)
    encoder = encoder_of(task.name, Cutter(student.tokenizer), Limits(pair=plain.length, span=plain.length))
    # A tokenizer of its own: Transformers leaves truncation on in the one that it is called with.
    plain_tokenizer = load_tokenizer(plain.place)
    # Windows are cut by other rules on the two sides: only rows that are one window on both.
    rows = [row for row in task.train if len(encoder(row).features) == 1 and _windows(row, plain_tokenizer, plain) == 1]
    batch = plain.batch * plain.accumulation
    steps = RowSteps({task.name: rows}, {task.name: encoder}, {task.name: spec}, args.steps, batch, plain.seed)
    model = MultiHead(student.backbone, {task.name: spec}, decoder=False, dropout=0)
    other = _twin(task, plain, model)
    theirs = _curve(
        other, [_encoded(row, plain_tokenizer, plain) for row in steps.rows_in_order()], plain_tokenizer, plain
    )
    optim = Optim(batch_size=plain.batch, accumulation=plain.accumulation, learning_rate=plain.rate)
    settings = FitSettings(optim, plain.seed, plain.precision, freeze_embeddings=True, save_every=0, log_every=1)
    with tempfile.TemporaryDirectory() as folder:
        ours = fit(model, steps, settings, Path(folder)).loss
    for number, (one, two) in enumerate(zip(ours, theirs, strict=True), 1):
        print(f"{task.name} step {number}: synth {one:.5f}, plain {two:.5f}")
    apart = max(abs(one - two) for one, two in zip(ours, theirs, strict=True))
    print(f"{task.name}: {args.steps} steps in {plain.precision}, at most {apart:.1e} apart", flush=True)
    sides = [Trained(one.eval(), 0, 0, 0, 0) for one in (model, other)]
    scores = score_ours(task, sides[0], encoder), score_theirs(task, sides[1], plain_tokenizer, plain)
    print(f"{task.name}: on dev synth {scores[0]:.1f}, plain {scores[1]:.1f}", flush=True)


def _windows(row: Any, tokenizer: Any, plain: Plain) -> int:
    return len(encode_question(row, tokenizer, plain)) if "context" in row else 1


def _encoded(row: Any, tokenizer: Any, plain: Plain) -> dict[str, Any]:
    if "context" not in row:
        return {**encode_pair(row, tokenizer, plain), "labels": int(row["label"])}
    return {name: value for name, value in encode_question(row, tokenizer, plain)[0].items() if name != "offsets"}


def _twin(task: Task, plain: Plain, model: Any) -> Any:
    """Transformers' model with the same head, and without dropout."""
    from transformers import AutoModelForQuestionAnswering, AutoModelForSequenceClassification

    none = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    head = model.heads[task.name]
    if task.name == "squad_v1":
        twin = AutoModelForQuestionAnswering.from_pretrained(plain.place, **none)
        twin.qa_outputs.load_state_dict(head.out.state_dict())
        return twin
    labels = len(get_task(task.name).labels)
    twin = AutoModelForSequenceClassification.from_pretrained(plain.place, num_labels=labels, **none)
    twin.bert.pooler.dense.load_state_dict(head.dense.state_dict())
    twin.classifier.load_state_dict(head.out.state_dict())
    return twin


def _curve(model: Any, data: list[dict[str, Any]], tokenizer: Any, plain: Plain) -> list[float]:
    """The plain script's losses, rows in the order that they are given in."""
    from torch.utils.data import SequentialSampler
    from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

    class InOrder(Trainer):  # type: ignore[misc]
        def _get_train_sampler(self, train_dataset: Any = None) -> Any:  # noqa: ARG002
            return SequentialSampler(data)

    model.get_input_embeddings().requires_grad_(False)
    model.accepts_loss_kwargs = False  # see plain_train._train
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, max_steps=plain.steps, per_device_train_batch_size=plain.batch, learning_rate=plain.rate,
            gradient_accumulation_steps=plain.accumulation, warmup_steps=math.ceil(plain.steps * 0.1),
            weight_decay=0.01, report_to=[], save_strategy="no", logging_steps=1, disable_tqdm=True, use_cpu=True,
            bf16=plain.precision == "bf16",
        )  # fmt: skip
        collator = DataCollatorWithPadding(tokenizer)
        trainer = InOrder(model, arguments, train_dataset=data, data_collator=collator)
        trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
