"""BUCC: the pairs of two corpora whose margin is above the threshold that is best on the dev set. Imports torch.

The threshold is chosen for each language on its development corpora (split `validation`), which are mined first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synth.errors import BadSource
from synth.evaluate.data.base import EvalSet, EvalSource
from synth.evaluate.embed import Pooling, VectorSettings, depth, encode, mining_layer
from synth.evaluate.metrics.mining import Mined, Sentences, best_threshold, mine
from synth.evaluate.progress import Progress
from synth.evaluate.retrieve.backbone import load_backbone
from synth.evaluate.retrieve.bitext import vector_record, vector_settings
from synth.evaluate.stage import Predicted, RunContext
from synth.evaluate.tasks.items import QueryItem

if TYPE_CHECKING:
    from synth.train.student import Student


@dataclass(frozen=True, slots=True)
class MiningPredictor:
    """Mines pairs.

    Args:
        student: The model.
        vectors: How sentences become vectors.
        source: Where the development corpora are.
        settings: What `run.json` keeps, but for the thresholds.
        thresholds: By language, of those that were predicted.
    """

    student: Student
    vectors: VectorSettings
    source: EvalSource
    settings: Mapping[str, Any]
    thresholds: dict[str, float] = field(default_factory=dict)

    @property
    def record(self) -> Mapping[str, Any]:
        """Layer, pooling, and each language's threshold."""
        return {**self.settings, "thresholds": dict(self.thresholds)}

    def predict(self, data: EvalSet) -> Predicted:
        """The partners of each sentence whose margin is the threshold or more, with their margins.

        Raises:
            BadSource: There are no development corpora of the language.
        """
        threshold = self._threshold(data)
        mined = self.mined(data)
        partners: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for (source, target), score in zip(mined.pairs, mined.scores, strict=True):
            if score >= threshold:
                partners[source].append((target, score))
        found = [partners[item.item_id] for item in data.items]
        return Predicted([[name for name, _ in one] for one in found], [[score for _, score in one] for one in found])

    def mined(self, data: EvalSet) -> Mined:
        """All candidate pairs of a set, whatever their margin."""
        queries = [item for item in data.items if isinstance(item, QueryItem)]
        texts = [item.text for item in queries]
        others = [one.text for one in data.candidates]
        progress = Progress(f"{data.task} {data.lang} {data.split}", len({*texts, *others}))
        found = encode([*texts, *others], self.student, self.vectors, done=progress.add)
        progress.end()
        source = Sentences([item.item_id for item in queries], texts, found[: len(texts)])
        return mine(source, Sentences([one.item_id for one in data.candidates], others, found[len(texts) :]))

    def _threshold(self, data: EvalSet) -> float:
        if data.lang not in self.source.languages("bucc2018", "validation"):
            raise BadSource(
                f"bucc2018 {data.lang}: there are no development corpora to choose the threshold on; name them in the "
                "sources file as `bucc2018: {validation: ...}`"
            )
        dev = self.source.load("bucc2018", data.lang, "validation")
        gold = {(item.item_id, one) for item in dev.items if isinstance(item, QueryItem) for one in item.gold}
        self.thresholds[data.lang] = best_threshold(self.mined(dev), gold)
        return self.thresholds[data.lang]


def mining_predictor(context: RunContext) -> MiningPredictor:
    """The predictor of BUCC.

    Raises:
        BadFlag: The model has no such layer.
    """
    student, trained = load_backbone(context)
    wanted = context.settings.retrieval
    layer = wanted.mining_layer or mining_layer(depth(student))
    vectors = vector_settings(context, layer, Pooling(wanted.mining_pool))
    return MiningPredictor(student, vectors, context.source, {**vector_record(vectors, student), **trained})
