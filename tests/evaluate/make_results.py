"""Small made-up results: runs whose predictions are right with a given chance, from a fixed seed."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from synth.evaluate.aggregate import overall, score_cell, score_task
from synth.evaluate.predictions import ArmKind, Predictions, RunInfo, write_predictions, write_run
from synth.evaluate.results import Arm, Results, Run
from synth.evaluate.stats import cell_stats
from synth.evaluate.tasks import EVAL_TASKS, XTREME_R, get_eval_task
from synth.evaluate.tasks.base import Form

ITEMS = 24


def info(arm: str, kind: ArmKind, seed: int, **more: object) -> RunInfo:
    fields = {"run": f"{arm}-{seed}", "arm": arm, "kind": kind, "seed": seed, "model": "tiny", **more}
    return RunInfo.model_validate(fields)


def predictions(task: str, lang: str, chance: float, seed: int, items: int = ITEMS) -> Predictions:
    """Golds depend on task and language only, predictions also on the seed."""
    form = get_eval_task(task).form
    gold_rng, rng = random.Random(f"{task}/{lang}"), random.Random(f"{task}/{lang}/{seed}")
    golds = [_gold(form, task, place, gold_rng) for place in range(items)]
    made = [_prediction(form, task, gold, rng.random() < chance, rng) for gold in golds]
    names = tuple(f"i{place}" for place in range(items))
    return Predictions(task, lang, "test", names, ("",) * items, tuple(made), tuple(golds), ())


def _gold(form: Form, task: str, place: int, rng: random.Random) -> tuple[str, ...]:
    labels = get_eval_task(task).labels
    if form is Form.TAGS:
        return tuple(rng.choice(labels) for _ in range(4))
    if form in {Form.PAIR, Form.CHOICE}:
        return (rng.choice(labels),)
    if form is Form.SPAN:
        return (f"answer number {place}",)
    return (f"c{place}",)


def _prediction(form: Form, task: str, gold: tuple[str, ...], right: bool, rng: random.Random) -> tuple[str, ...]:
    if right:
        return gold
    labels = get_eval_task(task).labels
    if labels:
        return tuple(rng.choice(labels) for _ in gold)
    return ("nothing like it",)


def run(one: RunInfo, chance: float, tasks: tuple[str, ...] = XTREME_R, skip: tuple[str, ...] = ()) -> Run:
    """A run in memory; languages in `skip` are missing everywhere."""
    cells = {
        (task, lang): cell_stats(predictions(task, lang, chance, one.seed))
        for task in tasks
        for lang in EVAL_TASKS[task].languages
        if lang not in skip
    }
    scores = {
        task: score_task(task, [score_cell(cell) for (name, _), cell in cells.items() if name == task])
        for task in tasks
    }
    return Run(one, cells, scores, overall(scores))


def arm(
    name: str,
    kind: ArmKind,
    chance: float,
    seeds: tuple[int, ...] = (1, 2),
    tasks: tuple[str, ...] = XTREME_R,
    skip: tuple[str, ...] = (),
    **more: object,
) -> Arm:
    runs = tuple(run(info(name, kind, seed, **more), chance, tasks, skip) for seed in seeds)
    first = runs[0].info
    return Arm(name, kind, first.intermediate, first.languages, runs, ())


def three_arms(tasks: tuple[str, ...] = XTREME_R, skip: tuple[str, ...] = ()) -> Results:
    """None, English, and a multilingual arm that is clearly better."""
    english: dict[str, Any] = {"intermediate": ("mnli", "squad_v1"), "languages": ("en",)}
    many: dict[str, Any] = {"intermediate": ("mnli", "squad_v1"), "languages": ("en", "de", "sw", "zh", "th")}
    return Results(
        (
            arm("none", ArmKind.NONE, 0.4, tasks=tasks, skip=skip),
            arm("english", ArmKind.ENGLISH, 0.5, tasks=tasks, skip=skip, **english),
            arm("multilingual", ArmKind.MULTILINGUAL, 0.7, tasks=tasks, skip=skip, **many),
        )
    )


def write(folder: Path, one: RunInfo, chance: float, cells: dict[str, tuple[str, ...]]) -> Path:
    """A run on disk with the given languages of some tasks."""
    place = folder / one.run
    write_run(place, one)
    for task, langs in cells.items():
        for lang in langs:
            write_predictions(place, predictions(task, lang, chance, one.seed))
    return place
