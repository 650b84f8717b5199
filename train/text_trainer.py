"""The trainer of style *text*: TRL's `SFTTrainer`, fed with our steps.

What is ours is everything around the loss (`synth.train.trainer`): which examples a step has, how they are cut into
micro-batches, checkpoints, logs and failures, the same as for heads. On a GPU the loss is TRL's, whose kernel computes
the scores of labelled pieces alone. On a CPU that kernel computes the scores of all pieces, which is most of the work
with a large vocabulary; there the loss comes from `synth.train.labelled`, which is the same.

Nothing is prepared by TRL: `synth.train.encode.text` encodes prompts and answers, with labels on the answer alone.

Imports torch, transformers and trl.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from datasets import Dataset
from torch import Tensor
from trl import SFTConfig, SFTTrainer

from synth.train.arguments import training_arguments
from synth.train.encode.features import IGNORED
from synth.train.labelled import label_loss
from synth.train.trainer import StepTrainer

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import TrainingArguments

    from synth.train.fit import FitSettings
    from synth.train.steps import Steps

_INPUTS = ("input_ids", "attention_mask")


class TextTrainer(StepTrainer, SFTTrainer):  # type: ignore[misc]
    """Trains a `TextModel`; for its arguments see `StepTrainer`."""

    @classmethod
    def arguments_for(cls, settings: FitSettings, output: Path, steps: Steps) -> TrainingArguments:
        """The arguments of a run: nothing that TRL would do to examples or weights by itself."""
        kind = partial(
            SFTConfig, max_length=None, dataset_kwargs={"skip_prepare_dataset": True}, gradient_checkpointing=False
        )
        return training_arguments(settings, output, steps.count, heads=1, kind=kind)  # all heads are one output layer

    def _given(self, model: Any) -> dict[str, Any]:
        """TRL asks for a data set with one example at least and looks at its columns; ours come from `_shares`."""
        shape = Dataset.from_list([{"input_ids": [0], "labels": [0]}])
        return {"model": model.model, "train_dataset": shape, "processing_class": model.tokenizer}

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """TRL's card says nothing of corpora and arms; `synth train` writes one."""

    def _send_telemetry(self) -> None:
        """TRL tells Hugging Face about each run, where there is a network. Nobody asked the user."""

    def micro_loss(
        self, model: Any, head: str, tensors: dict[str, Tensor]  # noqa: ARG002  # all heads are one output layer
    ) -> Tensor:  # fmt: skip
        """Mean cross entropy of the labelled pieces of a micro-batch."""
        inputs = {name: tensors[name] for name in _INPUTS}
        if self.args.device.type == "cpu":
            own = self._own.language_model
            total = label_loss(model, own, inputs, tensors["labels"], shift=True)
            return total / max(1, int((tensors["labels"][:, 1:] != IGNORED).sum()))
        self._metrics["train"].clear()  # TRL would keep one entry a micro-batch until it logs, which is ours to do
        loss: Tensor = SFTTrainer.compute_loss(self, model, {**inputs, "labels": tensors["labels"]})
        return loss
