"""Evaluating one subject: task by task, language by language, each on disk before the next begins."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from synth import __version__
from synth.commit import commit_of_package
from synth.corpus.files import fingerprint
from synth.errors import BadFolder, StoppedError
from synth.evaluate.aggregate import score_cell
from synth.evaluate.data.base import EvalSource
from synth.evaluate.english import STAGES
from synth.evaluate.predictions import (
    RUN_FILE,
    RunInfo,
    files_of,
    is_done,
    predictions_for,
    read_run,
    write_predictions,
    write_run,
)
from synth.evaluate.selection import Selection
from synth.evaluate.settings import EvalSettings, differences, identity_of
from synth.evaluate.stage import Predictor, RunContext, TaskData, predictor_for
from synth.evaluate.stats import cell_stats
from synth.evaluate.subject import Subject
from synth.evaluate.target_steps import FOLDER, VECTORS, WEIGHTS
from synth.evaluate.tasks import get_eval_task
from synth.evaluate.tasks.base import EvalTask, Form
from synth.sources.problems import summary
from synth.train.folders import held
from synth.train.record import hardware, versions

Say = Callable[[str], None]
NO_PROBLEMS: Final[Mapping[str, str]] = MappingProxyType({})


def evaluate_subject(
    subject: Subject, selection: Selection, source: EvalSource, settings: EvalSettings, device: str, say: Say,
    keep_weights: bool = False,
) -> RunInfo:  # fmt: skip
    """Train on the English sets, predict, write; what is on disk already is left as it is.

    Args:
        subject: What is evaluated.
        selection: Tasks and languages.
        source: Test sets and English training sets.
        settings: Protocol.
        device: As torch names it.
        say: Told one line at a time.
        keep_weights: Leave the weights of the target stage on disk.

    Raises:
        BadFolder: The folder holds an evaluation of something else, or with other settings.
        SynthError: As predictors raise; `run.json` then says that the run failed and why, unless it was the input.
    """
    with held(subject.folder):
        info = _begin(subject, settings)
        context = RunContext(subject.folder, subject.place, source, settings, subject.info.seed, device, say)
        write_run(subject.folder, info)
        try:
            for name, langs in selection.languages.items():
                info = _task(name, langs, context, info)
                if not keep_weights:
                    _drop_weights(name, tuple(selection.languages), context)
        except StoppedError as error:
            if error.exit_code == StoppedError.exit_code:  # not when the user stopped it
                write_run(subject.folder, info.model_copy(update={"status": "failed", "why": str(error)}))
            raise
        info = info.model_copy(update={"status": "done", "why": ""})
        write_run(subject.folder, info)
        return info


def _begin(subject: Subject, settings: EvalSettings) -> RunInfo:
    """The record of the evaluation; that of the folder, when it goes on."""
    protocol: dict[str, Any] = {
        "protocol": settings.model_dump(mode="json"),
        "identity": fingerprint([identity_of(settings), subject.place.identity, subject.info.seed]),
        "weights": subject.place.identity,
        "synth": __version__,
        "commit": commit_of_package(),
        "versions": versions(),
        "hardware": hardware(),
        "tasks": {},
    }
    info = subject.info.model_copy(update={"settings": {**subject.info.settings, **protocol}})
    if not (subject.folder / RUN_FILE).is_file():
        return info
    before = read_run(subject.folder)
    changed = [name for name in ("run", "arm", "model") if getattr(before, name) != getattr(info, name)]
    known = before.settings.get("identity")  # none where only a training that failed was recorded
    if known != protocol["identity"] and (known or any(files_of(subject.folder))):
        told = differences(before.settings.get("protocol", {}), protocol["protocol"])
        changed += [f"{key} ({mine} there, {theirs} now)" for key, mine, theirs in told] or ["weights or seed"]
    if changed:
        raise BadFolder(
            f"{subject.folder} holds an evaluation that differs in {', '.join(changed[:4])}; give another --out, or "
            "remove it to evaluate anew"
        )
    kept = before.settings.get("tasks", {})
    return info.model_copy(update={"settings": {**info.settings, "tasks": kept}})


def _task(name: str, langs: tuple[str, ...], context: RunContext, info: RunInfo) -> RunInfo:
    """One task in all its languages; the record with what its predictor says of itself."""
    todo = [lang for lang in langs if not is_done(context.folder, name, lang)]
    if not todo:
        context.say(f"{name}: all {len(langs)} languages are there already")
        return info
    task = get_eval_task(name)
    together = context.source.languages(name, task.split) if task.pooled else langs
    if task.pooled:
        _same_pool(task, together, context, info)
    data = TaskData(task, together, context.source, context.settings.prediction.items)
    if task.form not in {Form.BITEXT, Form.MINING}:
        for lang in todo:  # a set that cannot be used is told before hours of training, not after
            data.set_of(lang)
    predictor = predictor_for(data.task, data, context)
    info = _noted(name, predictor, context, info)
    for lang in todo:
        odd = _cell(lang, data, predictor, context)
        info = _noted(
            name, predictor, context, info, {lang: odd} if odd else {}
        )  # BUCC's thresholds are known when its languages are predicted
    return info


def _noted(
    name: str, predictor: Predictor, context: RunContext, info: RunInfo, problems: Mapping[str, str] = NO_PROBLEMS
) -> RunInfo:
    """The record with what a predictor says of itself and problems in test sets, on disk.

    Thresholds and problems of what was predicted before stay.
    """
    before, record = info.settings["tasks"].get(name, {}), dict(predictor.record)
    if "thresholds" in record:
        record["thresholds"] = {**before.get("thresholds", {}), **record["thresholds"]}
    if problems or before.get("problems"):
        record["problems"] = {**before.get("problems", {}), **problems}
    info = info.model_copy(update={"settings": {**info.settings, "tasks": {**info.settings["tasks"], name: record}}})
    write_run(context.folder, info)
    return info


def _same_pool(task: EvalTask, langs: tuple[str, ...], context: RunContext, info: RunInfo) -> None:
    """Refuse to go on with LAReQA where some questions were asked to the sentences of fewer (or more) languages."""
    before = info.settings["tasks"].get(task.name, {}).get("pool", langs)
    done = [lang for lang in task.languages if is_done(context.folder, task.name, lang)]
    if done and set(before) != set(langs):
        raise BadFolder(
            f"{context.folder / task.name}: {', '.join(done)} were predicted with sentences in {', '.join(before)} to "
            f"find, the source has {', '.join(langs)} now; remove that folder to predict all languages again"
        )


def _cell(lang: str, data: TaskData, predictor: Predictor, context: RunContext) -> str:
    """One language; returns what is wrong with its test set, which may have rows that cannot be used."""
    begun = time.monotonic()
    items = data.set_of(lang)
    found = predictor.predict(items)
    made = predictions_for(items, found.predictions, found.scores)
    write_predictions(context.folder, made)
    score, seconds = score_cell(cell_stats(made)), time.monotonic() - begun
    context.say(f"{made.task} {lang}: {score.headline:.1f} ({score.items:,} items in {seconds:,.1f} s)")
    if not items.problems:
        return ""
    first, told = items.problems[0], summary(items.problems)
    where = " ".join(filter(None, (first.file, first.row)))
    context.say(f"{made.task} {lang}: problems in the data ({told}); the first: {where}: {first.detail}")
    return told


def _drop_weights(name: str, names: tuple[str, ...], context: RunContext) -> None:
    """Remove the weights of all trainings that no later task of this evaluation needs."""
    later = names[names.index(name) + 1 :]
    needed = {*later, *(stage.target for other in later for stage in STAGES.get(other, ()))}
    if {"tatoeba", "bucc2018"} & set(later):
        needed.add(context.settings.retrieval.after)
    for folder in (context.folder / FOLDER).glob("*"):
        if folder.name not in needed:
            (folder / WEIGHTS).unlink(missing_ok=True)
            (folder / VECTORS).unlink(missing_ok=True)


def failed_training(subject: Subject) -> None:
    """Put a run whose training failed among the results, so that the report shows its seed."""
    subject.folder.mkdir(parents=True, exist_ok=True)
    write_run(subject.folder, subject.info)


def with_style(settings: EvalSettings, subject: Subject) -> EvalSettings:
    """Settings whose style and wording are decided: those of the run's training where they leave them open."""
    style = subject.style if settings.style == "auto" else settings.style
    answers = subject.answers if settings.text.answers == "auto" else settings.text.answers
    text = settings.text.model_copy(update={"answers": answers})
    return settings.model_copy(update={"style": style, "text": text})
