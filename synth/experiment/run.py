"""Runs an experiment: trains what is not trained, evaluates what is not evaluated, and writes the report.

There is no state of its own: what is done is read from the folders of the runs, so the same command goes on after any
end, and `synth train`, `synth evaluate` and `synth report` can be used on the same folders in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from synth.errors import BadFlag, DiskError, Interrupted, StoppedError
from synth.experiment.file import Experiment
from synth.train.arm_names import ArmName
from synth.train.folders import is_done, record_of, run_folder
from synth.train.processes import from_first, world_size
from synth.train.recipe import Recipe
from synth.train.record import RunRecord, Status
from synth.train.runs import Asked, Ended, asked, train_recipe

if TYPE_CHECKING:
    from synth.evaluate.data.base import EvalSource
    from synth.evaluate.selection import Selection
    from synth.evaluate.settings import EvalSettings
    from synth.evaluate.subject import Subject
    from synth.train.prepare import Prepared

Say = Callable[[str], None]
_FOR_GOOD = frozenset({"nan", "diverged"})  # the same seed would go the same way again


@dataclass(frozen=True, slots=True)
class Left(Asked):
    """The runs of a recipe that may still come to something; `skip` are the others."""

    skip: frozenset[tuple[str, int]] = frozenset()

    def runs(self) -> Iterator[tuple[str, int]]:
        """Arm and seed of every run, a seed at a time."""
        return (run for run in Asked.runs(self) if run not in self.skip)


@dataclass(slots=True)
class Outcome:
    """How one run of the experiment ended. `why` is "" unless something failed."""

    recipe: str
    arm: str
    seed: int
    folder: Path
    trained: bool = False
    evaluated: bool = False
    why: str = ""
    holes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """An experiment whose every part has been looked at before the first step.

    Args:
        experiment: What the file says.
        wanted: The runs of each recipe.
        settings: Of the evaluation, before a run's own style is laid over them.
        source: Test sets and English training sets.
        selections: Tasks and languages by recipe.
        out: Folder with a folder for each recipe, and the report.
    """

    experiment: Experiment
    wanted: tuple[Left, ...]
    settings: EvalSettings
    source: EvalSource
    selections: dict[str, Selection] = field(default_factory=dict)
    out: Path = Path()


def plan(experiment: Experiment, out: Path, retry: bool = False) -> Plan:
    """Read recipes, settings and sources, and see that they fit together.

    Args:
        experiment: What the file says.
        out: Where everything goes.
        retry: Train again what failed for good.

    Raises:
        UserError: Something is not as it must be; nothing has been begun.
    """
    from synth.evaluate.command import source_of
    from synth.evaluate.selection import select
    from synth.evaluate.settings import load_settings

    recipes = [one.load() for one in experiment.train]
    _refuse_same_names(recipes)
    asks = experiment.evaluate
    settings, source = load_settings(asks.settings, asks.flags), source_of(asks.source)
    _refuse_what_no_report_tells_apart(recipes, settings)
    wanted = tuple(_left(recipe, out / recipe.name, retry) for recipe in recipes)
    selections = {
        one.name: select(source, ",".join(asks.tasks), ",".join(asks.langs), _style(one, settings), settings.text.train)
        for one in recipes
    }
    return Plan(experiment, wanted, settings, source, selections, out)


def _refuse_same_names(recipes: Sequence[Recipe]) -> None:
    names = [recipe.name for recipe in recipes]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise BadFlag(f"two recipes are named {twice}; give them names of their own with `flags: {{name: ...}}`")


def _refuse_what_no_report_tells_apart(recipes: Sequence[Recipe], settings: EvalSettings) -> None:
    """A report knows an arm by its name, model and tasks: two of one kind would be refused, or taken for its seeds.

    Raises:
        BadFlag: There are such.
    """
    for one, other in combinations(recipes, 2):
        both = {arm.name for arm in one.arms} & {arm.name for arm in other.arms}
        if _start(one, settings) == _start(other, settings):
            both -= {ArmName.NONE}
        if one.tasks != other.tasks:
            both &= {ArmName.NONE}
        if both and _model(one) == _model(other) and not _more_seeds(one, other):
            raise BadFlag(
                f"recipes {one.name} and {other.name} both have the arm {min(both)} of {_model(one)}, and differ in "
                "what no report tells apart (it tells arms, models and tasks); make an experiment of each"
            )


def _more_seeds(one: Recipe, other: Recipe) -> bool:
    """Whether one recipe adds seeds to another, which is the same."""
    same, left_out = set(one.seeds).isdisjoint(other.seeds), {"name", "seeds", "upkeep"}
    return same and one.model_dump(exclude=left_out) == other.model_dump(exclude=left_out)


def _model(recipe: Recipe) -> str:
    """The model by the name that a report has for it."""
    return recipe.model.place or recipe.model.architecture


def _style(recipe: Recipe, settings: EvalSettings) -> str:
    return recipe.style if settings.style == "auto" else settings.style


def _start(recipe: Recipe, settings: EvalSettings) -> tuple[str | None, ...]:
    """All that the evaluation of a recipe's arm `none` depends on, but for the seed and what all recipes share."""
    style = _style(recipe, settings)
    wording = recipe.answers if style == "text" and settings.text.answers == "auto" else None
    return _model(recipe), recipe.model.revision, style, wording


