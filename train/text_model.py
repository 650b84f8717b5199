"""A student that learns prompts and their answers: a causal language model, whole or with adapters.

torch and peft are imported where they are used.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.errors import BadFlag
from synth.train.saving import ADAPTER, BACKBONE, placed

if TYPE_CHECKING:
    from synth.train.recipe import Lora
    from synth.train.student import Student


class TextModel:
    """What `fit` trains in style *text*.

    Args:
        student: A decoder, loaded with its language model.

    Raises:
        BadFlag: It is none.
    """

    def __init__(self, student: Student) -> None:
        if not student.decoder or student.language_model is None:
            raise BadFlag(f"style text needs a decoder, and {student.place} is none; use style heads")
        self.tokenizer = student.tokenizer
        self.model: Any = student.language_model  # with LoRA, PEFT's model around it
        for config in (self.model.config, self.model.generation_config):
            config.pad_token_id = self.tokenizer.pad_token_id  # else Transformers does it, with a warning a run
        self.full_state: dict[str, Any] | None = None  # FSDP: all weights, gathered when training has ended

    @property
    def language_model(self) -> Any:
        """The language model itself, without what PEFT put around it."""
        return self.model.get_base_model() if self.has_adapter else self.model

    @property
    def has_adapter(self) -> bool:
        """Whether there are low-rank adapters beside the weights."""
        return hasattr(self.model, "merge_and_unload")

    @property
    def backbone(self) -> Any:
        """The name that trainers know the weights by."""
        return self.language_model

    def add_lora(self, lora: Lora) -> None:
        """Freeze the weights and put low-rank adapters beside the layers, all but the output layer."""
        from peft import LoraConfig, TaskType, get_peft_model

        if self.has_adapter:
            return
        targets = lora.targets if lora.targets == "all-linear" else [name.strip() for name in lora.targets.split(",")]
        config = LoraConfig(
            r=lora.rank, lora_alpha=lora.alpha, lora_dropout=lora.dropout, target_modules=targets,
            task_type=TaskType.CAUSAL_LM,
        )  # fmt: skip
        self.model = get_peft_model(self.model, config)

    def freeze_embeddings(self) -> None:
        """Leave the input embeddings as they are, and with them the output layer where the two are one."""
        for weight in self.language_model.get_input_embeddings().parameters():
            weight.requires_grad_(False)

    def checkpoint_gradients(self) -> None:
        """Compute activations again on the way back instead of keeping them: less memory, a third more time."""
        if self.has_adapter:  # else no gradient would reach the adapters through the frozen embeddings
            self.language_model.enable_input_require_grads()
        self.language_model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take in all weights by name, such as `full_state` of another one."""
        self.model.load_state_dict(state)

    def save(self, folder: Path) -> None:
        """Write `backbone/`, which `AutoModelForCausalLM` and `AutoModel` load; of LoRA `adapter/`, and merge it.

        Raises:
            DiskError: The disk is full.
        """
        if self.has_adapter:
            with placed(folder / ADAPTER) as work:
                self.model.save_pretrained(work)
            self.model = self.model.merge_and_unload()
        with placed(folder / BACKBONE) as work:
            self.model.save_pretrained(work)
            self.tokenizer.save_pretrained(work)
