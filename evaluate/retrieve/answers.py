"""LAReQA: the 20 sentences, in eleven languages at once, that answer a question best. Imports torch.

Trained on SQuAD v1.1: a question and the sentence in which its answer begins, followed by the whole paragraph
(`third_party/processors/lareqa.py`). The official script cuts sentences with rules of its own; here those of
`synth.sentences` do. Candidates are sentence and paragraph put together in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from synth.evaluate.data.base import EvalSet
from synth.evaluate.english import STAGES, english_sets
from synth.evaluate.metrics.ranking import CUT
from synth.evaluate.retrieval import Matrix, top
from synth.evaluate.retrieve.dual import DualEncoder, Lengths2, Pairs, dual_encoder, with_pairs
from synth.evaluate.stage import Predicted, RunContext, TaskData
from synth.evaluate.tasks.items import Candidate, Item, QueryItem, SpanItem
from synth.sentences import split_offsets

TARGET = "lareqa"


@dataclass(frozen=True, slots=True, eq=False)
class AnswersPredictor:
    """Ranks the sentences of all languages.

    Args:
        encoder: The dual encoder.
        names: Ids of all candidates.
        vectors: Their vectors.
        record: What `run.json` keeps.
    """

    encoder: DualEncoder
    names: tuple[str, ...]
    vectors: Matrix
    record: Mapping[str, Any]

    def predict(self, data: EvalSet) -> Predicted:
        """The best candidates of each question, best first, and their cosines."""
        texts = [item.text for item in data.items if isinstance(item, QueryItem)]
        found = top(self.encoder.queries(texts, f"{data.task} {data.lang}"), self.vectors, CUT)
        return Predicted([[self.names[row] for row in rows] for rows in found.rows], found.scores.tolist())


def answers_predictor(data: TaskData, context: RunContext) -> AnswersPredictor:
    """The predictor of LAReQA: trains the dual encoder and encodes the pool.

    Raises:
        BadSource: There is no English SQuAD to train on.
        SynthError: As `dual_encoder`.
    """
    encoder = dual_encoder(squad_pairs(context), context)
    pool = data.candidates
    vectors = encoder.candidates([joined(one) for one in pool], "lareqa candidates")
    record = {**encoder.record, "candidates": len(pool), "pool": list(data.languages)}
    return AnswersPredictor(encoder, tuple(one.item_id for one in pool), vectors, record)


def squad_pairs(context: RunContext) -> Pairs:
    """Questions and answering sentences of the English SQuAD.

    Raises:
        BadSource: The source has no SQuAD.
    """
    settings = context.settings.targets[TARGET]
    english = english_sets(context.source, STAGES[TARGET][0], settings, context.seed)
    lengths = Lengths2(settings.lengths.question, settings.lengths.pair)
    dev = with_pairs(english.dev, answer_pair) if english.dev else None
    return Pairs(TARGET, with_pairs(english.train, answer_pair), dev, answer_pair, lengths)


def answer_pair(item: Item) -> tuple[str, str] | None:
    """A question, and the sentence that its first answer begins in with the paragraph; None if it begins in none."""
    assert isinstance(item, SpanItem)
    start = item.starts[0] if item.starts else -1
    inside = next((span for span in _sentences(item.context) if span[0] <= start < span[1]), None)
    if inside is None:
        return None
    return item.question, _joined(item.context[inside[0] : inside[1]], item.context)


def joined(candidate: Candidate) -> str:
    """What is encoded of a candidate."""
    return _joined(candidate.text, candidate.context)


def _joined(sentence: str, paragraph: str) -> str:
    return (sentence + paragraph).replace("\n", "")  # without a blank between them, as in the official scripts


@lru_cache(maxsize=256)  # the questions about a paragraph stand together
def _sentences(paragraph: str) -> list[tuple[int, int]]:
    return split_offsets(paragraph)
