"""From a recipe and verified corpora to the rows of one arm, in the order in which they are trained on.

All arms of a recipe share their source examples (`synth.train.matched`), the order of these, and the tasks of the
steps: only the language and kind of each row differ. An example appears once an epoch, in one language. Which one is a
weighted draw without state (rendezvous hashing with the weights of Efraimidis and Spirakis 2006: the highest
`log(u)/w` wins, u a hash of example, language, epoch and seed), so that it needs one pass over the languages, and
leaving a language out moves only the examples that were in it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.errors import BadFlag, CheckFailed
from synth.train.arm_names import Arm
from synth.train.hashing import mixed, salt, unit
from synth.train.matched import Slot, TaskMatch, in_slot, match_task
from synth.train.mixing import Batch, State, TaskMixer, language_shares, task_shares
from synth.train.recipe import BudgetUnit, Recipe
from synth.train.store import RowStore, write_store

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synth.train.corpora import Corpus
    from synth.train.hashing import Ids, Ints


@dataclass(frozen=True, slots=True)
class Draw:
    """Which slot each matched example of a task is drawn from, by epoch.

    Args:
        slots: All slots that the arm may use, in order.
        choice: For each epoch the index into `slots` of each example, in the order of the ids.
    """

    slots: tuple[Slot, ...]
    choice: tuple[NDArray[Any], ...]


def draw_slots(match: TaskMatch, arm: Arm, recipe: Recipe, seed: int, epochs: int) -> Draw:
    """The slot of every matched example in every epoch."""
    slots = tuple(slot for name in arm.mixture for slot in match.slots[name])
    there = {index: in_slot(slot, match.ids) for index, slot in enumerate(slots)}
    shares = {name: _shares(match, name, recipe) for name in arm.mixture}
    choice = [
        _choose(match, arm, slots, there, shares, (seed, epoch)) for epoch in range(epochs if recipe.redraw else 1)
    ]
    return Draw(slots, tuple(choice if recipe.redraw else choice * epochs))


def _shares(match: TaskMatch, component: str, recipe: Recipe) -> dict[str, float]:
    """Chance of each language of a component; of a single one (English) it is 1."""
    sizes = {slot.lang: match.kept[(component, slot.lang)] for slot in match.slots[component]}
    if len(sizes) == 1:
        return dict.fromkeys(sizes, 1.0)
    languages = recipe.languages
    return language_shares(sizes, languages.sampling, languages.temperature, languages.weights)


def _choose(
    match: TaskMatch,
    arm: Arm,
    slots: Sequence[Slot],
    there: Mapping[int, NDArray[Any]],
    shares: Mapping[str, Mapping[str, float]],
    where: tuple[int, int],
) -> NDArray[Any]:
    """One epoch: first the component of each example, then its language among those that have the example."""
    import numpy as np

    component = _component(match, arm, where)
    best = np.full(len(match.ids), -np.inf)
    chosen = np.zeros(len(match.ids), dtype=np.uint16)
    for index, slot in enumerate(slots):
        share = shares[slot.component].get(slot.lang)
        if share is None:  # nothing of it was kept
            continue
        luck = unit(mixed(match.ids, salt("language", match.task, slot.component, slot.lang, *where)))
        score = np.log(luck) / share
        better = there[index] & (component == list(arm.mixture).index(slot.component)) & (score > best)
        best[better], chosen[better] = score[better], index
    return chosen


def _component(match: TaskMatch, arm: Arm, where: tuple[int, int]) -> NDArray[Any]:
    import numpy as np

    bounds = np.cumsum(list(arm.mixture.values()))
    luck = unit(mixed(match.ids, salt("component", match.task, *where)))
    return np.minimum(np.searchsorted(bounds, luck), len(bounds) - 1)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long a run is, the same for all arms.

    Args:
        steps: Optimiser steps on tasks.
        draws: Examples drawn of each task.
        epochs: Passes begun over each task.
        shares: Chance of each task.
    """

    steps: int
    draws: Mapping[str, int]
    epochs: Mapping[str, int]
    shares: Mapping[str, float]

    @property
    def examples(self) -> int:
        """Examples drawn, over all tasks."""
        return sum(self.draws.values())


