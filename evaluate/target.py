"""The target stage: training a model on an English set, once, and finding it again when an evaluation goes on.

```
EVALUATION/target/NAME/checkpoints/    while it trains; log.jsonl beside it stays
EVALUATION/target/NAME/weights.safetensors
EVALUATION/target/NAME/target.json     what was trained and how it went; written last
```
The weights are removed when every task that needs them has been predicted; the record stays. Imports torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from torch import nn

from synth.corpus.files import fingerprint, read_json, write_atomic, write_json
from synth.errors import BadFolder
from synth.evaluate.settings import Target
from synth.evaluate.stage import RunContext
from synth.evaluate.target_steps import FOLDER, WEIGHTS
from synth.train.fit import FitResult, FitSettings, fit, forget_checkpoints
from synth.train.heads import MultiHead
from synth.train.recipe import Optim
from synth.train.steps import Step
from synth.train.text_model import TextModel

_RECORD: Final = "target.json"
_MOST_WARMUP: Final = 0.1  # of the steps, where settings give a number of steps that is meant for a larger set


class OrderedSteps(Protocol):
    """Steps whose order can be told from another one."""

    @property
    def heads(self) -> Any:
        """Every head that a step may name."""
        ...

    @property
    def count(self) -> int:
        """Optimiser steps."""
        ...

    def step(self, number: int) -> Step:
        """The step of this number."""
        ...

    def order_hash(self) -> str:
        """Stands for all examples in their order."""
        ...


@dataclass(frozen=True, slots=True)
class Training:
    """One training of the target stage.

    Args:
        name: Folder below `target/`.
        settings: How to train.
        data: Stands for the data, whatever their order; another one's weights are refused.
        origin: Where the data are from, for the record.
        steps: Makes the steps; called only when they are needed.
        dev: The score on English dev, where the model is selected by it.
    """

    name: str
    settings: Target
    data: str
    origin: dict[str, Any]
    steps: Callable[[], OrderedSteps]
    dev: Callable[[MultiHead], float] | None = None


def trained(model: MultiHead | TextModel, training: Training, context: RunContext) -> dict[str, Any]:
    """Train a model in place, or put into it what was trained before; returns the record.

    Raises:
        BadFolder: The folder holds a training with other settings, data or weights to start from.
        SynthError: As `synth.train.fit.fit`.
    """
    folder = context.folder / FOLDER / training.name
    identity = _identity(training, context)
    record = read_json(folder / _RECORD) if (folder / _RECORD).is_file() else None
    if record is not None and record.get("identity") != identity:
        raise BadFolder(
            f"{folder} holds a training with other settings, data, seed or model; give another --out, or remove it"
        )
    if record is not None and (folder / WEIGHTS).is_file():
        _load(_module(model), folder / WEIGHTS)
        return dict(record)
    steps = training.steps()
    context.say(f"training {training.name}: {steps.count:,} steps of {training.settings.optim.examples_a_step}")
    result = fit(model, steps, _fit_settings(training, context, steps.count, identity), folder, training.dev)
    record = _record(training, context, identity, steps, result)
    _keep(_module(model), folder, record)
    return record


def _module(model: MultiHead | TextModel) -> nn.Module:
    """What holds the weights."""
    found: nn.Module = model if isinstance(model, nn.Module) else model.language_model
    return found


def _identity(training: Training, context: RunContext) -> str:
    settings = context.settings
    parts = (settings.freeze_embeddings, settings.dropout, settings.precision, context.seed, context.student.identity)
    return fingerprint([training.name, training.settings.model_dump(mode="json"), training.data, *parts])


def _fit_settings(training: Training, context: RunContext, count: int, identity: str) -> FitSettings:
    return FitSettings(
        optim=_optim(training.settings, count),
        seed=context.seed,
        precision=context.settings.precision,
        freeze_embeddings=context.settings.freeze_embeddings,
        save_every=context.settings.save_every,
        select_every=training.settings.select_every if training.dev else 0,
        identity=identity,
    )


def _optim(settings: Target, count: int) -> Optim:
    """The optimiser, with a warm-up in steps turned into a share of them."""
    if not settings.warmup_steps:
        return settings.optim
    return settings.optim.model_copy(update={"warmup": min(settings.warmup_steps / count, _MOST_WARMUP)})


def _record(
    training: Training, context: RunContext, identity: str, steps: OrderedSteps, result: FitResult
) -> dict[str, Any]:
    return {
        "name": training.name,
        "identity": identity,
        "settings": training.settings.model_dump(mode="json"),
        "seed": context.seed,
        "data": training.data,
        "origin": training.origin,
        "order": steps.order_hash(),
        "steps": result.steps,
        "tokens": result.tokens,
        "seconds": round(result.seconds, 1),
        "loss": list(result.loss),
        "selected": "last weights" if result.best is None else f"best on English dev, step {result.best_step}",
        "dev": result.best,
    }


def _keep(model: nn.Module, folder: Path, record: dict[str, Any]) -> None:
    """Weights first, record last; then the checkpoints, each three times the weights, can go. The log stays."""
    from safetensors.torch import save_model

    write_atomic(folder / WEIGHTS, lambda path: save_model(model, str(path)))
    write_json(folder / _RECORD, record)
    forget_checkpoints(folder)


def _load(model: nn.Module, path: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load_model

    try:
        load_model(model, str(path))
    except (SafetensorError, OSError, RuntimeError) as error:
        told = " ".join(str(error).split())[:200]
        raise BadFolder(f"{path} is damaged or of another model ({told}); remove {path.parent} and go on") from None
