"""Toy students on disk: real architectures at toy size with a tiny tokenizer, as Transformers saves them."""

from __future__ import annotations

from pathlib import Path

from synth.train.architectures import Role, build_config, get_architecture
from tests.train.encode.tokenizers_of import tokenizer

_ENCODER = {"bos": "<s>", "eos": "</s>", "cls": "<s>", "sep": "</s>", "pad": "<pad>", "unk": "<unk>", "mask": "<mask>"}
_DECODER = {"bos": "<bos>", "eos": "<eos>"}


def make_student(folder: Path, architecture: str, seed: int = 0) -> Path:
    """A checkpoint that `load_student` loads: encoders with XLM-R's kind of tokenizer, decoders with Gemma's.

    Decoders are saved with their output layer, as they are on the Hub.
    """
    import torch
    from transformers import AutoModel, AutoModelForCausalLM, PreTrainedTokenizerFast

    decoder = get_architecture(architecture).role is Role.DECODER
    torch.manual_seed(seed)
    auto = AutoModelForCausalLM if decoder else AutoModel
    auto.from_config(build_config(architecture, toy=True), dtype=torch.float32).save_pretrained(folder)
    names = _DECODER if decoder else _ENCODER
    own = tokenizer("gemma" if decoder else "unigram")
    PreTrainedTokenizerFast(
        tokenizer_object=own, **{f"{name}_token": piece for name, piece in names.items()}
    ).save_pretrained(folder)
    return folder
