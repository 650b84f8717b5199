"""Training a student with heads: from steps to weights, in a folder that can be gone on with after any end.

Imports neither torch nor transformers until `fit` is called.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from synth.corpus.files import disk_errors
from synth.errors import Interrupted, TrainingFailed
from synth.train.checkpoints import last_whole, remove_broken
from synth.train.curve import Curve, curve_from, losses
from synth.train.processes import from_first
from synth.train.recipe import Lora, Optim, Parallel
from synth.train.steps import Steps
from synth.train.stopping import listening

if TYPE_CHECKING:
    from synth.train.heads import MultiHead
    from synth.train.text_model import TextModel
    from synth.train.trainer import StepTrainer

CHECKPOINTS = "checkpoints"


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
    model: MultiHead | TextModel, steps: Steps, settings: FitSettings, folder: Path,
    evaluate: Callable[[MultiHead], float] | None = None,
) -> FitResult:  # fmt: skip
    """Train a model in place; where `folder` holds checkpoints of the same run, go on from the last whole one.

    Raises:
        TrainingFailed: The loss is no number or grew without bound, or the memory was too small.
        DiskError: The disk is full; the last good checkpoint is kept.
        Interrupted: Ctrl-C or a signal; a checkpoint was written.
        BadFolder: The folder holds checkpoints of another run.
    """
    output = folder / CHECKPOINTS
    from_first(lambda: _ready(output))
    begin = last_whole(output, settings.identity)
    curve = curve_from(begin.notes) if begin else Curve()
    _prepare_model(model, settings)
    kind = _trainer_of(model)
    args = kind.arguments_for(settings, output, steps)
    with listening() as stop, deterministic(settings.deterministic):
        with memory_errors(curve):  # the weights go to the GPU here
            trainer = kind(model, args, steps, settings, folder, curve, stop, evaluate)
        trainer.begin(begin.step if begin else 0)
        try:
            with memory_errors(curve):
                trainer.train(str(begin.folder) if begin else None)
        finally:
            trainer.end()
    done = int(trainer.state.global_step)
    if done < steps.count:
        raise Interrupted(f"stopped at step {done:,} of {steps.count:,}; run the same command again to go on")
    trainer.load_best()
    trainer.gather()
    return FitResult(done, losses(folder), curve.tokens, trainer.seconds, curve.best, curve.best_step)


def _trainer_of(model: MultiHead | TextModel) -> type[StepTrainer]:
    """Transformers' trainer for heads, TRL's for text."""
    from synth.train.text_model import TextModel
    from synth.train.trainer import StepTrainer

    if not isinstance(model, TextModel):
        return StepTrainer
    from synth.train.text_trainer import TextTrainer

    return TextTrainer


def _ready(output: Path) -> None:
    """The folder of checkpoints, without what was being written when a run ended."""
    with disk_errors(output):
        output.mkdir(parents=True, exist_ok=True)
    remove_broken(output)


def forget_checkpoints(folder: Path) -> None:
    """Remove the checkpoints of a run whose weights are saved."""
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)


def _prepare_model(model: MultiHead | TextModel, settings: FitSettings) -> None:
    """Freeze, wrap and set up what the settings ask for. New weights of adapters follow from the seed."""
    from transformers import set_seed

    set_seed(settings.seed)
    if settings.lora is not None:
        model.add_lora(settings.lora)
    if settings.freeze_embeddings:
        model.freeze_embeddings()
    if settings.parallel.gradient_checkpointing and settings.parallel.strategy != "fsdp":
        model.checkpoint_gradients()


@contextmanager
def deterministic(asked: bool) -> Iterator[None]:
    """Only algorithms that give the same bits each time, inside the block."""
    import torch

    if asked:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS reads it when it starts
        torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        if asked:
            torch.use_deterministic_algorithms(False)


@contextmanager
def memory_errors(curve: Curve) -> Iterator[None]:
    """Turn running out of memory, on a GPU or the machine, into a `TrainingFailed` with advice."""
    import torch

    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not isinstance(error, torch.OutOfMemoryError) and not _no_memory(error):
            raise
        raise TrainingFailed(
            "the memory was too small for the model and a step. Halve optim.batch_size and double optim.accumulation "
            "(the gradient stays the same), set parallel.gradient_checkpointing, precision bf16, lora or shorter "
            "lengths, and run it again",
            "out of memory",
            curve.steps + 1,
        ) from error


def _no_memory(error: RuntimeError) -> bool:
    told = str(error).lower()
    return any(sign in told for sign in ("out of memory", "can't allocate memory", "not enough memory"))
