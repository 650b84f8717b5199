"""The arguments of Transformers' Trainer that follow from our settings.

Imports torch and transformers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import TrainingArguments

if TYPE_CHECKING:
    from synth.train.fit import FitSettings

_SCHEDULES = {"linear": "linear", "constant": "constant_with_warmup", "cosine": "cosine"}
_WORKERS = 2  # that encode the next steps while a GPU computes; on CPUs they would only take its cores


def training_arguments(
    settings: FitSettings, output: Path, steps: int, heads: int,
    kind: Callable[..., TrainingArguments] = TrainingArguments,
) -> TrainingArguments:  # fmt: skip
    """The arguments.

    Args:
        settings: Ours.
        output: Where checkpoints go.
        steps: Optimiser steps of the run.
        heads: How many heads there are; each step trains one of them.
        kind: What makes them.
    """
    optim = settings.optim
    args = kind(
        output_dir=str(output),
        max_steps=steps,
        per_device_train_batch_size=1,  # an item of the data loader is a whole step
        learning_rate=optim.learning_rate,
        weight_decay=optim.weight_decay,
        adam_epsilon=optim.epsilon,
        max_grad_norm=optim.max_grad_norm,
        lr_scheduler_type=_SCHEDULES[optim.schedule],
        warmup_steps=math.ceil(optim.warmup * steps),
        bf16=settings.precision == "bf16",
        fp16=settings.precision == "fp16",
        logging_strategy="steps",
        logging_steps=1,  # a loss that is no number must be seen before it is saved
        logging_nan_inf_filter=False,
        save_strategy="no",  # our callback says when
        report_to=[],
        disable_tqdm=True,
        log_level="error",
        seed=settings.seed,
        use_cpu=not torch.accelerator.is_available(),
        dataloader_num_workers=_WORKERS if torch.cuda.is_available() else 0,
        remove_unused_columns=False,
        label_names=[],
        average_tokens_across_devices=False,  # weights of micro-batches do that
        ddp_find_unused_parameters=heads > 1,
        **_fsdp(settings),
    )
    args._n_gpu = min(1, args.n_gpu)  # more GPUs are for `accelerate launch`; never DataParallel
    return args


def _fsdp(settings: FitSettings) -> dict[str, Any]:
    if settings.parallel.strategy != "fsdp":
        return {}
    config = {"activation_checkpointing": settings.parallel.gradient_checkpointing}
    return {"fsdp": True, "fsdp_config": config}
