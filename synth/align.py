"""The last rung of the span ladder: a word aligner maps an answer into a translation that has lost its marks.

Texts are run whole through a multilingual encoder; its word pieces are matched by the similarity of their vectors in a
middle layer (`synth.alignment` has the method). Pieces carry their offsets, so scripts without spaces need no word
segmentation.

Why not the package `simalign`, whose method this is: its only maintained form is of 2021. It still runs, but it takes
lists of words and gives no offsets, tokenizes each word alone (so that each Chinese or Thai character reads like a word
of its own), cuts long texts silently, installs a log handler on import, and asks for scikit-learn and networkx.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any

from synth.alignment import Pieces, project, unit_rows
from synth.encoder.prepare import prepare_encoder, require_torch
from synth.encoder.vectors import load_model
from synth.spans import Span

LAYER_SHARE = 7 / 12
"""Depth of the layer whose vectors are compared; 7 of 12 was best on XQuAD (docs/encoder.md)."""

_KEPT_TEXTS = 64  # texts whose pieces stay in memory, at most 0.8 MB each


class Aligner:
    """Projects spans from a text to its translation.

    Args:
        read: Gives a text's pieces, or None when it is too long or empty.
    """

    def __init__(self, read: Callable[[str], Pieces | None]) -> None:
        self._read = read

    def project(self, source: str, span: Span, target: str) -> Span | None:
        """The span of `target` that says what `span` says in `source`, in code points; None when none can be trusted.

        Args:
            source: Source text, a sentence or a paragraph.
            span: Range in it.
            target: Its translation.
        """
        here, there = self._read(source), self._read(target)
        return project(source, span, target, (here, there)) if here and there else None


def load_aligner(model: str | None = None, layer: int | None = None) -> Aligner:
    """An aligner on an encoder; the embedded one unless another is named.

    Args:
        model: Transformers checkpoint folder or model id of a multilingual encoder with a fast tokenizer.
        layer: Hidden layer to compare (0 is the embeddings); at 7/12 of the depth unless given.

    Raises:
        MissingExtra: torch, transformers or the embedded encoder is not installed.
        BadFlag: There is no such encoder.
    """
    require_torch("the word aligner")
    tokenizer, encoder = load_model(model or str(prepare_encoder()))
    depth = encoder.config.num_hidden_layers
    chosen = round(LAYER_SHARE * depth) if layer is None else layer
    read = partial(read_pieces, tokenizer=tokenizer, encoder=encoder, layer=chosen)
    return Aligner(lru_cache(_KEPT_TEXTS)(read))  # a paragraph often has several answers to find


def read_pieces(text: str, tokenizer: Any, encoder: Any, layer: int) -> Pieces | None:
    """A text's pieces with their vectors of one layer; None when it is longer than the encoder reads, or empty.

    A cut text would be aligned to what it does not hold, hence None.
    """
    import torch

    inputs = tokenizer(text, return_offsets_mapping=True, return_tensors="pt", verbose=False)
    offsets = [(int(start), int(end)) for start, end in inputs.pop("offset_mapping")[0]]
    kept = [at for at, (start, end) in enumerate(offsets) if end > start]  # special pieces have no characters
    if not kept or len(offsets) > min(tokenizer.model_max_length, encoder.config.max_position_embeddings):
        return None
    with torch.inference_mode(), _one_thread():
        hidden = encoder(**inputs, output_hidden_states=True).hidden_states[layer]
    return Pieces(tuple(offsets[at] for at in kept), unit_rows(hidden[0, kept].float().numpy()))


@contextmanager
def _one_thread() -> Iterator[None]:
    """One core inside the block: the teacher has the others, and threads that wait for each other are slower."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
