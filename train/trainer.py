"""The trainer of heads: Transformers' Trainer, one item of its data loader an optimiser step.

An item is a step's share of this process, cut into micro-batches (`synth.train.micro`). Every process makes its own
share out of the step's number, so that the data loader needs no sharding and resuming no replay.

Imports torch and transformers.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file
from torch.utils.data import DataLoader, Dataset
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from synth.train import checkpoints
from synth.train.arguments import training_arguments
from synth.train.curve import Curve, Log
from synth.train.heads import MultiHead
from synth.train.micro import Cut, Share, cut_step
from synth.train.progress import Progress
from synth.train.sharded import complete_state
from synth.train.steps import Steps
from synth.train.stopping import Stop, leave_signals_to_the_parent

if TYPE_CHECKING:
    from synth.train.fit import FitSettings
    from synth.train.text_model import TextModel

WEIGHTS = "model.safetensors"
BEST = "best.safetensors"
Evaluate = Callable[[MultiHead], float]


class Shares(Dataset[Share]):
    """One process's share of every step."""

    def __init__(self, steps: Steps, cut: Cut) -> None:
        self._steps, self._cut = steps, cut

    def __len__(self) -> int:
        return self._steps.count

    def __getitem__(self, number: int) -> Share:
        step = self._steps.step(number)
        return cut_step(step, self._steps.heads[step.head], self._cut)


def _only(shares: Sequence[Share]) -> Share:
    return shares[0]


