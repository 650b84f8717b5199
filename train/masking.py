"""Masked language modelling: which pieces of a passage are hidden, in the proportions of Devlin et al. (2019).

15 % of the pieces of a passage, at least one (as their `create_pretraining_data.py` has it); of these 80 % become the
mask, 10 % any other piece, 10 % stay as they are. Everything follows from the passage's number and the seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from synth.errors import BadFlag
from synth.train.encode.features import IGNORED
from synth.train.hashing import mixed, salt, unit

if TYPE_CHECKING:
    from synth.train.hashing import Floats, Ints

_MASKED, _REPLACED = 0.8, 0.1  # of the chosen pieces


class Masker:
    """Hides pieces.

    Args:
        mask: The piece that stands for a hidden one.
        ordinary: All pieces but the special ones, which are never hidden and never put in another's place.
        share: Of the pieces, that are hidden.
        seed: Of the run.
    """

    def __init__(self, mask: int, ordinary: Ints, share: float, seed: int) -> None:
        import numpy as np

        self.mask, self.ordinary, self.share, self.seed = mask, ordinary, share, seed
        self._may = np.zeros(int(ordinary.max()) + 1, dtype=np.bool_)  # looking a piece up in 250,000 takes too long
        self._may[ordinary] = True

    def hide(self, pieces: Sequence[int], number: int) -> tuple[list[int], list[int]]:
        """What the student reads of passage `number`, and its labels: `IGNORED` where nothing is to be found."""
        import numpy as np

        read, labels = np.array(pieces, dtype=np.int64), np.full(len(pieces), IGNORED, dtype=np.int64)
        may = np.flatnonzero((read < len(self._may)) & self._may[np.minimum(read, len(self._may) - 1)])
        count = min(len(may), max(1, round(self.share * len(pieces))))
        chosen = may[np.argsort(self._luck("chosen", number, len(pieces))[may], kind="stable")[:count]]
        labels[chosen] = read[chosen]
        fate = self._luck("fate", number, len(pieces))[chosen]
        other = (self._luck("other", number, len(pieces)) * len(self.ordinary)).astype(np.int64)
        read[chosen[fate < _MASKED]] = self.mask
        replaced = chosen[(fate >= _MASKED) & (fate < _MASKED + _REPLACED)]
        read[replaced] = self.ordinary[other[replaced]]
        return read.tolist(), labels.tolist()

    def _luck(self, purpose: str, number: int, count: int) -> Floats:
        import numpy as np

        return unit(mixed(np.arange(count, dtype=np.uint64), salt("masking", purpose, number, self.seed)))


def masker_of(tokenizer: Any, share: float, seed: int) -> Masker:
    """The masker of a student.

    Args:
        tokenizer: The student's tokenizer, of Transformers.
        share: Of the pieces, that are hidden.
        seed: Of the run.

    Raises:
        BadFlag: The tokenizer has no mask.
    """
    import numpy as np

    mask = getattr(tokenizer, "mask_token_id", None)
    if mask is None:
        raise BadFlag(
            "the student's tokenizer has no mask, which language modelling with an encoder needs; leave out the arm "
            "english+mlm, or set `mask_token` in its tokenizer_config.json"
        )
    special = {*tokenizer.all_special_ids, mask}
    pieces = sorted(set(tokenizer.get_vocab().values()) - special)
    return Masker(int(mask), np.array(pieces, dtype=np.int64), share, seed)
