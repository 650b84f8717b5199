"""Both sides of `bench/train.py`: a task trained with Synth and with the plain script, and their scores on dev."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from plain_train import (
    Plain,
    Row,
    Trained,
    best_answer,
    encode_pair,
    encode_question,
    predict,
    train_pairs,
    train_spans,
)
from train_steps import RowSteps, rows_of

from synth.evaluate.metrics.qa import normaliser, score_answer
from synth.tasks import get_task
from synth.train.encode.features import Feature, merge_batch
from synth.train.encode.heads import Limits, encoder_of
from synth.train.encode.pieces import Cutter
from synth.train.fit import FitSettings, fit
from synth.train.recipe import Optim
from synth.train.steps import head_spec
from synth.train.student import load_student

SLICES = "bench/train_slices.yaml"


@dataclass(frozen=True, slots=True)
class Task:
    """A task's rows, and how long its inputs may be."""

    name: str
    train: Sequence[Row]
    dev: Sequence[Row]
    length: int


def task_of(name: str) -> Task:
    """A task with its slices."""
    length = 384 if name == "squad_v1" else 128  # what `run_qa.py` and `run_glue.py` take unless told otherwise
    return Task(name, rows_of(SLICES, name), rows_of(SLICES, name, "validation"), length)


def ours(task: Task, plain: Plain) -> tuple[Trained, Any]:
    """Train with Synth what `plain` says; returns the encoder of rows too."""
    import torch

    torch.manual_seed(plain.seed)
    student = load_student(plain.place)
    spec = head_spec(task.name)
    from synth.train.heads import MultiHead

    model = MultiHead(student.backbone, {task.name: spec}, decoder=False)
    limits = Limits(pair=plain.length, span=plain.length)
    encoder = encoder_of(task.name, Cutter(student.tokenizer), limits)
    steps = RowSteps({task.name: task.train}, {task.name: encoder}, {task.name: spec}, plain.steps,
                     plain.batch * plain.accumulation, plain.seed)  # fmt: skip
    settings = FitSettings(
        Optim(batch_size=plain.batch, accumulation=plain.accumulation, learning_rate=plain.rate), plain.seed,
        plain.precision, freeze_embeddings=True, save_every=0, log_every=max(1, plain.steps // 4),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        found = fit(model, steps, settings, Path(folder))
        work = time.process_time() - began
    inputs = sum(len(steps.step(number).features) for number in range(plain.steps))
    return Trained(model.eval(), found.seconds, work, inputs, found.loss[-1]), encoder


def theirs(task: Task, plain: Plain) -> tuple[Trained, Any]:
    """Train with the plain script; returns the tokenizer too."""
    if task.name == "squad_v1":
        return train_spans(task.train, plain)
    return train_pairs(task.train, plain, len(get_task(task.name).labels))


def score_ours(task: Task, trained: Trained, encoder: Any) -> float:
    """Accuracy, or F1 of answers, of our model on dev (0 to 100)."""
    encoded = [list(encoder(row).features) for row in task.dev]
    scores = iter(_scores(trained.model, task.name, [one for features in encoded for one in features]))
    if task.name != "squad_v1":
        return _accuracy(task.dev, [next(scores) for _ in task.dev])
    answers = []
    for row, features in zip(task.dev, encoded, strict=True):
        windows = [(found[:, 0], found[:, 1], one.offsets) for one, found in zip(features, scores, strict=False)]
        answers.append(best_answer(windows, row["context"]))
    return _f1(task.dev, answers)


def _scores(model: Any, head: str, features: Sequence[Feature], batch: int = 32) -> list[Any]:
    import torch

    from synth.train.heads import to_tensors

    found: list[Any] = []
    for start in range(0, len(features), batch):
        tensors = to_tensors(merge_batch(list(features[start : start + batch]), pad=1))
        unlabelled = {name: value for name, value in tensors.items() if "position" not in name and name != "labels"}
        with torch.no_grad():
            found += list(model(head, unlabelled).scores.numpy())
    return found


def score_theirs(task: Task, trained: Trained, tokenizer: Any, plain: Plain) -> float:
    """The same of the plain script's model."""
    dynamic = replace(plain, padding="dynamic")
    if task.name != "squad_v1":
        encoded = [encode_pair(row, tokenizer, dynamic) for row in task.dev]
        return _accuracy(task.dev, [found[0] for found in predict(trained.model, encoded, tokenizer)])
    windows = [encode_question(row, tokenizer, dynamic) for row in task.dev]
    found = iter(predict(trained.model, [one for part in windows for one in part], tokenizer))
    answers = []
    for row, part in zip(task.dev, windows, strict=True):
        answers.append(best_answer([(*next(found), one["offsets"]) for one in part], row["context"]))
    return _f1(task.dev, answers)


def _accuracy(rows: Sequence[Row], scores: Sequence[Any]) -> float:
    right = [int(found.argmax()) == int(row["label"]) for row, found in zip(rows, scores, strict=True)]
    return 100 * sum(right) / len(right)


def _f1(rows: Sequence[Row], answers: Sequence[str]) -> float:
    normalise = normaliser("en", mlqa=False)
    scores = [score_answer(answer, row["answers"]["text"], normalise).f1
              for row, answer in zip(rows, answers, strict=True)]  # fmt: skip
    return 100 * sum(scores) / len(scores)
