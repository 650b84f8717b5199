"""Training a student with heads: from steps to weights, in a folder that can be gone on with after any end.

Imports neither torch nor transformers until `fit` is called.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from synth.train.recipe import Lora, Optim, Parallel
from synth.train.steps import Steps

if TYPE_CHECKING:
    from synth.train.heads import MultiHead


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How to train.

    Args:
        optim: The optimiser; `batch_size` is that of a micro-batch.
        seed: Of dropout and of new heads.
        precision: fp32, or autocast to bf16 or fp16 over float32 weights.
        lora: Low-rank adapters instead of the backbone's weights.
        parallel: Processes and how they share the work.
        freeze_embeddings: Leave the input embeddings as they are.
        save_every: Steps from checkpoint to checkpoint; the last two are kept. 0: none.
        log_every: Steps that a line of log.jsonl is the mean of.
        deterministic: Only algorithms that give the same bits each time.
        select_every: Call `evaluate` every so many steps and keep the best weights; 0: keep the last ones.
        identity: Of the data; a checkpoint of another one is refused.
    """

    optim: Optim
    seed: int
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    lora: Lora | None = None
    parallel: Parallel = field(default_factory=Parallel)
    freeze_embeddings: bool = False
    save_every: int = 500
    log_every: int = 10
    deterministic: bool = False
    select_every: int = 0
    identity: str = ""


@dataclass(frozen=True, slots=True)
class FitResult:
    """How it went.

    Args:
        steps: Optimiser steps.
        loss: The loss curve: means over `log_every` steps.
        tokens: Pieces read, without padding, over all processes.
        seconds: Of training, over all times that it was gone on with.
        best: What `evaluate` gave at best.
        best_step: The step of it.
    """

    steps: int
    loss: tuple[float, ...]
    tokens: int
    seconds: float
    best: float | None = None
    best_step: int | None = None


def fit(
    model: MultiHead, steps: Steps, settings: FitSettings, folder: Path,
    evaluate: Callable[[MultiHead], float] | None = None,
) -> FitResult:  # fmt: skip
    """Train a model in place; where `folder` holds checkpoints of the same run, go on from the last whole one.

    Raises:
        TrainingFailed: The loss is no number or grew without bound, or the memory was too small.
        DiskError: The disk is full; the last good checkpoint is kept.
        Interrupted: Ctrl-C or a signal; a checkpoint was written.
        BadFolder: The folder holds checkpoints of another run.
    """
    from synth.train.trainer import run_fit

    return run_fit(model, steps, settings, folder, evaluate)
