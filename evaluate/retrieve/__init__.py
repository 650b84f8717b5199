"""Retrieval: Tatoeba and BUCC from a run's backbone as it is, LAReQA and Mewsli-X by dual encoders.

Nothing heavy is imported until a predictor is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synth.evaluate.tasks.base import EvalTask, Form

if TYPE_CHECKING:
    from synth.evaluate.stage import Predictor, RunContext, TaskData


def retrieval_predictor(task: EvalTask, data: TaskData, context: RunContext) -> Predictor:
    """The predictor of a retrieval task.

    Raises:
        SynthError: What must be trained on is missing, or training fails.
    """
    if task.form is Form.BITEXT:
        from synth.evaluate.retrieve.bitext import bitext_predictor

        return bitext_predictor(context)
    if task.form is Form.MINING:
        from synth.evaluate.retrieve.mining import mining_predictor

        return mining_predictor(context)
    if task.form is Form.ANSWERS:
        from synth.evaluate.retrieve.answers import answers_predictor

        return answers_predictor(data, context)
    from synth.evaluate.retrieve.linking import linking_predictor

    return linking_predictor(context)