def plan_run(sizes: Mapping[str, int], recipe: Recipe, seed: int, tokens_an_example: float | None = None) -> Plan:
    """The length of a run of a recipe over so many matched examples a task.

    Raises:
        BadFlag: The budget is in tokens and nobody has counted the tokens of an English example.
    """
    shares = task_shares(sizes, recipe.mixing.cap, recipe.mixing.temperature)
    steps = _steps(sizes, recipe, tokens_an_example)
    draws = TaskMixer(shares, recipe.global_batch, seed).counts(steps)
    epochs = {task: math.ceil(count / sizes[task]) for task, count in draws.items()}
    return Plan(steps, draws, epochs, shares)


def _steps(sizes: Mapping[str, int], recipe: Recipe, tokens_an_example: float | None) -> int:
    amount, unit_of = recipe.budget.amount, recipe.budget.unit
    if unit_of is BudgetUnit.STEPS:
        return int(amount)
    if unit_of is BudgetUnit.EPOCHS:
        amount *= sum(min(size, recipe.mixing.cap) for size in sizes.values())
    if unit_of is BudgetUnit.TOKENS:
        if not tokens_an_example:
            raise BadFlag("a budget in tokens needs the student's tokenizer; give the budget in examples or steps")
        amount /= tokens_an_example
    return max(1, math.ceil(amount / recipe.global_batch))


class TaskRows:
    """The rows of one arm and task in training order.

    Args:
        match: The matched examples.
        draw: Where each comes from.
        store: Their rows.
        seed: Of the run.
    """

    def __init__(self, match: TaskMatch, draw: Draw, store: RowStore, seed: int) -> None:
        self.match, self.draw, self.store, self.seed = match, draw, store, seed
        self._order: tuple[int, Ints | None] = (-1, None)

    def __len__(self) -> int:
        return len(self.match.ids)

    def order(self, epoch: int) -> Ints:
        """Indices into the matched examples, shuffled for this epoch; the same for every arm."""
        import numpy as np

        if self._order[0] != epoch or self._order[1] is None:
            keys = mixed(self.match.ids, salt("order", self.match.task, self.seed, epoch))
            self._order = (epoch, np.argsort(keys, kind="stable"))
        found: Ints | None = self._order[1]
        assert found is not None
        return found

    def row(self, place: int) -> dict[str, Any]:
        """The row at a place of the task's endless order (place // examples is the epoch)."""
        epoch, rank = divmod(place, len(self))
        index = int(self.order(epoch)[rank])
        return self.store.row(int(self.draw.choice[epoch][index]), int(self.match.ids[index]))

    def drawn(self, count: int) -> Iterator[tuple[Ids, NDArray[Any]]]:
        """Ids and slots of the first `count` places, an epoch at a time."""
        for epoch in range(math.ceil(count / len(self))):
            order = self.order(epoch)[: count - epoch * len(self)]
            yield self.match.ids[order], self.draw.choice[epoch][order]


