"""Greedy answers of a causal language model to many prompts, in batches of like length. Imports torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch

from synth.evaluate.embed import batches

if TYPE_CHECKING:
    from synth.train.student import Student

_NEWLINES = ("\n", "Ċ", "<0x0A>")  # as tokenizers write it: itself, a byte-level letter, a byte


def write_answers(
    prompts: Sequence[Sequence[int]],
    student: Student,
    most: int,
    tokens: int,
    done: Callable[[int], None] = lambda _prompts: None,
) -> list[str]:
    """What the model writes behind each prompt, up to a line's end, its end-of-text piece, or `most` pieces.

    Args:
        prompts: In pieces, special ones included.
        student: Loaded with its language model.
        most: Pieces that are written.
        tokens: Pieces of a batch, padding and those to be written counted.
        done: Told after each batch how many prompts it had.
    """
    found = [""] * len(prompts)
    stops = sorted({*newline_pieces(student.tokenizer), int(student.tokenizer.eos_token_id)})
    student.language_model.eval()  # type: ignore[union-attr]
    for chosen in batches([len(one) + most for one in prompts], tokens):
        written = _batch([prompts[at] for at in chosen], student, most, stops)
        for at, pieces in zip(chosen, written, strict=True):
            found[at] = student.tokenizer.decode(pieces, skip_special_tokens=True)
        done(len(chosen))
    return found


def _batch(prompts: Sequence[Sequence[int]], student: Student, most: int, stops: list[int]) -> list[list[int]]:
    """Pieces written behind each prompt; prompts are padded in front, so that all end at the same place."""
    from transformers import GenerationConfig

    model: Any = student.language_model
    device, pad = next(model.parameters()).device, int(student.tokenizer.pad_token_id)
    longest = max(map(len, prompts))
    ids = torch.tensor([[*[pad] * (longest - len(one)), *one] for one in prompts], device=device)
    mask = torch.tensor([[0] * (longest - len(one)) + [1] * len(one) for one in prompts], device=device)
    # A configuration of our own: that of the checkpoint may ask for sampling.
    plain = GenerationConfig(
        max_new_tokens=most, do_sample=False, num_beams=1, use_cache=True, eos_token_id=stops, pad_token_id=pad
    )
    with torch.inference_mode():
        whole = model.generate(input_ids=ids, attention_mask=mask, generation_config=plain)
    return [_until(one, stops) for one in whole[:, longest:].tolist()]


def _until(pieces: list[int], stops: list[int]) -> list[int]:
    """Pieces up to the first one that ends an answer; that one too, as it may have letters before its line's end."""
    end = next((place for place, piece in enumerate(pieces) if piece in stops), len(pieces))
    return pieces[: end + 1]


def newline_pieces(tokenizer: Any) -> list[int]:
    """All pieces that hold a line's end."""
    names = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    likely = [piece for piece, name in enumerate(names) if any(mark in str(name) for mark in _NEWLINES)]
    return [piece for piece in likely if "\n" in tokenizer.decode([piece])]
