"""What encoding yields: model inputs, and an account of what did not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from synth.train.encode.pieces import Sequence2

IGNORED = -100
"""Label of pieces that have none: what PyTorch's cross entropy leaves out."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One model input (of choices: one for each, in `choices`).

    Args:
        row_id: `synth_id` of the row it was made from.
        inputs: The pieces.
        labels: What the head is trained on: `labels` (class or tags), or `start_positions` and `end_positions`.
        offsets: Spans: where each piece of the paragraph stands in it, None for all other pieces.
    """

    row_id: str
    inputs: tuple[Sequence2, ...]
    labels: dict[str, Any]
    offsets: tuple[tuple[int, int] | None, ...] = ()

    @property
    def tokens(self) -> int:
        """Pieces of the input, of all choices together."""
        return sum(len(one.ids) for one in self.inputs)


@dataclass(frozen=True, slots=True)
class Encoded:
    """Everything that became of one row.

    Args:
        features: Model inputs: one, or a window each.
        dropped: Pieces of text that no input holds.
        lost: The label did not survive whole: an answer that no window holds, tags of pieces that were cut off.
        widened: Spans: the pieces around the answer hold more than the answer, because no piece begins or ends there.
    """

    features: tuple[Feature, ...]
    dropped: int = 0
    lost: bool = False
    widened: bool = False

    @property
    def tokens(self) -> int:
        """Pieces of all inputs."""
        return sum(feature.tokens for feature in self.features)

    @property
    def truncated(self) -> bool:
        """Whether text was left out."""
        return self.dropped > 0


def merge_batch(features: list[Feature], pad: int) -> dict[str, Any]:
    """Equally long lists for tensors: `input_ids`, `attention_mask`, `token_type_ids`, and the labels by name.

    Multiple choice has one more level, a list for each choice. Label lists (tags) are padded with `IGNORED`.
    """
    longest = max(len(one.ids) for feature in features for one in feature.inputs)
    nested = any(len(feature.inputs) > 1 for feature in features)
    columns: dict[str, list[Any]] = {"input_ids": [], "attention_mask": [], "token_type_ids": []}
    for feature in features:
        padded = [_padded(one, longest, pad) for one in feature.inputs]
        for name, own in columns.items():
            own.append([one[name] for one in padded] if nested else padded[0][name])
    return columns | _labels(features, longest)


def _padded(one: Sequence2, longest: int, pad: int) -> dict[str, list[int]]:
    room = longest - len(one.ids)
    return {
        "input_ids": [*one.ids, *[pad] * room],
        "attention_mask": [1] * len(one.ids) + [0] * room,
        "token_type_ids": [*one.types, *[0] * room],
    }


def _labels(features: list[Feature], longest: int) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: [] for name in features[0].labels}
    for feature in features:
        for name, value in feature.labels.items():
            is_list = isinstance(value, list)
            found[name].append([*value, *[IGNORED] * (longest - len(value))] if is_list else value)
    return found


@dataclass(slots=True)
class Account:
    """Sums over encoded rows: tokens, and rows lost to truncation."""

    rows: int = 0
    tokens: int = 0
    windows: int = 0
    truncated: int = 0
    lost: int = 0
    widened: int = 0
    dropped: int = 0

    def add(self, encoded: Encoded) -> None:
        """Count one row."""
        self.rows += 1
        self.tokens += encoded.tokens
        self.windows += len(encoded.features)
        self.truncated += encoded.truncated
        self.lost += encoded.lost
        self.widened += encoded.widened
        self.dropped += encoded.dropped

    @property
    def tokens_a_row(self) -> float:
        """Mean pieces of a row."""
        return self.tokens / self.rows if self.rows else 0.0
