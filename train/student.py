"""Loading a student: a Hub repository, a folder, or one of the two that come out of PyPI packages.

Only safetensors are read and no code of a repository is run. torch is imported when a student is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from synth.encoder.quiet import quiet
from synth.errors import BadFlag
from synth.train.architectures import Role, get_architecture, require_transformers

Precision = Literal["fp32", "bf16", "fp16"]
_DROPOUT_NAMES = (
    "hidden_dropout_prob", "attention_probs_dropout_prob", "attention_dropout", "embedding_dropout", "mlp_dropout",
    "hidden_dropout", "dropout", "classifier_dropout",
)  # fmt: skip
_POOLED = ("bert", "roberta", "xlm-roberta", "xlm-roberta-xl")  # types whose AutoModel has a pooler that we never use
_READS = {r"^(model\.)?language_model\.(model\.)?": "model."}  # of Gemma 3 that sees as well, the part that reads
_DECODERS = ("llama", "gemma3", "gemma3_text", "qwen3")


@dataclass(frozen=True, slots=True)
class Student:
    """A model and its tokenizer.

    Args:
        tokenizer: A fast tokenizer of Transformers, with a piece for padding.
        backbone: What `AutoModel` gives: pieces in, vectors out. Poolers are left away.
        decoder: It reads left to right.
        place: Where it came from.
        language_model: The model with its output layer, which shares the backbone; where that was asked for.
    """

    tokenizer: Any
    backbone: Any
    decoder: bool
    place: str
    language_model: Any | None = None


def load_student(
    place: str, *, architecture: str | None = None, revision: str | None = None, dtype: Precision = "fp32",
    language_model: bool = False, dropout: float | None = None,
) -> Student:  # fmt: skip
    """The student in a Hub repository or folder.

    Args:
        place: Hub repository or folder; "" with an embedded `architecture` (e5-small, gemma3-270m) is that one.
        architecture: What the place should hold; what it does hold is read from its configuration when left out.
        revision: Commit of the repository.
        dtype: Of the weights in memory.
        language_model: Load the output layer as well.
        dropout: In all layers; None leaves the model its own.

    Raises:
        BadFlag: There is no model that can be loaded, or it has no fast tokenizer.
        MissingExtra: A package is missing.
    """
    require_transformers()
    found = find_place(place, architecture)
    tokenizer, config = load_tokenizer(found, revision), _config(found, revision, dropout)
    decoder = _is_decoder(config, architecture)
    if tokenizer.vocab_size > config.vocab_size:  # added pieces (Gemma's for pictures) may stand outside
        raise BadFlag(
            f"the tokenizer in {found} has {tokenizer.vocab_size:,} pieces and the model {config.vocab_size:,}: they "
            "do not belong together; give the folder of one model"
        )
    model = _model(found, revision, config, dtype, language_model and decoder, language_model)
    backbone = model.base_model if language_model else model
    return Student(tokenizer, backbone, decoder, found, model if language_model else None)


def find_place(place: str, architecture: str | None) -> str:
    """Where the weights are: the place itself, or the folder of an embedded student, which is made once on a machine.

    Raises:
        BadFlag: Neither a place nor an embedded student is named.
        MissingExtra: What makes the embedded student is not installed.
    """
    if place and Path(place).expanduser().is_dir():
        return str(Path(place).expanduser())
    if place.startswith(("/", ".", "~")):  # no name of a Hub repository begins so
        raise BadFlag(f"there is no folder {place}; say where the model is with `--model.path`")
    if place:
        return place
    if architecture == "e5-small":
        from synth.encoder.prepare import prepare_encoder

        return str(prepare_encoder())
    if architecture == "gemma3-270m":
        from synth.teacher.embedded import prepare_embedded

        return str(prepare_embedded())
    raise BadFlag(f"there is no embedded student {architecture!r}; say where the model is with `--model.path`")


def load_tokenizer(place: str, revision: str | None = None) -> Any:
    """The fast tokenizer of a student, with a piece for padding.

    Raises:
        BadFlag: There is none.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(place, revision=revision, trust_remote_code=False)
    except Exception as error:  # the Hub client and the readers raise all kinds
        raise BadFlag(_cannot(place, "tokenizer", error)) from None
    if not tokenizer.is_fast:
        raise BadFlag(
            f"the tokenizer in {place} is a slow one, and offsets are needed; give a model with tokenizer.json"
        )
    if tokenizer.pad_token_id is None:  # decoders often have none; what pads is masked and may be any piece
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.convert_ids_to_tokens(0)
    return tokenizer


