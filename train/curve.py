"""The loss curve of a run: written to log.jsonl and TensorBoard, and watched for losses that are none or grow.

A run has *diverged* when, for one head, the mean loss of its last 20 steps is more than 1 above twice the lowest mean
of any 20 steps before. (A head that learns nothing, or forgets, stays at the loss of guessing and has not diverged.)
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from synth.corpus.files import disk_errors, write_text
from synth.errors import TrainingFailed

WINDOW = 20
LOG = "log.jsonl"


@dataclass(slots=True)
class Watch:
    """The last losses of one head, and the lowest mean of so many in a row."""

    last: list[float] = field(default_factory=list)
    lowest: float | None = None

    def add(self, loss: float) -> bool:
        """Take in a loss; whether the mean has grown out of bounds."""
        self.last = [*self.last[-WINDOW + 1 :], loss]
        if len(self.last) < WINDOW:
            return False
        mean = sum(self.last) / WINDOW
        self.lowest = mean if self.lowest is None else min(mean, self.lowest)
        return mean > 2 * self.lowest + 1


@dataclass(slots=True)
class Curve:
    """Everything about the run so far that a checkpoint has to keep beside weights.

    Args:
        steps: Steps done.
        tokens: Pieces read.
        inputs: Model inputs read.
        seconds: Spent before this process began.
        waiting: Losses since the last line of the log, by head.
        watches: By head.
        best: The best score of model selection, and its step.
    """

    steps: int = 0
    tokens: int = 0
    inputs: int = 0
    seconds: float = 0.0
    waiting: dict[str, list[float]] = field(default_factory=dict)
    watches: dict[str, Watch] = field(default_factory=dict)
    best: float | None = None
    best_step: int | None = None

    def add(self, head: str, loss: float, norm: float, step: int) -> None:
        """Take in a step.

        Args:
            head: The head that it trained.
            loss: Its loss.
            norm: Norm of its gradient; NaN or infinite when that broke.
            step: Its number, from 1.

        Raises:
            TrainingFailed: Loss or gradient is no number, or the run has diverged.
        """
        if not (math.isfinite(loss) and math.isfinite(norm)):
            what = "the loss" if not math.isfinite(loss) else "the gradient"
            raise TrainingFailed(f"{what} of {head} is no number any more at step {step}. {_ADVICE}", "nan", step)
        self.steps = step
        self.waiting.setdefault(head, []).append(loss)
        if self.watches.setdefault(head, Watch()).add(loss):
            raise TrainingFailed(
                f"the loss of {head} has grown to {loss:.3g} at step {step}. {_ADVICE}", "diverged", step
            )

    def means(self) -> dict[str, float]:
        """Mean loss since the last line of the log, over all steps and, where there are several heads, of each."""
        every = [loss for losses in self.waiting.values() for loss in losses]
        by_head = {f"loss/{head}": sum(own) / len(own) for head, own in sorted(self.waiting.items())}
        self.waiting = {}
        return {"loss": sum(every) / len(every), **(by_head if len(self.watches) > 1 else {})}

    def notes(self) -> dict[str, Any]:
        """For a checkpoint's marker."""
        return asdict(self)


_ADVICE = (
    "Lower optim.learning_rate, give it more optim.warmup, or take precision fp32 or bf16 instead of fp16, and start "
    "again"
)


def curve_from(notes: Mapping[str, Any]) -> Curve:
    """The curve that a checkpoint kept."""
    watches = {head: Watch(**watch) for head, watch in notes["watches"].items()}
    return Curve(**{**notes, "watches": watches})


def cut_log(folder: Path, step: int) -> None:
    """Forget what was logged after the step that the run goes on from."""
    path = folder / LOG
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    kept = [line for line in lines if _step_of(line) <= step]
    if lines and len(kept) < len(lines):
        write_text(path, "".join(f"{line}\n" for line in kept))


def _step_of(line: str) -> float:
    """The step of a line; a torn one belongs to none."""
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf


def losses(folder: Path) -> tuple[float, ...]:
    """The loss curve of a run folder."""
    path = folder / LOG
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return tuple(float(json.loads(line)["loss"]) for line in lines if _step_of(line) < math.inf)


class Log:
    """log.jsonl and TensorBoard of a run; nothing in the processes that are not the first.

    Args:
        folder: Of the run.
        step: Where it goes on from.
        writes: Whether this process is the first.
    """

    def __init__(self, folder: Path, step: int, writes: bool) -> None:
        self._path, self._writer = folder / LOG, None
        self._writes = writes
        if writes:
            cut_log(folder, step)
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """One line.

        Raises:
            DiskError: It cannot be written.
        """
        if not self._writes or self._writer is None:
            return
        with disk_errors(self._path):
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps({"step": step, **values}) + "\n")
            for name, value in values.items():
                self._writer.add_scalar(f"train/{name}", value, step)

    def close(self) -> None:
        """Write out what TensorBoard has in memory; a full disk is not worth losing the run over."""
        import contextlib

        if self._writer is not None:
            with contextlib.suppress(OSError):
                self._writer.close()
