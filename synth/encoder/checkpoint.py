"""Writing the encoder as an ordinary Transformers checkpoint: BertModel, safetensors, tokenizer.json."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.encoder.blocks import Array, Sizes, Weights
from synth.encoder.quiet import without_bars

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Tensor names of the file and of BertModel; the last two columns name the sizes of rows and columns.
_MATRICES = (
    ("q", "attention.self.query", "hidden", "hidden"),
    ("k", "attention.self.key", "hidden", "hidden"),
    ("v", "attention.self.value", "hidden", "hidden"),
    ("ao", "attention.output.dense", "hidden", "hidden"),
    ("fi", "intermediate.dense", "inner", "hidden"),
    ("fo", "output.dense", "hidden", "inner"),
)
_NORMS = (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm"))
_TABLES = (("word", "word", "vocab"), ("pos", "position", "positions"), ("type", "token_type", "types"))
_SPECIAL = {"bos": "<s>", "eos": "</s>", "cls": "<s>", "sep": "</s>", "pad": "<pad>", "unk": "<unk>", "mask": "<mask>"}


def write_checkpoint(weights: Weights, folder: Path) -> None:
    """Write model and tokenizer into `folder`. The pooler is left out: e5 pools by the mean, and the file has none."""
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    sizes = weights.sizes
    model = BertModel(BertConfig(**bert_config(sizes), architectures=["BertModel"]), add_pooling_layer=False)
    state = {name: torch.from_numpy(array) for name, array in bert_state(weights).items()}
    model.load_state_dict(state, strict=True)
    with without_bars():
        model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=build_tokenizer(weights),
        model_max_length=sizes.positions,
        **{f"{name}_token": piece for name, piece in _SPECIAL.items()},
    ).save_pretrained(folder)


def bert_config(sizes: Sizes) -> dict[str, Any]:
    """The header's numbers under BertConfig's names."""
    return {
        "hidden_size": sizes.hidden,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "intermediate_size": sizes.inner,
        "vocab_size": sizes.vocab,
        "max_position_embeddings": sizes.positions,
        "type_vocab_size": sizes.types,
        "layer_norm_eps": sizes.epsilon,
        "hidden_act": "gelu",
        "pad_token_id": sizes.pad,
        "bos_token_id": sizes.bos,
        "eos_token_id": sizes.eos,
    }


def bert_state(weights: Weights) -> dict[str, Array]:
    """The tensors under BertModel's names, in its shapes."""
    sizes, tensors = weights.sizes, weights.tensors
    state = {
        f"embeddings.{long}_embeddings.weight": tensors[f"emb.{short}"].reshape(getattr(sizes, rows), sizes.hidden)
        for short, long, rows in _TABLES
    }
    state |= _norm("embeddings.LayerNorm", "emb.ln", weights)
    for layer in range(sizes.layers):
        at = f"encoder.layer.{layer}"
        for short, long, rows, columns in _MATRICES:
            shape = getattr(sizes, rows), getattr(sizes, columns)
            state[f"{at}.{long}.weight"] = tensors[f"l{layer}.{short}.w"].reshape(shape)
            state[f"{at}.{long}.bias"] = tensors[f"l{layer}.{short}.b"]
        for short, long in _NORMS:
            state |= _norm(f"{at}.{long}", f"l{layer}.{short}", weights)
    return state


def _norm(to: str, name: str, weights: Weights) -> dict[str, Array]:
    return {f"{to}.weight": weights.tensors[f"{name}.w"], f"{to}.bias": weights.tensors[f"{name}.b"]}


def build_tokenizer(weights: Weights) -> Tokenizer:
    """XLM-R's unigram tokenizer: normalised text, cut at white space, pieces marked where a word begins."""
    from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram

    sizes = weights.sizes
    tokenizer = Tokenizer(Unigram(list(weights.pieces), unk_id=sizes.unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", sizes.bos), ("</s>", sizes.eos)],
    )
    return tokenizer
