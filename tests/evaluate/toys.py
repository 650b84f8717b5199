"""Toy students: every architecture of the recipes at a few thousand weights, with tokenizers that know many scripts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from synth.train.architectures import ARCHITECTURES, Role, build_config
from tests.train.encode.tokenizers_of import WORDS, sentence, tokenizer


def toy_tokenizer(decoder: bool) -> Any:
    """A fast tokenizer of Transformers."""
    from transformers import PreTrainedTokenizerFast

    if decoder:
        special = {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>"}
        return PreTrainedTokenizerFast(tokenizer_object=tokenizer("gemma"), **special)
    special = {"cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer("unigram"), **special)


def letters_tokenizer() -> Any:
    """A byte-level tokenizer of a decoder: it has a piece for every letter, capitals too."""
    from transformers import PreTrainedTokenizerFast

    special = {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<eos>"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer("bytes"), **special)


def toy_student(name: str, language_model: bool = False, **changed: Any) -> Any:
    """A student of an architecture with random weights, the same ones each time."""
    import torch
    from transformers import AutoModel, AutoModelForCausalLM

    decoder = ARCHITECTURES[name].role is Role.DECODER
    config = build_config(name, toy=True)
    for key, value in {"num_hidden_layers": 4, **changed}.items():
        setattr(config, key, value)
    if getattr(config, "layer_types", None):
        config.layer_types = [config.layer_types[0]] * config.num_hidden_layers
    torch.manual_seed(0)
    whole = AutoModelForCausalLM.from_config(config).eval() if language_model else None
    backbone = whole.model if whole is not None else AutoModel.from_config(config).eval()
    return SimpleNamespace(
        tokenizer=toy_tokenizer(decoder), backbone=backbone, decoder=decoder, place=f"toy {name}", language_model=whole
    )


SENTENCES = [sentence(lang, words[:end]) for lang, words in WORDS.items() for end in (2, len(words))]
"""Short and long sentences of 15 languages, all different."""