def _config(place: str, revision: str | None, dropout: float | None) -> Any:
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(place, revision=revision, trust_remote_code=False)
    except Exception as error:
        raise BadFlag(_cannot(place, "model", error)) from None
    config = config.get_text_config()  # of a model that sees as well (Gemma 3 4B), the part that reads
    if getattr(config, "is_encoder_decoder", False) or not hasattr(config, "vocab_size"):
        raise BadFlag(
            f"{place} is of type {config.model_type}, which neither only encodes text nor only writes it; give an "
            "encoder (XLM-R, mmBERT) or a decoder (Llama, Gemma, Qwen)"
        )
    for name in _DROPOUT_NAMES:
        if dropout is not None and isinstance(getattr(config, name, None), int | float):
            setattr(config, name, dropout)
    return config


def check_kind(place: str, architecture: str, revision: str | None = None) -> None:
    """Refuse a place whose model is an encoder where the architecture is a decoder, or the other way round.

    Raises:
        BadFlag: It is, or there is no model.
    """
    _is_decoder(_config(place, revision, None), architecture)


def _is_decoder(config: Any, architecture: str | None) -> bool:
    decoder = str(config.model_type) in _DECODERS or bool(getattr(config, "is_decoder", False))
    if architecture is not None and (get_architecture(architecture).role is Role.DECODER) != decoder:
        kind = "decoder" if decoder else "encoder"
        raise BadFlag(
            f"the model is of type {config.model_type}, a{'n' if kind == 'encoder' else ''} {kind}, and "
            f"model.architecture {architecture} is not; name the architecture that it has"
        )
    return decoder


def _model(place: str, revision: str | None, config: Any, dtype: Precision, causal: bool, language: bool) -> Any:
    import torch
    from transformers import AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM

    auto = AutoModelForCausalLM if causal else AutoModelForMaskedLM if language else AutoModel
    types = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    more: dict[str, Any] = {}
    if auto is AutoModel and config.model_type in _POOLED:
        more["add_pooling_layer"] = False
    try:
        with quiet():
            model, found = auto.from_pretrained(
                place, config=config, revision=revision, dtype=types[dtype], use_safetensors=True,
                trust_remote_code=False, key_mapping=_READS, output_loading_info=True, **more,
            )  # fmt: skip
    except Exception as error:
        raise BadFlag(_cannot(place, "model", error)) from None
    _require_weights(place, model, found["missing_keys"])
    return model


def _require_weights(place: str, model: Any, missing: Iterable[str]) -> None:
    """Transformers makes up weights that it does not find. An output layer may be new, the rest may not.

    Raises:
        BadFlag: Weights of the backbone are missing.
    """
    prefix = "" if model.base_model is model else f"{model.base_model_prefix}."
    lost = sorted(name for name in missing if name.startswith(prefix))
    if lost:
        raise BadFlag(
            f"{place} lacks {len(lost)} weights of the model that its config.json describes ({lost[0]}, ...); take a "
            "whole checkpoint"
        )


def _cannot(place: str, what: str, error: Exception) -> str:
    told = " ".join(str(error).split())[:200]
    folder = Path(place).is_dir()
    hint = (
        "it must hold config.json, model.safetensors and tokenizer.json as Transformers writes them"
        if folder
        else "check the name, the network and the access to it, or give a folder with `--model.path`"
    )
    return f"cannot load the {what} of {place} ({type(error).__name__}: {told}); {hint}"