def _left(recipe: Recipe, out: Path, retry: bool) -> Left:
    """The runs of a recipe without those that failed for good.

    Where all are trained, corpora and processes need not be those of the training any more.
    """
    every = Left(recipe, out, tuple(arm.name for arm in recipe.arms), recipe.seeds)
    records = {key: record_of(run_folder(out, *key), recipe, key[0]) for key in every.runs()}
    failed = {key for key, record in records.items() if record is not None and _failed_for_good(record)}
    left = replace(every, skip=frozenset() if retry else frozenset(failed))
    if not all(is_done(records[key]) for key in left.runs()):
        asked(recipe, out, (), ())
    return left


def _failed_for_good(record: RunRecord) -> bool:
    return record.status is Status.FAILED and record.outcome.get("failure") in _FOR_GOOD


def carry_out(planned: Plan, device: str, say: Say, report: Callable[[Prepared], None]) -> list[Outcome]:
    """Train and evaluate; how every run ended.

    Raises:
        SynthError: Arms are not matched, a corpus or student cannot be used, the disk is full, or the user stopped it.
    """
    from_first(lambda: _check_sets(planned, say))
    found: list[Outcome] = []
    for wanted in planned.wanted:
        for arm, seed in sorted(wanted.skip):
            say(f"{wanted.recipe.name} {arm}-{seed} failed for good and is not trained again (--retry-failed does)")
        _stop_on_a_full_disk(wanted, train_recipe(wanted, say, report))
        found += [_outcome(wanted, arm, seed) for arm, seed in Asked.runs(wanted)]
    if world_size() > 1:  # the target stage is trained in one process
        say("trained; run `synth run` without `accelerate launch` to evaluate and report")
        return found
    for wanted in planned.wanted:
        for one in _once([one for one in found if one.recipe == wanted.recipe.name], found, planned):
            _evaluate(one, planned, device, say)
    return found


def _check_sets(planned: Plan, say: Say) -> None:
    """See `synth.evaluate.precheck`: the training of all arms goes before the evaluation, and may take days."""
    from synth.evaluate.precheck import cells_left, check_sets
    from synth.evaluate.subject import EVALUATION

    styles: dict[str, dict[str, set[str]]] = {}
    for wanted in planned.wanted:
        folders = [run_folder(wanted.out, *key) / EVALUATION for key in wanted.runs()]
        cells = styles.setdefault(_style(wanted.recipe, planned.settings), {})
        for task, langs in cells_left(planned.selections[wanted.recipe.name].languages, folders).items():
            cells.setdefault(task, set()).update(langs)
    for style, cells in styles.items():
        check_sets(planned.source, cells, planned.settings.model_copy(update={"style": style}), say)


def _stop_on_a_full_disk(wanted: Left, ended: Sequence[Ended]) -> None:
    """What a full disk ended says nothing about an arm, and neither evaluations nor a report would fit.

    Raises:
        DiskError: There is such a run.
    """
    for one in ended:
        record = record_of(one.folder, wanted.recipe, one.arm) if one.error else None
        # Where not even the record could be written, it says that the run goes on.
        if record is not None and (record.status is Status.RUNNING or record.outcome.get("failure") == "disk full"):
            raise DiskError(f"{one.folder}: {one.error}")


def _outcome(wanted: Left, arm: str, seed: int) -> Outcome:
    folder = run_folder(wanted.out, arm, seed)
    record = record_of(folder, wanted.recipe, arm)
    if record is not None and record.status is Status.DONE:
        return Outcome(wanted.recipe.name, arm, seed, folder, trained=True)
    why = str(record.outcome.get("advice", "")) if record is not None else ""
    return Outcome(wanted.recipe.name, arm, seed, folder, why=why or "it was not trained to its end")


def _once(mine: Sequence[Outcome], every: Sequence[Outcome], planned: Plan) -> Iterator[Outcome]:
    """Without arms `none` of a model that an earlier recipe has evaluated with the same seed: they are one run."""
    starts = {wanted.recipe.name: _start(wanted.recipe, planned.settings) for wanted in planned.wanted}
    names = list(starts)
    for one in mine:
        earlier = names[: names.index(one.recipe)]
        same = [
            other for other in every
            if other.recipe in earlier and starts[other.recipe] == starts[one.recipe]
            and (other.arm, other.seed) == (one.arm, one.seed) == (ArmName.NONE, one.seed)
        ]  # fmt: skip
        if same:
            one.evaluated, one.holes, one.why = same[0].evaluated, same[0].holes, same[0].why
        else:
            yield one


def _evaluate(one: Outcome, planned: Plan, device: str, say: Say) -> None:
    from synth.evaluate.loop import evaluate_subject, failed_training, with_style
    from synth.evaluate.subject import Named, subject_of
    from synth.train.runs import free_memory

    if not (one.folder / "train.json").is_file():
        return
    selection = planned.selections[one.recipe]
    subject: Subject = subject_of(str(one.folder), Named())
    if not one.trained:
        say(f"{subject.info.run}: {one.why}; recorded for the report, not evaluated")
        failed_training(subject)
        return
    say(f"evaluating {subject.info.run}")
    try:
        evaluate_subject(subject, selection, planned.source, with_style(planned.settings, subject), device, say)
    except (Interrupted, DiskError):
        raise
    except StoppedError as error:
        one.why = str(error)
        say(f"{subject.info.run}: {error}")
        return
    finally:
        free_memory()
    one.evaluated = True
    one.holes = tuple(f"{hole.task} {hole.lang}".strip() for hole in selection.holes)
