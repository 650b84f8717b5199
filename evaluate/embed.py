"""Sentence vectors from any student: each distinct sentence is run once, in batches of one length. Imports torch.

Which layer, and how its pieces become one vector, follows XTREME's `third_party/evaluate_retrieval.py`. Its
`--specific_layer` counts layers from 0, so that 13 (XLM-R large, of 24) and 7 (base models, of 12) are the 14th and the
8th layer; jiant's "layer 14" counts the embeddings as layer 0 and is the same one. Here layers count from 1, and those
above the one that is asked for are not run at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from synth.errors import BadFlag
from synth.evaluate.retrieval import Matrix
from synth.train.encode.pieces import Cutter

if TYPE_CHECKING:
    from synth.train.student import Student

MAX_LENGTH: Final = 512  # XTREME's scripts, for both tasks without training
BLOCK: Final = 20_000  # texts that are cut into pieces, sorted and run together: bounds memory beside the vectors


class Pooling(StrEnum):
    """How the pieces of a text become one vector."""

    MEAN = "mean"  # of all pieces; of decoders only those of the text (see `_counted`)
    FIRST = "first"  # the first piece, [CLS] or <s> of encoders
    LAST = "last"  # the last piece


@dataclass(frozen=True, slots=True)
class VectorSettings:
    """How texts become vectors; recorded with the predictions.

    Args:
        layer: Counted from 1; -1 is the last one, with the model's final norm.
        pooling: How pieces become one vector.
        max_length: Most pieces of a text with the special ones; the rest is cut off.
        prefix: Put before every text; the official protocol has none (E5's own is "query: ").
        tokens: Padded pieces of one batch.
        precision: `fp32`, or `bf16` (autocast); vectors are float32 in any case.
    """

    layer: int = -1
    pooling: Pooling = Pooling.MEAN
    max_length: int = MAX_LENGTH
    prefix: str = ""
    tokens: int = 2_048
    precision: str = "fp32"


def bitext_layer(layers: int) -> int:
    """The layer of Tatoeba: two above the middle, which is the official one of 24 (14th) and of 12 layers (8th)."""
    return min(layers, layers // 2 + 2)


def mining_layer(layers: int) -> int:
    """The layer of BUCC: the 8th whatever the depth, as in `run_bucc2018.sh`; Tatoeba's where there are fewer."""
    return min(8, bitext_layer(layers))


def depth(student: Student) -> int:
    """How many layers a student has."""
    return int(_text_config(student.backbone).num_hidden_layers)


def width(student: Student) -> int:
    """How many numbers a vector of a student has."""
    return int(_text_config(student.backbone).hidden_size)


def encode(
    texts: Sequence[str],
    student: Student,
    settings: VectorSettings,
    out: Path | None = None,
    done: Callable[[int], None] = lambda _texts: None,
) -> Matrix:
    """One vector a text, float32, shape (texts, hidden size), in the order of the texts; not normalised.

    Args:
        texts: Any texts; equal ones are run once.
        student: The model.
        settings: Layer, pooling, lengths.
        out: A `.npy` file that is written through a memory map, for sets whose vectors do not fit the memory.
        done: Told after each batch how many distinct texts it had.

    Raises:
        BadFlag: The model has no such layer, or gives no such vectors.
    """
    shape = (len(texts), width(student))
    vectors: Matrix
    if out is None:
        vectors = np.zeros(shape, np.float32)
    else:
        vectors = np.lib.format.open_memmap(out, mode="w+", dtype=np.float32, shape=shape)  # type: ignore[no-untyped-call]
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    distinct, places = list(numbers), np.array([numbers[text] for text in texts], dtype=np.int64)
    for start in range(0, len(distinct), BLOCK):
        found = _encode_block(distinct[start : start + BLOCK], student, settings, done)
        rows = np.flatnonzero((places >= start) & (places < start + BLOCK))
        vectors[rows] = found[places[rows] - start]
    return vectors


def _encode_block(
    texts: Sequence[str], student: Student, settings: VectorSettings, done: Callable[[int], None]
) -> Matrix:
    """Vectors of different texts, sorted together by length."""
    cutter = Cutter(student.tokenizer, decoder=student.decoder)
    inputs, counted = _inputs(texts, cutter, settings), _counted(cutter, student.decoder)
    layer = _checked_layer(student, settings.layer)
    found = np.zeros((len(texts), width(student)), np.float32)
    student.backbone.eval()
    with torch.inference_mode(), _cast(student, settings.precision):
        for chosen in batches([len(one) for one in inputs], settings.tokens):
            found[chosen] = _run([inputs[at] for at in chosen], student, layer, settings.pooling, counted)
            done(len(chosen))
    _refuse_nan(found, student)
    return found


def _cast(student: Student, precision: str) -> Any:
    device = next(student.backbone.parameters()).device.type
    return nullcontext() if precision == "fp32" else torch.autocast(device, dtype=torch.bfloat16)


def batches(lengths: Sequence[int], tokens: int) -> Iterator[list[int]]:
    """Rows of each batch, longest first, so that too little memory shows at once; rows times longest <= tokens."""
    order = sorted(range(len(lengths)), key=lambda at: (-lengths[at], at))
    start = 0
    while start < len(order):
        rows = max(1, tokens // max(1, lengths[order[start]]))
        yield order[start : start + rows]
        start += rows


def _inputs(texts: Sequence[str], cutter: Cutter, settings: VectorSettings) -> list[list[int]]:
    before, after = cutter.template.single_before, cutter.template.single_after
    room = settings.max_length - len(before) - len(after)
    if room < 1:
        raise BadFlag(f"max_length {settings.max_length} leaves no room for text; give a larger one")
    cut = cutter.cut_many([settings.prefix + text for text in texts])
    # A text without any piece (an empty sentence of a decoder without bos) still needs one to have a vector.
    return [[*before, *ids[:room], *after] or [cutter.eos or 0] for ids in cut]


def _counted(cutter: Cutter, decoder: bool) -> tuple[int, int]:
    """How many pieces at the beginning and at the end a mean leaves out.

    Encoders: none, as in the official code. Decoders: the special ones. Their first piece is an attention sink, whose
    vector is hundreds of times longer than all others and the same in every text: a mean with it tells texts apart by
    their length only.
    """
    template = cutter.template
    return (len(template.single_before), len(template.single_after)) if decoder else (0, 0)


def _run(rows: list[list[int]], student: Student, layer: int, pooling: Pooling, counted: tuple[int, int]) -> Matrix:
    longest = max(map(len, rows))
    lengths = torch.tensor([len(one) for one in rows])
    pad = student.tokenizer.pad_token_id or 0
    ids = torch.tensor([[*one, *[pad] * (longest - len(one))] for one in rows])
    device = next(student.backbone.parameters()).device
    places = torch.arange(longest)[None]
    mask = (places < lengths[:, None]).long().to(device)
    hidden = hidden_at(student.backbone, {"input_ids": ids.to(device), "attention_mask": mask}, layer)
    found: Matrix = _pooled(hidden.float(), lengths.to(device), pooling, counted).cpu().numpy()
    return found


def _pooled(hidden: Tensor, lengths: Tensor, pooling: Pooling, counted: tuple[int, int]) -> Tensor:
    if pooling is Pooling.FIRST:
        return hidden[:, 0]
    if pooling is Pooling.LAST:
        return hidden[torch.arange(len(hidden), device=hidden.device), lengths - 1]
    places = torch.arange(hidden.shape[1], device=hidden.device)[None]
    inside = (places >= counted[0]) & (places < (lengths - counted[1])[:, None])
    # A text that has special pieces only is the mean of those.
    inside = torch.where(inside.any(dim=1, keepdim=True), inside, places < lengths[:, None])
    weights = inside[..., None].to(hidden.dtype)
    return (hidden * weights).sum(dim=1) / weights.sum(dim=1)


class _EnoughError(Exception):
    """The layer that was asked for has run; caught where it is raised for."""


def hidden_at(backbone: Any, inputs: dict[str, Tensor], layer: int) -> Tensor:
    """What a layer gives, shape (texts, pieces, hidden size), without running those above it.

    Args:
        backbone: What `AutoModel` gives.
        inputs: Arguments of its forward.
        layer: Counted from 1; the last one comes with the model's final norm.
    """
    if layer == int(_text_config(backbone).num_hidden_layers):
        last: Tensor = backbone(**inputs).last_hidden_state
        return last
    found: list[Tensor] = []

    def keep(_module: nn.Module, _args: Any, output: Any) -> None:
        found.append(output[0] if isinstance(output, tuple) else output)
        raise _EnoughError

    handle = _layer(backbone, layer).register_forward_hook(keep)
    try:
        backbone(**inputs)
    except _EnoughError:
        return found[0]
    finally:
        handle.remove()
    raise BadFlag(f"{type(backbone).__name__} did not run its layer {layer}; give layer -1, its last")


def _layer(backbone: nn.Module, layer: int) -> nn.Module:
    """The module of a layer: Transformers' models hold all their layers in one list."""
    count = int(_text_config(backbone).num_hidden_layers)
    for module in backbone.modules():
        if isinstance(module, nn.ModuleList) and len(module) == count:
            return module[layer - 1]
    raise BadFlag(f"the layers of {type(backbone).__name__} cannot be found; give layer -1, its last")


def _checked_layer(student: Student, layer: int) -> int:
    layers = depth(student)
    if layer == -1:
        return layers
    if not 1 <= layer <= layers:
        raise BadFlag(f"layer {layer} was asked for and {student.place} has {layers}; give 1 to {layers}, or -1")
    return layer


def _text_config(backbone: Any) -> Any:
    """The configuration of the text part, where a model has several."""
    return backbone.config.get_text_config()


def _refuse_nan(vectors: Matrix, student: Student) -> None:
    if not np.isfinite(vectors).all():
        raise BadFlag(
            f"{student.place} gives vectors with values that are no numbers; load it in fp32 or bf16, or train it again"
        )