class StepTrainer(Trainer):  # type: ignore[misc]
    """Trains a `MultiHead`; a `TextModel` too in `synth.train.text_trainer`.

    Args:
        model: The model.
        args: Of Transformers (`synth.train.arguments`).
        steps: What it trains on.
        settings: How.
        folder: Of the run.
        curve: Everything about the run so far.
        stop: Whether somebody asked us to stop.
        evaluate: For model selection.
    """

    def __init__(
        self, model: MultiHead | TextModel, args: TrainingArguments, steps: Steps, settings: FitSettings, folder: Path,
        curve: Curve, stop: Stop, evaluate: Evaluate | None = None,
    ) -> None:  # fmt: skip
        pad = getattr(model.backbone.config, "pad_token_id", None) or 0
        cut = Cut(settings.optim.batch_size, int(pad), args.world_size, args.process_index)
        self._settings, self._curve, self._select = settings, curve, evaluate
        self._folder, self._began, self._own = folder, time.monotonic(), model
        self._share: Share | None = None
        self._shares = Shares(steps, cut)
        super().__init__(args=args, data_collator=_only, **self._given(model))
        self.remove_callback(PrinterCallback)
        self.add_callback(_Keeper(settings.save_every, steps.count, stop))
        self._progress = Progress(folder.name, steps.count, self.is_world_process_zero())
        self._log: Log | None = None

    @classmethod
    def arguments_for(cls, settings: FitSettings, output: Path, steps: Steps) -> TrainingArguments:
        """The arguments of a run."""
        return training_arguments(settings, output, steps.count, len(steps.heads))

    def _given(self, model: Any) -> dict[str, Any]:
        """What Transformers' trainer is given."""
        return {"model": model, "train_dataset": self._shares}

    def begin(self, step: int) -> None:
        """Open the log, which goes on after `step`."""
        self._log = Log(self._folder, step, self.is_world_process_zero())
        self._progress.begin(step)

    def end(self) -> None:
        """Close the log."""
        if self._log is not None:
            self._log.close()
        self._progress.end()

    def get_train_dataloader(self) -> DataLoader[Share]:
        """Steps in order. It is not handed to accelerate, which would share out what is shared out already."""
        workers = self.args.dataloader_num_workers
        fork = "fork" if workers else None  # what Python 3.14 does by itself would have to pickle steps and tokenizers
        return DataLoader(
            self._shares, batch_size=1, collate_fn=_only, num_workers=workers,
            worker_init_fn=leave_signals_to_the_parent, multiprocessing_context=fork,
        )  # fmt: skip

    def get_batch_samples(
        self, epoch_iterator: Any, num_batches: int, device: torch.device  # noqa: ARG002  # Transformers' signature
    ) -> tuple[list[Any], None]:  # fmt: skip
        """The next step; labels are counted by its weights."""
        return [next(epoch_iterator)], None

    def floating_point_ops(self, inputs: Any) -> int:  # noqa: ARG002  # as above
        """Not counted."""
        return 0

    def training_step(
        self, model: Any, inputs: Any, num_items_in_batch: Any = None  # noqa: ARG002  # Transformers' signature
    ) -> torch.Tensor:  # fmt: skip
        """All micro-batches of a step, and the gradient of its mean loss; gives this process's part of the loss."""
        model.train()
        share: Share = inputs
        self._share = share
        total = torch.zeros((), device=self.args.device)
        for index, micro in enumerate(share.micros):
            last = index == len(share.micros) - 1
            with contextlib.nullcontext() if last else self.accelerator.no_sync(model):
                tensors = {name: value.to(self.args.device) for name, value in micro.tensors.items()}
                with self.compute_loss_context_manager():
                    loss = self.micro_loss(model, micro.head, tensors)
                # Gradients are averaged over processes, and weights are shares of the whole.
                weighted = loss * (micro.weight * self.args.world_size)
                self.accelerator.backward(weighted)
            total += weighted.detach()
        return total

    def micro_loss(self, model: Any, head: str, tensors: dict[str, torch.Tensor]) -> torch.Tensor:
        """The mean loss of a micro-batch over its own labels."""
        loss: torch.Tensor = model(head, tensors).loss
        return loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:  # noqa: ARG002  # as above
        """After every step (and once at the end, which is not ours): account for it, and select the model."""
        if "grad_norm" not in logs or self._share is None:
            return
        step, share = self.state.global_step, self._share
        self._curve.tokens += share.tokens
        self._curve.inputs += share.inputs
        norm = 0.0 if self.args.fp16 else float(logs["grad_norm"])  # fp16 skips steps whose gradient overflows
        self._curve.add(share.head, logs["loss"], norm, step)
        if step % self._settings.log_every == 0 or step == self.state.max_steps:
            self._write(step, logs)
        self._progress.tell(step, logs["loss"], share.inputs, share.tokens)
        every = self._settings.select_every
        if self._select is not None and every and (step % every == 0 or step == self.state.max_steps):
            self._try_best(step)

    def _write(self, step: int, logs: dict[str, float]) -> None:
        values = {**self._curve.means(), "lr": logs["learning_rate"], "tokens": self._curve.tokens}
        if self._log is not None:
            self._log.write(step, values)

    def _try_best(self, step: int) -> None:
        """Keep the weights if they are the best so far. Only the first process evaluates."""
        from synth.train.processes import from_first

        assert self._select is not None
        own = self.accelerator.unwrap_model(self.model)
        own.eval()
        score = from_first(lambda: self._select(own) if self._select else 0.0)
        if self._curve.best is None or score > self._curve.best:
            self._curve.best, self._curve.best_step = score, step
            if self.args.should_save:
                self._save_weights(Path(self.args.output_dir) / BEST)

    def load_best(self) -> None:
        """Go back to the weights that were best, where a model was selected."""
        path = Path(self.args.output_dir) / BEST
        if self._curve.best is not None and path.is_file():
            self._load_weights(path)

    def gather(self) -> None:
        """FSDP: bring all weights together in the first process, on the CPU."""
        if self.is_fsdp_enabled:
            self._own.full_state = self.accelerator.get_state_dict(self.model)

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """What is trained, without what is frozen. FSDP's shards are saved with the optimiser, by Transformers."""
        if self.args.should_save and not self.is_fsdp_enabled:
            folder = Path(output_dir or self.args.output_dir)
            folder.mkdir(parents=True, exist_ok=True)
            self._save_weights(folder / WEIGHTS)

    def _save_weights(self, path: Path) -> None:
        model = self.accelerator.unwrap_model(self.model)
        trained = {name: weight.detach() for name, weight in model.named_parameters() if weight.requires_grad}
        save_file({name: weight.contiguous().cpu() for name, weight in trained.items()}, path)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        if self.is_fsdp_enabled:
            super()._load_from_checkpoint(resume_from_checkpoint, model)
        else:
            self._load_weights(Path(resume_from_checkpoint) / WEIGHTS)

    def _load_weights(self, path: Path) -> None:
        weights = dict(self.accelerator.unwrap_model(self.model).named_parameters())
        with torch.no_grad():
            for name, value in load_file(path).items():
                weights[name].copy_(value)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Transformers' checkpoint, marked when it is whole; older ones and halves go."""
        from synth.train.saving import disk_full

        root = Path(self.args.output_dir)
        folder = root / f"{checkpoints.PREFIX}{self.state.global_step}"
        if self.is_fsdp_enabled:
            complete_state(self.optimizer.optimizer)
        with disk_full(folder):
            super()._save_checkpoint(model, trial)
            self.accelerator.wait_for_everyone()
            if self.args.should_save:
                spent = self._curve.seconds + time.monotonic() - self._began
                notes = {**self._curve.notes(), "seconds": spent}
                checkpoints.mark(folder, self.state.global_step, self._settings.identity, notes)
                checkpoints.prune(root)
        self.accelerator.wait_for_everyone()

    @property
    def seconds(self) -> float:
        """Spent on the run, by all processes that went on with it one after the other."""
        return self._curve.seconds + time.monotonic() - self._began


class _Keeper(TrainerCallback):  # type: ignore[misc]
    """Says when a checkpoint is due, and when to stop."""

    def __init__(self, every: int, steps: int, stop: Stop) -> None:
        self._every, self._steps, self._stop = every, steps, stop

    def on_step_end(
        self, _args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """After every step."""
        from synth.train.processes import any_process

        stopping = any_process(self._stop.asked)
        due = self._every > 0 and (state.global_step % self._every == 0 or state.global_step == self._steps)
        control.should_save = due or stopping
        control.should_training_stop = control.should_training_stop or stopping
        return control