class ArmData:
    """Everything that one arm trains on with one seed.

    Args:
        arm: The arm.
        plan: How long it trains.
        rows: Rows by task.
        batch: Examples of an optimiser step.
        seed: Of the run.
    """

    def __init__(self, arm: Arm, plan: Plan, rows: Mapping[str, TaskRows], batch: int, seed: int) -> None:
        self.arm, self.plan, self.rows, self.batch, self.seed = arm, plan, rows, batch, seed

    def batches(self, state: State | Mapping[str, Any] | None = None) -> Iterator[Batch]:
        """The batches of the run, or what is left of them after a checkpoint's state."""
        mixer = self.mixer()
        if state is not None:
            mixer.resume(state)
        while mixer.state().steps < self.plan.steps:
            yield mixer.next()

    def mixer(self) -> TaskMixer:
        """A mixer at the beginning of the run."""
        return TaskMixer(self.plan.shares, self.batch, self.seed)

    def load(self, batch: Batch) -> list[dict[str, Any]]:
        """The rows of a batch: the task's columns and provenance."""
        return [self.rows[batch.task].row(place) for place in batch.places]

    def source_hash(self) -> str:
        """SHA-256 of tasks and source examples in the order in which they are drawn; equal in matched arms."""
        return self._hash(with_slots=False)

    def order_hash(self) -> str:
        """SHA-256 of all that is drawn in order, corpora, languages and kinds included; goes into the run record."""
        return self._hash(with_slots=True)

    def _hash(self, with_slots: bool) -> str:
        digest = hashlib.sha256(str(self.mixer().fingerprint if self.rows else 0).encode())
        for task in sorted(self.rows):
            own = self.rows[task]
            digest.update(f"{task}\0{self.plan.draws[task]}\0".encode())
            names = [f"{cell.name}={_content(cell)}" for slot in own.draw.slots for cell in slot.cells]
            digest.update("\0".join(names).encode() if with_slots else b"")
            for ids, slots in own.drawn(self.plan.draws[task]):
                digest.update(ids.astype("<u8").tobytes())
                digest.update(slots.astype("<u2").tobytes() if with_slots else b"")
        return digest.hexdigest()

    def languages(self) -> dict[str, dict[str, int]]:
        """Examples drawn by task and language."""
        import numpy as np

        found: dict[str, dict[str, int]] = {}
        for task, own in self.rows.items():
            langs = found.setdefault(task, {})
            for _, slots in own.drawn(self.plan.draws[task]):
                for index, count in enumerate(np.bincount(slots, minlength=len(own.draw.slots)).tolist()):
                    lang = own.draw.slots[index].lang
                    langs[lang] = langs.get(lang, 0) + count
        return {task: {lang: n for lang, n in sorted(langs.items()) if n} for task, langs in found.items()}


def _content(cell: Any) -> str:
    """The hashes of a cell's files: the same rows have the same order hash wherever their corpus lies."""
    return ",".join(cell.corpus.manifest.files[name].sha256[:16] for name in cell.files)


def match_recipe(corpora: Sequence[Corpus], recipe: Recipe) -> dict[str, TaskMatch]:
    """The matched examples of every task of a recipe; empty when `none` is its only arm."""
    if not any(arm.mixture for arm in recipe.arms):
        return {}
    return {task: match_task(corpora, recipe, task) for task in recipe.tasks}


def arm_data(
    matches: Mapping[str, TaskMatch], recipe: Recipe, name: str, seed: int, folder: Path,
    tokens_an_example: float | None = None,
) -> ArmData:  # fmt: skip
    """The rows of an arm and seed, written to `folder` so that they can be read in any order.

    Args:
        matches: Of `match_recipe`.
        recipe: The recipe.
        name: Name of the arm.
        seed: Of the run.
        folder: Where the rows are kept (as large as their text); may be removed after the run.
        tokens_an_example: Mean tokens of an English example, for a budget in tokens.

    Raises:
        BadFlag: The recipe has no such arm or seed.
        DiskError: The rows cannot be written.
    """
    arm = next((arm for arm in recipe.arms if arm.name == name), None)
    if arm is None or seed not in recipe.seeds:
        known = f"arms {', '.join(arm.name for arm in recipe.arms)} and seeds {', '.join(map(str, recipe.seeds))}"
        raise BadFlag(f"the recipe has no arm {name!r} with seed {seed}; it has the {known}")
    if not arm.mixture:
        return ArmData(arm, Plan(0, {}, {}, {}), {}, recipe.global_batch, seed)
    if not matches:
        raise CheckFailed(f"the arm {name} has no examples; match the corpora first")
    plan = plan_run({task: len(match.ids) for task, match in matches.items()}, recipe, seed, tokens_an_example)
    rows = {}
    for task in sorted(task for task, count in plan.draws.items() if count):
        draw = draw_slots(matches[task], arm, recipe, seed, plan.epochs[task])
        store = write_store(folder / f"{task}.arrow", task, draw.slots, _wanted(matches[task], draw))
        rows[task] = TaskRows(matches[task], draw, store, seed)
    return ArmData(arm, plan, rows, recipe.global_batch, seed)


def _wanted(match: TaskMatch, draw: Draw) -> list[Ids]:
    """For every slot the sorted ids that some epoch draws from it."""
    import numpy as np

    wanted = []
    for index in range(len(draw.slots)):
        used = np.zeros(len(match.ids), dtype=np.bool_)
        for choice in draw.choice:
            used |= choice == index
        wanted.append(match.ids[used])
    return wanted
