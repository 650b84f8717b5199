"""The backbone that vectors are made with: the run's own, or one that was trained on a target first. Imports torch."""

from __future__ import annotations

from typing import Any

from synth.evaluate.stage import RunContext, TaskData
from synth.evaluate.tasks import get_eval_task
from synth.train.student import Student, find_place, load_student, load_tokenizer


def load_student_of(context: RunContext) -> Student:
    """The run's student on the device of the evaluation, as it is.

    Raises:
        BadFlag: It cannot be loaded.
    """
    place = context.student
    student = load_student(
        place.place, architecture=place.architecture, revision=place.revision, dropout=context.settings.dropout
    )
    student.backbone.to(context.device)
    return student


def load_backbone(context: RunContext) -> tuple[Student, dict[str, Any]]:
    """The student of Tatoeba and BUCC, and what is recorded of its training.

    By default the run's own backbone, without any training for a target: whatever these tasks show is then the work of
    pre-training and of the intermediate stage. With `retrieval.after: squad` it is trained on the English SQuAD first,
    as the encoder behind XTREME-R's published Tatoeba row was.

    Raises:
        SynthError: It cannot be loaded or trained.
    """
    if not context.settings.retrieval.after:
        return load_student_of(context), {"after": ""}
    from synth.evaluate.heads import head_predictor

    task = get_eval_task("xquad")
    made = head_predictor(task, TaskData(task, (), context.source), context)
    model = made.runner.model
    place = find_place(context.student.place, context.student.architecture)
    tokenizer = load_tokenizer(place, context.student.revision)
    return Student(tokenizer, model.backbone, model.decoder, place), {"after": "squad", **made.record}
