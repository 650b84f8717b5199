"""The scripts that training is held against: Hugging Face's examples `run_glue.py` and `run_qa.py`, in short.

The same `Trainer`, the same collators, heads and post-processing (20 best starts and ends, answers of at most 30
pieces) as in the examples. Padding is `fixed`, to the longest allowed input, as the examples do unless told otherwise
(`pad_to_max_length: bool = True`), or `dynamic`, to the longest of the batch. Batches are drawn as `Trainer` does.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Row = Mapping[str, Any]
Padding = Literal["fixed", "dynamic"]
BEST, LONGEST_ANSWER = 20, 30


@dataclass(frozen=True, slots=True)
class Plain:
    """What both sides are given.

    Args:
        place: Folder of the student.
        steps, rate: Optimiser steps and learning rate (10 % warm-up, then linear to 0).
        batch, accumulation: Inputs of a micro-batch, micro-batches of a step.
        length: Most pieces of an input.
        precision: fp32, or autocast to bf16.
        seed: Of heads, dropout and order.
        padding: See the module.
        columns: Of the two texts.
    """

    place: str
    steps: int
    batch: int
    accumulation: int
    rate: float
    length: int
    precision: Literal["fp32", "bf16"]
    seed: int
    padding: Padding
    columns: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Trained:
    """What a side did.

    Args:
        model: The trained model.
        seconds: Of training.
        work: Processor seconds of training, which other programs on the machine change little.
        examples: Model inputs seen.
        loss: Mean over the last quarter of the steps.
    """

    model: Any
    seconds: float
    work: float
    examples: int
    loss: float


def train_pairs(rows: Sequence[Row], plain: Plain, classes: int) -> tuple[Trained, Any]:
    """As `run_glue.py`; returns the tokenizer too."""
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        default_data_collator,
        set_seed,
    )

    set_seed(plain.seed)
    tokenizer = AutoTokenizer.from_pretrained(plain.place)
    model = AutoModelForSequenceClassification.from_pretrained(plain.place, num_labels=classes)
    data = [{**encode_pair(row, tokenizer, plain), "labels": int(row["label"])} for row in rows]
    collator = DataCollatorWithPadding(tokenizer) if plain.padding == "dynamic" else default_data_collator
    return _train(model, data, collator, plain), tokenizer


def encode_pair(row: Row, tokenizer: Any, plain: Plain) -> dict[str, Any]:
    """One row as `run_glue.py` encodes it."""
    padding = "max_length" if plain.padding == "fixed" else False
    first, second = (row[name] for name in plain.columns)
    return dict(tokenizer(first, second, padding=padding, max_length=plain.length, truncation=True))


def train_spans(rows: Sequence[Row], plain: Plain) -> tuple[Trained, Any]:
    """As `run_qa.py`; returns the tokenizer too."""
    from transformers import (
        AutoModelForQuestionAnswering,
        AutoTokenizer,
        DataCollatorWithPadding,
        default_data_collator,
        set_seed,
    )

    set_seed(plain.seed)
    tokenizer = AutoTokenizer.from_pretrained(plain.place)
    model = AutoModelForQuestionAnswering.from_pretrained(plain.place)
    data = [feature for row in rows for feature in encode_question(row, tokenizer, plain)]
    data = [{name: value for name, value in one.items() if name != "offsets"} for one in data]
    collator = DataCollatorWithPadding(tokenizer) if plain.padding == "dynamic" else default_data_collator
    return _train(model, data, collator, plain), tokenizer


def encode_question(row: Row, tokenizer: Any, plain: Plain) -> list[dict[str, Any]]:
    """One row as `run_qa.py` encodes it, a feature a window; `offsets` are None outside of the paragraph."""
    found = tokenizer(
        row["question"].lstrip(), row["context"], truncation="only_second", max_length=plain.length, stride=128,
        return_overflowing_tokens=True, return_offsets_mapping=True,
        padding="max_length" if plain.padding == "fixed" else False,
    )  # fmt: skip
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in found]
    features = []
    for index in range(len(found["input_ids"])):
        inside = [number == 1 for number in found.sequence_ids(index)]
        offsets = [span if own else None for span, own in zip(found["offset_mapping"][index], inside, strict=True)]
        first, last = _labels(row, offsets)
        one = {name: found[name][index] for name in names}
        features.append({**one, "start_positions": first, "end_positions": last, "offsets": offsets})
    return features


def _labels(row: Row, offsets: Sequence[tuple[int, int] | None]) -> tuple[int, int]:
    """First and last piece of the first answer; 0 and 0 where the window does not hold it whole."""
    if not row["answers"]["text"]:
        return 0, 0
    start = int(row["answers"]["answer_start"][0])
    end = start + len(row["answers"]["text"][0])
    inside = [index for index, span in enumerate(offsets) if span is not None]
    if not inside or offsets[inside[0]][0] > start or offsets[inside[-1]][1] < end:  # type: ignore[index]
        return 0, 0
    first = max(index for index in inside if offsets[index][0] <= start)  # type: ignore[index]
    last = min(index for index in inside if offsets[index][1] >= end)  # type: ignore[index]
    return first, last


def _train(model: Any, data: list[dict[str, Any]], collator: Any, plain: Plain) -> Trained:
    from transformers import Trainer, TrainingArguments

    model.get_input_embeddings().requires_grad_(False)
    # Transformers 5.19 takes these models for such that divide their loss by the step's labels, which they do not:
    # without this, the gradient of a step would be the sum of those of its micro-batches.
    model.accepts_loss_kwargs = False
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, max_steps=plain.steps, per_device_train_batch_size=plain.batch, learning_rate=plain.rate,
            gradient_accumulation_steps=plain.accumulation, warmup_steps=round(plain.steps * 0.1), weight_decay=0.01,
            seed=plain.seed, report_to=[], save_strategy="no", logging_steps=max(1, plain.steps // 4),
            disable_tqdm=True, use_cpu=True, bf16=plain.precision == "bf16",
        )  # fmt: skip
        trainer = Trainer(model, arguments, train_dataset=data, data_collator=collator)
        began = time.process_time()
        out = trainer.train()
        work = time.process_time() - began
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return Trained(
        model.eval(), out.metrics["train_runtime"], work, plain.steps * plain.batch * plain.accumulation, losses[-1]
    )


def best_answer(windows: Sequence[tuple[Any, Any, Sequence[tuple[int, int] | None]]], context: str) -> str:
    """The answer of one row as `run_qa.py` chooses it.

    Args:
        windows: Scores of starts and of ends, and the place of each piece in the paragraph.
        context: The paragraph.
    """
    best, found = -np.inf, ""
    for starts, ends, offsets in windows:
        for start in np.argsort(starts)[::-1][:BEST]:
            for end in np.argsort(ends)[::-1][:BEST]:
                if start >= len(offsets) or end >= len(offsets) or not 0 <= end - start < LONGEST_ANSWER:
                    continue
                left, right, score = offsets[start], offsets[end], starts[start] + ends[end]
                if left is not None and right is not None and score > best:
                    best, found = score, context[left[0] : right[1]]
    return found


def predict(model: Any, data: Sequence[Mapping[str, Any]], tokenizer: Any, batch: int = 32) -> list[Any]:
    """Outputs of a Transformers model for every input, in order (arrays by name)."""
    import torch

    found: list[Any] = []
    for start in range(0, len(data), batch):
        part = [
            {"input_ids": one["input_ids"], "attention_mask": one["attention_mask"]} for one in data[start:][:batch]
        ]
        inputs = tokenizer.pad(part, return_tensors="pt")
        with torch.no_grad():
            out = model(**inputs)
        names = ("start_logits", "end_logits") if "start_logits" in out else ("logits",)
        found += list(zip(*(out[name].numpy() for name in names), strict=True))
    return found
