"""The steps of a target-stage training: epochs over the English items, in an order that follows from ids and a seed.

An input counts, not an item, as in the official scripts: a paragraph of two windows is two examples, and so is a long
sentence that was divided. Nothing that is encoded is kept: SQuAD's windows would take gigabytes, cutting 32 of them
takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from math import ceil
from typing import TYPE_CHECKING, Final

from synth.evaluate.encode import ItemEncoder
from synth.evaluate.tasks.base import EvalTask, Form
from synth.evaluate.tasks.items import Item
from synth.train.hashing import ids64, mixed, salt
from synth.train.steps import HeadKind, HeadSpec, Step

if TYPE_CHECKING:
    from synth.train.hashing import Ids, Ints

FOLDER: Final = "target"
WEIGHTS: Final = "weights.safetensors"
"""Of a training, in its own folder below `FOLDER`."""
VECTORS: Final = "candidates.npy"
"""Of Mewsli-X's entities, beside the weights they were made with."""
HEAD: Final = "target"
"""Name of the one head of a target's model: XQuAD and MLQA share theirs, and so do Social IQa and COPA."""

_KINDS: Final = {
    Form.PAIR: HeadKind.CLASS,
    Form.CHOICE: HeadKind.CHOICE,
    Form.SPAN: HeadKind.SPAN,
    Form.TAGS: HeadKind.TAGS,
}


def spec_of(task: EvalTask) -> HeadSpec:
    """The head that predicts a task."""
    kind = _KINDS[task.form]
    sizes = {HeadKind.CHOICE: 1, HeadKind.SPAN: 2}
    return HeadSpec(kind, sizes.get(kind, len(task.labels)))


class TargetSteps:
    """Steps over so many epochs of some items.

    Args:
        items: What is trained on.
        encode: Makes the inputs of an item.
        spec: The head.
        batch: Inputs of a step, over all processes.
        epochs: Passes over the inputs.
        seed: Of their order.
    """

    def __init__(
        self, items: Sequence[Item], encode: ItemEncoder, spec: HeadSpec, batch: int, epochs: float, seed: int
    ) -> None:
        import numpy as np

        self._items, self._encode, self._batch, self._seed = items, encode, batch, seed
        sizes = [len(encode(item)) for item in items] if spec.kind in _DIVIDED else [1] * len(items)
        self._owner = np.repeat(np.arange(len(items), dtype=np.int64), sizes)
        self._part = np.concatenate([np.arange(size, dtype=np.int64) for size in sizes])
        parts = zip(self._owner.tolist(), self._part.tolist(), strict=True)
        self._ids: Ids = ids64(f"{items[owner].item_id}#{part}" for owner, part in parts)
        self.heads: Mapping[str, HeadSpec] = {HEAD: spec}
        self.total = ceil(epochs * self.inputs)
        self.count = ceil(self.total / batch)
        self._order = lru_cache(maxsize=2)(self._order_of)  # a step may lie in two epochs

    @property
    def inputs(self) -> int:
        """Model inputs of one epoch."""
        return len(self._ids)

    def step(self, number: int) -> Step:
        """The step of this number; the last one may be smaller."""
        places = range(number * self._batch, min((number + 1) * self._batch, self.total))
        rows = [int(self._order(place // self.inputs)[place % self.inputs]) for place in places]
        found = (self._encode(self._items[self._owner[row]])[self._part[row]] for row in rows)
        return Step(HEAD, tuple(found))

    def _order_of(self, epoch: int) -> Ints:
        return mixed(self._ids, salt("target", self._seed, epoch)).argsort(kind="stable")

    def order_hash(self) -> str:
        """SHA-256 of the ids of all inputs in the order in which they are trained on."""
        digest = sha256()
        for epoch in range(ceil(self.total / self.inputs)):
            rows = self._order(epoch)[: self.total - epoch * self.inputs]
            digest.update(self._ids[rows].astype("<u8").tobytes())
        return digest.hexdigest()


_DIVIDED: Final = frozenset({HeadKind.SPAN, HeadKind.TAGS})  # items of these may be several inputs
