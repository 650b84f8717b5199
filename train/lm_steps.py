"""The arm `english+mlm`: the steps of arm `english`, and between them steps of language modelling on many languages.

A set share of all steps is language modelling, spread evenly (`synth.train.mixing.is_mlm_step`) and *on top of* the
plan: the steps on tasks are those of the arm `english`, the same examples in the same order, so that the two arms stay
matched. Encoders find hidden pieces (`synth.train.masking`), decoders the next piece. Which passage, which window of it
and which pieces follows from the number of the step and the seed, so that a resumed run goes on with what an
uninterrupted one would have seen.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.train.architectures import Role, get_architecture
from synth.train.encode.features import IGNORED, Feature
from synth.train.encode.pieces import Cutter, Pieces
from synth.train.hashing import salt
from synth.train.masking import Masker, masker_of
from synth.train.mixing import is_mlm_step
from synth.train.mlm_text import MlmText
from synth.train.steps import HeadKind, HeadSpec, Step, Steps

if TYPE_CHECKING:
    from synth.train.recipe import Recipe

LM_HEAD = "mlm"
"""Name of the head of the language-modelling steps."""


@dataclass(frozen=True, slots=True)
class Passages:
    """Passages as model inputs, by number.

    Args:
        text: Where they come from.
        cutter: The student's tokenizer.
        length: Most pieces of an input; of a longer passage a window is taken.
        masker: Hides pieces, for encoders; None for decoders, which find every piece from those before it.
    """

    text: MlmText
    cutter: Cutter
    length: int
    masker: Masker | None

    def feature(self, number: int) -> Feature:
        """The passage of this number in the run."""
        passage = self.text.passage(number)
        pieces = self._window(self.cutter.cut(passage.text), number)
        read, labels = (list(pieces.ids),) * 2 if self.masker is None else self.masker.hide(pieces.ids, number)
        inputs = self.cutter.one(Pieces(tuple(read), pieces.offsets))
        before = len(self.cutter.template.single_before)
        around = [IGNORED] * before + labels + [IGNORED] * (len(inputs.ids) - before - len(labels))
        return Feature(f"mlm/{passage.lang}/{number}", (inputs,), {"labels": around})

    def _window(self, pieces: Pieces, number: int) -> Pieces:
        room = self.length - self.cutter.template.added_to_one
        over = max(0, len(pieces) - room)
        start = salt("mlm window", number, self.text.seed) % (over + 1)
        return pieces.cut(start, start + room)


class LmSteps:
    """Steps on tasks with steps of language modelling between them.

    Args:
        tasks: The steps of the arm `english`.
        passages: The text.
        share: Of all steps, that is language modelling.
        batch: Passages of a step, over all processes.
    """

    def __init__(self, tasks: Steps, passages: Passages, share: float, batch: int) -> None:
        self.tasks, self.passages, self.share, self.batch = tasks, passages, share, batch
        self.heads: Mapping[str, HeadSpec] = {**tasks.heads, LM_HEAD: HeadSpec(HeadKind.MLM)}
        self.count = steps_with(tasks.count, share)

    def step(self, number: int) -> Step:
        """The step of this number, from 0."""
        before = int(number * self.share)  # language-modelling steps among those before it (see is_mlm_step)
        if not is_mlm_step(number, self.share):
            return self.tasks.step(number - before)
        first = before * self.batch
        return Step(LM_HEAD, tuple(self.passages.feature(first + place) for place in range(self.batch)))


def steps_with(task_steps: int, share: float) -> int:
    """All steps of a run with so many steps on tasks: the fewest that hold them; the last one is on a task."""
    most = int(task_steps / (1 - share)) + 2
    return bisect_left(range(most), task_steps, key=lambda steps: steps - int(steps * share))


def with_language_modelling(tasks: Steps, recipe: Recipe, tokenizer: Any, seed: int) -> LmSteps:
    """The steps of the arm `english+mlm` of a recipe.

    Args:
        tasks: The steps of its arm `english`.
        recipe: The recipe; it has `mlm`.
        tokenizer: The student's tokenizer, of Transformers.
        seed: Of the run.

    Raises:
        BadSource: The folder has no text.
        BadFlag: An encoder whose tokenizer has no mask.
    """
    assert recipe.mlm is not None
    return LmSteps(tasks, passages_of(recipe, tokenizer, seed), recipe.mlm.share, recipe.global_batch)


def passages_of(recipe: Recipe, tokenizer: Any, seed: int) -> Passages:
    """The passages of a recipe that has `mlm`; raises as `with_language_modelling`."""
    assert recipe.mlm is not None
    text = MlmText(Path(recipe.mlm.folder), recipe.mlm.exponent, seed)
    decoder = get_architecture(recipe.model.architecture).role is Role.DECODER
    masker = None if decoder else masker_of(tokenizer, recipe.mlm.probability, seed)
    return Passages(text, Cutter(tokenizer, decoder), recipe.lengths.pair, masker)
