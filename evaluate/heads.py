"""Predicting by heads: pairs, choices, tags and spans, with a model that was trained on the task's English set.

Imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from synth.corpus.files import fingerprint
from synth.evaluate.data.base import EvalSet
from synth.evaluate.encode import ItemEncoder, ParagraphCutter, item_encoder
from synth.evaluate.english import STAGES, Stage, english_score, english_sets
from synth.evaluate.predict import Runner, Scores, run_items
from synth.evaluate.progress import Progress
from synth.evaluate.settings import Prediction
from synth.evaluate.spans import Rule, best_answer
from synth.evaluate.stage import Predicted, RunContext, TaskData
from synth.evaluate.target import Training, trained
from synth.evaluate.target_steps import HEAD, TargetSteps, spec_of
from synth.evaluate.tasks.base import EvalTask, Form
from synth.evaluate.tasks.items import Item, SpanItem
from synth.train.encode.features import IGNORED, Feature
from synth.train.hashing import salt
from synth.train.heads import MultiHead
from synth.train.student import Student, load_student

Answer = tuple[tuple[str, ...], tuple[float, ...]]
"""The prediction for one item, and the model's numbers for it."""


@dataclass(frozen=True, slots=True)
class HeadPredictor:
    """A trained model with the encoder of its task.

    Args:
        task: The task.
        runner: The model.
        encode: Makes an item's inputs.
        rule: Spans: how the answer is chosen.
        record: Trainings of the target stage, in order.
    """

    task: EvalTask
    runner: Runner
    encode: ItemEncoder
    rule: Rule
    record: Mapping[str, Any]

    def predict(self, data: EvalSet) -> Predicted:
        """Predictions for a set."""
        progress = Progress(f"{data.task} {data.lang}", len(data.items))
        found = [
            answer_of(self.task, item, own, self.rule)
            for item, own in run_items(data.items, self.encode, self.runner, progress)
        ]
        progress.end()
        return Predicted([one for one, _ in found], [numbers for _, numbers in found])


def answer_of(task: EvalTask, item: Item, own: Sequence[tuple[Feature, Scores]], rule: Rule) -> Answer:
    """The prediction for an item from the scores of its inputs.

    Numbers are: a score a class or choice; the probability of each word's tag; the sum of start and end of an answer.
    """
    if task.form is Form.SPAN:
        assert isinstance(item, SpanItem)
        text, score = best_answer(item.context, own, rule)
        return (text,), (score,)
    if task.form is Form.TAGS:
        found = [pair for feature, scores in own for pair in _tags(task, feature, scores)]
        return tuple(tag for tag, _ in found), tuple(chance for _, chance in found)
    scores = own[0][1]
    best = int(scores.argmax())
    return (task.labels[best] if task.form is Form.PAIR else str(best),), tuple(scores.tolist())


def _tags(task: EvalTask, feature: Feature, scores: Scores) -> list[tuple[str, float]]:
    """Tag and probability of each word of a window: those of its first piece."""
    firsts = [place for place, label in enumerate(feature.labels["labels"]) if label != IGNORED]
    rows = scores[firsts].astype(np.float64)
    shifted = np.exp(rows - rows.max(axis=1, keepdims=True))
    chances = shifted / shifted.sum(axis=1, keepdims=True)
    best = chances.argmax(axis=1)
    return [(task.labels[tag], float(chances[row, tag])) for row, tag in enumerate(best.tolist())]


def head_predictor(task: EvalTask, _data: TaskData, context: RunContext) -> HeadPredictor:
    """The predictor of a task, after its trainings (which are found again if they were done before).

    Raises:
        BadSource: There is no English training set.
        SynthError: As `trained`.
    """
    student = load_student(
        context.student.place, architecture=context.student.architecture, revision=context.student.revision,
        dropout=context.settings.dropout,
    )  # fmt: skip
    torch.manual_seed(salt("heads", context.seed) % 2**63)
    model = MultiHead(student.backbone, {HEAD: spec_of(task)}, student.decoder, context.settings.dropout)
    maker = _Maker(task, student, context)
    model.to(context.device)
    records = [trained(model, maker.training(stage), context) for stage in STAGES[task.name]]
    last = STAGES[task.name][-1]
    model.to(context.device).eval()
    return HeadPredictor(
        task, maker.runner(model), maker.encoder(last), maker.rule(last), {"target": records, "style": "heads"}
    )


@dataclass(frozen=True, slots=True)
class _Maker:
    """What a task's trainings and predictions are made of."""

    task: EvalTask
    student: Student
    context: RunContext

    def training(self, stage: Stage) -> Training:
        settings = self.context.settings.targets[stage.target]
        sets = english_sets(self.context.source, stage, settings, self.context.seed)
        encode, spec = self.encoder(stage), spec_of(self.task)
        batch, seed = settings.optim.examples_a_step, self.context.seed
        return Training(
            stage.target,
            settings,
            fingerprint([sets.train.origin, [item.item_id for item in sets.train.items]]),
            sets.train.origin,
            lambda: TargetSteps(sets.train.items, encode, spec, batch, settings.epochs, seed),
            partial(self.dev_score, sets.dev, stage) if sets.dev else None,
        )

    def encoder(self, stage: Stage) -> ItemEncoder:
        cutter = ParagraphCutter(self.student.tokenizer, self.student.decoder)
        return item_encoder(self.task, cutter, self.context.settings.targets[stage.target].lengths)

    def rule(self, stage: Stage) -> Rule:
        prediction: Prediction = self.context.settings.prediction
        stride = self.context.settings.targets[stage.target].lengths.stride
        return Rule(stride, prediction.best, prediction.answer)

    def runner(self, model: MultiHead) -> Runner:
        context, device = self.context, str(next(model.parameters()).device)
        pad = int(self.student.tokenizer.pad_token_id)
        return Runner(model, HEAD, pad, context.tokens, device, context.precision)

    def dev_score(self, dev: EvalSet, stage: Stage, model: MultiHead) -> float:
        """The task's own metric on English dev, 0 to 100."""
        found = HeadPredictor(self.task, self.runner(model), self.encoder(stage), self.rule(stage), {}).predict(dev)
        return english_score(dev, found)
