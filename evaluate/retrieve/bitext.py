"""Tatoeba: for each English sentence the nearest foreign one, by the cosine of one layer's vectors. Imports torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synth.evaluate.data.base import EvalSet
from synth.evaluate.embed import Pooling, VectorSettings, bitext_layer, depth, encode
from synth.evaluate.progress import Progress
from synth.evaluate.retrieval import normalised, top
from synth.evaluate.retrieve.backbone import load_backbone
from synth.evaluate.stage import Predicted, RunContext
from synth.evaluate.tasks.items import QueryItem

if TYPE_CHECKING:
    from synth.train.student import Student


@dataclass(frozen=True, slots=True)
class BitextPredictor:
    """Finds the counterpart of each sentence.

    Args:
        student: The model.
        vectors: How sentences become vectors.
        record: What `run.json` keeps.
    """

    student: Student
    vectors: VectorSettings
    record: Mapping[str, Any]

    def predict(self, data: EvalSet) -> Predicted:
        """The nearest candidate of each query, and its cosine. Ties go to the earlier line."""
        queries = [item.text for item in data.items if isinstance(item, QueryItem)]
        texts = [*queries, *(one.text for one in data.candidates)]
        progress = Progress(f"{data.task} {data.lang}", len(set(texts)))
        found = normalised(encode(texts, self.student, self.vectors, done=progress.add))
        progress.end()
        best = top(found[: len(queries)], found[len(queries) :], 1)
        names = [(data.candidates[row].item_id,) for row in best.rows[:, 0]]
        return Predicted(names, best.scores.tolist())


def bitext_predictor(context: RunContext) -> BitextPredictor:
    """The predictor of Tatoeba.

    Raises:
        BadFlag: The model has no such layer.
    """
    student, trained = load_backbone(context)
    wanted = context.settings.retrieval
    layer = wanted.layer or bitext_layer(depth(student))
    vectors = vector_settings(context, layer, Pooling(wanted.pool))
    return BitextPredictor(student, vectors, {**vector_record(vectors, student), **trained})


def vector_settings(context: RunContext, layer: int, pooling: Pooling) -> VectorSettings:
    """How sentences become vectors in the tasks without training."""
    wanted = context.settings.retrieval
    tokens = context.tokens
    return VectorSettings(layer, pooling, wanted.length, wanted.prefix, tokens, context.precision)


def vector_record(vectors: VectorSettings, student: Student) -> dict[str, Any]:
    """What `run.json` keeps of how sentences became vectors."""
    return {
        "layer": vectors.layer,
        "layers": depth(student),
        "pool": vectors.pooling.value,
        "length": vectors.max_length,
        "prefix": vectors.prefix,
    }
